"""Scenarios whose limits and pools are held to less than is written: not worse than before."""

from dataclasses import replace

import numpy as np

from neutralizer.domain.asked import Asked
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import nothing
from neutralizer.domain.wishes import wish_limits
from neutralizer.terms import limits
from neutralizer.terms.margin import cash

BEST_EFFORT = "--best-effort"


def not_worse(scenario: Scenario) -> Scenario:
    """Every limit and pool may end as it stands, where it stands in breach, and no worse."""
    before = limits.amounts(nothing(scenario), scenario)
    held = tuple(
        replace(x, settled=(min(x.lower, m), max(x.upper, m)))
        for x, m in zip(scenario.limits, before.tolist(), strict=True)
    )
    short = np.maximum(-cash.headroom(nothing(scenario), scenario), 0.0)
    return replace(scenario, limits=held, pools=replace(scenario.pools, shortfall=short))


def with_wishes(scenario: Scenario) -> Scenario:
    """The scenario in which targets that may wait are limits too: for a run that weighs no costs."""
    s, waiting = scenario, np.flatnonzero(scenario.targets.waits)
    more = wish_limits(s.targets, waiting, s.books, s.instruments.ids, s.holdings)
    every = sorted((*s.limits, *more), key=lambda x: (x.limit_id, x.scope))
    return replace(s, limits=tuple(every))


def best_effort(scenario: Scenario) -> Scenario:
    """Not worse than before, and every limit that is to be cured may give, last priority first."""
    allowed = not_worse(scenario)

    def given(x: Limit) -> Limit:
        return x if x.improve or x.soft else replace(x, soft=BEST_EFFORT)

    return replace(allowed, limits=tuple(given(x) for x in allowed.limits))


def as_asked(scenario: Scenario, asked: Asked) -> Scenario:
    """The scenario with its limits and pools held to what the run was asked to hold them to."""
    if asked.transfers_only:
        return replace(not_worse(with_wishes(scenario)), horizon=None)
    if asked.relax is not None:
        scenario = relaxed(scenario, asked.relax)
    return best_effort(scenario) if asked.best_effort else scenario


def relaxed(scenario: Scenario, priority: float) -> Scenario:
    """Hard limits of a priority, and of those after it, turned soft for one run."""

    def softened(x: Limit) -> Limit:
        hard = not x.soft and not x.improve and x.priority >= priority
        return replace(x, soft=f"--relax {priority:g}") if hard else x

    return replace(scenario, limits=tuple(softened(x) for x in scenario.limits))
