"""What compliance and securities lending allow on the day: the restricted list, and what may be borrowed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.funding import Accounts
from neutralizer.domain.scenario import Entries, Holdings, Limit
from neutralizer.load.resolved.days import business_date
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.values import BPS

LENDING = "securities lending"
WORDS = ("no_buy", "no_sell", "no_cross")


@dataclass(frozen=True)
class Restricted:
    """(B, I) what each book may not do on the business date."""

    no_buy: Bools
    no_sell: Bools
    no_cross: Bools


def restricted(inputs: Inputs, select: Selector, books: list[str]) -> Restricted:
    """The rows that hold on the business date, together."""
    table, day = inputs["restricted"], business_date(inputs)
    found = {w: np.zeros((len(books), len(select.ids)), dtype=bool) for w in WORDS}
    for row, selector in enumerate(table["selector"]):
        first, last = table["from"][row], table["to"][row]
        mask = select(selector)
        if mask is None or (first and day < first) or (last and day > last):
            continue
        name = table["book_id"][row]
        own = np.array([name in ("", "*", b) for b in books], dtype=bool)
        for word in WORDS:
            if table[word][row] == "yes":
                found[word] |= own[:, None] & mask[None, :]
    return Restricted(**found)


def borrow_limits(
    inputs: Inputs, select: Selector, holdings: Holdings, accounts: Accounts
) -> Iterator[Limit]:
    """One limit per row and account: no shorter than what may be borrowed."""
    table = inputs["borrow"]
    for row, instrument in enumerate(table["instrument_id"]):
        which = holdings.instrument == select.index[instrument]
        for a, account in enumerate(accounts.ids):
            own = np.flatnonzero(which & (holdings.account == a))
            if len(own) and table["account_id"][row] in ("", account):
                yield Limit(
                    limit_id=f"borrow-{instrument}",
                    measure="position",
                    scope=f"account:{account}",
                    target=instrument,
                    lower=-float(table["available"][row]),
                    upper=np.inf,
                    improve=False,
                    penalty=0.0,
                    owner=LENDING,
                    description=f"no shorter in {instrument} than may be borrowed",
                    scope_holdings=np.flatnonzero(holdings.account == a),
                    holdings=own,
                    accounts=(a,),
                )


def borrow_fees(inputs: Inputs, select: Selector, entries: Entries, accounts: Accounts) -> Floats:
    """(N,) fraction of notional a year on what is short; an account's own row beats the blank one."""
    table = inputs["borrow"]
    columns = (table["instrument_id"], table["account_id"], table["fee_bps"].tolist())
    fee = {(i, a): x * BPS for i, a, x in zip(*columns, strict=True)}
    names = [
        (select.ids[i], accounts.ids[a])
        for a, i in zip(entries.account, entries.instrument, strict=True)
    ]
    return np.array([fee.get((i, a), fee.get((i, ""), 0.0)) for i, a in names], dtype=float)
