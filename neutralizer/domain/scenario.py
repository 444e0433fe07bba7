"""A scenario: what the market says and what the firm asks on one date, resolved and aligned.

Axes: book b, instrument i, tradable t (the instruments, then the combinations), holding h, netting
set entry n (account, instrument), account a, pool p, cash route r, factor k. Every axis is sorted by
id. "unit" is one unit of an instrument; "base" is the base currency.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints, Matrix
from neutralizer.domain.funding import (
    Accounts,
    Collateral,
    Conversions,
    Pools,
    Routes,
    Scan,
    Shocks,
    Stress,
)
from neutralizer.domain.horizon import Horizon
from neutralizer.domain.simm import Simm

DAYS_A_YEAR = 360  # act/360
NORMAL = "normal"  # the risk model that costs, margin and reports are computed with


@dataclass(frozen=True)
class Books:
    """b. `group` is the crossing group, or the book's own id when it has none."""

    ids: tuple[str, ...]
    entity: tuple[str, ...]
    owner: tuple[str, ...]
    group: tuple[str, ...]
    via: dict[str, int] = field(default_factory=dict)  # group -> the book all its transfers face
    written: tuple[str, ...] = ()  # the group before barriers split it: what `group:` scopes mean
    barred: tuple[tuple[int, int], ...] = ()  # pairs that never cross with each other


@dataclass(frozen=True)
class Instruments:
    """i. Prices are local; `value` and `notional` are base per unit."""

    ids: tuple[str, ...]
    asset_class: tuple[str, ...]
    text: dict[str, tuple[str, ...]]  # every text column, after defaults: selectors read it
    fully_paid: Bools
    value: Floats  # price · multiplier · fx: the cash one fully paid unit costs
    notional: Floats  # > 0: what basis points, volatilities and margin fractions are of
    step: Floats  # smallest transfer or allocation, units: min(1, lot)
    long_financing: Floats  # fraction of notional a year, + we pay
    short_financing: Floats


@dataclass(frozen=True)
class Tradables:
    """t: what may be ordered outside. The first I are the instruments in their own order."""

    ids: tuple[str, ...]
    is_combination: Bools
    currency: tuple[str, ...]
    fx: Floats  # base per unit of the currency
    bid: Floats  # local; nan = not quoted
    ask: Floats
    price: Floats  # local; of a combination Σ ratio · leg price, per leg multiplier in `value`
    multiplier: Floats
    notional: Floats  # base per unit, > 0
    half_spread: Floats  # base per unit; nan where it may not be ordered
    impact: Floats  # times the impact coefficient
    buy_charge: Floats  # commission and tax, base per unit
    sell_charge: Floats
    lot: Floats  # units
    adv: Floats  # units a day; nan = unknown
    volatility: Floats  # daily fraction of notional; nan = unknown
    cap: Floats  # most units of all groups together: max_participation · adv; inf = none
    cross_eligible: Bools
    settlement_days: Floats  # business days; nan = not given
    price_rule: tuple[str, ...]
    price_source: tuple[str, ...]
    price_time: tuple[str, ...]
    isin: tuple[str, ...]
    legs: Matrix  # (T, I) units of the instrument per unit of the tradable


@dataclass(frozen=True)
class Holdings:
    """h: a (book, instrument) pair that is held or may change. `account` is -1 where there is none."""

    book: Ints
    instrument: Ints
    account: Ints
    before: Floats  # units, + long; with what is pending
    exact: tuple[Decimal, ...]  # `before` as written
    pending: Floats  # units of `before` that were ordered before and have not come yet
    incoming: tuple[Decimal, ...]  # of them, what is to be bought or received
    low: Floats  # the mandate: position after lies in [low, high], units
    high: Floats
    entry: Ints  # netting set entry, -1 where there is no account
    barred: Bools  # whether it may not cross
    mark: Floats  # local; what the book itself values a unit at, nan where it does not say


@dataclass(frozen=True)
class Entries:
    """n: what an account nets in one instrument."""

    account: Ints
    instrument: Ints
    before: Floats  # units, without what is pending: its cash has not flowed yet
    long_rate: Floats  # margin, fraction of notional
    short_rate: Floats


@dataclass(frozen=True)
class Risk:
    """Factor exposures of one unit, and the daily covariance in one of its two forms."""

    factors: tuple[str, ...]
    exposure: Floats  # (I, K) factor unit per unit
    of_notional: Bools  # (K,) whether exposure goes with notional, not with units
    factor_root: Floats | None  # (K, K): covariance = root · rootᵀ, daily
    specific: Floats  # (I,) daily fraction of notional
    dense_root: Floats | None  # (R, I): ‖dense_root · (notional · position)‖ = daily volatility
    name: str = NORMAL
    tenors: int = 0  # how many of the factors, the last ones, are buckets of expiry


@dataclass(frozen=True)
class Limit:
    """One row of limits.csv, resolved for one scope. Bounds are ±inf where blank. `settled` is the bound
    a soft limit is finally held to: the written bounds, widened by the least violation that cannot be
    avoided.
    """

    limit_id: str
    measure: str
    scope: str
    target: str
    lower: float
    upper: float
    improve: bool
    penalty: float
    owner: str
    description: str
    scope_holdings: Ints  # all holdings of the scope
    holdings: Ints  # those that the target selects
    factor: int = -1
    level: float = 0.0  # of the tail, for `var` and `expected_shortfall`
    shocks: tuple[int, ...] = ()  # those that the target names
    models: tuple[int, ...] = (0,)  # risk models under each of which `volatility` and `var` hold
    books: frozenset[int] = frozenset()  # the scope's books, for `external`
    accounts: tuple[int, ...] = ()  # the scope's accounts, for `margin`
    priority: float = 1.0  # 1 is kept longest
    soft: str = ""  # why it may give: soft, --relax 2, --best-effort; blank: it may not
    settled: tuple[float, float] | None = None
    to_a_lot: bool = (
        False  # whether half a step may be more than its band and its scope would allow
    )
    wish: bool = False  # whether it is a target: what a book wants, and no breach before it is met
    gross: float | None = (
        None  # of a concentration, base: what it is a share of, where not the gross before
    )

    def ends(self, amount: float) -> list[tuple[float, float]]:
        """Of each bound that is there: what is left to it, and its size. Units of the measure."""
        both = ((self.upper - amount, abs(self.upper)), (amount - self.lower, abs(self.lower)))
        return [(left, bound) for left, bound in both if np.isfinite(bound)]


@dataclass(frozen=True)
class Targets:
    """w: what books want to hold, sorted by holding. Units, + long."""

    holding: Ints
    target: Floats
    lower: Floats  # between which the target counts as met
    upper: Floats
    rate: Floats  # fraction of the notional left that waiting costs; nan: it may not wait
    owner: tuple[str, ...]

    @property
    def waits(self) -> Bools:
        """(W,) whether what is left may wait; of the others a limit asks that nothing is."""
        return ~np.isnan(self.rate)


@dataclass(frozen=True)
class Dislocations:
    """d: instruments whose price is out by a known amount, of which the firm may make use."""

    instrument: Ints
    rate: Floats  # base per unit of the firm's net purchase on the side that gains, > 0
    sign: Floats  # 1: it gains by buying, -1 by selling
    most: Floats  # units beyond which nothing is gained


NO_DISLOCATIONS = Dislocations(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Costing:
    """How costs are computed."""

    quadratic_impact: bool
    impact_coefficient: float
    booking_fee: float  # fraction of notional
    years: float  # horizon_days / 360
    risk_aversion: float
    make_good: bool = False  # whether books that pay more together are compensated
    dislocation_budget: float = 0.0  # base: the most that prices which are out may count for


@dataclass(frozen=True)
class Orders:
    """o: what may be ordered outside: (party, tradable). A party is a crossing group, or one book of
    it for what may not cross. Conservation: change_rows · change = order_rows · order, units.
    """

    tradable: Ints
    group: tuple[str, ...]
    book: Ints  # the book that orders alone, -1 for the whole group
    books: tuple[frozenset[int], ...]
    row: Ints  # (H,) conservation row of each holding
    change_rows: Matrix  # (rows, H)
    order_rows: Matrix  # (rows, O)
    may_buy: Bools  # (O,)
    may_sell: Bools  # (O,)

    @property
    def closed(self) -> Bools:
        """(O,) held at nothing."""
        return ~self.may_buy & ~self.may_sell

    def forbidden(self, order: Floats) -> Bools:
        """(O,) whether an order (units, + bought) stands on a side on which it may not."""
        found: Bools = ((order > 0) & ~self.may_buy) | ((order < 0) & ~self.may_sell)
        return found


@dataclass(frozen=True)
class Scenario:
    """Everything the program and the proof need; nothing of how it was written."""

    name: str
    as_of: datetime
    business_date: date
    execution_date: date
    calendar: str
    base_currency: str
    books: Books
    instruments: Instruments
    tradables: Tradables
    holdings: Holdings
    entries: Entries
    accounts: Accounts
    pools: Pools
    routes: Routes
    collateral: Collateral
    conversions: Conversions
    borrow_fee: Floats  # (N,) fraction of notional a year, on what an account is short
    risk: Risk
    stressed: tuple[Risk, ...]  # other models of the same factors, for limits only
    scan: Scan
    simm: Simm
    shocks: Shocks
    stress: Stress
    limits: tuple[Limit, ...]
    targets: Targets
    dislocations: Dislocations  # none without a budget
    costing: Costing
    minimum_order: float  # base
    minimum_transfer: float
    orders: Orders
    pinned_volatility: float | None  # the firm's, at which the saving is compared; base a day
    time_limit: float  # seconds
    memory_limit: int  # bytes
    solver: str = "auto"
    warnings: tuple[str, ...] = ()
    horizon: Horizon | None = None  # the days after today that are decided with it

    @property
    def rates(self) -> dict[str, float]:
        """Base currency per unit of each currency that something is priced or paid in, by currency."""
        priced = zip(self.tradables.currency, self.tradables.fx.tolist(), strict=True)
        paid = zip(self.pools.currency, self.pools.fx.tolist(), strict=True)
        return dict(sorted({**dict(priced), **dict(paid)}.items()))

    @property
    def holding_notional(self) -> Floats:
        """Unit notional of each holding's instrument, (H,) base per unit."""
        return self.instruments.notional[self.holdings.instrument]

    @property
    def order_notional(self) -> Floats:
        """Unit notional of each order's tradable, (O,) base per unit."""
        return self.tradables.notional[self.orders.tradable]

    @property
    def gross_before(self) -> float:
        """Σ unit notional · |position before| over all holdings, base."""
        return float(self.holding_notional @ np.abs(self.holdings.before))

    @property
    def models(self) -> tuple[Risk, ...]:
        """Every risk model, the normal one first."""
        return (self.risk, *self.stressed)

    @property
    def may_change(self) -> Bools:
        """(H,) whether the mandate leaves the holding any room."""
        h = self.holdings
        return (h.low < h.before) | (h.high > h.before)
