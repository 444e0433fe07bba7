"""What pledged securities would earn elsewhere: years · Σ_c rate[c] · value[c] · pledged[c]."""

from typing import TYPE_CHECKING, Any

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, sums
from neutralizer.terms.margin import collateral

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("collateral",)
AXIS = "pool"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    return decision.money * scenario.costing.years * (scenario.collateral.rate @ decision.pledged)


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(P,) base currency."""
    c = scenario.collateral
    each = scenario.costing.years * c.rate * collateral.value(scenario) * trades.pledged
    return {"collateral": sums(c.pool, each, len(scenario.pools.ids))}
