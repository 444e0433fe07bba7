"""Interest on what pools borrow: years · Σ_p borrow_rate[p] · borrowed[p]."""

from typing import TYPE_CHECKING, Any

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("borrowing",)
AXIS = "pool"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    return (
        decision.money * scenario.costing.years * (scenario.pools.borrow_rate @ decision.borrowed)
    )


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(P,) base currency."""
    pools = scenario.pools
    return {"borrowing": scenario.costing.years * pools.borrow_rate * trades.borrowed * pools.fx}
