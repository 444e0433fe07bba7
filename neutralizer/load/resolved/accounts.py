"""Where a book holds what: the book's account, unless book_accounts says otherwise."""

from collections.abc import Callable

import numpy as np

from neutralizer.load.resolved.mandates import Selector, specificity
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


def margin_row(inputs: Inputs) -> Callable[[str, str], int]:
    """The row of margin_rates for (instrument, account): the account's own beats the blank one.

    The answer raises KeyError where there is neither.
    """
    table = inputs["margin_rates"]
    found = {
        key: row
        for row, key in enumerate(zip(table["instrument_id"], table["account_id"], strict=True))
    }

    def row(instrument: str, account: str) -> int:
        own = found.get((instrument, account))
        return found[instrument, ""] if own is None else own

    return row
