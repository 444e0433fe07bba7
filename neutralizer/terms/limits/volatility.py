"""Daily volatility of the scope's netted position, base currency: ‖[F^½ᵀ exposure ; √d · n · x]‖; the
largest where several risk models are asked.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, own_volatility
from neutralizer.domain.trades import volatility as volatility_of
from neutralizer.terms.limits._sums import not_offset
from neutralizer.terms.limits.facts import ANYWHERE, MONEY, RISK_MODEL, UPPER

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

UNIT = MONEY
BOUNDS = UPPER
TARGET = RISK_MODEL
SCOPES = ANYWHERE
CURVED = True


def expression(decision: "Decision", scenario: Scenario, limits: Sequence[Limit]) -> Any:
    """(limits,) base currency."""
    import cvxpy as cp

    found = []
    for x in limits:
        each = [cp.norm(decision.deviations(x.holdings, model), 2) for model in x.models]
        found.append(decision.money * (each[0] if len(each) == 1 else cp.max(cp.hstack(each))))
    return cp.hstack(found)


def amount(trades: Trades, scenario: Scenario, limit: Limit) -> float:
    """Base currency."""
    return max(volatility_of(scenario, trades, limit.holdings, model) for model in limit.models)


def sensitivity(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) each instrument's own daily volatility, base currency per unit."""
    own = np.max([own_volatility(scenario, model) for model in limit.models], axis=0)
    found = np.zeros(len(scenario.holdings.book))
    found[limit.holdings] = own[scenario.holdings.instrument[limit.holdings]]
    return found


def least(scenario: Scenario, limit: Limit) -> Floats:
    """(H,) base currency per unit of |position|: the specific part, which nothing offsets."""
    h, notional = scenario.holdings.instrument, scenario.holding_notional
    known = [scenario.models[m].specific for m in limit.models if not _dense(scenario, m)]
    own = np.max(known, axis=0)[h] * notional if known else np.zeros(len(h))
    return np.where(not_offset(scenario, limit), own, 0.0)


def _dense(scenario: Scenario, model: int) -> bool:
    return scenario.models[model].dense_root is not None
