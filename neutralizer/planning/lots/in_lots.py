"""An answer in whole lots: what is tried, in which order."""

from contextlib import suppress
from dataclasses import replace

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import WITHOUT_THE_DAYS
from neutralizer.errors import Infeasible
from neutralizer.planning.lots.minimum_sizes import without_small_lines
from neutralizer.planning.lots.nearest import nearest_lots, with_soft_let_out
from neutralizer.planning.lots.search import MOST_TRIES, Tries
from neutralizer.planning.lots.standard import Standard
from neutralizer.planning.lots.whole import Rounded, nothing_moved, whole_lots
from neutralizer.program.solve import Solution, solve

LAST = 3  # of all tries: for soft limits, and for what a refusal says


def in_lots(scenario: Scenario, solution: Solution, transfers_only: bool = False) -> Rounded:
    """Whole lots of today. Where none are found together with the days of its horizon, those of today alone: a far
    day never blocks it. Raises Infeasible with reason `no_lots`.
    """
    with suppress(*((Infeasible,) if scenario.horizon is not None else ())):
        return _in_lots(scenario, solution, transfers_only)
    alone = replace(scenario, horizon=None)
    found = _in_lots(alone, solve(alone), transfers_only)
    return replace(found, report=found.report | {WITHOUT_THE_DAYS: True})


def _in_lots(scenario: Scenario, solution: Solution, transfers_only: bool) -> Rounded:
    """Whole lots without small lines; with them, where whole lots need them; soft limits give what whole
    lots need where nothing else helps. Raises Infeasible with reason `no_lots` after MOST_TRIES programs.
    """
    standard, tries = Standard.of(scenario), Tries(MOST_TRIES - LAST)
    if not transfers_only:
        held, answer = without_small_lines(scenario, solution)
        if held is not scenario:
            with suppress(Infeasible):
                return whole_lots(answer, held, standard, Tries(tries.left // 2))
            tries = Tries(tries.left // 2)
    try:
        return whole_lots(solution, scenario, standard, tries)
    except Infeasible as refusal:
        if transfers_only:  # nothing may end worse than before, and so nothing need be done
            return nothing_moved(scenario)
        last = Tries(LAST)
        found = with_soft_let_out(solution, scenario, last)
        if found is not None:
            return found
        nearest = nearest_lots(refusal, solution, scenario, last)
        if isinstance(nearest, Rounded):
            return nearest
        raise nearest from None
