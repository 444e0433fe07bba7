"""Exposure to one factor: Σ_h E[i,k] · x_h over the scope, factor units."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, position
from neutralizer.terms.limits.facts import ANYWHERE, BOTH, FACTOR, FACTOR_UNITS

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = FACTOR_UNITS
BOUNDS = BOTH
TARGET = FACTOR
SCOPES = ANYWHERE
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) factor units."""
    import cvxpy as cp

    return cp.hstack([decision.factor_exposure(x.holdings, x.factor) for x in limits])


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Factor units."""
    after = position(scenario, trades)[limit.holdings]
    return float(_loadings(scenario, limit)[limit.holdings] @ after)


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) factor units per unit."""
    return np.abs(slope(scenario, limit))


def slope(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) factor units per unit, signed."""
    found = np.zeros(len(scenario.holdings.book))
    found[limit.holdings] = _loadings(scenario, limit)[limit.holdings]
    return found


def _loadings(scenario: Scenario, limit: Limit) -> Floats:
    found: Floats = scenario.risk.exposure[scenario.holdings.instrument, limit.factor]
    return found
