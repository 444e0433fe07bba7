"""Financing of each book's position after: years · Σ_h n · (long · x⁺ + short · x⁻), x⁻ positive.

One module for both terms: a negative rate on one side is convex only together with the other.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, position

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("long_financing", "short_financing")
AXIS = "holding"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency: long · x + (long + short) · x⁻, with long + short >= 0."""
    import cvxpy as cp

    long_rate, short_rate = _rates(scenario)
    paid = np.flatnonzero((long_rate != 0) | (short_rate != 0))
    if not len(paid):
        return cp.Constant(0.0)
    x = decision.position[paid]
    both = (long_rate + short_rate)[paid]
    return decision.money * scenario.costing.years * (long_rate[paid] @ x + both @ cp.neg(x))


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(H,) base currency, each side."""
    x = position(scenario, trades) * scenario.holding_notional * scenario.costing.years
    long_rate, short_rate = _rates(scenario)
    return {
        "long_financing": long_rate * np.maximum(x, 0),
        "short_financing": short_rate * np.maximum(-x, 0),
    }


def _rates(scenario: Scenario) -> tuple[Floats, Floats]:
    i, which = scenario.instruments, scenario.holdings.instrument
    return i.long_financing[which], i.short_financing[which]
