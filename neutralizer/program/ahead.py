"""Days of the horizon that cannot keep all their limits: a far day never stands in the way of today, nor of a nearer
one. Day by day, the nearest first, what it has to give is found and is then let out; of a day its soft limits give
first. So the latest days give most.
"""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Bools
from neutralizer.domain.horizon import Day, Horizon, Stage
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, position
from neutralizer.errors import NotSolved
from neutralizer.program.build import Give, pool_scales
from neutralizer.program.solve import carried_on, relax
from neutralizer.terms import limits
from neutralizer.terms.days import Done, State, states
from neutralizer.terms.margin import cash

ROOM = 1e-5  # of a scale: beside what a day was let out by, so that the next program has an inside


def followed(scenario: Scenario, made: Trades) -> tuple[Scenario, Done]:
    """What is best done on the days of the horizon when today stands, and the scenario with what they then cannot
    keep let out. Raises NotSolved.
    """
    assert scenario.horizon is not None
    try:
        return scenario, carried_on(scenario, made).later
    except NotSolved:
        held = replace(scenario, horizon=kept_ahead(scenario, scenario.horizon, made))
        return held, carried_on(held, made).later


def kept_ahead(today: Scenario, horizon: Horizon, made: Trades | None = None) -> Horizon:
    """The horizon with what its days cannot keep let out by the least that they must give; `made`: where today
    stands. Raises NotSolved.
    """
    for day in range(1, len(horizon.paths[0].days) + 1):
        hard, soft = _gives(horizon, day)
        give = Give(hard.astype(float), pools=True, day=day, mandates=True)
        horizon = _given(today, horizon, give, made)
        if soft.any():
            give = Give(soft.astype(float), pools=False, day=day)
            horizon = _given(today, horizon, give, made)
    return horizon


def _given(today: Scenario, horizon: Horizon, give: Give, made: Trades | None) -> Horizon:
    """The horizon with what gives on one day let out; where mandates do, its soft limits are left out meanwhile."""

    def opened(stage: Stage) -> Day:
        return _opened(stage.at) if give.mandates and stage.day == give.day else stage.at

    within = horizon.until(give.day).with_days(opened)
    scenario = replace(today, horizon=within)
    found = relax(scenario, give, made)
    done = states(scenario, found.trades, found.later)[1:]
    # stages are numbered path by path: the shorter horizon has its own numbers
    places = {(s.path.name, s.day): s.number for s in within.stages}

    def let_out(stage: Stage) -> Day:
        if stage.day != give.day:
            return stage.at
        return _let_out(stage, done[places[stage.path.name, give.day]], give.limits > 0)

    h = today.holdings
    return horizon.with_days(let_out).within_reach(h.low, h.high)


def _gives(horizon: Horizon, day: int) -> tuple[Bools, Bools]:
    """(limits,) twice: which of a day's limits are hard, and which soft; one that is to improve is neither."""
    its = horizon.paths[0].days[day - 1].scenario.limits
    soft = np.array([bool(x.soft) for x in its], dtype=bool)
    held = np.array([not x.improve for x in its], dtype=bool)
    return held & ~soft, held & soft


def _opened(day: Day) -> Day:
    """The day without its soft limits, and with positions anywhere."""
    s, h = day.scenario, day.scenario.holdings
    its = tuple(replace(x, settled=(-np.inf, np.inf)) if x.soft else x for x in s.limits)
    low = np.where(day.may_fall, -np.inf, h.low)
    high = np.where(day.may_rise, np.inf, h.high)
    held = replace(h, low=low, high=high)
    return replace(day, scenario=replace(s, limits=its, holdings=held))


def _let_out(stage: Stage, done: State, own: Bools) -> Day:
    """The day held to what an answer keeps it by, with some room."""
    s, unit = stage.at.scenario, ROOM * limits.scales(stage.at.scenario)
    after = limits.amounts(done.trades, done.begins)

    def held(k: int, x: Limit) -> Limit:
        if not own[k] or limits.beyond(after[k], x.lower, x.upper) <= 0.1 * unit[k]:
            return x
        low, high = min(x.lower, after[k] - unit[k]), max(x.upper, after[k] + unit[k])
        return replace(x, settled=(float(low), float(high)))

    its = tuple(held(k, x) for k, x in enumerate(s.limits))
    missing = np.maximum(-cash.headroom(done.trades, done.begins), 0.0)
    spare = ROOM * pool_scales(s) / s.pools.fx
    short = np.where(missing > 0.1 * spare, missing + spare, 0.0)
    short = np.maximum(short, s.pools.shortfall)
    x, little = position(done.begins, done.trades), 1e-6 * np.abs(stage.at.scenario.holdings.before)
    low, high = stage.at.low, stage.at.high
    return replace(
        stage.at,
        scenario=replace(s, limits=its, pools=replace(s.pools, shortfall=short)),
        low=np.where(x < low - little, x, low),
        high=np.where(x > high + little, x, high),
    )
