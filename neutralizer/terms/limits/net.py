"""Net notional: Σ_i n_i · x_i over the scope, base currency, signed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.limits._sums import netted_money, notional_sensitivity, notionals
from neutralizer.terms.limits.facts import ANYWHERE, BOTH, MONEY, SELECTOR

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = BOTH
TARGET = SELECTOR
SCOPES = ANYWHERE
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    net, total = netted_money(decision, limits)
    return decision.money * (total @ net @ decision.position)


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return float(np.sum(notionals(trades, scenario, limit)))


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) base currency per unit."""
    return notional_sensitivity(scenario, limit)


def slope(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) base currency per unit, signed."""
    return notional_sensitivity(scenario, limit)
