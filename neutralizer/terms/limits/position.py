"""Position of one instrument, netted over the scope, in units."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, position
from neutralizer.terms.limits.facts import ANYWHERE, BOTH, INSTRUMENT, UNITS

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = UNITS
BOUNDS = BOTH
TARGET = INSTRUMENT
SCOPES = ANYWHERE
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) units."""
    row = np.repeat(np.arange(len(limits)), [len(x.holdings) for x in limits])
    column = np.concatenate([x.holdings for x in limits])
    units = decision.money / scenario.holding_notional[column]
    shape = (len(limits), len(scenario.holdings.book))
    return csr_array((units, (row, column)), shape=shape) @ decision.position


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Units."""
    return float(np.sum(position(scenario, trades)[limit.holdings]))


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) units per unit."""
    return slope(scenario, limit)


def slope(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) units per unit, signed."""
    found = np.zeros(len(scenario.holdings.book))
    found[limit.holdings] = 1.0
    return found
