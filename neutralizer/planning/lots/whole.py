"""Whole lots: a mixed-integer program near the continuous answer, then an exact re-check.

Every limit is re-evaluated on the whole numbers with no tolerance; where one is broken its room grows
and the program is solved again, then the window widens. What was found is judged by its price: where it
is dearer than whole lots need to be, wider windows are tried, and the cheapest is taken. Where nothing is
found the run says so.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import NOTHING_MOVED
from neutralizer.domain.trades import Trades, nothing
from neutralizer.errors import Infeasible
from neutralizer.planning.lots.checked import Found, checked, price_of
from neutralizer.planning.lots.fine import round_fine
from neutralizer.planning.lots.grain import all_coarse, all_fine, grain_of
from neutralizer.planning.lots.integers import Whole, whole_orders
from neutralizer.planning.lots.milp import Rounding, start
from neutralizer.planning.lots.minimum_sizes import small_lines
from neutralizer.planning.lots.search import ANYWHERE, NEAR, WIDER, Tries, search
from neutralizer.planning.lots.standard import Standard
from neutralizer.planning.lots.tidy import tidied
from neutralizer.program.certificate import basis_of, price
from neutralizer.program.solve import Solution
from neutralizer.terms import costs

MOST_INTEGERS = 600  # beyond it a search without any window would only burn time
NEAREST_PREMIUM = (
    5e-4  # of the cost: what plain rounding may cost where more is soon tried; else DEAR
)
DEAR = (
    1e-3  # of the cost: what whole lots may cost before a cheaper answer is looked for; else MUCH
)
MUCH = 5e-3  # and what is told
FEW = 3  # of the cheapest lot: what they may cost in any case


@dataclass(frozen=True)
class Rounded:
    """Whole-lot trades, with what finding them took."""

    whole: Whole
    trades: Trades
    report: dict[str, Any]


def nothing_moved(scenario: Scenario) -> Rounded:
    """No trades at all, which leave no limit and no pool worse than before."""
    change, order = np.zeros(len(scenario.holdings.book)), np.zeros(len(scenario.orders.tradable))
    whole = Whole(change, order, change, order, change)
    report = {"name": NOTHING_MOVED, "seconds": 0.0, "nodes": 0, "small_lines": 0}
    return Rounded(whole, nothing(scenario), report)


def whole_lots(solution: Solution, scenario: Scenario, standard: Standard, tries: Tries) -> Rounded:
    """The cheapest whole-lot trades found. Raises Infeasible with reason `no_lots`."""
    rounding = start(solution, grain_of(scenario), scenario)
    small = len(scenario.holdings.book) <= MOST_INTEGERS
    enough, dear = (NEAREST_PREMIUM, DEAR) if small else (DEAR, MUCH)
    found = _nearest(rounding, scenario, standard)
    if found is None or premium(rounding, found) > enough * solution.certificate.basis:
        found = _cheaper(scenario, found, search(rounding, standard, NEAR, tries))
    if _worth_more(rounding, found, dear):
        found = _cheaper(scenario, found, search(rounding, standard, WIDER, tries))
    if small and _worth_more(rounding, found, dear):
        rounding.grain = all_coarse(rounding.grain)
        rounding.known = None if found is None else found[0]
        found = _cheaper(scenario, found, search(rounding, standard, ANYWHERE, tries))
    if found is None:
        proven = "there is none" if rounding.proven else "none was found, which is no proof"
        raise Infeasible(
            "no_lots",
            f"the limits can be kept, but not in whole lots: {proven}; "
            "widen the narrowest band, or allow smaller lots",
        )
    return reported(rounding, *(tidied(rounding, found, standard) if small else found))


def reported(rounding: Rounding, whole: Whole, trades: Trades) -> Rounded:
    """Whole-lot trades with what finding them took, and what none cost less than, where that is known."""
    scenario = rounding.scenario
    best, paid = rounding.solution.certificate, price_of((whole, trades), scenario)
    of_cost = (
        not rounding.solution.program.slacks
    )  # else the least given was looked for, not the least cost
    of = rounding.solution.trades, scenario, rounding.solution.later
    before = best.cost if of_cost else price(*of)
    least = max(before, rounding.bound) if of_cost else before
    basis = best.basis if of_cost else basis_of(*of)
    report = {
        "name": "highs" if rounding.seconds else "nearest",
        "seconds": rounding.seconds,
        "nodes": rounding.nodes,
        "small_lines": int(sum(np.count_nonzero(z) for z in small_lines(scenario, trades))),
        "premium": paid - before,
        "unavoidable": least - before,
        "premium_share": (paid - before) / basis,
        "dear": of_cost and paid - before > _allowed(rounding, MUCH),
    }
    return Rounded(whole, trades, report)


def _nearest(rounding: Rounding, scenario: Scenario, standard: Standard) -> Found | None:
    """The continuous answer with every row rounded to the nearest whole lots, where no limit notices."""
    best, grain = rounding.solution, rounding.grain
    if grain.remainder.any():
        return None
    lot = scenario.tradables.lot[scenario.orders.tradable]
    nothing_yet = np.zeros_like(best.trades.change)
    order = whole_orders(scenario, best) * lot
    whole = Whole(
        best.trades.change, order, nothing_yet, np.zeros_like(order), nothing_yet, later=best.later
    )
    return checked(round_fine(scenario, all_fine(grain), whole), scenario, standard, grain)


def premium(rounding: Rounding, found: Found) -> float:
    """What it costs above the optimum before lots, base currency."""
    return price_of(found, rounding.scenario) - rounding.solution.certificate.cost


def _allowed(rounding: Rounding, share: float) -> float:
    """A share of the cost, or a few lots of what is cheapest; base currency."""
    basis = rounding.solution.certificate.basis
    return max(share * basis, FEW * _cheapest_lot(rounding.scenario))


def _worth_more(rounding: Rounding, found: Found | None, dear: float) -> bool:
    """Whether to look further: nothing was found, or what was costs more than whole lots need to, as far
    as is known. `dear`: of the cost, what they may.
    """
    if found is None:
        return not rounding.proven
    least = max(rounding.solution.certificate.cost, rounding.bound)
    return price_of(found, rounding.scenario) - least > _allowed(rounding, dear)


def _cheapest_lot(scenario: Scenario) -> float:
    """The least that a lot outside costs, base currency; 0 where nothing may be ordered."""
    lot = scenario.tradables.lot[scenario.orders.tradable]
    paid = costs.of_orders(replace(nothing(scenario), order=lot), scenario)
    return float(paid[~scenario.orders.closed].min(initial=np.inf)) if len(paid) else 0.0


def _cheaper(scenario: Scenario, first: Found | None, second: Found | None) -> Found | None:
    if first is None or second is None:
        return first or second
    return first if price_of(second, scenario) >= price_of(first, scenario) else second
