"""Value at risk of a normal day, base currency: z · daily volatility, z the quantile of the level."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.limits import volatility
from neutralizer.terms.limits.facts import ANYWHERE, LEVEL, MONEY, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = LEVEL
SCOPES = ANYWHERE
CURVED = True


def _quantile(limit: Limit) -> float:
    return NormalDist().inv_cdf(limit.level)


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    import cvxpy as cp

    z = np.array([_quantile(x) for x in limits])
    return cp.multiply(z, volatility.expression(decision, scenario, limits))


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return _quantile(limit) * volatility.amount(trades, scenario, limit)


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) each instrument's own value at risk, base currency per unit."""
    return _quantile(limit) * volatility.sensitivity(scenario, limit)
