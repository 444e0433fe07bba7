"""Rules about margin, pools and routes."""

import numpy as np

from neutralizer.domain.arrays import Bools
from neutralizer.errors import Issues
from neutralizer.load.resolved.accounts import AccountOf, margin_row
from neutralizer.load.resolved.selectors import Selector, specificity
from neutralizer.load.rules.instruments import in_play
from neutralizer.load.written.inputs import Inputs
from neutralizer.terms import margin
from neutralizer.terms.margin.needs import ARRAYS, COVARIANCE, RATES, SENSITIVITIES, SHOCKS

ONE_BY_ONE = 3  # more of one kind are told in one line


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


def margin_selectors_do_not_meet(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """No instrument is named by two rows of one rank for one account."""
    table = inputs["margin_rates"]
    seen: dict[tuple[str, int], list[tuple[Bools, int]]] = {}
    for row, (name, account) in enumerate(
        zip(table["instrument_id"], table["account_id"], strict=True)
    ):
        mask = select(name)
        if name in select.index or mask is None:
            continue
        same = seen.setdefault((account, specificity(name, select)), [])
        for other, earlier in same:
            both = other & mask
            if both.any() and table["instrument_id"][earlier] != name:
                first = select.ids[int(both.argmax())]
                reason = f"{first} has two rows of one rank, {table.raw.first(row, earlier)}"
                remedy = f"give {first} a row of its own, or make the selectors apart"
                table.error(issues, row, "instrument_id", reason, remedy)
                break
        same.append((mask, row))


def margins_are_given(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """What an account's model asks for is there, for all that its books hold or may trade."""
    accounts, books = inputs["accounts"], inputs["books"]
    ids = sorted(set(books["book_id"]))
    names = sorted(set(accounts["account_id"]))
    account = AccountOf(inputs, select, names, ids).accounts
    model = dict(zip(accounts["account_id"], accounts["model"], strict=True))
    lines = {b: r for r, b in enumerate(books["book_id"])}
    needs = _Needs(inputs, select)
    b, i = np.nonzero(in_play(inputs, select)[0] & (account >= 0))
    _, first = np.unique(account[b, i] * len(select.ids) + i, return_index=True)
    lacking: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
    for k in np.sort(first).tolist():  # each instrument in each account once
        key = (select.ids[i[k]], names[account[b[k], i[k]]])
        what = needs.lacking(model[key[1]], *key)
        if what[0]:
            lacking.setdefault(what, []).append((*key, lines[ids[b[k]]]))
    for (what_, remedy), found in lacking.items():
        for reason, line in _told(what_, found):
            books.error(issues, line, "book_id", reason, remedy)


def _told(what: str, found: list[tuple[str, str, int]]) -> list[tuple[str, int]]:
    """(reason, row) of what is lacking for (instrument, account, row): one by one, or many in one line."""
    if len(found) <= ONE_BY_ONE:
        return [(f"no {what} for {i} in account {a}", row) for i, a, row in found]
    instruments, accounts = {i for i, _, _ in found}, {a for _, a, _ in found}
    some = ", ".join(sorted(instruments)[:ONE_BY_ONE])
    where = f"{len(accounts)} accounts" if len(accounts) > 1 else f"account {found[0][1]}"
    more = "" if len(instruments) <= ONE_BY_ONE else ", …"
    return [(f"no {what} for {len(instruments)} instruments in {where}: {some}{more}", found[0][2])]


class _Needs:
    """What each margin model must know of an instrument."""

    def __init__(self, inputs: Inputs, select: Selector) -> None:
        self.rate = margin_row(inputs, select)
        self.arrays = set(inputs["scan_arrays"]["instrument_id"])
        self.sensitive = set(inputs["crif"]["instrument_id"])
        self.modelled = bool(inputs.squares)
        table = inputs["shocks"]
        self.sets = dict(
            zip(inputs["accounts"]["account_id"], inputs["accounts"]["shock_set"], strict=True)
        )
        loaded: dict[str, set[str]] = {}
        pairs = (inputs["loadings"][c] for c in ("factor_id", "instrument_id"))
        for factor, instrument in zip(*pairs, strict=True):
            loaded.setdefault(factor, set()).add(instrument)
        self.moved: dict[str, set[str]] = {"": set()}
        columns = (table[c] for c in ("shock_set", "instrument_id", "factor_id"))
        for name, instrument, factor in zip(*columns, strict=True):
            some = {instrument} if instrument else loaded.get(factor, set())
            self.moved.setdefault(name, set()).update(some)
            self.moved[""].update(some)

    def lacking(self, model: str, instrument: str, account: str) -> tuple[str, str]:
        """(what there is not, what to do); blank where nothing is lacking."""
        need = margin.REGISTRY[model].NEEDS
        if need == RATES:
            try:
                self.rate(instrument, account)
            except KeyError:
                return "margin rate", "add a row to margin_rates, or use model none"
        if need == ARRAYS and instrument not in self.arrays:
            return "scan array", "add a row to scan_arrays, or use model rate"
        if need == SENSITIVITIES and instrument not in self.sensitive:
            return "sensitivity", "add rows to crif, with amount 0 if it has none"
        if need == COVARIANCE and not self.modelled:
            return "covariance", "add factor_covariance or covariance"
        if need == SHOCKS and instrument not in self.moved.get(self.sets[account], set()):
            return "shock", "add shocks that move it to the account's shock_set"
        return "", ""


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


def collateral_is_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Only what is paid in full is posted, and a pool posts of its accounts only what they are not short."""
    table = inputs["collateral"]
    payment = dict(zip(select.ids, select.columns["payment"], strict=True))
    held = _held_by_pool(inputs, select) if len(table) else {}
    for row, name in enumerate(table["instrument_id"]):
        if payment.get(name, "fully_paid") != "fully_paid":
            remedy = "name what is paid in full"
            table.error(issues, row, "instrument_id", "is margined itself", remedy)
        short = held.get((table["pool_id"][row], name), 0.0)
        if np.isnan(table["quantity"][row]) and short < 0:
            reason = f"the pool's accounts are short {-short:g} of it"
            table.error(issues, row, "instrument_id", reason, "write a quantity that is held apart")


def _held_by_pool(inputs: Inputs, select: Selector) -> dict[tuple[str, str], float]:
    """Units by pool and instrument, netted over the pool's accounts."""
    books = sorted(set(inputs["books"]["book_id"]))
    names = sorted(set(inputs["accounts"]["account_id"]))
    pool = dict(zip(inputs["accounts"]["account_id"], inputs["accounts"]["pool_id"], strict=True))
    account = AccountOf(inputs, select, names, books).accounts
    table, found = inputs["positions"], dict[tuple[str, str], float]()
    columns = (table["book_id"], table["instrument_id"], table["quantity"].tolist())
    for book, instrument, quantity in zip(*columns, strict=True):
        if book in books and instrument in select.index:
            a = int(account[books.index(book), select.index[instrument]])
            key = (pool[names[a]] if a >= 0 else "", instrument)
            found[key] = found.get(key, 0.0) + quantity
    return found
