"""Mismatch of tenors: Σ_k |Σ_h w[i,k] · n_i · x_h| over the scope, the net exposure of each bucket of expiry in
either direction, base currency. What one bucket is long does not offset what another is short.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, position
from neutralizer.terms.limits.facts import ANYWHERE, MONEY, SELECTOR, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = SELECTOR
SCOPES = ANYWHERE
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    import cvxpy as cp

    found = []
    for limit in limits:
        weight = _exposures(scenario, limit) / scenario.holding_notional[:, None]
        buckets = weight[:, weight.any(axis=0)].T @ decision.position
        found.append(decision.money * cp.norm1(buckets) if buckets.size else cp.Constant(0.0))
    return cp.hstack(found)


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return float(np.abs(_exposures(scenario, limit).T @ position(scenario, trades)).sum())


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) base currency per unit: what all its buckets together can move by."""
    found: Floats = np.abs(_exposures(scenario, limit)).sum(axis=1)
    return found


def _exposures(scenario: Scenario, limit: Limit) -> Floats:
    """(H, K) of one unit of each holding of the limit in each bucket; 0 of the others."""
    risk, found = scenario.risk, np.zeros((len(scenario.holdings.book), scenario.risk.tenors))
    buckets = risk.exposure[:, len(risk.factors) - risk.tenors :]
    found[limit.holdings] = buckets[scenario.holdings.instrument[limit.holdings]]
    return found
