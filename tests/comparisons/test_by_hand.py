"""The naive hand method: what it costs where it can be computed, and that no hand beats the optimum."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from neutralizer.comparisons import by_hand as hand
from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, InputsRefused, NotSolved
from neutralizer.load.scenario import load
from neutralizer.program.solve import solve
from tests.tools.strategies import Folder, scenarios

Named = Callable[[str], Scenario]


def test_two_desks_by_hand(scenario_named: Named) -> None:
    """Each desk hedges its own breach with the future, as the walk-through computes it."""
    found = hand.by_hand(scenario_named("two-desks"))
    assert found.cost == pytest.approx(1610.0)
    assert (found.orders, found.notional) == (2, 13e6)
    assert (found.breaches_before, found.breaches_after) == (3, 0)


def test_the_cheapest_instrument_that_is_left_is_taken(scenario_named: Named) -> None:
    """With the future dearer than the ETF, or capped away, the ETF is sold."""
    scenario = scenario_named("two-desks")
    t = scenario.tradables
    future = t.ids.index("FUT")
    dear = np.where(np.arange(len(t.ids)) == future, 1e3 * t.half_spread, t.half_spread)
    closed = np.where(np.arange(len(t.ids)) == future, 0.0, t.cap)
    costs = [
        hand.by_hand(replace(scenario, tradables=changed)).cost
        for changed in (replace(t, half_spread=dear), replace(t, cap=closed))
    ]
    assert costs[0] == pytest.approx(costs[1])
    assert costs[0] > hand.by_hand(scenario).cost


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=scenarios())
def test_no_hand_beats_the_stand_alone_optimum(
    drawn: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Mandates and caps are kept; and where nothing is left in breach, the optimum costs no more."""
    try:
        scenario = load(drawn.write(tmp_path_factory.mktemp("drawn"))).scenario
    except InputsRefused:
        return
    separate = alone(scenario)
    worker = hand._Hand(separate)
    for x in separate.limits:
        worker.closes(x, 0.0)
    after = separate.holdings.before + worker.trades.change
    room = 1e-9 * np.maximum(np.abs(after), 1.0)
    assert (after <= separate.holdings.high + room).all()
    assert (after >= separate.holdings.low - room).all()
    found = hand.by_hand(scenario)
    if found.breaches_after == 0:
        try:
            best = solve(separate)
        except (Infeasible, NotSolved):
            return
        assert found.cost >= best.objective - 1e-5 * best.certificate.basis


@pytest.mark.parametrize("name", ["funds-2021-04-14", "macro-2016-11-11", "oil-2022-02-07"])
def test_on_real_data_the_hand_costs_more(shared: Path, name: str) -> None:
    scenario = load(shared / name).scenario
    assert hand.by_hand(scenario).cost > solve(alone(scenario)).objective
