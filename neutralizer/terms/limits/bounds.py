"""Every limit of a scenario at once: its measure, its bounds, its scale and its status."""

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, nothing
from neutralizer.terms.limits.facts import UNITS
from neutralizer.terms.limits.registry import REGISTRY

ROUNDING = 1e-12  # of what is summed: what a sum in doubles may be out by


def amounts(trades: Trades, scenario: Scenario) -> Floats:
    """(limits,) every limit's measure, each in its own unit."""
    found = [REGISTRY[x.measure].amount(trades, scenario, x) for x in scenario.limits]
    return np.array(found, dtype=float)


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) the most that one unit more of each holding can move the measure, >= 0."""
    found: Floats = REGISTRY[limit.measure].sensitivity(scenario, limit)
    return found


def beyond(values: Floats | float, lower: Floats | float, upper: Floats | float) -> Floats:
    """How far each value lies outside its bounds, 0 inside; in the unit of the values."""
    found: Floats = np.maximum(np.maximum(values - upper, lower - values), 0.0)
    return found


def written(scenario: Scenario) -> tuple[Floats, Floats]:
    """(limits,) the bounds as written, ±inf where blank."""
    lower = np.array([x.lower for x in scenario.limits], dtype=float)
    upper = np.array([x.upper for x in scenario.limits], dtype=float)
    return lower, upper


def bounds(scenario: Scenario) -> tuple[Floats, Floats]:
    """(limits,) the bounds that hold: where only improvement is asked, not worse than before; of a
    soft limit those it is settled at, and none before that.
    """
    before = amounts(nothing(scenario), scenario)
    lower, upper = written(scenario)
    for k, limit in enumerate(scenario.limits):
        if limit.settled is not None:
            lower[k], upper[k] = limit.settled
        elif limit.improve:
            lower[k], upper[k] = min(lower[k], before[k]), max(upper[k], before[k])
        elif limit.soft:
            lower[k], upper[k] = -np.inf, np.inf
    return lower, upper


def reach(scenario: Scenario) -> tuple[Floats, Floats]:
    """(H,) twice, units: between what each position lies wherever every limit is kept, ±inf where no limit
    says so by itself. A measure that is at least `least` times the size of a position bounds it; a limit of
    a position that is the only one of its scope is that bound.
    """
    low, high = (np.full(len(scenario.holdings.book), end) for end in (-np.inf, np.inf))
    for limit, floor, cap in zip(scenario.limits, *bounds(scenario), strict=True):
        module = REGISTRY[limit.measure]
        if hasattr(module, "least") and np.isfinite(cap):
            each = module.least(scenario, limit)
            size = np.full(len(each), np.inf)
            size[each > 0] = max(cap, 0.0) / each[each > 0]
            low, high = np.maximum(low, -size), np.minimum(high, size)
        elif module.UNIT == UNITS and len(limit.holdings) == 1 and hasattr(module, "slope"):
            (h,) = limit.holdings
            low[h], high[h] = max(low[h], floor), min(high[h], cap)
    return low, high


def sizes(scenario: Scenario) -> tuple[Floats, Floats]:
    """(limits,) twice, each measure in its own unit: what its terms sum to before, and the most they
    could sum to: with all that the crossing groups of its scope hold of the same, and one lot.
    """
    before, row = np.abs(scenario.holdings.before), scenario.orders.row
    lot = scenario.tradables.lot[scenario.holdings.instrument]
    held = np.bincount(row, weights=before, minlength=scenario.orders.change_rows.shape[0])
    own, reach = np.zeros(len(scenario.limits)), np.zeros(len(scenario.limits))
    for k, limit in enumerate(scenario.limits):
        move = sensitivity(scenario, limit)
        own[k] = float(move @ before)
        most = np.zeros_like(held)
        np.maximum.at(most, row, np.where(scenario.may_change, move * (held[row] + lot), 0.0))
        reach[k] = max(own[k], float(most.sum()))
    return own, reach


def scales(scenario: Scenario) -> Floats:
    """(limits,) a limit's own scale: its larger bound, never more than what its terms could sum to, or have to sum
    to where it asks for something that nobody holds; a bound below a millionth of what is summed is as good as zero,
    and the scale is that sum.
    """
    found = []
    for limit, own, reach in zip(
        scenario.limits, *map(Floats.tolist, sizes(scenario)), strict=True
    ):
        must = not (limit.soft or limit.improve)  # or a number that is never reached would widen it
        asked = (e for e in (limit.lower, -limit.upper) if must and np.isfinite(e))
        reach = max(reach, *asked, 0.0)
        summed = own or reach
        bound = max((abs(e) for e in (limit.lower, limit.upper) if np.isfinite(e)), default=0.0)
        found.append((min(bound, reach) if bound > 1e-6 * summed else summed) or 1.0)
    return np.array(found, dtype=float)


def penalty(trades: Trades, scenario: Scenario, later: bool = False) -> float:
    """What improving limits still exceed their written bounds by, priced, base currency: those that do so
    before; on a `later` day all.
    """
    before, after = amounts(nothing(scenario), scenario), amounts(trades, scenario)
    total = 0.0
    for k, limit in enumerate(scenario.limits):
        if limit.improve:
            over = max(after[k] - limit.upper, 0.0) if later or before[k] > limit.upper else 0.0
            under = max(limit.lower - after[k], 0.0) if later or before[k] < limit.lower else 0.0
            total += limit.penalty * (over + under)
    return float(total)


def rounding_errors(trades: Trades, scenario: Scenario) -> Floats:
    """(limits,) what summing a state in doubles may be out by: 1e-12 of the terms before and of what
    changes. It knows no bound, no lot and nothing that is not held, and is no tolerance.
    """
    summed = np.abs(scenario.holdings.before) + np.abs(trades.change)
    found = [float(sensitivity(scenario, limit) @ summed) for limit in scenario.limits]
    return ROUNDING * np.array(found, dtype=float)


def half_steps(scenario: Scenario) -> Floats:
    """(limits,) half of the least step a limit's measure can be moved by, where its band is narrower
    than that step; else 0. Such a limit is proven to half a step, and whoever reads the plan is told.

    More than ten bands and a thousandth of what the scope holds is too much to pass in silence: the
    limit is then held as it is written, unless its row says `to_a_lot: yes`.
    """
    found, before = np.zeros(len(scenario.limits)), np.abs(scenario.holdings.before)
    for k, (limit, least) in enumerate(zip(scenario.limits, least_steps(scenario), strict=True)):
        move = sensitivity(scenario, limit)
        band, half = limit.upper - limit.lower, least / 2
        whole = band == 0 and REGISTRY[limit.measure].UNIT == UNITS
        little = half <= max(10 * band, 1e-3 * float(move @ before)) and not whole
        if band < 2 * half and (little or limit.to_a_lot):
            found[k] = half
    return found


def least_steps(scenario: Scenario) -> Floats:
    """(limits,) the least that one step of what may change moves each measure by; 0 if nothing does."""
    found = [_least_step(scenario, sensitivity(scenario, x)) for x in scenario.limits]
    return np.array(found, dtype=float)


def _least_step(scenario: Scenario, move: Floats) -> float:
    """The least that one step of what may change moves a measure by, given what one unit of each holding
    (H,) moves it by: a step of a transfer where that changes the measure, else a lot of an order.
    """
    h, row = scenario.holdings, scenario.orders.row
    may = scenario.may_change
    least = np.full(scenario.orders.change_rows.shape[0], np.inf)
    np.minimum.at(least, row[may], move[may])
    crosses = move > least[row]
    steps = np.where(
        crosses, scenario.instruments.step[h.instrument], scenario.tradables.lot[h.instrument]
    )
    moves = (move * steps)[may & (move > 0)]
    return float(moves.min(initial=np.inf)) if moves.size else 0.0


def steps(scenario: Scenario) -> Floats:
    """(limits,) the least that one lot of what may change moves each measure by; 0 if nothing does."""
    lots = scenario.tradables.lot[scenario.holdings.instrument]
    found = np.zeros(len(scenario.limits))
    for k, limit in enumerate(scenario.limits):
        moves = (sensitivity(scenario, limit) * lots)[scenario.may_change]
        found[k] = moves[moves > 0].min() if (moves > 0).any() else 0.0
    return found


def status(limit: Limit, before: float, after: float, half_step: float, error: float) -> str:
    """OK, OK_TO_A_LOT (within half a step of a band narrower than it), IMPROVED (no further out than before
    where the limit is to improve, closer where the best effort was asked), or BREACH.
    """
    if limit.lower - error <= after <= limit.upper + error:
        return "OK"
    if limit.lower - half_step <= after <= limit.upper + half_step:
        return "OK_TO_A_LOT"
    excess_before = beyond(before, limit.lower, limit.upper)
    excess = beyond(after, limit.lower, limit.upper)
    if limit.improve:
        return "IMPROVED" if excess <= excess_before + error else "BREACH"
    moved = limit.soft == "--best-effort" and excess < excess_before - error
    return "IMPROVED" if moved else "BREACH"


def relaxed_by(limit: Limit, status: str) -> str:
    """What let a limit be exceeded: soft, --relax 2, --best-effort; blank where it is kept."""
    return limit.soft if status in ("BREACH", "IMPROVED") else ""
