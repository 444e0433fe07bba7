"""The mean loss in the tail of equally likely shocks, base currency; never below zero.

The tail is the share 1 − level of the shocks, the last of them by its fraction, and one at least
(Rockafellar and Uryasev, 2000).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.tails import tail_count, worst_mean
from neutralizer.domain.trades import Trades
from neutralizer.terms.limits import stress_loss
from neutralizer.terms.limits.facts import ANYWHERE, MONEY, TAIL_OF_SHOCKS, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = TAIL_OF_SHOCKS
SCOPES = ANYWHERE
CURVED = False


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    import cvxpy as cp

    found = []
    for x in limits:
        count = tail_count(x.level, len(x.shocks))
        losses = stress_loss.losses(decision, scenario, x)
        found.append(cp.pos(cp.sum_largest(losses, count) / count))
    return decision.money * cp.hstack(found)


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    losses = stress_loss.amounts(trades, scenario, limit)
    return worst_mean(losses, tail_count(limit.level, len(losses)))


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) as much as the worst shock can."""
    return stress_loss.sensitivity(scenario, limit)
