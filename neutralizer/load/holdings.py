"""Positions, mandates and accounts -> holdings, and what each account nets in each instrument."""

from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.funding import Accounts
from neutralizer.domain.scenario import Books, Entries, Holdings, Instruments
from neutralizer.domain.trades import sums
from neutralizer.load.accounts import AccountOf, margin_row
from neutralizer.load.barriers import passed_on
from neutralizer.load.inputs import Inputs
from neutralizer.load.mandates import Selector, freedoms
from neutralizer.load.restrictions import restricted


def holdings_of(
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
    passed = passed_on(inputs, select, list(books.ids), (may == 2) | ((may == 1) & (held != 0)))
    book, instrument = np.nonzero((held != 0) | (may == 2) | passed)
    before, freedom = held[book, instrument], may[book, instrument]
    low = np.where(freedom == 2, -np.inf, np.where(freedom == 1, np.minimum(before, 0), before))
    high = np.where(freedom == 2, np.inf, np.where(freedom == 1, np.maximum(before, 0), before))
    bars = restricted(inputs, select, list(books.ids))
    high = np.where(bars.no_buy[book, instrument], np.minimum(high, before), high)
    low = np.where(bars.no_sell[book, instrument], np.maximum(low, before), low)
    of = AccountOf(inputs, select, list(accounts.ids), list(books.ids))
    account = of.accounts[book, instrument]
    entries, entry = _entries(
        inputs, select, accounts, account, instrument, before, instruments, fx
    )
    exact = _exact(inputs, select, b_index, book, instrument)
    barred = bars.no_cross[book, instrument]
    return Holdings(book, instrument, account, before, exact, low, high, entry, barred), entries


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
