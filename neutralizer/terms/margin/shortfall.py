"""A house model: the mean loss of the account over the worst of a set of shocks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.tails import tail_count, worst_weights
from neutralizer.domain.trades import Trades, entry_position
from neutralizer.terms.margin.needs import SHOCKS

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

NEEDS = SHOCKS
CURVED = False


def _losses(scenario: Scenario, own: Ints, account: int) -> Floats:
    """(len(own), S) loss of one unit of each entry under each of the account's shocks."""
    wanted = scenario.accounts.shock_set[account]
    some = np.array([wanted in ("", s) for s in scenario.shocks.sets], dtype=bool)
    found: Floats = scenario.shocks.loss[scenario.entries.instrument[own]][:, some]
    return found


def _count(scenario: Scenario, account: int, shocks: int) -> float:
    return tail_count(float(scenario.accounts.confidence[account]), shocks)


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) base currency."""
    import cvxpy as cp

    found = []
    for a in accounts:
        own = np.flatnonzero(scenario.entries.account == a)
        if not len(own):
            found.append(cp.Constant(0.0))
            continue
        notional = scenario.instruments.notional[scenario.entries.instrument[own]]
        losses = (_losses(scenario, own, a) / notional[:, None]).T @ decision.entry[own]
        count = _count(scenario, a, losses.shape[0])
        found.append(decision.money * cp.pos(cp.sum_largest(losses, count) / count))
    return cp.hstack(found)


def parts(trades: Trades, scenario: Scenario, own: Ints) -> Floats:
    """Each entry's mean loss over the worst shocks of the whole account; zeros where that gains."""
    if not len(own):
        return np.zeros(0)
    account = int(scenario.entries.account[own[0]])
    each = entry_position(scenario, trades)[own][:, None] * _losses(scenario, own, account)
    total = each.sum(axis=0)
    weights = worst_weights(total, _count(scenario, account, len(total)))
    found: Floats = each @ weights if weights @ total > 0 else np.zeros(len(own))
    return found


def sensitivity(scenario: Scenario, own: Ints) -> Floats:
    """Each unit's own worst, either way."""
    if not len(own):
        return np.zeros(0)
    found: Floats = np.abs(_losses(scenario, own, int(scenario.entries.account[own[0]]))).max(
        axis=1
    )
    return found
