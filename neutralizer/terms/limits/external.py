"""What is ordered outside: Σ_o n · |order[o]| of the firm or of a group's books, base currency."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.limits._sums import notional_sensitivity
from neutralizer.terms.limits.facts import MONEY, NOTHING, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = NOTHING
SCOPES = ("firm", "group")
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    inside = np.array([_inside(scenario, x) for x in limits], dtype=float)
    return decision.money * (inside @ decision.size)


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    size = scenario.order_notional * np.abs(trades.order)
    return float(size @ _inside(scenario, limit))


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) base currency per unit: an order moves with the changes it fills."""
    return notional_sensitivity(scenario, limit)


def _inside(scenario: Scenario, limit: Limit) -> Bools:
    """(O,) whether every book that the order fills is in the scope."""
    return np.array([books <= limit.books for books in scenario.orders.books], dtype=bool)
