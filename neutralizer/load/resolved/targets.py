"""What each book wants to trade: rows of targets -> where the position may end, and what must be met.

A holding with a target may move between where it is and the target, within its tolerance, and no
further: the row is the mandate. Rows of mandates and of the restricted list that forbid it are in
its way, and only a `trade` row of mandates that names both book and instrument lets it go further.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints
from neutralizer.domain.scenario import Holdings, Targets
from neutralizer.load.resolved.mandates import FREEDOM, NAMED, expired, mandated
from neutralizer.load.resolved.quantities import HELD, exact_quantities, quantities
from neutralizer.load.resolved.restrictions import restricted
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.values import BPS


@dataclass(frozen=True)
class Wishes:
    """w: rows of targets whose book and instrument are known. Units, + long."""

    row: Ints
    book: Ints
    instrument: Ints
    before: Floats
    target: Floats
    lower: Floats  # between which the target counts as met
    upper: Floats
    low: Floats  # between which mandates and the restricted list leave the position after
    high: Floats
    further: Bools  # whether a trade row names book and instrument
    step: Floats  # the least that moves, of what a limit holds too; 0 of what may wait

    def boxes(self) -> tuple[Floats, Floats]:
        """(W,) twice: between what mandates leave the position after, never farther from the target than
        before; where a limit holds it there, so that the limit's price is not shared with a mandate's.
        """
        buys, sells = self.target > self.before, self.target < self.before
        as_far = 2 * self.target - self.before  # on the other side of the target
        most = np.where(sells, self.before - self.lower, self.upper - self.before)  # to be met
        spare = np.where(most < np.abs(as_far - self.before), self._spare(most), 0.0)
        low = np.where(sells, np.maximum(self.lower, as_far) - spare, self.before)
        high = np.where(buys, np.minimum(self.upper, as_far) + spare, self.before)
        low, high = np.maximum(low, self.low), np.minimum(high, self.high)
        return np.where(self.further, self.low, low), np.where(self.further, self.high, high)

    def _spare(self, change: Floats) -> Floats:
        """(W,) half of what is left from a change to the next whole step beyond it, which no whole step reaches."""
        step = np.where(self.step > 0, self.step, 1.0)
        beyond = (np.floor(change / step * (1 + 1e-12)) + 1) * step - change
        return np.where(self.step > 0, np.maximum(beyond, 0.0) / 2, 0.0)


def wishes(inputs: Inputs, select: Selector, books: list[str]) -> Wishes:
    """The rows of targets; `books` sorted by id."""
    b_index = {b: k for k, b in enumerate(books)}
    table = inputs["targets"]
    pairs = list(zip(table["book_id"], table["instrument_id"], strict=True))
    known = [r for r, (b, i) in enumerate(pairs) if b in b_index and i in select.index]
    book = np.array([b_index[pairs[r][0]] for r in known], dtype=np.int64)
    instrument = np.array([select.index[pairs[r][1]] for r in known], dtype=np.int64)
    held = [quantities(inputs[t], select, books)[0] for t in HELD]
    before = (held[0] + held[1])[book, instrument]
    low, high, further = _room(inputs, select, books, book, instrument, before)
    row = np.array(known, dtype=np.int64)
    target = _targets(inputs, row, pairs, before)
    lower, upper = _bands(target, np.nan_to_num(table["tolerance"][row]))
    must = np.array([table["may_wait"][r] != "yes" for r in known], dtype=bool)
    lot = inputs["instruments"]["lot_size"][select.rows][instrument]
    step = np.where(must, np.minimum(1.0, lot), 0.0)
    return Wishes(row, book, instrument, before, target, lower, upper, low, high, further, step)


def wanted(inputs: Inputs, select: Selector, books: list[str]) -> Bools:
    """(B, I) which pairs a row of targets names."""
    found = np.zeros((len(books), len(select.ids)), dtype=bool)
    if len(inputs["targets"]):
        its = wishes(inputs, select, books)
        found[its.book, its.instrument] = True
    return found


def _bands(target: Floats, tolerance: Floats) -> tuple[Floats, Floats]:
    """(W,) twice: target less and more the tolerance, as decimals make it."""
    exact = [
        (Decimal(repr(t)), Decimal(repr(x)))
        for t, x in zip(target.tolist(), tolerance.tolist(), strict=True)
    ]
    ends = np.array([(float(t - x), float(t + x)) for t, x in exact], dtype=float).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def _targets(inputs: Inputs, rows: Ints, pairs: list[tuple[str, str]], before: Floats) -> Floats:
    """(W,) units after: as written, or what is held and open with the trade, to the last digit."""
    table = inputs["targets"]
    found = table["target"][rows].copy()
    traded = np.isnan(found)
    if not traded.any():
        return np.asarray(found, dtype=float)
    exact, trade = exact_quantities(inputs), table.exact_or_none("trade")
    for k in np.flatnonzero(traded).tolist():
        more = trade[int(rows[k])]
        held = exact.get(pairs[int(rows[k])], Decimal(0))
        found[k] = before[k] if more is None else float(held + more)
    return np.asarray(found, dtype=float)


def _room(
    inputs: Inputs, select: Selector, books: list[str], book: Ints, instrument: Ints, before: Floats
) -> tuple[Floats, Floats, Bools]:
    """(W,) what a written row of mandates, the restricted list and an expiry leave; and who may go on."""
    may, rank = (x[book, instrument] for x in mandated(inputs, select, books))
    barred, bars = expired(inputs, select)[instrument], restricted(inputs, select, books)
    free = ((rank < 0) | (may == FREEDOM["trade"])) & ~barred
    reduces = (may == FREEDOM["reduce"]) & ~barred
    least = np.where(reduces, np.minimum(before, 0), before)
    most = np.where(reduces, np.maximum(before, 0), before)
    low, high = np.where(free, -np.inf, least), np.where(free, np.inf, most)
    low = np.where(bars.no_sell[book, instrument], np.maximum(low, before), low)
    high = np.where(bars.no_buy[book, instrument], np.minimum(high, before), high)
    return low, high, (rank == NAMED) & (may == FREEDOM["trade"])


def targets_of(inputs: Inputs, its: Wishes, holdings: Holdings) -> Targets:
    """The wishes on the axis of holdings, sorted by it."""
    place = places(its, holdings.book, holdings.instrument)
    order = np.argsort(place)
    table, row = inputs["targets"], its.row[order]
    waits = np.array([table["may_wait"][r] == "yes" for r in row.tolist()], dtype=bool)
    return Targets(
        holding=place[order],
        target=its.target[order],
        lower=its.lower[order],
        upper=its.upper[order],
        rate=np.where(waits, np.nan_to_num(table["waiting_bps"][row]) * BPS, np.nan),
        owner=tuple(table["owner"][r] for r in row.tolist()),
    )


def places(its: Wishes, book: Ints, instrument: Ints) -> Ints:
    """(W,) where each wish stands among pairs of book and instrument."""
    pairs = zip(book.tolist(), instrument.tolist(), strict=True)
    place = {pair: h for h, pair in enumerate(pairs)}
    each = zip(its.book.tolist(), its.instrument.tolist(), strict=True)
    return np.array([place[pair] for pair in each], dtype=np.int64)
