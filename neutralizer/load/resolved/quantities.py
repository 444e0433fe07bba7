"""What is held and what is open of each pair of book and instrument."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.table import Table

HELD = ("positions", "open_orders")  # what counts as a position


def quantities(table: Table, select: Selector, books: Sequence[str]) -> tuple[Floats, Ints]:
    """(B, I) what a table says of each known pair together, units; and a row that says it, -1 for none."""
    b_index = {b: k for k, b in enumerate(books)}
    found = np.zeros((len(books), len(select.ids)))
    row = np.full(found.shape, -1, dtype=np.int64)
    b = np.array([b_index.get(x, -1) for x in table["book_id"]], dtype=np.int64)
    i = np.array([select.index.get(x, -1) for x in table["instrument_id"]], dtype=np.int64)
    rows = np.flatnonzero((b >= 0) & (i >= 0))
    np.add.at(found, (b[rows], i[rows]), table["quantity"][rows])
    row[b[rows], i[rows]] = rows
    return found, row


def exact_quantities(inputs: Inputs) -> dict[tuple[str, str], Decimal]:
    """Units of each pair, held and open together, to the last digit."""
    found: dict[tuple[str, str], Decimal] = {}
    for name in HELD:
        table = inputs[name]
        columns = (table["book_id"], table["instrument_id"], table.exact("quantity"))
        for book, instrument, quantity in zip(*columns, strict=True):
            before = found.get((book, instrument))  # a sum would round what stands alone
            found[book, instrument] = quantity if before is None else before + quantity
    return found
