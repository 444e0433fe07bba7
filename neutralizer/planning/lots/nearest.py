"""Whole lots that exceed what they must and no more: of soft limits, where those are in the way; of any
limit, to say in a refusal what is.
"""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.errors import Infeasible
from neutralizer.planning.lots.grain import all_coarse, grain_of
from neutralizer.planning.lots.integers import Whole
from neutralizer.planning.lots.milp import Rounding, Slack, start
from neutralizer.planning.lots.search import ANYWHERE, NEAR, WIDER, Gives, Tries, search
from neutralizer.planning.lots.standard import Standard, excess
from neutralizer.planning.lots.whole import MOST_INTEGERS, Rounded, reported
from neutralizer.program.conflicts.conflict import limit_row
from neutralizer.program.priorities import rank
from neutralizer.program.solve import Solution
from neutralizer.terms import limits
from neutralizer.terms.limits.asked import BEST_EFFORT, not_worse
from neutralizer.terms.rows import Side

CLASS = 1e3  # what a step of one class weighs beside a step of the next
CLASSES = 3  # that are told apart so


def with_soft_let_out(solution: Solution, scenario: Scenario, tries: Tries) -> Rounded | None:
    """Whole lots that keep every hard limit, and the soft ones as far as whole lots let them, the last
    priority given first; None where there are none, or nothing is soft.
    """
    soft = np.array([bool(x.soft) for x in scenario.limits], dtype=bool)
    if not soft.any():
        return None
    ranks = sorted({rank(x) for x in scenario.limits if x.soft}, reverse=True)
    weights = np.array(
        [CLASS ** min(ranks.index(rank(x)), CLASSES - 1) if x.soft else 0 for x in scenario.limits]
    )
    found = _least(solution, scenario, weights, tries)
    return None if found is None else reported(*found)


def nearest_lots(
    refusal: Infeasible, solution: Solution, scenario: Scenario, tries: Tries
) -> Infeasible | Rounded:
    """The refusal with the limits that whole lots exceed, each with by how much; whole lots where those that exceed the
    least exceed nothing: the search before had overlooked them.
    """
    found = _least(solution, scenario, np.ones(len(scenario.limits)), tries)
    if refusal.reason != "no_lots" or found is None:
        return refusal
    beyond = excess(scenario, found[2], Standard.of(scenario))
    if not beyond.any():
        return reported(*found)
    rows = [
        limit_row(scenario, int(k), scenario.limits[k]) | {"relaxation": float(beyond[k])}
        for k in np.argsort(-beyond / limits.scales(scenario), kind="stable")
        if beyond[k] > 0
    ]
    names = ", ".join(f"{r['limit_id']} by {r['relaxation']:,.6g}" for r in rows[:5])
    said = f"{refusal}; the nearest found exceeds {names}" + _remedy(scenario, beyond)
    return Infeasible("no_lots", said, rows)


def _least(
    solution: Solution, scenario: Scenario, weights: Floats, tries: Tries
) -> tuple[Rounding, Whole, Trades] | None:
    """The whole lots that exceed limits the least, by weight and in steps of each."""
    small = len(scenario.holdings.book) <= MOST_INTEGERS
    grain = grain_of(scenario)
    rounding = start(solution, all_coarse(grain) if small else grain, scenario)
    standard = _allowed(scenario, weights > 0)
    windows = NEAR[:1] + (ANYWHERE if small else WIDER)[:1]
    found = search(rounding, standard, windows, tries, _gives(solution, scenario, weights))
    return None if found is None else (rounding, *found)


def _allowed(scenario: Scenario, gives: Bools) -> Standard:
    """Without the bounds of what gives; of a limit that only the best effort made soft those that it may not
    end worse than.
    """
    standard = Standard.of(scenario)
    effort = np.array([x.soft == BEST_EFFORT for x in scenario.limits], dtype=bool) & gives
    free, worst = standard.without(gives), not_worse(scenario)
    least, most = (np.array(side) for side in zip(*(x.settled for x in worst.limits), strict=True))
    lower = np.where(effort, np.minimum(least - standard.widened, standard.lower), free.lower)
    upper = np.where(effort, np.maximum(most + standard.widened, standard.upper), free.upper)
    return replace(free, lower=lower, upper=upper)


def _gives(solution: Solution, scenario: Scenario, weights: Floats) -> Gives:
    """The rows of the limits that may give, as far as each may."""
    steps, scale = limits.steps(scenario), limits.scales(scenario)
    size = np.where(steps > 0, steps, scale)
    (lower, upper), ends = limits.bounds(scenario), _allowed(scenario, weights > 0)
    with np.errstate(invalid="ignore"):  # of what has no bound on a side
        above, below = (
            np.nan_to_num(x, nan=np.inf) for x in (ends.upper - upper, lower - ends.lower)
        )
    far = {
        Side.UPPER: (above, above),
        Side.LOWER: (below, below),
        Side.EXACT: (above, below),
    }
    return {
        int(r): Slack(
            float(size[k] / scale[k]),
            float(weights[k]),
            *(float(x[k] / size[k]) for x in far[row.side]),
        )
        for row, which in solution.program.limit_rows.items()
        for r, k in zip(solution.canonical.rows[row], which, strict=True)
        if weights[k] > 0
    }


def _remedy(scenario: Scenario, beyond: Floats) -> str:
    """Which limits half a step would do for, if their rows allowed it."""
    allowed = tuple(replace(x, to_a_lot=True) for x in scenario.limits)
    half = limits.half_steps(replace(scenario, limits=allowed))
    names = [
        x.limit_id
        for x, out, most in zip(scenario.limits, beyond, half, strict=True)
        if 0 < out <= most and not x.to_a_lot
    ]
    which = ", ".join(dict.fromkeys(names))
    return f"; `to_a_lot: yes` holds to half a step: {which}" if names else ""
