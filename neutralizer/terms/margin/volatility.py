"""A house model: z · √days · daily volatility of what the account nets, z the normal quantile."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, deviations, entry_position, own_volatility, sums
from neutralizer.terms.margin.needs import COVARIANCE

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

NEEDS = COVARIANCE
CURVED = True


def _factor(scenario: Scenario, account: int) -> float:
    """What turns a daily volatility into margin."""
    accounts = scenario.accounts
    quantile = NormalDist().inv_cdf(float(accounts.confidence[account]))
    return quantile * float(np.sqrt(accounts.days[account]))


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) base currency."""
    import cvxpy as cp

    found = []
    for a in accounts:
        held = np.flatnonzero(scenario.holdings.account == a)
        deviation = decision.deviations(held) if len(held) else np.zeros(1)
        found.append(_factor(scenario, a) * decision.money * cp.norm(deviation, 2))
    return cp.hstack(found)


def parts(trades: Trades, scenario: Scenario, own: Ints) -> Floats:
    """Each entry's share, x · ∂margin/∂x: together they are the margin."""
    if not len(own):
        return np.zeros(0)
    which = scenario.entries.instrument[own]
    units = entry_position(scenario, trades)[own]
    whole = deviations(scenario, sums(which, units, len(scenario.instruments.ids)))
    size = float(np.linalg.norm(whole))
    if not size:
        return np.zeros(len(own))
    factor = _factor(scenario, int(scenario.entries.account[own[0]]))
    return factor * units * _slopes(scenario, whole / size)[which]


def _slopes(scenario: Scenario, direction: Floats) -> Floats:
    """(I,) direction · ∂deviations/∂units."""
    risk, notional = scenario.risk, scenario.instruments.notional
    if risk.dense_root is not None:
        return notional * (direction @ risk.dense_root)
    if risk.factor_root is None:
        return np.zeros(len(notional))
    count = risk.factor_root.shape[1]
    common = risk.exposure @ (risk.factor_root @ direction[:count])
    found: Floats = common + direction[count:] * risk.specific * notional
    return found


def sensitivity(scenario: Scenario, own: Ints) -> Floats:
    """Each instrument's own margin."""
    if not len(own):
        return np.zeros(0)
    factor = _factor(scenario, int(scenario.entries.account[own[0]]))
    found: Floats = factor * own_volatility(scenario)[scenario.entries.instrument[own]]
    return found
