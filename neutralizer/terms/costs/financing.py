"""Financing of each book's position after: years · Σ_h n · (long · x⁺ + short · x⁻), x⁻ positive.

One module for both terms: a negative rate on one side is convex only together with the other.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array, eye_array

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
    own = csr_array(eye_array(len(scenario.holdings.book)))[paid]
    both = (long_rate + short_rate)[paid] @ decision.shorts.of(own)
    yearly = long_rate[paid] @ decision.position[paid] + both
    return decision.money * scenario.costing.years * yearly


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
