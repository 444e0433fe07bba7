"""Every term says itself twice: its expression and its amount agree at random points."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import nothing
from neutralizer.terms import costs, limits, margin
from neutralizer.terms.margin import cash
from tests.tools.modelled import with_models
from tests.tools.points import random_point, value

NAMES = ("two-desks", "equity-desks", "multi-asset")
Named = Callable[[str], Scenario]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cost", costs.REGISTRY, ids=lambda c: c.__name__.rpartition(".")[2])
def test_cost(scenario_named: Named, name: str, cost: object) -> None:
    scenario = scenario_named(name)
    for seed in range(3):
        decision, trades = random_point(scenario, seed)
        expected = sum(a.sum() for a in cost.amounts(trades, scenario).values())  # type: ignore[attr-defined]
        found = value(decision, cost.expression(decision, scenario))  # type: ignore[attr-defined]
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("measure", limits.REGISTRY)
def test_measure(scenario_named: Named, name: str, measure: str) -> None:
    scenario = with_models(scenario_named(name), 1, "rate")
    rows = [x for x in scenario.limits if x.measure == measure]
    rows += [x for x in _every_scope(scenario) if x.measure == measure]
    module = limits.REGISTRY[measure]
    for seed in range(3):
        decision, trades = random_point(scenario, seed)
        found = value(decision, module.expression(decision, scenario, rows))
        expected = [module.amount(trades, scenario, x) for x in rows]
        scale = decision.money if measure != "concentration" else 1.0
        assert found == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9 * scale)


@pytest.mark.parametrize("name", NAMES)
def test_measures_move_no_more_than_their_sensitivity(scenario_named: Named, name: str) -> None:
    scenario = with_models(scenario_named(name), 2, "rate")
    rng = np.random.default_rng(5)
    still = nothing(scenario)
    for limit in (*scenario.limits, *_every_scope(scenario)):
        if limit.measure == "external":
            continue  # moves with orders, which these changes do not make
        move = rng.normal(size=len(scenario.holdings.book)) * 10
        moved = replace(still, change=move)
        module = limits.REGISTRY[limit.measure]
        change = module.amount(moved, scenario, limit) - module.amount(still, scenario, limit)
        most = float(limits.sensitivity(scenario, limit) @ np.abs(move))
        assert abs(change) <= most * (1 + 1e-9) + 1e-6


def _every_scope(scenario: Scenario) -> list[Limit]:
    """One limit of every measure on the firm, so that no measure goes without a test."""
    everything = np.arange(len(scenario.holdings.book))
    first = scenario.instruments.ids[scenario.holdings.instrument[0]]
    found = []
    for measure in limits.REGISTRY:
        own = everything
        if measure == "position":
            own = np.flatnonzero(scenario.holdings.instrument == scenario.holdings.instrument[0])
        found.append(
            Limit(
                f"test-{measure}",
                measure,
                "firm",
                first if measure == "position" else "",
                -np.inf,
                1.0,
                False,
                0.0,
                "",
                "",
                everything,
                own,
                factor=0,
                books=frozenset(range(len(scenario.books.ids))),
                accounts=tuple(range(len(scenario.accounts.ids))),
                level=0.93,
                shocks=tuple(range(len(scenario.shocks.ids))),
            )
        )
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stressed", [False, True])
def test_margin_and_pools(scenario_named: Named, name: str, stressed: bool) -> None:
    scenario = scenario_named(name)
    scenario = with_models(scenario, 3, "rate") if stressed else scenario
    accounts = range(len(scenario.accounts.ids))
    for seed in range(3):
        decision, trades = random_point(scenario, seed)
        found = value(decision, margin.expression(decision, scenario, accounts))
        assert found == pytest.approx(margin.amounts(trades, scenario), rel=1e-9)
        headroom = value(decision, cash.headroom_expression(decision, scenario)) * decision.money
        expected = cash.headroom(trades, scenario) * scenario.pools.fx
        assert headroom == pytest.approx(expected, rel=1e-9, abs=1e-6 * decision.money)
