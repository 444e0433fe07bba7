"""Accounts and what their margin is computed from; pools, and how cash and securities reach them.

Axes as in `scenario`: account a, pool p, cash route r, instrument i, netting set entry n; shock s,
collateral c. Money is base currency unless a pool's is said.
"""

from dataclasses import dataclass

from neutralizer.domain.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Accounts:
    """a. Rates are fractions a year."""

    ids: tuple[str, ...]
    pool: Ints
    model: tuple[str, ...]
    multiplier: Floats
    funding_rate: Floats
    locked: Bools  # short proceeds are collateral
    worst: Floats  # scan: how many of the worst points are averaged; 1 = the worst alone
    confidence: Floats  # volatility, shortfall: of the tail
    days: Floats  # volatility: until the account could be closed
    shock_set: tuple[str, ...]  # shortfall: over which shocks


@dataclass(frozen=True)
class Credit:
    """What two product groups with opposite deltas are let go: of each, `rate` of an outright's scan for
    each delta in a spread.
    """

    groups: tuple[int, int]
    ratios: tuple[float, float]
    rate: float


@dataclass(frozen=True)
class Scan:
    """What scan margin is computed from: losses by scan point, product groups and their charges."""

    groups: tuple[str, ...]
    group: Ints  # (I,) product group, -1 where there is no array
    loss: Floats  # (I, points) base per unit long, + loss
    delta: Floats  # (I,) units of the group's underlying per unit
    charge: Floats  # (groups,) base per spread of one delta long against one short
    short_option: Floats  # (groups,) base per short option unit: the least that they ask
    add_on: Floats  # (groups,) fraction of notional
    is_option: Bools  # (I,)
    credits: tuple[Credit, ...]  # in the order in which spreads are formed


@dataclass(frozen=True)
class Shocks:
    """s. What could happen to the market, and what one unit of each instrument would lose."""

    ids: tuple[str, ...]
    sets: tuple[str, ...]
    loss: Floats  # (I, S) base per unit long, + loss


@dataclass(frozen=True)
class Stress:
    """What else changes with prices when the market breaks: factors on what is otherwise read."""

    margin: float  # on every margin multiplier
    half_spread: float
    adv: float


@dataclass(frozen=True)
class Pools:
    """p. Money in the pool's currency; `fx` is base per unit of it."""

    ids: tuple[str, ...]
    currency: tuple[str, ...]
    fx: Floats
    cash: Floats
    minimum_balance: Floats
    borrow_limit: Floats
    borrow_rate: Floats  # fraction a year
    shortfall: Floats  # what may be missing at the end: none, but where nothing better is left
    shocks: tuple[tuple[int, ...], ...]  # those that each pool has to be able to pay for
    morning: Bools  # whether cash now and what arrives today have to cover margin alone


@dataclass(frozen=True)
class Routes:
    """r. `capacity` in the currency of the sending pool; inf = unlimited."""

    source: Ints
    target: Ints
    capacity: Floats
    fee: Floats  # fraction of the amount sent
    days: Ints  # business days until it arrives; one more after the cut-off


@dataclass(frozen=True)
class Collateral:
    """c. What pools may post for margin in place of cash. `quantity`: units that a pool has apart from its
    accounts; nan: what its accounts hold.
    """

    pool: Ints
    instrument: Ints
    haircut: Floats  # fraction of value
    rate: Floats  # opportunity cost, fraction a year
    quantity: Floats


@dataclass(frozen=True)
class Conversions:
    """Of what is paid in another currency than the pool's: a row for each pool and currency."""

    row: Ints  # (N,) row of each entry, -1 where nothing is converted
    pool: Ints  # (rows,)
    rate: Floats  # (rows,) fraction of what is converted
