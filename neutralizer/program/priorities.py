"""Limits that may give, in the order of their priorities: the first is kept as well as the hard limits
allow, then the next within that, and so on; the cost comes last.

Within a class the weights are the penalties, else one scale of each limit alike. What a limit cannot
be kept by is found once, and it is then held to that like any other.
"""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.horizon import Horizon
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.ahead import kept_ahead
from neutralizer.program.build import Give, pool_scales
from neutralizer.program.certificate import relaxations
from neutralizer.program.solve import INFEASIBLE, Solution, refuse_infeasible, relax, solve
from neutralizer.terms import limits
from neutralizer.terms.limits.asked import BEST_EFFORT
from neutralizer.terms.margin import cash

ALONE = "the days after today have no certified answer beside it: today is decided alone"
# of a limit's scale: room for the next class beside what this one was kept to; the least that solves
WIDENINGS = (1e-6, 1e-5, 1e-4)


def answered(scenario: Scenario) -> tuple[Scenario, Solution]:
    """The scenario with its soft limits settled, and its least-cost answer. Raises Infeasible where
    the hard limits alone have no plan, NotSolved.
    """
    if scenario.horizon is not None:
        return _over_days(scenario, scenario.horizon)
    if not any(x.soft for x in scenario.limits):
        return scenario, solve(scenario)
    for widened in WIDENINGS[:-1]:
        with suppress(NotSolved):
            best = settled(scenario, widened)
            # short by less than was let out: a class is kept to its own accuracy alone
            with suppress(Infeasible):
                return best, solve(best)
    best = settled(scenario, WIDENINGS[-1])
    return best, solve(best)


def _over_days(scenario: Scenario, horizon: Horizon) -> tuple[Scenario, Solution]:
    """Today first: what its soft limits cannot be kept by is found without the days after it, and what they are
    refused for is no later day's. Where those cannot keep all their limits beside it, they give; where they have no
    certified answer, today is decided alone, and a warning says so.
    """
    today = settled(replace(scenario, horizon=None))
    together = replace(today, horizon=horizon)
    with suppress(NotSolved):
        return together, solve(together)
    with suppress(NotSolved):
        held = replace(today, horizon=kept_ahead(today, horizon))
        return held, solve(held)
    alone = replace(today, warnings=(*today.warnings, ALONE))
    return alone, solve(alone)


def settled(scenario: Scenario, widened: float = WIDENINGS[0]) -> Scenario:
    """The scenario with every soft limit held to its written bounds, or to the least beyond them that
    its priority leaves. Raises Infeasible, NotSolved.
    """
    soft = np.array([bool(x.soft) for x in scenario.limits], dtype=bool)
    if not soft.any():
        return scenario
    effort = any(x.soft == BEST_EFFORT for x in scenario.limits)
    whole = _least(scenario, Give(soft.astype(float), effort, effort))
    if sum(relaxations(whole.trades, scenario).values()) <= INFEASIBLE:
        return _held(scenario, soft, whole, effort, widened)
    for one in sorted({rank(x) for x in scenario.limits if x.soft}):
        own = np.array([bool(x.soft) and rank(x) == one for x in scenario.limits], dtype=bool)
        found = _least(scenario, Give(_weights(scenario, own), effort, effort))
        scenario = _held(scenario, own, found, effort, widened)
    return scenario


def _least(scenario: Scenario, give: Give) -> Solution:
    try:
        return relax(scenario, give)
    except NotSolved:
        refuse_infeasible(scenario)
        raise


def rank(limit: Limit) -> tuple[bool, float]:
    """What was written hard comes before what was written soft; then by priority."""
    return limit.soft == "soft", limit.priority


def _weights(scenario: Scenario, own: Bools) -> Floats:
    """(limits,) of one scale of relaxation: the penalties of the class, largest 1; else 1."""
    priced = np.array([x.penalty for x in scenario.limits], dtype=float) * limits.scales(scenario)
    chosen = np.where(own, priced, 0.0)
    return chosen / chosen.max() if (chosen[own] > 0).all() else own.astype(float)


def _held(scenario: Scenario, own: Bools, found: Solution, pools: bool, widened: float) -> Scenario:
    """Some limits held to what an answer keeps them by; the pools too, where they give."""
    after, room = limits.amounts(found.trades, scenario), widened * limits.scales(scenario)

    def held(k: int, x: Limit) -> Limit:
        if limits.beyond(after[k], x.lower, x.upper) <= room[k]:
            return replace(x, settled=(x.lower, x.upper))
        low, high = min(x.lower, after[k] - room[k]), max(x.upper, after[k] + room[k])
        return replace(x, settled=(float(low), float(high)))

    held_limits = tuple(held(k, x) if own[k] else x for k, x in enumerate(scenario.limits))
    scenario = replace(scenario, limits=held_limits)
    if not pools:
        return scenario
    missing = np.maximum(-cash.headroom(found.trades, scenario), 0.0)
    spare = widened * pool_scales(scenario) / scenario.pools.fx
    short = np.where(missing > spare, missing + spare, 0.0)
    return replace(scenario, pools=replace(scenario.pools, shortfall=short))
