"""Several days in numbers: how each of them begins after the ones before it, and what all of them cost."""

from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.horizon import Path, Stage
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, entry_position, position
from neutralizer.terms import costs
from neutralizer.terms.costs import market_impact
from neutralizer.terms.margin import cash

(IMPACT,) = market_impact.TERMS
Done = tuple[Trades, ...]  # what is done on the stages of a horizon, in their order


def remembers(scenario: Scenario) -> bool:
    """Whether impact is that of all days together."""
    return scenario.horizon is not None and scenario.horizon.remembered


def with_orders_of(scenario: Scenario, path: Path) -> Scenario:
    """Today's scenario with the orders of every day of a path behind its own: for what they cost together."""
    tradable = [scenario.orders.tradable, *(d.scenario.orders.tradable for d in path.days)]
    return replace(scenario, orders=replace(scenario.orders, tradable=np.concatenate(tradable)))


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
