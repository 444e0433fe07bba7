"""Where a book holds what: the book's account, unless book_accounts says otherwise."""

from collections.abc import Callable

import numpy as np

from neutralizer.domain.arrays import Bools
from neutralizer.load.resolved.selectors import Selector, specificity
from neutralizer.load.written.inputs import Inputs


class AccountOf:
    """`accounts[b, i]`: index of the account, -1 where there is none. `ambiguous`: (book, row) pairs
    of book_accounts whose rows of equal rank name different accounts for one instrument.
    """

    def __init__(
        self, inputs: Inputs, select: Selector, accounts: list[str], books: list[str]
    ) -> None:
        index = {a: k for k, a in enumerate(accounts)}
        table = inputs["books"]
        own = dict(zip(table["book_id"], table["account_id"], strict=True))
        shape = (len(books), len(select.ids))
        self.accounts = np.full(shape, -1, dtype=np.int64)
        for b, book in enumerate(books):
            self.accounts[b] = index.get(own.get(book, ""), -1)
        self.ambiguous: list[int] = []
        rank = np.full(shape, -1, dtype=np.int64)
        rows = inputs["book_accounts"]
        for r, (book, selector) in enumerate(zip(rows["book_id"], rows["selector"], strict=True)):
            mask = select(selector)
            if mask is None or book not in books or rows["account_id"][r] not in index:
                continue
            b, account, level = (
                books.index(book),
                index[rows["account_id"][r]],
                specificity(selector, select),
            )
            if (mask & (rank[b] == level) & (self.accounts[b] != account)).any():
                self.ambiguous.append(r)
            better = mask & (level > rank[b])
            self.accounts[b, better], rank[b, better] = account, level


def margin_row(inputs: Inputs, select: Selector) -> Callable[[str, str], int]:
    """The row of margin_rates for (instrument, account): the account's own rows beat the blank ones, and of
    those an instrument's own beats a column, which beats `*`.

    The answer raises KeyError where there is none.
    """
    table = inputs["margin_rates"]
    own: dict[tuple[str, str], int] = {}
    several: dict[str, list[tuple[int, Bools, int]]] = {}
    for row, (name, account) in enumerate(
        zip(table["instrument_id"], table["account_id"], strict=True)
    ):
        mask = None if name in select.index else select(name)
        if mask is None:
            own[name, account] = row
        else:
            several.setdefault(account, []).append((-specificity(name, select), mask, row))
    for rows in several.values():
        rows.sort(key=lambda entry: entry[0])

    def row_of(instrument: str, account: str) -> int:
        for who in (account, ""):
            if (instrument, who) in own:
                return own[instrument, who]
            k = select.index[instrument]
            wider = next((row for _, mask, row in several.get(who, ()) if mask[k]), None)
            if wider is not None:
                return wider
        raise KeyError(instrument)

    return row_of
