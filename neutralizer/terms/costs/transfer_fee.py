"""What moving cash along a route costs: Σ_r fee[r] · cash[r]."""

from typing import TYPE_CHECKING, Any

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("transfer_fee",)
AXIS = "route"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency."""
    return decision.money * (scenario.routes.fee @ decision.cash)


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(R,) base currency."""
    return {
        "transfer_fee": scenario.routes.fee
        * trades.cash
        * scenario.pools.fx[scenario.routes.source]
    }
