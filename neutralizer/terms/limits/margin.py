"""Initial margin of an account or a pool's accounts, before the multiplier, base currency."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms import margin
from neutralizer.terms.limits.facts import MONEY, NOTHING, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = NOTHING
SCOPES = ("account", "pool")
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    accounts = sorted({a for x in limits for a in x.accounts})
    inside = np.array([[a in x.accounts for a in accounts] for x in limits], dtype=float)
    return inside @ margin.expression(decision, scenario, accounts)


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return float(margin.amounts(trades, scenario)[list(limit.accounts)].sum())


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) what each unit may call for at most, base currency."""
    holdings = scenario.holdings
    found = np.zeros(len(holdings.book))
    held = np.isin(holdings.account, limit.accounts)
    found[held] = margin.sensitivity(scenario)[holdings.entry[held]]
    return found
