"""Inputs as written -> Scenario as resolved: ids become indices, units become base currency a day.

Called only on inputs without errors.
"""

from decimal import Decimal
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.orders import orders_of
from neutralizer.domain.scenario import (
    DAYS_A_YEAR,
    Accounts,
    Books,
    Costing,
    Entries,
    Floats,
    Holdings,
    Instruments,
    Ints,
    Pools,
    Routes,
    Scenario,
    Tradables,
)
from neutralizer.domain.trades import sums
from neutralizer.load.accounts import AccountOf, margin_row
from neutralizer.load.inputs import Inputs
from neutralizer.load.limits import resolve_limits
from neutralizer.load.mandates import Selector, freedoms
from neutralizer.load.risk import resolve_risk, volatility_scale
from neutralizer.load.table import Table

BPS = 1e-4


def resolve(inputs: Inputs, select: Selector) -> Scenario:
    """Builds the frozen scenario. The axes are sorted by id, so that row order changes nothing."""
    settings = inputs.settings
    fx = fx_rates(inputs)
    books = _books(inputs)
    instruments, tradables = _tradables(inputs, select, fx)
    accounts, pools, routes = _accounts(inputs), _pools(inputs, fx), _routes(inputs)
    holdings, entries = _holdings(inputs, select, books, accounts, instruments, fx)
    may_change = (holdings.low < holdings.before) | (holdings.high > holdings.before)
    costs, business = settings.costs, settings.business_date or settings.as_of.date()
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
        risk=resolve_risk(inputs, select, instruments.notional),
        limits=resolve_limits(inputs, select, books, holdings, accounts, pools),
        costing=Costing(
            costs.impact == "quadratic",
            costs.impact_coefficient,
            costs.booking_fee_bps * BPS,
            costs.horizon_days / DAYS_A_YEAR,
            costs.risk_aversion,
        ),
        minimum_order=settings.lots.minimum_order_notional,
        minimum_transfer=settings.lots.minimum_transfer_notional,
        orders=orders_of(books, holdings, tradables, may_change),
        time_limit=settings.solve.time_limit.total_seconds(),
        memory_limit=int(settings.solve.memory_limit_gb * 2**30),
    )


def fx_rates(inputs: Inputs) -> dict[str, float]:
    """Base currency per unit of each currency that has a rate."""
    table = inputs["fx"]
    rates = dict(zip(table["currency"], table["rate"].tolist(), strict=True))
    return rates | {inputs.settings.base_currency: 1.0}


def _books(inputs: Inputs) -> Books:
    table, groups = inputs["books"], inputs["crossing_groups"]
    group_of = {b: g for g, bs in zip(groups["group_id"], groups["books"], strict=True) for b in bs}
    order = sorted(range(len(table)), key=lambda r: table["book_id"][r])
    ids = [table["book_id"][r] for r in order]
    entity = [table["entity"][r] for r in order]
    owner = [table["beneficial_owner"][r] or table["entity"][r] for r in order]
    return Books(tuple(ids), tuple(entity), tuple(owner), tuple(group_of.get(b, b) for b in ids))


def prices(table: Table, rows: list[int]) -> Floats:
    """Local prices; the middle of bid and ask where the price is blank."""
    price, middle = table["price"][rows], (table["bid"][rows] + table["ask"][rows]) / 2
    found: Floats = np.where(np.isnan(price), middle, price)
    return found


def _tradables(
    inputs: Inputs, select: Selector, fx: dict[str, float]
) -> tuple[Instruments, Tradables]:
    table = inputs["instruments"]
    row_of = {i: r for r, i in enumerate(table["instrument_id"])}
    legs = combination_legs(inputs)
    combinations = sorted(legs)
    rows = select.rows + [row_of[c] for c in combinations]
    rate = np.array([fx[table["currency"][r]] for r in rows])
    multiplier = np.nan_to_num(table["multiplier"][rows], nan=1.0)
    local = prices(table, rows)
    count = len(select.rows)
    for k, c in enumerate(combinations):
        local[count + k] = sum(q * local[select.index[i]] for i, q in legs[c])
    own = prices(table, rows)
    notional = np.where(
        np.isnan(table["notional_per_unit"][rows]),
        np.abs(own) * multiplier,
        table["notional_per_unit"][rows],
    )
    notional = notional * rate
    volatility = table["volatility"][rows] * volatility_scale(inputs)
    lot = table["lot_size"][rows]
    eligible = np.array([table["cross_eligible"][r] != "no" for r in rows], dtype=bool)
    for k, c in enumerate(combinations):
        eligible[count + k] = all(eligible[select.index[i]] for i, _ in legs[c])

    def text(column: str) -> tuple[str, ...]:
        return tuple(table[column][r] for r in rows)

    commission = (
        table["commission_bps"][rows] * BPS * notional + table["commission_per_unit"][rows] * rate
    )
    instruments = Instruments(
        ids=tuple(select.ids),
        asset_class=tuple(select.columns["asset_class"]),
        text={name: tuple(values) for name, values in select.columns.items()},
        fully_paid=np.array([p == "fully_paid" for p in select.columns["payment"]], dtype=bool),
        value=(local * multiplier * rate)[:count],
        notional=notional[:count],
        step=np.minimum(1.0, lot)[:count],
        long_financing=table["long_financing_bps"][select.rows] * BPS,
        short_financing=table["short_financing_bps"][select.rows] * BPS,
    )
    tradables = Tradables(
        ids=(*select.ids, *combinations),
        is_combination=np.arange(len(rows)) >= count,
        currency=text("currency"),
        price=local,
        multiplier=multiplier,
        notional=notional,
        half_spread=_half_spread(table, rows, notional, multiplier, rate),
        buy_charge=commission + table["buy_tax_bps"][rows] * BPS * notional,
        sell_charge=commission + table["sell_tax_bps"][rows] * BPS * notional,
        lot=lot,
        adv=table["adv"][rows],
        volatility=volatility,
        cap=_cap(table, rows),
        cross_eligible=eligible,
        settlement_days=table["settlement_days"][rows],
        price_rule=text("price_rule"),
        price_source=text("price_source"),
        price_time=tuple(
            t.isoformat() if t else "" for t in (table["price_time"][r] for r in rows)
        ),
        isin=text("isin"),
        legs=_leg_matrix(count, [legs[c] for c in combinations], select),
    )
    return instruments, tradables


def combination_legs(inputs: Inputs) -> dict[str, list[tuple[str, float]]]:
    """Legs of each combination, sorted by instrument: (instrument, ratio)."""
    table = inputs["combinations"]
    legs: dict[str, list[tuple[str, float]]] = {}
    for c, i, q in zip(
        table["combination_id"], table["instrument_id"], table["ratio"], strict=True
    ):
        legs.setdefault(c, []).append((i, float(q)))
    return {c: sorted(found) for c, found in legs.items()}


def _half_spread(
    table: Table, rows: list[int], notional: Floats, multiplier: Floats, rate: Floats
) -> Floats:
    """Base per unit: from bps of notional, else local per unit, else half of bid to ask."""
    bps, unit = table["half_spread_bps"][rows], table["half_spread_per_unit"][rows]
    quoted = (table["ask"][rows] - table["bid"][rows]) / 2 * multiplier * rate
    given: Floats = np.where(np.isnan(unit), quoted, unit * rate)
    return np.where(np.isnan(bps), given, bps * BPS * notional)


def _cap(table: Table, rows: list[int]) -> Floats:
    share, adv = table["max_participation"][rows], table["adv"][rows]
    return np.where(np.isnan(share), np.inf, np.where(share == 0, 0.0, share * adv))


def _leg_matrix(count: int, combinations: list[list[tuple[str, float]]], select: Selector) -> Any:
    triples = [(i, i, 1.0) for i in range(count)]
    triples += [(count + k, select.index[i], q) for k, ls in enumerate(combinations) for i, q in ls]
    r, c, v = zip(*triples, strict=True) if triples else ((), (), ())
    return csr_array((list(v), (list(r), list(c))), shape=(count + len(combinations), count))


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
    )


def _pools(inputs: Inputs, fx: dict[str, float]) -> Pools:
    table = inputs["pools"]
    order = sorted(range(len(table)), key=lambda r: table["pool_id"][r])
    return Pools(
        ids=tuple(table["pool_id"][r] for r in order),
        currency=tuple(table["currency"][r] for r in order),
        fx=np.array([fx[table["currency"][r]] for r in order], dtype=float),
        cash=table["cash"][order],
        minimum_balance=table["minimum_balance"][order],
        borrow_limit=table["borrow_limit"][order],
        borrow_rate=np.nan_to_num(table["borrow_rate_bps"][order]) * BPS,
    )


def _routes(inputs: Inputs) -> Routes:
    table, pools = inputs["cash_routes"], sorted(inputs["pools"]["pool_id"])
    order = sorted(range(len(table)), key=lambda r: (table["from_pool"][r], table["to_pool"][r]))
    return Routes(
        source=_ints(pools.index(table["from_pool"][r]) for r in order),
        target=_ints(pools.index(table["to_pool"][r]) for r in order),
        capacity=np.nan_to_num(table["capacity"][order], nan=np.inf),
        fee=table["fee_bps"][order] * BPS,
    )


def _ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _holdings(
    inputs: Inputs,
    select: Selector,
    books: Books,
    accounts: Accounts,
    instruments: Instruments,
    fx: dict[str, float],
) -> tuple[Holdings, Entries]:
    may = freedoms(inputs, select, list(books.ids))
    table, b_index = inputs["positions"], {b: k for k, b in enumerate(books.ids)}
    held = np.zeros(may.shape)
    held[
        [b_index[b] for b in table["book_id"]], [select.index[i] for i in table["instrument_id"]]
    ] = table["quantity"]
    book, instrument = np.nonzero((held != 0) | (may == 2))
    before, freedom = held[book, instrument], may[book, instrument]
    low = np.where(freedom == 2, -np.inf, np.where(freedom == 1, np.minimum(before, 0), before))
    high = np.where(freedom == 2, np.inf, np.where(freedom == 1, np.maximum(before, 0), before))
    of = AccountOf(inputs, select, list(accounts.ids), list(books.ids))
    account = of.accounts[book, instrument]
    entries, entry = _entries(
        inputs, select, accounts, account, instrument, before, instruments, fx
    )
    exact = _exact(inputs, select, b_index, book, instrument)
    return Holdings(book, instrument, account, before, exact, low, high, entry), entries


def _exact(
    inputs: Inputs, select: Selector, b_index: dict[str, int], book: Ints, instrument: Ints
) -> tuple[Decimal, ...]:
    table = inputs["positions"]
    raw = table.raw
    cell = raw.header.index("quantity") if len(table) else 0
    written = {
        (b_index[b], select.index[i]): Decimal(row[cell])
        for b, i, row in zip(table["book_id"], table["instrument_id"], raw.rows, strict=True)
    }
    zero = Decimal(0)
    return tuple(written.get(k, zero) for k in zip(book.tolist(), instrument.tolist(), strict=True))


def _entries(
    inputs: Inputs,
    select: Selector,
    accounts: Accounts,
    account: Ints,
    instrument: Ints,
    before: Floats,
    instruments: Instruments,
    fx: dict[str, float],
) -> tuple[Entries, Ints]:
    held = account >= 0
    code = account[held] * len(select.ids) + instrument[held]
    codes, where = np.unique(code, return_inverse=True)
    entry = np.full(len(account), -1, dtype=np.int64)
    entry[held] = where
    a, i = np.divmod(codes, max(1, len(select.ids)))
    rows = margin_row(inputs)
    table = inputs["margin_rates"]
    long_rate, short_rate = np.zeros(len(codes)), np.zeros(len(codes))
    for n, (ka, ki) in enumerate(zip(a.tolist(), i.tolist(), strict=True)):
        if accounts.model[ka] != "rate":
            continue
        row = rows(select.ids[ki], accounts.ids[ka])
        unit = (
            table["per_unit"][row] * fx[select.columns["currency"][ki]] / instruments.notional[ki]
        )
        own = np.isnan(unit)
        long_rate[n] = table["long_rate"][row] if own else unit
        short_rate[n] = table["short_rate"][row] if own else unit
    netted = sums(where, before[held], len(codes))
    return Entries(a, i, netted, long_rate, short_rate), entry
