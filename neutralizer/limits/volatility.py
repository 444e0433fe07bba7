"""Daily volatility of the scope's netted position, base currency: ‖[F^½ᵀ exposure ; √d · n · x]‖."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.scenario import Floats, Limit, Scenario
from neutralizer.domain.trades import Trades, own_volatility
from neutralizer.domain.trades import volatility as volatility_of

if TYPE_CHECKING:
    from neutralizer.decision import Decision


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    import cvxpy as cp

    return cp.hstack([decision.money * cp.norm(decision.deviations(x.holdings), 2) for x in limits])


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return volatility_of(scenario, trades, limit.holdings)


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) each instrument's own daily volatility, base currency per unit."""
    found = np.zeros(len(scenario.holdings.book))
    found[limit.holdings] = own_volatility(scenario)[scenario.holdings.instrument[limit.holdings]]
    return found
