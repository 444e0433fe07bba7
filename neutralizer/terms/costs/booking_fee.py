"""A small declared fee on every unit of change, crossed or filled: fee · Σ_h n · |change[h]|.

It keeps churn that costs nothing out of the answer.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("booking_fee",)
AXIS = "holding"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    import cvxpy as cp

    return decision.money * scenario.costing.booking_fee * cp.sum(decision.moved)


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(H,) base currency."""
    fee = scenario.costing.booking_fee * scenario.holding_notional
    return {"booking_fee": fee * np.abs(trades.change)}
