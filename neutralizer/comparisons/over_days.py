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
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution
from neutralizer.terms.later import Done, State, begun, paid, stages_of

REST = 1e-7  # of the gross before


@dataclass(frozen=True)
class OverDays:
    """Expected costs, base currency, by impact: `remembered` or `fresh`; what has no answer is left out, with the
    reason. `alone`: each book, with the impact of the horizon.
    """

    together: dict[str, float]
    day_by_day: dict[str, float]
    alone: float | None
    reason: str = ""


def over_days(scenario: Scenario, solution: Solution) -> OverDays:
    """`solution`: of the days together, with the impact of the horizon."""
    horizon, reason = scenario.horizon, ""
    assert horizon is not None
    together = {_word(horizon): solution.expected}
    other = replace(scenario, horizon=replace(horizon, remembered=not horizon.remembered))
    each: dict[str, float] = {}
    apart: float | None = None
    try:
        trades, later = day_by_day(scenario)
        for s in (scenario, other):
            each[_word(s.horizon)] = sum(paid(s, trades, later).values())
        together[_word(other.horizon)] = answered(other)[1].expected
    except (Infeasible, NotSolved) as refusal:
        reason = f"deciding day by day has no plan: {short(refusal)}"
    try:
        apart = answered(alone(scenario))[1].expected
    except (Infeasible, NotSolved) as refusal:
        reason = reason or f"each book alone has no plan: {short(refusal)}"
    return OverDays(together, each, apart, reason)


def _word(horizon: Horizon | None) -> str:
    return "remembered" if horizon is not None and horizon.remembered else "fresh"


def short(refusal: Exception) -> str:
    """What it says, without what every attempt ended with."""
    return str(refusal).partition(": ")[0]


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
    """The day without what the solver left of positions that were closed: limits of nothing on such are no program."""
    h = begins.holdings
    rest = np.abs(h.before) * begins.holding_notional < REST * begins.gross_before
    before, low, high = (np.where(rest, 0.0, x) for x in (h.before, h.low, h.high))
    low, high = np.where(np.isinf(h.low), h.low, low), np.where(np.isinf(h.high), h.high, high)
    return replace(begins, holdings=replace(h, before=before, low=low, high=high))
