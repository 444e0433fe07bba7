"""Inputs as written -> Scenario as resolved: ids become indices, units become base currency a day.

Called only on inputs without errors.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.funding import Accounts, Collateral, Pools, Routes, Shocks, Stress
from neutralizer.domain.money import floored
from neutralizer.domain.orders import orders_of
from neutralizer.domain.scenario import DAYS_A_YEAR, Books, Costing, Scenario
from neutralizer.load.resolved.barriers import (
    barred_pairs,
    central_books,
    groups_as_written,
    groups_of,
)
from neutralizer.load.resolved.currencies import conversions, fx_rates
from neutralizer.load.resolved.days import business_date
from neutralizer.load.resolved.dislocations import dislocations_of
from neutralizer.load.resolved.holdings import Ahead, holdings_of
from neutralizer.load.resolved.horizon import with_days_ahead
from neutralizer.load.resolved.instruments import tradables_of
from neutralizer.load.resolved.limits import resolve_limits
from neutralizer.load.resolved.restrictions import borrow_fees
from neutralizer.load.resolved.risk import resolve_risk
from neutralizer.load.resolved.scan import resolve_scan, worst_points
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.shocks import covered, resolve_shocks
from neutralizer.load.resolved.simm import resolve_simm
from neutralizer.load.resolved.targets import targets_of, wishes
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.values import BPS


def resolve(inputs: Inputs, select: Selector) -> Scenario:
    """Builds the frozen scenario. The axes are sorted by id, so that row order changes nothing."""
    return with_days_ahead(inputs, select, _resolved)


def _resolved(inputs: Inputs, select: Selector, ahead: Ahead) -> Scenario:
    """One day."""
    settings = inputs.settings
    fx = fx_rates(inputs)
    books = _books(inputs)
    instruments, tradables = tradables_of(inputs, select, fx)
    accounts, routes = _accounts(inputs), _routes(inputs)
    holdings, entries = holdings_of(inputs, select, books, accounts, instruments, fx, ahead)
    risk, *stressed = resolve_risk(inputs, select, instruments.notional)
    shocks = resolve_shocks(inputs, select, risk, instruments.notional)
    pools = _pools(inputs, fx, shocks)
    targets = targets_of(inputs, wishes(inputs, select, list(books.ids)), holdings)
    may_change = (holdings.low < holdings.before) | (holdings.high > holdings.before)
    gross = float(np.abs(holdings.before) @ instruments.notional[holdings.instrument])
    dislocations = dislocations_of(inputs, select, tradables, gross)
    costs, business = settings.costs, business_date(inputs)
    return Scenario(
        name=settings.name,
        as_of=settings.as_of,
        business_date=business,
        execution_date=settings.execution_date or business,
        calendar=settings.calendar,
        base_currency=settings.base_currency,
        books=books,
        instruments=instruments,
        tradables=tradables,
        holdings=holdings,
        entries=entries,
        accounts=accounts,
        pools=pools,
        routes=routes,
        collateral=_collateral(inputs, select),
        conversions=conversions(inputs, select, entries, accounts.pool),
        borrow_fee=borrow_fees(inputs, select, entries, accounts),
        risk=risk,
        stressed=tuple(stressed),
        scan=resolve_scan(inputs, select, fx),
        simm=resolve_simm(inputs, select, fx, entries, len(accounts.ids)),
        shocks=shocks,
        stress=Stress(settings.stress.margin, settings.stress.half_spread, settings.stress.adv),
        limits=resolve_limits(
            inputs,
            select,
            books,
            holdings,
            accounts,
            pools,
            shocks,
            [risk, *stressed],
            targets,
            tradables.lot,
        ),
        targets=targets,
        dislocations=dislocations,
        costing=Costing(
            costs.impact == "quadratic",
            costs.impact_coefficient,
            costs.booking_fee_bps * BPS,
            costs.horizon_days / DAYS_A_YEAR,
            costs.risk_aversion,
            settings.fairness == "make_good",
            min(costs.dislocation_budget, float(dislocations.rate @ dislocations.most)),
        ),
        minimum_order=settings.lots.minimum_order_notional,
        minimum_transfer=settings.lots.minimum_transfer_notional,
        orders=orders_of(books, holdings, tradables, may_change),
        pinned_volatility=settings.baseline.firm_volatility,
        time_limit=settings.solve.time_limit.total_seconds(),
        memory_limit=int(settings.solve.memory_limit_gb * 2**30),
        solver=settings.solve.solver,
    )


def _books(inputs: Inputs) -> Books:
    table, group_of, written = inputs["books"], groups_of(inputs), groups_as_written(inputs)
    order = sorted(range(len(table)), key=lambda r: table["book_id"][r])
    ids = [table["book_id"][r] for r in order]
    entity = [table["entity"][r] for r in order]
    owner = [table["beneficial_owner"][r] or table["entity"][r] for r in order]
    pairs = sorted(sorted(ids.index(b) for b in pair) for pair in barred_pairs(inputs))
    return Books(
        ids=tuple(ids),
        entity=tuple(entity),
        owner=tuple(owner),
        group=tuple(group_of.get(b, b) for b in ids),
        via={g: ids.index(b) for g, b in central_books(inputs).items()},
        written=tuple(written.get(b, b) for b in ids),
        barred=tuple((a, b) for a, b in pairs),
    )


def _accounts(inputs: Inputs) -> Accounts:
    table = inputs["accounts"]
    order = sorted(range(len(table)), key=lambda r: table["account_id"][r])
    pools = sorted(inputs["pools"]["pool_id"])
    return Accounts(
        ids=tuple(table["account_id"][r] for r in order),
        pool=_ints(pools.index(table["pool_id"][r]) for r in order),
        model=tuple(table["model"][r] for r in order),
        multiplier=table["margin_multiplier"][order],
        funding_rate=table["funding_rate_bps"][order] * BPS,
        locked=np.array([table["short_proceeds"][r] == "locked" for r in order], dtype=bool),
        worst=np.array([worst_points(table["aggregator"][r]) for r in order], dtype=float),
        confidence=table["confidence"][order],
        days=table["margin_days"][order],
        shock_set=tuple(table["shock_set"][r] for r in order),
    )


def _pools(inputs: Inputs, fx: dict[str, float], shocks: Shocks) -> Pools:
    table = inputs["pools"]
    order = sorted(range(len(table)), key=lambda r: table["pool_id"][r])
    currency = tuple(table["currency"][r] for r in order)
    return Pools(
        ids=tuple(table["pool_id"][r] for r in order),
        currency=currency,
        fx=np.array([fx[table["currency"][r]] for r in order], dtype=float),
        cash=table["cash"][order],
        minimum_balance=table["minimum_balance"][order],
        borrow_limit=_floored(table["borrow_limit"][order], currency),
        borrow_rate=np.nan_to_num(table["borrow_rate_bps"][order]) * BPS,
        shortfall=np.zeros(len(table)),
        shocks=tuple(
            covered(table["liquidity_after_stress"][r], shocks.ids, shocks.sets) for r in order
        ),
        morning=np.array([table["due_next_morning"][r] == "yes" for r in order], dtype=bool),
    )


def _floored(amounts: Floats, currencies: Sequence[str]) -> Floats:
    """In whole minor units: what may be lent or sent at all."""
    each = zip(amounts.tolist(), currencies, strict=True)
    return np.array([floored(x, c) for x, c in each], dtype=float)


def _routes(inputs: Inputs) -> Routes:
    table, pools = inputs["cash_routes"], sorted(inputs["pools"]["pool_id"])
    as_of, business = inputs.settings.as_of, business_date(inputs)
    today = as_of.date() >= business  # a cut-off is a time on the business date
    late = [today and bool(cut) and as_of.time() > cut for cut in table["cut_off"]]
    order = sorted(range(len(table)), key=lambda r: (table["from_pool"][r], table["to_pool"][r]))
    of_pool = dict(zip(inputs["pools"]["pool_id"], inputs["pools"]["currency"], strict=True))
    currency = [of_pool[table["from_pool"][r]] for r in order]
    return Routes(
        source=_ints(pools.index(table["from_pool"][r]) for r in order),
        target=_ints(pools.index(table["to_pool"][r]) for r in order),
        capacity=_floored(np.nan_to_num(table["capacity"][order], nan=np.inf), currency),
        fee=table["fee_bps"][order] * BPS,
        days=_ints(int(table["value_days"][r]) + late[r] for r in order),
    )


def _collateral(inputs: Inputs, select: Selector) -> Collateral:
    table, pools = inputs["collateral"], sorted(inputs["pools"]["pool_id"])
    rows = range(len(table))
    order = sorted(rows, key=lambda r: (table["pool_id"][r], table["instrument_id"][r]))
    return Collateral(
        pool=_ints(pools.index(table["pool_id"][r]) for r in order),
        instrument=_ints(select.index[table["instrument_id"][r]] for r in order),
        haircut=table["haircut"][order],
        rate=table["opportunity_bps"][order] * BPS,
        quantity=table["quantity"][order],
    )


def _ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)
