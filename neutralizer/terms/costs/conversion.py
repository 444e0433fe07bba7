"""Turning what is bought and sold into the currency of the pool that pays: Σ rate · |Σ v · change|, over
what is fully paid, by pool and currency.

The net of a currency is converted, short proceeds with it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Matrix
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, entry_position, sums

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("conversion",)
AXIS = "pool"


def _paid(scenario: Scenario) -> Matrix:
    """(rows, N) base currency paid per unit of each entry."""
    row = scenario.conversions.row
    some = np.flatnonzero(row >= 0)
    value = scenario.instruments.value[scenario.entries.instrument[some]]
    shape = (len(scenario.conversions.rate), len(row))
    return csr_array((value, (row[some], some)), shape=shape)


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    import cvxpy as cp

    if not len(scenario.conversions.rate):
        return cp.Constant(0.0)
    notional = scenario.instruments.notional[scenario.entries.instrument]
    bought = decision.entry - decision.entry_before
    paid = csr_array(_paid(scenario) / notional[None, :]) @ bought
    return decision.money * (scenario.conversions.rate @ cp.abs(paid))


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(P,) base currency."""
    c, change = scenario.conversions, entry_position(scenario, trades) - scenario.entries.before
    each = c.rate * np.abs(_paid(scenario) @ change)
    return {"conversion": sums(c.pool, each, len(scenario.pools.ids))}
