"""Turnover: Σ_h n · |change[h]| over the scope's holdings, base currency."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.limits._sums import notional_sensitivity
from neutralizer.terms.limits.facts import ANYWHERE, MONEY, NOTHING, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = NOTHING
SCOPES = ANYWHERE
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    row = np.repeat(np.arange(len(limits)), [len(x.holdings) for x in limits])
    column = np.concatenate([x.holdings for x in limits])
    shape = (len(limits), len(scenario.holdings.book))
    return decision.money * (
        csr_array((np.ones(len(row)), (row, column)), shape=shape) @ decision.moved
    )


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    h = limit.holdings
    return float(scenario.holding_notional[h] @ np.abs(trades.change[h]))


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) base currency per unit."""
    return notional_sensitivity(scenario, limit)
