"""Rules about margin, pools and routes."""

import numpy as np

from neutralizer.issues import Issues
from neutralizer.load.accounts import AccountOf, margin_row
from neutralizer.load.economics import in_play
from neutralizer.load.inputs import Inputs
from neutralizer.load.mandates import Selector


def margin_rows_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Each margin row says one thing, of a believable size."""
    table = inputs["margin_rates"]
    for row in range(len(table)):
        rates = np.isnan([table["long_rate"][row], table["short_rate"][row]])
        if np.isnan(table["per_unit"][row]) == rates.any() or (rates.any() and not rates.all()):
            table.error(
                issues,
                row,
                "long_rate",
                "not one margin",
                "write long_rate and short_rate, or per_unit",
            )
        for column in ("long_rate", "short_rate"):
            if table[column][row] > 1:
                table.warning(
                    issues,
                    row,
                    column,
                    "a margin rate above 1",
                    "check that it is a fraction of notional",
                )


def margins_are_given(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A margin row for what a book of a `rate` account holds or may trade."""
    accounts, books = inputs["accounts"], inputs["books"]
    ids = sorted(set(books["book_id"]))
    names = sorted(set(accounts["account_id"]))
    account = AccountOf(inputs, select, names, ids).accounts
    model = dict(zip(accounts["account_id"], accounts["model"], strict=True))
    lines = {b: r for r, b in enumerate(books["book_id"])}
    find, pairs = margin_row(inputs), in_play(inputs, select)[0] & (account >= 0)
    missing: set[tuple[str, str]] = set()
    for b, i in np.argwhere(pairs).tolist():
        key = (select.ids[i], names[account[b, i]])
        if model[key[1]] != "rate" or key in missing:
            continue
        try:
            find(*key)
        except KeyError:
            missing.add(key)
            reason = f"no margin rate for {key[0]} in account {key[1]}"
            books.error(
                issues,
                lines[ids[b]],
                "book_id",
                reason,
                "add a row to margin_rates, or use model none",
            )


def pools_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Borrowing has a rate; a route joins two pools."""
    pools, routes = inputs["pools"], inputs["cash_routes"]
    for row in range(len(pools)):
        if pools["borrow_limit"][row] > 0 and np.isnan(pools["borrow_rate_bps"][row]):
            pools.error(
                issues,
                row,
                "borrow_rate_bps",
                "required where borrow_limit > 0",
                "write it, 0 if it is 0",
            )
    for row in range(len(routes)):
        if routes["from_pool"][row] == routes["to_pool"][row]:
            routes.error(
                issues, row, "to_pool", "a route from a pool to itself", "name another pool"
            )
