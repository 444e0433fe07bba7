"""What borrowed securities cost: years · Σ fee · n · max(−x, 0), account by account."""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, entry_position, sums

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("borrow_fee",)
AXIS = "account"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    import cvxpy as cp

    paid = np.flatnonzero(scenario.borrow_fee)
    if not len(paid):
        return cp.Constant(0.0)
    rate = scenario.costing.years * decision.money * scenario.borrow_fee[paid]
    return rate @ decision.shorts.of(decision.entry_rows[paid])


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(A,) base currency."""
    entries, x = scenario.entries, entry_position(scenario, trades)
    notional = scenario.instruments.notional[entries.instrument]
    each = scenario.costing.years * scenario.borrow_fee * notional * np.maximum(-x, 0)
    return {"borrow_fee": sums(entries.account, each, len(scenario.accounts.ids))}
