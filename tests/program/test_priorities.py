"""Soft limits give in the order of their priorities; the first is kept as well as can be."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from neutralizer.domain.asked import Asked
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import nothing
from neutralizer.program.build import Give
from neutralizer.program.priorities import answered, settled
from neutralizer.program.solve import relax
from neutralizer.terms import limits
from neutralizer.terms.limits.asked import as_asked
from tests.tools.drawn import infeasible

Named = Callable[[str], Scenario]


def excesses(scenario: Scenario, best: Scenario) -> np.ndarray:  # type: ignore[type-arg]
    """(limits,) what the settled bounds lie beyond the written ones, over scale."""
    lower, upper = limits.bounds(best)
    written = limits.written(scenario)
    with np.errstate(invalid="ignore"):  # inf - inf: a side without a bound
        beyond = np.fmax(upper - written[1], written[0] - lower)
    return np.nan_to_num(beyond) / limits.scales(scenario)


def with_priorities(scenario: Scenario, seed: int) -> Scenario:
    """Every limit soft, in one of three priorities."""
    rng = np.random.default_rng(seed)
    rows = tuple(
        replace(x, soft="soft", priority=float(rng.integers(1, 4))) for x in scenario.limits
    )
    # cash may jam too, and no limit cures that
    rich = replace(
        scenario.pools, cash=scenario.pools.cash + 2 * scenario.gross_before / scenario.pools.fx
    )
    return replace(scenario, limits=rows, pools=rich)


@pytest.mark.parametrize("k", range(0, 30, 2))
def test_each_class_gives_the_least_that_those_before_it_leave(k: int) -> None:
    """The classes before it held to what they gave, the later ones left out: no answer gives less."""
    scenario = with_priorities(infeasible()[k], k)
    best, found = answered(scenario)
    assert found.certificate.accepted
    given = excesses(scenario, best)
    for rank in sorted({x.priority for x in scenario.limits}):
        rows: list[Limit] = []
        elastic = []
        for x, held in zip(scenario.limits, best.limits, strict=True):
            if x.priority < rank:
                assert held.settled is not None
                rows.append(replace(x, soft="", lower=held.settled[0], upper=held.settled[1]))
                elastic.append(0.0)
            elif x.priority == rank:
                rows.append(x)
                elastic.append(1.0)
        own = np.array([x.priority == rank for x in scenario.limits])
        least = relax(replace(scenario, limits=tuple(rows)), Give(np.array(elastic), pools=False))
        room = 2e-4 * len(scenario.limits)  # the most a class is let out by
        assert given[own].sum() >= least.certificate.bound - room
        assert given[own].sum() <= least.certificate.cost * (1 + 2e-3) + room


@pytest.mark.parametrize(("first", "second"), [(1.0, 2.0), (2.0, 1.0)])
def test_of_two_that_exclude_each_other_the_later_gives(
    scenario_named: Named, first: float, second: float
) -> None:
    scenario = scenario_named("two-desks")
    like = next(x for x in scenario.limits if x.limit_id == "MM-market")
    before = limits.REGISTRY[like.measure].amount(nothing(scenario), scenario, like)
    low = replace(
        like, limit_id="low", lower=-np.inf, upper=0.1 * before, soft="soft", priority=first
    )
    high = replace(
        like, limit_id="high", lower=0.3 * before, upper=np.inf, soft="soft", priority=second
    )
    best = settled(replace(scenario, limits=(high, low)))
    given = dict(
        zip(("high", "low"), excesses(replace(scenario, limits=(high, low)), best), strict=True)
    )
    keeps, gives = ("low", "high") if first < second else ("high", "low")
    assert given[keeps] == pytest.approx(0.0, abs=1e-5)
    scale = dict(zip(("high", "low"), limits.scales(best), strict=True))[gives]
    assert given[gives] * scale == pytest.approx(0.2 * abs(before), rel=1e-3)


def test_relax_turns_late_priorities_soft_and_says_so(scenario_named: Named) -> None:
    scenario = scenario_named("two-desks")
    rows = tuple(replace(x, priority=float(k + 1)) for k, x in enumerate(scenario.limits))
    found = as_asked(replace(scenario, limits=rows), Asked(relax=2.0))
    assert [x.soft for x in found.limits] == ["", *["--relax 2"] * (len(rows) - 1)]


@pytest.mark.parametrize("k", range(1, 30, 4))
def test_the_best_effort_ends_nothing_worse_than_before(k: int) -> None:
    scenario = replace(infeasible()[k])
    found = answered(as_asked(scenario, Asked(best_effort=True)))[1]
    before, after = (limits.amounts(t, scenario) for t in (nothing(scenario), found.trades))
    lower, upper = limits.written(scenario)
    room = 2e-6 * limits.scales(scenario)
    assert (after <= np.maximum(upper, before) + room).all()
    assert (after >= np.minimum(lower, before) - room).all()
