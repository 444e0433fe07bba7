"""The worst loss over the shocks that the target names, base currency; never below zero."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.tails import worst_mean
from neutralizer.domain.trades import Trades, netted
from neutralizer.terms.limits.facts import ANYWHERE, MONEY, SHOCKS, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = SHOCKS
SCOPES = ANYWHERE
CURVED = False


def losses(decision: "Decision", scenario: Scenario, limit: Limit) -> Any:
    """(shocks,) loss of the scope under each shock, over `money`."""
    which = np.unique(scenario.holdings.instrument[limit.holdings])
    each = scenario.shocks.loss[which][:, limit.shocks] / scenario.instruments.notional[which, None]
    return (each.T @ decision.netting(limit.holdings)) @ decision.position


def amounts(trades: Trades, scenario: Scenario, limit: Limit) -> Floats:
    """(shocks,) the same, base currency."""
    units = netted(scenario, trades, limit.holdings)
    found: Floats = units @ scenario.shocks.loss[:, limit.shocks]
    return found


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    import cvxpy as cp

    each = [losses(decision, scenario, x) for x in limits]
    return decision.money * cp.hstack([cp.max(cp.hstack([x, np.zeros(1)])) for x in each])


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return worst_mean(amounts(trades, scenario, limit), 1.0)


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) the most that one unit loses or gains under any of the shocks."""
    own = np.abs(scenario.shocks.loss[:, limit.shocks]).max(axis=1, initial=0.0)
    found = np.zeros(len(scenario.holdings.book))
    found[limit.holdings] = own[scenario.holdings.instrument[limit.holdings]]
    return found
