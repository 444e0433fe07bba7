"""What deciding the days together is held against: each day decided alone when it comes, and each book alone.

Deciding day by day, today is decided as if nothing were known of the days after it, and each of them on what the one
before left. Both are continuous, and the costs of all days, as expected.
"""

from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.horizon import Horizon
from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.build import pool_scales
from neutralizer.program.certificate import price
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution
from neutralizer.terms import limits
from neutralizer.terms.days import Done, State, begun, stages_of

REST = 1e-7  # of the gross before
ROOM = 2e-6  # of a limit's scale


@dataclass(frozen=True)
class OverDays:
    """Expected costs with the penalties on what is to improve, base currency, by impact: `remembered` or `fresh`;
    what has no answer is left out, with the reason. `alone`: each book, with the impact of the horizon.
    """

    together: dict[str, float]
    day_by_day: dict[str, float]
    alone: float | None
    reason: str = ""


def over_days(scenario: Scenario, solution: Solution) -> OverDays:
    """`solution`: of the days together, with the impact of the horizon."""
    horizon, reason = scenario.horizon, ""
    assert horizon is not None
    together = {_word(horizon): price(solution.trades, scenario, solution.later)}
    other = replace(scenario, horizon=replace(horizon, remembered=not horizon.remembered))
    each: dict[str, float] = {}
    apart: float | None = None
    try:
        trades, later = day_by_day(scenario)
        for s in (scenario, other):
            each[_word(s.horizon)] = price(trades, s, later)
        together[_word(other.horizon)] = _priced(other)
    except (Infeasible, NotSolved) as refusal:
        reason = f"deciding day by day has no plan: {short(refusal)}"
    try:
        apart = _priced(alone(scenario))
    except (Infeasible, NotSolved) as refusal:
        reason = reason or f"each book alone has no plan: {short(refusal)}"
    return OverDays(together, each, apart, reason)


def _word(horizon: Horizon | None) -> str:
    return "remembered" if horizon is not None and horizon.remembered else "fresh"


def _priced(scenario: Scenario) -> float:
    """What the best answer costs. Raises Infeasible, NotSolved."""
    _, found = answered(scenario)
    return price(found.trades, scenario, found.later)


def short(refusal: Exception) -> str:
    """What it says, without what every attempt of a solver ended with."""
    return str(refusal).partition(": ")[0] if isinstance(refusal, NotSolved) else str(refusal)


def day_by_day(scenario: Scenario) -> tuple[Trades, Done]:
    """What is done when each day is decided by itself, on what the day before it left. Raises Infeasible, NotSolved."""
    _, today = answered(replace(scenario, horizon=None))
    days = [State(None, scenario, today.trades)]
    for stage in stages_of(scenario):
        begins = begun(stage, days[stage.before + 1])
        _, found = answered(_without_rests(begins))
        days.append(State(stage, begins, found.trades))
    return today.trades, tuple(d.trades for d in days[1:])


def _without_rests(begins: Scenario) -> Scenario:
    """The day without what the solver left of positions between them and nothing, or the end of their mandate: a
    few hundredths of a unit that may be traded are no program. What a flow has turned is not turned back by itself.
    """
    h, before = begins.holdings, begins.holdings.before
    most = REST * begins.gross_before / begins.holding_notional
    for end in (h.low, h.high, np.zeros_like(before)):
        before = np.where(np.abs(before - end) < most, end, before)
    fixed = h.low == h.high
    low = np.where(fixed, before, np.minimum(h.low, before))
    high = np.where(fixed, before, np.maximum(h.high, before))
    return _with_room(replace(begins, holdings=replace(h, before=before, low=low, high=high)))


def _with_room(begins: Scenario) -> Scenario:
    """The day with a little more of the limits that the day before ended on: on all of them at once there is no
    inside, and a solver has nowhere to go. What is only to improve is not to get worse than that day left it.
    """
    its = tuple(replace(x, settled=None) if x.improve else x for x in begins.limits)
    begins = replace(begins, limits=its)
    lower, upper = limits.bounds(begins)
    room = ROOM * limits.scales(begins)
    held = tuple(
        replace(x, settled=(float(lower[k] - room[k]), float(upper[k] + room[k])))
        for k, x in enumerate(its)
    )
    pools = begins.pools
    spare = ROOM * pool_scales(begins) / pools.fx
    return replace(begins, limits=held, pools=replace(pools, shortfall=pools.shortfall + spare))
