"""Cost terms, one file each. A module's two faces are described by `contracts.Cost`.

Must never import limits, the program or the proof.
"""

from types import ModuleType

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.costs import (
    booking_fee,
    borrow_fee,
    borrowing,
    collateral,
    commission_tax,
    conversion,
    financing,
    half_spread,
    margin_funding,
    market_impact,
    risk_charge,
    transfer_fee,
)

REGISTRY: tuple[ModuleType, ...] = (
    half_spread,
    market_impact,
    commission_tax,
    booking_fee,
    transfer_fee,
    conversion,
    financing,
    borrow_fee,
    margin_funding,
    borrowing,
    collateral,
    risk_charge,
)


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """Every term along its own axis, base currency."""
    return {t: a for cost in REGISTRY for t, a in cost.amounts(trades, scenario).items()}


def totals(trades: Trades, scenario: Scenario) -> dict[str, float]:
    """Every term summed, base currency."""
    return {term: float(np.sum(a)) for term, a in amounts(trades, scenario).items()}


def of_orders(trades: Trades, scenario: Scenario) -> Floats:
    """(O,) what is paid by order, base currency: every term that is counted so."""
    found = np.zeros(len(scenario.orders.tradable))
    for cost in REGISTRY:
        if cost.AXIS == "order":
            found += sum(cost.amounts(trades, scenario).values())
    return found
