"""Numbers for the decisions, in the scenario's own units, and what follows from them."""

from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario


@dataclass(frozen=True)
class Trades:
    """What is done. `change` (H,) and `order` (O,) in units; `cash` (R,) sent along each route in the
    sending pool's currency; `borrowed` (P,) in the pool's currency; `pledged` (C,) units of collateral.
    """

    change: Floats
    order: Floats
    cash: Floats
    borrowed: Floats
    pledged: Floats


def nothing(scenario: Scenario) -> Trades:
    """No change at all: what `before` is measured on."""
    still = np.zeros(len(scenario.holdings.book)), np.zeros(len(scenario.orders.tradable))
    return without_cash(scenario, *still)


def without_pending(scenario: Scenario) -> Trades:
    """What is held now: what others report, who do not know of our open orders."""
    still = nothing(scenario)
    return replace(still, change=-scenario.holdings.pending)


def without_cash(scenario: Scenario, change: Floats, order: Floats) -> Trades:
    """Changes and orders for which nothing is moved, borrowed or pledged yet."""
    sizes = (len(scenario.routes.source), len(scenario.pools.ids), len(scenario.collateral.pool))
    return Trades(change, order, *(np.zeros(n) for n in sizes))


def position(scenario: Scenario, trades: Trades) -> Floats:
    """Position after, (H,) units, + long."""
    return scenario.holdings.before + trades.change


def netted(scenario: Scenario, trades: Trades, holdings: Ints) -> Floats:
    """Position after netted instrument by instrument over some holdings, (I,) units."""
    after = position(scenario, trades)[holdings]
    which = scenario.holdings.instrument[holdings]
    return sums(which, after, len(scenario.instruments.ids))


def entry_position(scenario: Scenario, trades: Trades) -> Floats:
    """What each account holds in each instrument after, (N,) units."""
    entry = scenario.holdings.entry
    held = entry >= 0
    after = position(scenario, trades)
    return sums(entry[held], after[held], len(scenario.entries.account))


def sums(places: Ints, amounts: Floats, size: int) -> Floats:
    """(size,) the amounts added up place by place."""
    return np.bincount(places, weights=amounts, minlength=size).astype(np.float64)


def crossed(scenario: Scenario, trades: Trades) -> float:
    """What books of one crossing group give each other, base currency: the smaller of what they receive and what they
    give, instrument by instrument.
    """
    moved, rows = trades.change * scenario.holding_notional, scenario.orders.row
    count = scenario.orders.change_rows.shape[0]
    received, given = (sums(rows, np.maximum(x, 0.0), count) for x in (moved, -moved))
    return float(np.minimum(received, given).sum())


def volatility(scenario: Scenario, trades: Trades, holdings: Ints, model: int = 0) -> float:
    """Daily volatility of the position after, netted over some holdings, base currency."""
    return float(np.linalg.norm(deviations(scenario, netted(scenario, trades, holdings), model)))


def deviations(scenario: Scenario, units: Floats, model: int = 0) -> Floats:
    """The vector, linear in the (I,) units, whose norm is their daily volatility, base currency."""
    risk, money = scenario.models[model], units * scenario.instruments.notional
    if risk.dense_root is not None:
        return risk.dense_root @ money
    if risk.factor_root is None:
        return np.zeros(0)
    common = risk.factor_root.T @ (risk.exposure.T @ units)
    return np.concatenate([common, risk.specific * money])


def contributions(scenario: Scenario, units: Floats, model: int = 0) -> Floats:
    """(I,) what each of (I,) positions adds to their daily volatility, base currency: units · ∂σ/∂units,
    which sum to it (Euler).
    """
    risk, money = scenario.models[model], units * scenario.instruments.notional
    daily = float(np.linalg.norm(deviations(scenario, units, model)))
    if daily == 0:
        return np.zeros(len(units))
    if risk.dense_root is not None:
        each: Floats = money * (risk.dense_root.T @ (risk.dense_root @ money))
        return each / daily
    root = np.zeros((len(risk.factors), 0)) if risk.factor_root is None else risk.factor_root
    common = units * (risk.exposure @ (root @ (root.T @ (risk.exposure.T @ units))))
    found: Floats = (common + (risk.specific * money) ** 2) / daily
    return found


def own_volatility(scenario: Scenario, model: int = 0) -> Floats:
    """(I,) daily volatility of one unit of each instrument, base currency."""
    risk, notional = scenario.models[model], scenario.instruments.notional
    if risk.dense_root is not None:
        return np.linalg.norm(risk.dense_root, axis=0) * notional  # type: ignore[no-any-return]
    if risk.factor_root is None:
        return np.zeros(len(notional))
    common = np.linalg.norm(risk.exposure @ risk.factor_root, axis=1)
    found: Floats = np.hypot(common, risk.specific * notional)
    return found


def with_orders(trades: Trades, count: int) -> Trades:
    """The trades in a scenario of so many orders: themselves, or with none given where there were none to
    give.
    """
    return trades if len(trades.order) == count else replace(trades, order=np.zeros(count))
