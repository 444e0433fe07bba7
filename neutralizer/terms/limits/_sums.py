"""What the money measures share: notional of positions netted over a scope, instrument by instrument."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from neutralizer.domain.arrays import Bools, Floats, Matrix
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, netted

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision


def netted_money(decision: "Decision", limits: Sequence[Limit]) -> tuple[Matrix, Matrix]:
    """(rows, H) what nets the positions of several scopes, stacked, and (limits, rows) what sums each."""
    parts = [decision.netting(limit.holdings) for limit in limits]
    row = np.repeat(np.arange(len(parts)), [p.shape[0] for p in parts])
    total = csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=(len(parts), len(row)))
    return vstack(parts, format="csr"), total


def notionals(trades: Trades, scenario: Scenario, limit: Limit) -> Floats:
    """(I,) signed notional of the scope's netted position, base currency."""
    return netted(scenario, trades, limit.holdings) * scenario.instruments.notional


def notional_sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) unit notional of the scope's holdings."""
    found = np.zeros(len(scenario.holdings.book))
    found[limit.holdings] = scenario.holding_notional[limit.holdings]
    return found


def not_offset(scenario: Scenario, limit: Limit) -> Bools:
    """(H,) holdings of the scope that nothing else in it is netted with: its only ones of their instruments."""
    which = scenario.holdings.instrument[limit.holdings]
    found = np.zeros(len(scenario.holdings.book), dtype=bool)
    found[limit.holdings] = np.bincount(which)[which] == 1
    return found
