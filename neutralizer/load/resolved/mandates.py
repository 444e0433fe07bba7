"""Selectors, and who may change what."""

from typing import Any

import numpy as np

from neutralizer.domain.arrays import Bools, Ints
from neutralizer.load.resolved.days import execution_date
from neutralizer.load.written.inputs import Inputs

FREEDOM = {"none": 0, "reduce": 1, "trade": 2}
BOOK, INSTRUMENT, COLUMN = 3, 2, 1  # what naming each adds to the rank of a row
NAMED = BOOK + INSTRUMENT
SELECTABLE = (
    "asset_class currency price_rule price_source payment hedge_instrument cross_eligible isin "
    "underlying quote_currency sector issuer country"
).split()


class Selector:
    """Answers which instruments a selector names, (I,) booleans; combinations are not instruments."""

    def __init__(self, inputs: Inputs) -> None:
        table = inputs["instruments"]
        real = [r for r, kind in enumerate(table["asset_class"]) if kind != "combination"]
        self.rows = sorted(real, key=lambda r: table["instrument_id"][r])
        self.ids = [table["instrument_id"][r] for r in self.rows]
        self.index = {i: k for k, i in enumerate(self.ids)}
        self.columns: dict[str, list[Any]] = {
            name: [table[name][r] for r in self.rows] for name in SELECTABLE
        }
        asset_class = self.columns["asset_class"]
        needs = ("future", "option", "swap", "fx")
        self.columns["payment"] = [
            given or ("" if kind in needs else "fully_paid")
            for given, kind in zip(self.columns["payment"], asset_class, strict=True)
        ]
        self._known: dict[str, Bools | None] = {}

    def __call__(self, selector: str) -> Bools | None:
        """None when the selector names no column and no instrument; all False when it selects nothing."""
        if selector not in self._known:
            self._known[selector] = self._select(selector)
        return self._known[selector]

    def _select(self, selector: str) -> Bools | None:
        if selector in ("", "*"):
            return np.ones(len(self.ids), dtype=bool)
        column, colon, value = selector.partition(":")
        if selector in self.index or (colon and column == "instrument"):
            wanted = selector if selector in self.index else value
            return np.array([i == wanted for i in self.ids], dtype=bool)
        if not colon or column not in self.columns:
            return None
        return np.array([v == value for v in self.columns[column]], dtype=bool)


def specificity(selector: str, select: Selector) -> int:
    """`instrument:` (or a bare id) beats a column, which beats `*`."""
    if selector == "*":
        return 0
    one = selector.startswith("instrument:") or selector in select.index
    return INSTRUMENT if one else COLUMN


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
    says what it wants to trade does not move the rest.
    """
    may, rank = _written(inputs, select, books)
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
