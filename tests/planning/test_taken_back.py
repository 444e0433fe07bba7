"""Orders taken out of whole lots: what they filled stays where it was, every limit holds, and little is paid for it."""

import numpy as np
import pytest

from neutralizer.domain.orders import without_orders
from neutralizer.domain.plan import Hedge
from neutralizer.domain.scenario import Scenario
from neutralizer.load.scenario import load
from neutralizer.planning.compose import compose
from neutralizer.planning.lots import taken_back as module
from neutralizer.planning.lots.search import Tries
from neutralizer.planning.lots.standard import Standard, excess
from neutralizer.planning.lots.taken_back import taken_back
from neutralizer.planning.lots.whole import Rounded, whole_lots
from neutralizer.program.solve import Solution, solve
from neutralizer.terms.margin import cash
from tests.conftest import SCENARIOS

Made = tuple[Scenario, Solution, Rounded, list[Hedge]]


@pytest.fixture(scope="module")
def made() -> Made:
    """The hedges, the smallest first."""
    scenario = load(SCENARIOS / "equity-desks").scenario
    solution = solve(scenario)
    rounded = whole_lots(solution, scenario, Standard.of(scenario), Tries())
    size = scenario.order_notional

    def notional(hedge: Hedge) -> float:
        return float(hedge.quantity) * size[hedge.order]

    return scenario, solution, rounded, sorted(compose(scenario, rounded).hedges, key=notional)


def _closed(scenario: Scenario, hedges: list[Hedge]) -> Scenario:
    gone = np.isin(np.arange(len(scenario.orders.tradable)), [x.order for x in hedges])
    return without_orders(scenario, gone)


def test_a_small_order_is_taken_back(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, solution, rounded, hedges = made
    monkeypatch.setattr(module, "DEAR", 1e-2)
    some = hedges[:2]
    held = _closed(scenario, some)
    found = taken_back(solution, held, rounded, some)
    assert found is not None
    order, orders = found.trades.order, held.orders
    assert rounded.trades.order[[x.order for x in some]].all()
    assert not order[[x.order for x in some]].any()
    assert not excess(held, found.trades, Standard.of(held)).any()
    assert (cash.headroom(found.trades, held) >= 0).all()
    apart = orders.change_rows @ found.trades.change - orders.order_rows @ order
    assert np.abs(apart).max() < 1e-6
    assert compose(held, found).hedges  # every fill has its holder


def test_what_would_cost_more_is_not(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, solution, rounded, hedges = made
    monkeypatch.setattr(module, "DEAR", -1.0)
    assert taken_back(solution, _closed(scenario, hedges[:1]), rounded, hedges[:1]) is None


def test_nor_what_limits_do_not_keep(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, solution, rounded, hedges = made
    monkeypatch.setattr(module, "DEAR", 1e9)
    assert taken_back(solution, _closed(scenario, hedges), rounded, hedges) is None
