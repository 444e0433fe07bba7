"""Short notional as a positive number: Σ_i n_i · max(−x_i, 0), x netted over the scope."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.limits._sums import netted_money, notional_sensitivity, notionals
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
    net, total = netted_money(decision, limits)
    return decision.money * (total @ decision.shorts.of(net))


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return float(np.sum(np.maximum(-notionals(trades, scenario, limit), 0)))


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) base currency per unit."""
    return notional_sensitivity(scenario, limit)
