"""Cash for a given set of positions: the cheapest routes, loans and pledges, least moved among those, in cents."""

from decimal import ROUND_CEILING, Decimal

import numpy as np
from scipy.optimize import linprog

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import minor_unit, payable
from neutralizer.domain.plan import CashTransfer
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, without_cash
from neutralizer.terms.margin import cash, collateral

DUST = 0.1  # of a cent: less is not moved
TRIES = 4
EXACT = {"primal_feasibility_tolerance": 1e-10}  # of the largest need, which may be millions
SHORT = 1e3  # what a unit left short weighs against fees, where some may be left short at all


def funded(scenario: Scenario, trades: Trades, slack: Floats | None = None) -> Trades | None:
    """The trades with their cash, loans and pledges replaced; None where the pools cannot be covered.

    slack: (P,) what each pool may stay below its floor by, in its own currency.
    """
    pools, routes, c = scenario.pools, scenario.routes, scenario.collateral
    if not pools.ids:
        return trades
    still = without_cash(scenario, trades.change, trades.order)
    minor = minor_units(scenario)
    need = -cash.rungs(still, scenario)
    if (need <= 0).all():
        return still
    short = np.zeros(len(pools.ids)) if slack is None else slack
    step = scenario.instruments.step[c.instrument]
    whole = np.maximum(np.floor(collateral.available(still, scenario) / step + 1e-9) * step, 0.0)
    spare = cents(scenario) / pools.fx
    units = np.concatenate([minor[routes.source], minor, step, minor])
    most = np.concatenate([routes.capacity, pools.borrow_limit, whole, short])
    worth = collateral.value(scenario) / pools.fx[c.pool]
    dust = DUST * np.concatenate([minor[routes.source], minor, minor[c.pool] / worth, minor])
    ends = np.cumsum([len(routes.source), len(pools.ids), len(c.pool)])
    for first in (spare, np.zeros_like(spare)):
        room = first
        for _ in range(TRIES):
            moved = _least(scenario, need + room, most)
            if moved is None:
                break
            amounts = _rounded_up(moved, units, most, dust)
            found = Trades(trades.change, trades.order, *np.split(amounts, ends)[:3])
            lacking = _rounded_away(scenario, found) - short - cash.headroom(found, scenario)
            if (lacking <= 0).all():
                return found
            room = room + np.maximum(lacking, 0.0)  # what the solver's own tolerance left open
    return None


def _rounded_away(scenario: Scenario, trades: Trades) -> Floats:
    """(P,) what less arrives in each pool by tickets, whose fees are rounded up and receipts to the unit,
    than the rates say; its own currency.
    """
    pools, routes = scenario.pools, scenario.routes
    found = np.zeros(len(pools.ids))
    for r in np.flatnonzero(trades.cash).tolist():
        source, target = int(routes.source[r]), int(routes.target[r])
        amount = payable(float(trades.cash[r]), pools.currency[source])
        due = float(amount) * (1 - routes.fee[r]) * pools.fx[source] / pools.fx[target]
        found[target] += max(due - float(CashTransfer.of(scenario, r, amount).received), 0.0)
    return found


def minor_units(scenario: Scenario) -> Floats:
    """(P,) the smallest amount of each pool's currency, in it."""
    return np.array([float(minor_unit(name)) for name in scenario.pools.currency], dtype=float)


def cents(scenario: Scenario) -> Floats:
    """(P,) what rounding cash may take from each pool, base currency: a few minor units a route."""
    pools, routes, minor = scenario.pools, scenario.routes, minor_units(scenario)
    found = minor * (2 + np.bincount(routes.source, minlength=len(pools.ids)))
    fee = minor[routes.source] * pools.fx[routes.source] / pools.fx[routes.target]
    # a fee is rounded in the currency that is sent, whose cent may be many of the other's
    np.add.at(found, routes.target, np.maximum(fee - 2 * minor[routes.target], 0.0))
    return found * pools.fx


def _flows(scenario: Scenario) -> Floats:
    """(4, P, routes + loans + pledges + pools) what one unit of each adds to each rung of each pool."""
    pools, routes, c = scenario.pools, scenario.routes, scenario.collateral
    count, r = len(pools.ids), np.arange(len(routes.source))
    crossing = pools.fx[routes.source] / pools.fx[routes.target] * (1 - routes.fee)
    worth = collateral.value(scenario) * (1 - c.haircut) / pools.fx[c.pool]
    found = np.zeros((4, count, len(r) + 2 * count + len(c.pool)))
    for k in range(4):
        arriving = 1.0 if k < 2 else routes.days == 0
        np.subtract.at(found[k], (routes.source, r), 1.0)
        np.add.at(found[k], (routes.target, r), crossing * arriving)
        found[k][:, len(r) : len(r) + count] = np.eye(count)
        found[k][:, -count:] = np.eye(count)
        if k % 2 == 0:
            found[k][c.pool, len(r) + count + np.arange(len(c.pool))] = worth
    return found


def _least(scenario: Scenario, need: Floats, most: Floats) -> Floats | None:
    """Least cost first, then least total amount at that cost."""
    pools, routes, c = scenario.pools, scenario.routes, scenario.collateral
    asked = cash.asked(scenario)
    flow, need = _flows(scenario)[asked], need[asked]
    value, years = collateral.value(scenario), scenario.costing.years
    size = np.concatenate([pools.fx[routes.source], pools.fx, value, pools.fx])
    loans, short = pools.borrow_rate * years, np.full(len(pools.ids), SHORT)
    price = np.concatenate([routes.fee, loans, c.rate * years, short]) * size
    scale = max(float(np.abs(need).max()), 1.0)
    bounds = [(0.0, None if np.isinf(m) else m / scale) for m in most]
    cheap = linprog(price, -flow, -need / scale, bounds=bounds, method="highs", options=EXACT)
    if not cheap.success:
        return None
    few = linprog(
        size,
        np.vstack([-flow, price]),
        np.append(-need / scale, cheap.fun + 1e-9 * max(abs(cheap.fun), 1e-9)),
        bounds=bounds,
        method="highs",
        options=EXACT,
    )
    found: Floats = np.maximum((few.x if few.success else cheap.x) * scale, 0.0)
    return found


def _rounded_up(amounts: Floats, units: Floats, most: Floats, dust: Floats) -> Floats:
    """Up to the minor unit of each currency or the step of what is pledged, never above the capacity;
    dust below it goes.
    """
    found = np.zeros_like(amounts)
    for k in np.flatnonzero(amounts > dust).tolist():
        unit = Decimal(repr(float(units[k])))
        up = (Decimal(repr(float(amounts[k]))) / unit).to_integral_value(ROUND_CEILING) * unit
        found[k] = min(float(up), float(most[k]))
    return found
