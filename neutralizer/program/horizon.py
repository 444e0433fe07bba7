"""What an answer over several days comes to, day by day: for its certificate, and for what has to give."""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.horizon import Stage
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, position
from neutralizer.program.build import Give, Program
from neutralizer.program.canonical import Canonical
from neutralizer.program.certificate import (
    limits_and_pools,
    own_bounds,
    price,
    relaxations,
    weights_of,
    without_given,
)
from neutralizer.program.recovered import recovered
from neutralizer.terms.costs import market_impact
from neutralizer.terms.days import Done, State, begun, remembers, states
from neutralizer.terms.decision import Decision, typical_holding
from neutralizer.terms.reached import Reached

MANDATES = "mandates"


def as_made(scenario: Scenario, trades: Trades) -> Decision:
    """Today's decision as it stands, for the days that set out from it."""
    x = position(scenario, trades)
    size = np.abs(trades.order)
    return Reached(scenario, trades.change, size, trades.cash, trades, x, x)


def aside(trades: Trades, scenario: Scenario) -> float:
    """What today costs and no later day can change, base currency: all of it but an impact that is remembered."""
    impact = sum(float(x.sum()) for x in market_impact.amounts(trades, scenario).values())
    return price(trades, scenario) - (impact if remembers(scenario) else 0.0)


def recovered_days(
    program: Program,
    canonical: Canonical,
    x: Floats,
    scenario: Scenario,
    trades: Trades,
    give: Give | None = None,
) -> Done:
    """A solver's x as what is done on each stage, from what today ends with."""
    days = [State(None, scenario, trades)]
    for part in program.later:
        assert part.stage is not None
        begins = begun(part.stage, days[part.stage.before + 1])
        gives = give is not None and give.mandates and give.day == part.stage.day
        done = recovered(
            part.decision, canonical, x, _free(part.stage, begins) if gives else begins
        )
        days.append(State(part.stage, begins, done))
    return tuple(day.trades for day in days[1:])


def _free(stage: Stage, begins: Scenario) -> Scenario:
    """The same with no end to what its mandates let change."""
    h = begins.holdings
    low = np.where(stage.at.may_fall, -np.inf, h.low)
    high = np.where(stage.at.may_rise, np.inf, h.high)
    return replace(begins, holdings=replace(h, low=low, high=high))


def later_violations(
    scenario: Scenario, trades: Trades, later: Done, give: Give | None
) -> dict[str, float]:
    """Everything that holds on the days of the horizon, by date and name: what it is exceeded by over its scale."""
    found: dict[str, float] = {}
    for stage, day in _stages(scenario, trades, later):
        held = stage.at.scenario
        own = own_bounds(day.trades, day.begins)
        bounds = limits_and_pools(day.trades, day.begins, held)
        if give is not None and give.day == stage.day:
            bounds = without_given(bounds, held, give)
            if give.mandates:
                own.pop(MANDATES)
        where = f"{stage.path.name} {stage.at.date}".strip()
        found |= {f"{where} {k}": v for k, v in (own | bounds).items()}
    return found


def later_given(scenario: Scenario, trades: Trades, later: Done, give: Give) -> float:
    """What the days that give are given, by weight."""
    total = 0.0
    for stage, day in _stages(scenario, trades, later):
        if stage.day == give.day:
            held = stage.at.scenario
            weights = weights_of(held, give)
            shares = relaxations(day.trades, day.begins, held)
            total += sum(weights[name] * share for name, share in shares.items())
            total += float(beyond_mandates(scenario, stage, day).sum()) if give.mandates else 0.0
    return total


def beyond_mandates(scenario: Scenario, stage: Stage, day: State) -> Floats:
    """(H,) what each position ends beyond what its mandate allows on a later day, over a typical holding."""
    out = stage.at.beyond(position(day.begins, day.trades))
    found: Floats = out * scenario.holding_notional / typical_holding(scenario)
    return found


def _stages(scenario: Scenario, trades: Trades, later: Done) -> list[tuple[Stage, State]]:
    if not later:
        return []
    return [(d.stage, d) for d in states(scenario, trades, later) if d.stage is not None]
