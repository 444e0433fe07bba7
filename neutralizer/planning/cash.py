"""Cash for a given set of positions: the cheapest routes and loans, least moved among those, in cents."""

from decimal import ROUND_CEILING, Decimal

import numpy as np
from scipy.optimize import linprog

from neutralizer.domain.money import minor_unit
from neutralizer.domain.scenario import Floats, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.margin import cash

SHORT = 1e3  # what a unit left short weighs against fees, where some may be left short at all


def funded(scenario: Scenario, trades: Trades, slack: Floats | None = None) -> Trades | None:
    """The trades with their cash and loans replaced; None where the pools cannot be covered.

    slack: (P,) what each pool may stay below its floor by, in its own currency.
    """
    pools, routes = scenario.pools, scenario.routes
    if not pools.ids:
        return trades
    still = Trades(
        trades.change, trades.order, np.zeros(len(routes.source)), np.zeros(len(pools.ids))
    )
    cents = np.array([float(minor_unit(c)) for c in pools.currency])
    need = -cash.headroom(still, scenario)
    if (need <= 0).all():
        return still
    short = np.zeros(len(pools.ids)) if slack is None else slack
    crossing = pools.fx[routes.source] / pools.fx[routes.target] * (1 - routes.fee)
    flow = np.zeros((len(pools.ids), len(routes.source) + 2 * len(pools.ids)))
    np.subtract.at(flow, (routes.source, np.arange(len(routes.source))), 1.0)
    np.add.at(flow, (routes.target, np.arange(len(routes.source))), crossing)
    flow[:, len(routes.source) :] = np.hstack([np.eye(len(pools.ids))] * 2)
    spare = cents * (2 + np.bincount(routes.source, minlength=len(pools.ids)))
    most = np.concatenate([routes.capacity, pools.borrow_limit, short])
    borrowed = slice(len(routes.source), len(routes.source) + len(pools.ids))
    for room in (spare, np.zeros_like(spare)):
        moved = _least(scenario, flow, need + room, most)
        if moved is not None:
            cent = np.concatenate([cents[routes.source], cents, cents])
            amounts = _rounded_up(moved, cent, most)
            return Trades(
                trades.change,
                trades.order,
                amounts[: len(routes.source)],
                amounts[borrowed],
            )
    return None


def _least(scenario: Scenario, flow: Floats, need: Floats, most: Floats) -> Floats | None:
    """Least cost first, then least total amount at that cost."""
    pools, routes = scenario.pools, scenario.routes
    fx = np.concatenate([pools.fx[routes.source], pools.fx, pools.fx])
    loans = pools.borrow_rate * scenario.costing.years
    price = np.concatenate([routes.fee, loans, np.full(len(loans), SHORT)]) * fx
    bounds = [(0.0, None if np.isinf(m) else m) for m in most]
    scale = max(float(np.abs(need).max()), 1.0)
    bounds = [(0.0, None if b is None else b / scale) for _, b in bounds]
    cheap = linprog(price, -flow, -need / scale, bounds=bounds, method="highs")
    if not cheap.success:
        return None
    few = linprog(
        fx,
        np.vstack([-flow, price]),
        np.append(-need / scale, cheap.fun + 1e-9 * max(abs(cheap.fun), 1e-9)),
        bounds=bounds,
        method="highs",
    )
    found: Floats = np.maximum((few.x if few.success else cheap.x) * scale, 0.0)
    return found


def _rounded_up(amounts: Floats, cents: Floats, most: Floats) -> Floats:
    """Up to the minor unit of each currency, never above the capacity; dust below it goes."""
    found = np.zeros_like(amounts)
    for k, (amount, cent) in enumerate(zip(amounts.tolist(), cents.tolist(), strict=True)):
        if amount > cent / 100:
            up = Decimal(repr(amount)).quantize(Decimal(repr(cent)), rounding=ROUND_CEILING)
            found[k] = min(float(up), float(most[k]))
    return found
