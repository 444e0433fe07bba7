"""Funding of margin, before the multiplier: years · Σ_a funding_rate[a] · margin[a]."""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms import margin

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("margin_funding",)
AXIS = "account"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    import cvxpy as cp

    rate = scenario.accounts.funding_rate
    funded = np.flatnonzero(rate)
    if not len(funded):
        return cp.Constant(0.0)
    return scenario.costing.years * (
        rate[funded] @ margin.expression(decision, scenario, funded.tolist())
    )


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(A,) base currency."""
    rate = scenario.accounts.funding_rate * scenario.costing.years
    return {"margin_funding": rate * margin.amounts(trades, scenario)}
