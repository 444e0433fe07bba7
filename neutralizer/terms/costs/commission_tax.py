"""Commission and transaction tax, per unit and by side: Σ_o buy_charge · buys + sell_charge · sells."""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("commission_tax",)
AXIS = "order"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    buy, sell = (charge / scenario.order_notional for charge in _charges(scenario))
    return decision.money * (buy @ decision.buy + sell @ decision.sell)


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(O,) base currency."""
    buy, sell = _charges(scenario)
    bought, sold = np.maximum(trades.order, 0), np.maximum(-trades.order, 0)
    return {"commission_tax": buy * bought + sell * sold}


def _charges(scenario: Scenario) -> tuple[Floats, Floats]:
    t, tradable = scenario.tradables, scenario.orders.tradable
    return t.buy_charge[tradable], t.sell_charge[tradable]
