"""Positions, mandates and accounts -> holdings, and what each account nets in each instrument."""

from collections import defaultdict
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.funding import Accounts
from neutralizer.domain.scenario import Books, Entries, Holdings, Instruments
from neutralizer.domain.trades import sums
from neutralizer.load.accounts import AccountOf, margin_row
from neutralizer.load.inputs import Inputs
from neutralizer.load.mandates import Selector, freedoms
from neutralizer.load.restrictions import restricted
from neutralizer.load.table import Table


def holdings_of(
    inputs: Inputs,
    select: Selector,
    books: Books,
    accounts: Accounts,
    instruments: Instruments,
    fx: dict[str, float],
) -> tuple[Holdings, Entries]:
    may = freedoms(inputs, select, list(books.ids))
    held, coming = (_quantities(inputs[t], select, books) for t in ("positions", "open_orders"))
    book, instrument = np.nonzero((held != 0) | (coming != 0) | (may == 2))
    pending, freedom = coming[book, instrument], may[book, instrument]
    before = held[book, instrument] + pending
    low = np.where(freedom == 2, -np.inf, np.where(freedom == 1, np.minimum(before, 0), before))
    high = np.where(freedom == 2, np.inf, np.where(freedom == 1, np.maximum(before, 0), before))
    bars = restricted(inputs, select, list(books.ids))
    high = np.where(bars.no_buy[book, instrument], np.minimum(high, before), high)
    low = np.where(bars.no_sell[book, instrument], np.maximum(low, before), low)
    of = AccountOf(inputs, select, list(accounts.ids), list(books.ids))
    account = of.accounts[book, instrument]
    entries, entry = _entries(
        inputs, select, accounts, account, instrument, before - pending, instruments, fx
    )
    exact, incoming = _exact(inputs, select, books, book, instrument)
    return (
        Holdings(
            book=book,
            instrument=instrument,
            account=account,
            before=before,
            exact=exact,
            pending=pending,
            incoming=incoming,
            low=low,
            high=high,
            entry=entry,
            barred=bars.no_cross[book, instrument],
        ),
        entries,
    )


def _quantities(table: Table, select: Selector, books: Books) -> Floats:
    """(B, I) what a table says of each pair, units."""
    b_index = {b: k for k, b in enumerate(books.ids)}
    found = np.zeros((len(books.ids), len(select.ids)))
    which = (
        [b_index[b] for b in table["book_id"]],
        [select.index[i] for i in table["instrument_id"]],
    )
    np.add.at(found, which, table["quantity"])
    return found


def _exact(
    inputs: Inputs, select: Selector, books: Books, book: Ints, instrument: Ints
) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Of each holding, to the last digit: all that counts as its position, and of it what is still to be
    bought or received.
    """
    whole: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    incoming: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for name in ("positions", "open_orders"):
        table = inputs[name]
        cell = table.raw.header.index("quantity") if len(table) else 0
        keys = zip(table["book_id"], table["instrument_id"], table.raw.rows, strict=True)
        for b, i, row in keys:
            quantity = Decimal(row[cell])
            whole[b, i] += quantity
            if name == "open_orders" and quantity > 0:
                incoming[b, i] += quantity
    pairs = zip(book.tolist(), instrument.tolist(), strict=True)
    names = [(books.ids[b], select.ids[i]) for b, i in pairs]
    zero = Decimal(0)
    return tuple(whole.get(n, zero) for n in names), tuple(incoming.get(n, zero) for n in names)


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
