"""Half the spread, paid on every unit ordered outside: Σ_o half_spread[t] · |order[o]|."""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("half_spread",)
AXIS = "order"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    rate = scenario.tradables.half_spread[scenario.orders.tradable] / scenario.order_notional
    return decision.money * (rate @ decision.size)


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(O,) base currency."""
    half_spread = scenario.tradables.half_spread[scenario.orders.tradable]
    return {"half_spread": half_spread * np.abs(trades.order)}
