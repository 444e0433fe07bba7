"""A later day of the horizon: its decisions set out from what the day before ends with, and it is carried out from
there. Twice, as every term: as expressions for the program, and in numbers for the proof.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.horizon import Day, Path, Stage
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, entry_position, position
from neutralizer.terms import costs
from neutralizer.terms.costs import market_impact
from neutralizer.terms.decision import Decision, capped
from neutralizer.terms.margin import cash
from neutralizer.terms.rows import FALL, RISE, Row

(IMPACT,) = market_impact.TERMS
Done = tuple[Trades, ...]  # what is done on the stages of a horizon, in their order


class Later(Decision):
    """The decisions of a day; the state before them is an expression: position[d] = stays · position[d−1] +
    arrives + change[d]. Shapes and units are those of `Decision`, and `money` is today's.
    """

    def __init__(self, day: Day, previous: Decision) -> None:
        self.day, self.previous = day, previous
        super().__init__(day.scenario)
        unit = day.scenario.holding_notional / self.money
        self._before = _share_of(day.stays, previous.position) + day.arrives * unit

    def _typical(self) -> float:
        return self.previous.money

    def _movers(self) -> tuple[Ints, Ints]:
        return np.flatnonzero(self.day.may_rise), np.flatnonzero(self.day.may_fall)

    @cached_property
    def entry_before(self) -> Any:
        """(N,) what each account held at the end of the day before."""
        return self.previous.entry

    @cached_property
    def opening(self) -> Any:
        """(P,) what the day before ends with, without its loans, and what is paid in."""
        comes = self.day.paid * self.scenario.pools.fx / self.money
        return cash.final_expression(self.previous, self.previous.scenario) + comes

    @cached_property
    def routed_before(self) -> Any:
        """(P,) what cash routes brought on the days before."""
        return cash.routed_so_far(self.previous, self.previous.scenario)

    def _mandates(self) -> dict[Row, Any]:
        """A position that may only be reduced ends between zero and what it is when nothing is traded."""
        unit = self.scenario.holding_notional / self.money
        return capped(RISE, self.position, self.day.high * unit) | capped(
            FALL, -self.position, -self.day.low * unit
        )

    def _room(self, most: float) -> tuple[Floats, Floats]:
        """Within what each position lies on both days."""
        low, high = self._ends(self.scenario, most)
        was_low, was_high = self._ends(self.previous.scenario, most)
        unit = self.scenario.holding_notional / self.money
        start_low = self.day.stays * was_low + self.day.arrives * unit
        start_high = self.day.stays * was_high + self.day.arrives * unit
        return np.maximum(high - start_low, 0.0), np.maximum(start_high - low, 0.0)

    def _ends(self, scenario: Scenario, most: float) -> tuple[Floats, Floats]:
        h, unit = scenario.holdings, scenario.holding_notional / self.money
        box = most + np.abs(h.before * unit)
        return np.maximum(h.low * unit, -box), np.minimum(h.high * unit, box)


class Together(Decision):
    """Today's decision with the (T,) volume of several days, for market impact: nothing else may be asked of it."""

    def __init__(self, today: Decision, gross: Any) -> None:
        self.scenario, self.money = today.scenario, today.money
        self.gross = gross


def remembers(scenario: Scenario) -> bool:
    """Whether impact is that of all days together."""
    return scenario.horizon is not None and scenario.horizon.remembered


def with_orders_of(scenario: Scenario, path: Path) -> Scenario:
    """Today's scenario with the orders of every day of a path behind its own: for what they cost together."""
    tradable = [scenario.orders.tradable, *(d.scenario.orders.tradable for d in path.days)]
    return replace(scenario, orders=replace(scenario.orders, tradable=np.concatenate(tradable)))


def _share_of(share: Floats, position: Any) -> Any:
    """(H,) a share of each position; the positions themselves where all of it stays."""
    import cvxpy as cp

    return position if np.all(share == 1) else cp.multiply(share, position)


@dataclass(frozen=True)
class State:
    """A day as it begins, with what is then done: `begins` is a scenario like any, of the positions, the entries
    and the cash that the days before have led to. `stage` is None for today.
    """

    stage: Stage | None
    begins: Scenario
    trades: Trades

    @property
    def weight(self) -> float:
        """How likely it is."""
        return 1.0 if self.stage is None else self.stage.weight


def states(scenario: Scenario, trades: Trades, later: Done) -> list[State]:
    """Today, and every stage of its horizon when `later` is done on them, stage by stage."""
    found = [State(None, scenario, trades)]
    for stage, done in zip(stages_of(scenario), later, strict=True):
        found.append(State(stage, begun(stage, found[stage.before + 1]), done))
    return found


def stages_of(scenario: Scenario) -> tuple[Stage, ...]:
    """None where today is decided alone."""
    return () if scenario.horizon is None else scenario.horizon.stages


def paid(scenario: Scenario, trades: Trades, later: Done) -> dict[str, float]:
    """Every cost term, base currency, as expected over the days."""
    days = states(scenario, trades, later)
    found = dict.fromkeys(costs.totals(trades, scenario), 0.0)
    for day in days:
        for term, amount in costs.totals(day.trades, day.begins).items():
            found[term] += day.weight * amount
    if remembers(scenario):
        found[IMPACT] = remembered(scenario, trades, later)
    return found


def remembered(scenario: Scenario, trades: Trades, later: Done) -> float:
    """What all that is traded on a path moves the market by together, as expected, base currency."""
    total = 0.0
    for path in scenario.horizon.paths if scenario.horizon else ():
        own = [t for t, s in zip(later, stages_of(scenario), strict=True) if s.path is path]
        order = np.concatenate([trades.order, *(t.order for t in own)])
        every = replace(trades, order=order)
        moved = market_impact.amounts(every, with_orders_of(scenario, path))[IMPACT]
        total += path.weight * float(moved.sum())
    return total


def begun(stage: Stage, before: State) -> Scenario:
    """The stage's scenario as it begins after the day before it."""
    day, s, was = stage.at, stage.at.scenario, before.begins
    held = position(was, before.trades)
    start = day.stays * held + day.arrives
    change = day.may_rise | day.may_fall
    low = np.where(change, np.where(day.may_fall, day.low, np.maximum(day.low, start)), start)
    high = np.where(change, np.where(day.may_rise, day.high, np.minimum(day.high, start)), start)
    left = cash.balances(before.trades, was) + day.paid
    return replace(
        s,
        holdings=replace(s.holdings, before=start, low=low, high=high),
        entries=replace(s.entries, before=entry_position(was, before.trades)),
        pools=replace(s.pools, cash=left),
    )
