"""Who may change what."""

import numpy as np

from neutralizer.domain.arrays import Bools, Ints
from neutralizer.load.resolved.days import execution_date
from neutralizer.load.resolved.rolls import taking_up
from neutralizer.load.resolved.selectors import INSTRUMENT, Selector, specificity
from neutralizer.load.written.inputs import Inputs

FREEDOM = {"none": 0, "reduce": 1, "trade": 2}
BOOK = 3  # what naming a book adds to the rank of a row
NAMED = BOOK + INSTRUMENT


def expired(inputs: Inputs, select: Selector) -> Bools:
    """(I,) whether an instrument's last day lies before the execution date."""
    last, day = inputs["instruments"]["expiry"], execution_date(inputs)
    return np.array([last[r] is not None and last[r] < day for r in select.rows], dtype=bool)


def freedoms(inputs: Inputs, select: Selector, books: list[str]) -> Ints:
    """(B, I) what each book may do: 0 none, 1 reduce, 2 trade. Nobody changes what has expired."""
    return np.where(expired(inputs, select), 0, mandated(inputs, select, books)[0])


def mandated(inputs: Inputs, select: Selector, books: list[str]) -> tuple[Ints, Ints]:
    """(B, I) twice: what mandates let each book do, and the rank of the row that says so: NAMED where it
    names both book and instrument, -1 where no row does. What no row names a book may reduce; one that
    says what it wants to trade does not move the rest. What a contract is rolled into its holders may trade
    unless a row names it, or says none.
    """
    may, rank = _written(inputs, select, books)
    rolled = taking_up(inputs, select, books) & ~np.isin(rank, (INSTRUMENT, NAMED))
    rolled &= may != FREEDOM["none"]
    may, rank = np.where(rolled, FREEDOM["trade"], may), np.where(rolled, INSTRUMENT, rank)
    wishing = set(inputs["targets"]["book_id"])
    silent = np.array([b in wishing for b in books], dtype=bool)[:, None]
    return np.where(silent & (rank < 0) & (may == FREEDOM["reduce"]), FREEDOM["none"], may), rank


def _written(inputs: Inputs, select: Selector, books: list[str]) -> tuple[Ints, Ints]:
    table = inputs["mandates"]
    shape = (len(books), len(select.ids))
    best = np.full(shape, -1, dtype=np.int64)
    if "mandates" not in inputs.given:
        hedge = np.array([v == "yes" for v in select.columns["hedge_instrument"]], dtype=bool)
        return np.where(np.broadcast_to(hedge, shape), 2, 1).astype(np.int64), best
    may = np.ones(shape, dtype=np.int64)
    barred = np.zeros(shape, dtype=bool)
    for book, selector, word in zip(table["book_id"], table["selector"], table["may"], strict=True):
        mask = select(selector)
        if mask is None or word not in FREEDOM:
            continue
        rank = BOOK * (book != "*") + specificity(selector, select)
        first = 0 if book == "*" else books.index(book) if book in books else len(books)
        those = slice(first, None if book == "*" else first + 1)  # views, written in place
        _apply(may[those], best[those], barred[those], mask, rank, FREEDOM[word])
    may[barred] = 0
    return may, best


def _apply(may: Ints, best: Ints, barred: Bools, mask: Bools, rank: int, freedom: int) -> None:
    better = mask & (rank > best)
    tie = mask & (rank == best) & (freedom < may)
    may[better | tie] = freedom
    best[better] = rank
    if freedom == 0:
        barred[:, mask] = True
