"""A plan: what is to be booked, in exact decimals. Quantities in units, money in its own currency."""

from dataclasses import dataclass, replace
from decimal import Decimal

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import payable
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.superseded import Superseded
from neutralizer.domain.trades import Trades, with_orders


@dataclass(frozen=True)
class Transfer:
    """A crossing between two holdings of one instrument: quantity > 0 from one to the other."""

    group: str
    giver: int  # holding
    taker: int
    quantity: Decimal
    phase: int = 1  # 1: may be booked before the hedges, 2: together with them


@dataclass(frozen=True)
class Allocation:
    """Who receives a fill, leg by leg: + bought, − sold."""

    holding: int
    quantity: Decimal


@dataclass(frozen=True)
class Hedge:
    """An order as it is given out. `part` 0 is the whole or the long part, 1 the short-sale part."""

    order: int
    part: int
    side: str  # BUY, SELL, SELL_SHORT
    quantity: Decimal  # > 0
    share: float  # of the order's size, for its costs
    allocations: tuple[Allocation, ...]


@dataclass(frozen=True)
class CashTransfer:
    """Cash along a route: amount and fee in the sending currency, received in the other."""

    route: int
    amount: Decimal
    fee: Decimal
    received: Decimal
    phase: int = 1

    @staticmethod
    def of(scenario: Scenario, route: int, amount: Decimal, phase: int = 1) -> "CashTransfer":
        """An amount with its fee, rounded up, and what arrives of it."""
        pools, routes = scenario.pools, scenario.routes
        source, target = int(routes.source[route]), int(routes.target[route])
        fee = payable(float(amount) * float(routes.fee[route]), pools.currency[source], up=True)
        rate = float(pools.fx[source] / pools.fx[target])
        received = payable(float(amount - fee) * rate, pools.currency[target])
        return CashTransfer(route, amount, fee, received, phase)


@dataclass(frozen=True)
class Plan:
    """Everything that will be booked. Exact changes are (H,) decimals."""

    transfers: tuple[Transfer, ...]
    hedges: tuple[Hedge, ...]
    cash: tuple[CashTransfer, ...]
    transferred: tuple[Decimal, ...]
    hedged: tuple[Decimal, ...]
    trades: Trades  # the whole state after
    after_transfers: Trades  # what is booked before the hedges: transfers and cash of phase 1

    def with_orders(self, count: int) -> "Plan":
        """The plan in a scenario of so many orders; itself, or one that orders nothing where there were
        none to give.
        """
        trades, inside = (with_orders(t, count) for t in (self.trades, self.after_transfers))
        return replace(self, trades=trades, after_transfers=inside)


@dataclass(frozen=True)
class Booking:
    """What a ticket format writes from: the plan, its scenario, the run, the costs of each order."""

    plan: Plan
    scenario: Scenario
    run_id: str
    order_costs: dict[str, Floats]  # term -> (O,) base currency
    superseded: Superseded | None = (
        None  # a run that was released, and whose plan this one takes over
    )
    later: tuple[Trades, ...] = ()  # what is expected to be done on the days of the horizon

    @property
    def version(self) -> int:
        """1, and one more for each run that is superseded."""
        return 1 if self.superseded is None else self.superseded.version + 1
