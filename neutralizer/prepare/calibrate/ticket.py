"""One released hedge that was filled, as the cost model sees it."""

import math
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Ticket:
    """Costs are fractions of notional, above zero where the firm paid. `half_spread` is what the instrument
    says, before any multiple; `impact` is σ · √(share of ADV), of all orders of the run in it together,
    before any coefficient, and nan where volume or volatility is not known.
    """

    ticket_id: str
    run_id: str
    day: date  # of its execution
    instrument: str
    asset_class: str
    side: str
    quantity: float  # executed, units
    notional: float  # base currency, of that
    start: float  # local price that its cost is against
    started: bool  # whether the broker said it; else it is the plan's reference price
    average: float  # local price that was paid
    delay: float  # from the reference price to the start; nan where that is not known
    cost: float  # from the start to the average
    half_spread: float
    impact: float
    deviation: float  # σ √(days from the start to the average execution); nan where σ is not known

    @property
    def tells(self) -> bool:
        """Whether it says something of both parameters."""
        return math.isfinite(self.impact) and self.deviation > 0


@dataclass(frozen=True)
class InUse:
    """The parameters of an asset class that plans are made with: a multiple of half spreads, and the impact
    coefficient.
    """

    half_spread: float
    impact: float
