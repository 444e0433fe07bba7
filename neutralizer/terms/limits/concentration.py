"""Concentration: the largest |n_i · x_i| of one (selected) instrument over the scope's gross before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, netted, nothing
from neutralizer.terms.limits._sums import notional_sensitivity, notionals
from neutralizer.terms.limits.facts import ANYWHERE, SELECTOR, SHARE_OF_GROSS, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = SHARE_OF_GROSS
BOUNDS = UPPER
TARGET = SELECTOR
SCOPES = ANYWHERE
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) share of the gross before."""
    import cvxpy as cp

    shares = []
    for limit in limits:
        each = decision.netting(limit.holdings) @ decision.position
        factor = decision.money / gross_before(scenario, limit)
        shares.append(factor * cp.norm_inf(each) if len(limit.holdings) else cp.Constant(0.0))
    return cp.hstack(shares)


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Share of the gross before."""
    largest = np.abs(notionals(trades, scenario, limit)).max(initial=0)
    return float(largest / gross_before(scenario, limit))


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) share per unit."""
    return notional_sensitivity(scenario, limit) / gross_before(scenario, limit)


def gross_before(scenario: Scenario, limit: Limit) -> float:
    """Gross notional before of the whole scope, whatever the selector; at least one base unit, so
    that a scope which holds nothing may hold next to nothing. Of a later day it is today's.
    """
    if limit.gross is not None:
        return limit.gross
    units = netted(scenario, nothing(scenario), limit.scope_holdings)
    return max(float(np.sum(np.abs(units) * scenario.instruments.notional)), 1.0)
