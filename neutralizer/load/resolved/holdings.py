"""Positions, mandates and accounts -> holdings, and what each account nets in each instrument."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints
from neutralizer.domain.funding import Accounts
from neutralizer.domain.scenario import Books, Entries, Holdings, Instruments
from neutralizer.domain.trades import sums
from neutralizer.load.resolved.accounts import AccountOf, margin_row
from neutralizer.load.resolved.barriers import passed_on
from neutralizer.load.resolved.currencies import in_major
from neutralizer.load.resolved.mandates import freedoms
from neutralizer.load.resolved.quantities import HELD, exact_quantities, quantities
from neutralizer.load.resolved.restrictions import restricted
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.targets import places, wanted, wishes
from neutralizer.load.written.inputs import Inputs
from neutralizer.terms import margin
from neutralizer.terms.margin.needs import RATES


@dataclass(frozen=True)
class Ahead:
    """What the days of a horizon ask of each of them: the same holdings. (B, I): `needed` on some day; `before`:
    of a later day, what today's positions become when nothing is traded.
    """

    needed: Bools
    before: Floats | None = None


def holdings_of(
    inputs: Inputs,
    select: Selector,
    books: Books,
    accounts: Accounts,
    instruments: Instruments,
    fx: dict[str, float],
    ahead: Ahead,
) -> tuple[Holdings, Entries]:
    """`ahead`: what the days to come ask for beside what is held and may change today."""
    may = freedoms(inputs, select, list(books.ids))
    held, row = quantities(inputs["positions"], select, books.ids)
    coming, _ = quantities(inputs["open_orders"], select, books.ids)
    book, instrument = np.nonzero(needed(inputs, select, list(books.ids)) | ahead.needed)
    pending, freedom = coming[book, instrument], may[book, instrument]
    before = (held + coming if ahead.before is None else ahead.before)[book, instrument]
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
    its = wishes(inputs, select, list(books.ids))
    place = places(its, book, instrument)
    low[place], high[place] = its.boxes()
    whole, incoming = _exact(inputs, select, books, book, instrument)
    return (
        Holdings(
            book=book,
            instrument=instrument,
            account=account,
            before=before,
            exact=whole,
            pending=pending,
            incoming=incoming,
            low=low,
            high=high,
            entry=entry,
            barred=bars.no_cross[book, instrument],
            mark=_marks(inputs, select, instrument, row[book, instrument]),
        ),
        entries,
    )


def needed(inputs: Inputs, select: Selector, books: list[str]) -> Bools:
    """(B, I) which pairs are held or may change on the day, or have to pass on what others trade."""
    may = freedoms(inputs, select, books)
    some = np.any([quantities(inputs[t], select, books)[0] != 0 for t in HELD], axis=0)
    wish = wanted(inputs, select, books)
    changes = (may == 2) | ((may == 1) & some) | wish
    found: Bools = some | (may == 2) | wish | passed_on(inputs, select, books, changes)
    return found


def _marks(inputs: Inputs, select: Selector, instrument: Ints, row: Ints) -> Floats:
    """(H,) each book's own price, in the currency that settles."""
    written = np.append(inputs["positions"]["mark_price"], np.nan)  # of row -1: nothing
    currency = select.columns["currency"]
    return in_major(written[row], [currency[i] for i in instrument.tolist()])


def _exact(
    inputs: Inputs, select: Selector, books: Books, book: Ints, instrument: Ints
) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Of each holding, to the last digit: all that counts as its position, and of it what is still to be
    bought or received.
    """
    whole, zero, coming = exact_quantities(inputs), Decimal(0), dict[tuple[str, str], Decimal]()
    table = inputs["open_orders"]
    columns = (table["book_id"], table["instrument_id"], table.exact("quantity"))
    for b, i, quantity in zip(*columns, strict=True):
        coming[b, i] = coming.get((b, i), zero) + max(quantity, zero)
    places = zip(book.tolist(), instrument.tolist(), strict=True)
    pairs = [(books.ids[b], select.ids[i]) for b, i in places]
    return tuple(whole.get(p, zero) for p in pairs), tuple(coming.get(p, zero) for p in pairs)


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
    rows = margin_row(inputs, select)
    table = inputs["margin_rates"]
    long_rate, short_rate = np.zeros(len(codes)), np.zeros(len(codes))
    for n, (ka, ki) in enumerate(zip(a.tolist(), i.tolist(), strict=True)):
        if margin.REGISTRY[accounts.model[ka]].NEEDS != RATES:
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
