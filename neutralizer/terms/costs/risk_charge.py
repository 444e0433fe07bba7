"""An optional charge on risk kept: λ · daily variance of the firm's netted position."""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, volatility

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("risk_charge",)
AXIS = "firm"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    import cvxpy as cp

    if scenario.costing.risk_aversion == 0:
        return cp.Constant(0.0)
    whole = np.arange(len(scenario.holdings.book))
    parts = decision.deviations(whole)
    return scenario.costing.risk_aversion * decision.money**2 * cp.sum_squares(parts)


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(1,) base currency."""
    whole = np.arange(len(scenario.holdings.book))
    daily = volatility(scenario, trades, whole) if scenario.costing.risk_aversion else 0.0
    return {"risk_charge": np.array([scenario.costing.risk_aversion * daily**2])}
