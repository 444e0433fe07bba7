"""Rules about ids: whatever a table names is there, once, and means one thing."""

from collections.abc import Iterable

import numpy as np

from neutralizer.errors import Issues
from neutralizer.load.resolved.accounts import AccountOf
from neutralizer.load.resolved.currencies import HUNDREDTH, MINOR, fx_rates
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written import values
from neutralizer.load.written.columns import KEYS
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.table import Table

SAME_RATE = 1e-6  # of a rate: two writings of one


def tables_have_rows(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """There is at least one book and one instrument."""
    for name in ("books", "instruments"):
        if name not in inputs.broken and not len(inputs[name]):
            file = inputs[name].raw.file or "scenario.yaml"
            line = inputs.line("tables", name) if file == "scenario.yaml" else 0
            remedy = "a scenario needs at least one"
            issues.error(file, line, "", None, f"{name} has no rows", remedy)


def unique_keys(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A key stands on one row only."""
    for name, key in KEYS.items():
        table = inputs[name]
        may_be_blank = name in (
            "margin_rates",
            "shocks",
            "crif",
            "restricted",
            "borrow",
            "open_orders",
        )
        keys = list(zip(*(table[c] for c in key), strict=True))
        if len(set(keys)) == len(keys):
            continue
        first: dict[tuple[str, ...], int] = {}
        for row, found in enumerate(keys):
            if not all(found) and not (may_be_blank and found[0]):
                continue
            if found in first:
                stands = table.raw.first(row, first[found])
                reason = f"duplicate key {'/'.join(str(x or '') for x in found)}, {stands}"
                remedy = _ONE_ROW.get(name, "keep one of them")
                if table.raw.senders:
                    remedy += (
                        "; lots that a layout may add: `add: [quantity]`"
                        if name in _ONE_ROW
                        else ""
                    )
                table.error(issues, row, key[0], reason, remedy)
            first.setdefault(found, row)


_ONE_ROW = {  # lots of one position are no duplicates: keeping one would lose the others
    "positions": "write one row with the sum of the quantities, unless one of them is a copy",
    "open_orders": "write one row with the sum of what is open, unless one of them is a copy",
    "targets": "write one row: one target, or the sum of the trades, unless one of them is a copy",
}

_NAMES = (
    ("measured", "instrument_id", "instruments"),
    ("dislocations", "instrument_id", "instruments"),
    ("positions", "book_id", "books"),
    ("positions", "instrument_id", "instruments"),
    ("open_orders", "book_id", "books"),
    ("open_orders", "instrument_id", "instruments"),
    ("loadings", "instrument_id", "instruments"),
    ("loadings", "factor_id", "factors"),
    ("margin_rates", "account_id", "accounts"),
    ("books", "account_id", "accounts"),
    ("book_accounts", "book_id", "books"),
    ("book_accounts", "account_id", "accounts"),
    ("accounts", "pool_id", "pools"),
    ("cash_routes", "from_pool", "pools"),
    ("collateral", "pool_id", "pools"),
    ("collateral", "instrument_id", "instruments"),
    ("cash_routes", "to_pool", "pools"),
    ("combinations", "instrument_id", "instruments"),
    ("mandates", "book_id", "books"),
    ("targets", "book_id", "books"),
    ("targets", "instrument_id", "instruments"),
    ("restricted", "book_id", "books"),
    ("barriers", "book_a", "books"),
    ("barriers", "book_b", "books"),
    ("borrow", "instrument_id", "instruments"),
    ("borrow", "account_id", "accounts"),
    ("flows", "book_id", "books"),
    ("flows", "instrument_id", "instruments"),
    ("cash_flows", "pool_id", "pools"),
    ("shocks", "instrument_id", "instruments"),
    ("shocks", "factor_id", "factors"),
    ("scan_arrays", "instrument_id", "instruments"),
    ("scan_arrays", "product_group", "scan_groups"),
    ("scan_credits", "group_a", "scan_groups"),
    ("scan_credits", "group_b", "scan_groups"),
    ("crif", "instrument_id", "instruments"),
)


def _named(
    table: Table, column: str, ids: Iterable[str], what: str, issues: Issues, also: str = ""
) -> None:
    """Every non-blank value of a column is one of `ids`."""
    words = set(ids) | ({also} if also else set())
    missing = set(table[column]) - words - {""}
    if not missing:
        return
    known = sorted(words)
    for row, word in enumerate(table[column]):
        if issues.full(table.raw.file):
            return
        if word in missing:
            hint = values.nearest(word, known)
            table.error(
                issues, row, column, f"no such {what}", f"add it to {what}s or correct the id{hint}"
            )


def names_are_known(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Books, instruments, accounts, pools, factors and combinations that are named exist."""
    own = ("books", "accounts", "pools", "factors", "scan_groups")
    known = {name: inputs[name][KEYS[name][0]] for name in own}
    known["instruments"] = select.ids
    for table, column, where in _NAMES:
        if where not in inputs.broken:
            also = "*" if table in ("mandates", "restricted") else ""
            _named(inputs[table], column, known[where], where.removesuffix("s"), issues, also)


def starred_ids(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Only where rows select several may they say `*`."""
    for name, key in KEYS.items():
        for column in key:
            if (
                name not in ("mandates", "restricted", "margin_rates", "rolls")
                and column != "selector"
                and "*" in inputs[name][column]
            ):
                row = inputs[name][column].index("*")
                inputs[name].error(issues, row, column, "`*` is not an id", "name one")


def selectors_select(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A selector names a column that exists and selects something."""
    for name in ("mandates", "book_accounts", "restricted", "rolls"):
        for row, selector in enumerate(inputs[name]["selector"]):
            if issues.full(inputs[name].raw.file):
                break
            selector_selects(inputs[name], row, "selector", selector, select, issues)
    rates = inputs["margin_rates"]
    several = {n for n in rates["instrument_id"] if n == "*" or ":" in n} - set(select.ids)
    for row, name in enumerate(rates["instrument_id"]):
        if name in several:
            selector_selects(rates, row, "instrument_id", name, select, issues)
    if "instruments" not in inputs.broken:
        _named(rates, "instrument_id", {*select.ids, *several}, "instrument", issues)


def selector_selects(
    table: Table, row: int, column: str, selector: str, select: Selector, issues: Issues
) -> bool:
    """Whether a selector is sound; an issue if not."""
    mask = select(selector)
    if mask is None:
        remedy = "write *, instrument:ID, or column:value of a text column of instruments"
        table.error(issues, row, column, "not a selector", remedy)
        return False
    if not mask.any():
        hint = values.nearest(selector.removeprefix("instrument:"), select.ids)
        table.error(issues, row, column, "it selects nothing", "correct the value" + hint)
        return False
    return True


def currencies_have_rates(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Every currency has a rate to the base currency."""
    known = set(fx_rates(inputs))
    columns = dict.fromkeys(("instruments", "pools", "scan_groups"), "currency")
    for name, column in (columns | {"crif": "amount_currency"}).items():
        table = inputs[name]
        for row, currency in enumerate(table[column]):
            if currency and currency not in known:
                table.error(issues, row, column, "no rate for this currency", "add it to fx")
            elif name == "pools" and currency in MINOR:
                reason, remedy = "a minor unit", f"hold the pool in {MINOR[currency]}"
                table.error(issues, row, column, reason, remedy)
    for row, currency in enumerate(inputs["fx"]["currency"]):
        if currency == inputs.settings.base_currency and inputs["fx"]["rate"][row] != 1:
            inputs["fx"].error(
                issues, row, "rate", "the base currency's own rate is not 1", "write 1"
            )


def minor_units_agree(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A rate of a minor unit is a hundredth of its currency's: a penny is 0.01 GBP."""
    table = inputs["fx"]
    rates = dict(zip(table["currency"], table["rate"].tolist(), strict=True))
    rates |= {inputs.settings.base_currency: 1.0}
    for row, currency in enumerate(table["currency"]):
        of = MINOR.get(currency, "")
        due = HUNDREDTH * rates.get(of, np.nan)
        if abs(table["rate"][row] / due - 1) > SAME_RATE:
            reason = f"a hundredth of {of} is {due:.10g}"
            remedy = "leave the row out: it follows from the other"
            table.error(issues, row, "rate", reason, remedy)


def groups_are_a_partition(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A book is in one group at most; a group has one beneficial owner unless it says cross_entity."""
    table, books = inputs["crossing_groups"], inputs["books"]
    owner = {
        b: o or e
        for b, o, e in zip(
            books["book_id"], books["beneficial_owner"], books["entity"], strict=True
        )
    }
    group_of: dict[str, str] = {}
    for row, (group, members) in enumerate(zip(table["group_id"], table["books"], strict=True)):
        if issues.full(table.raw.file):
            return
        for book in members:
            if book not in owner:
                hint = values.nearest(book, list(owner))
                table.error(issues, row, "books", f"no such book {book}", "correct the id" + hint)
            if book in group_of:
                table.error(
                    issues,
                    row,
                    "books",
                    f"{book} is already in {group_of[book]}",
                    "a book is in one group",
                )
            group_of[book] = group
        owners = {owner[b] for b in members if b in owner}
        if len(owners) > 1 and table["cross_entity"][row] != "yes":
            reason = "the group joins the beneficial owners " + ", ".join(sorted(owners))
            table.error(issues, row, "books", reason, "split it, or say cross_entity: yes")
        if group in owner and members != (group,):
            table.error(
                issues,
                row,
                "group_id",
                "a book has this name",
                "a book alone is the group of its own name",
            )


def combinations_have_rows(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Legs and the cost row of a combination stand together."""
    legs, table = inputs["combinations"], inputs["instruments"]
    rows = [
        i
        for i, k in zip(table["instrument_id"], table["asset_class"], strict=True)
        if k == "combination"
    ]
    for row, name in enumerate(legs["combination_id"]):
        if name and name not in rows:
            legs.error(
                issues,
                row,
                "combination_id",
                "no cost row",
                "add it to instruments with asset_class combination",
            )
    for row, name in enumerate(table["instrument_id"]):
        if table["asset_class"][row] == "combination" and name not in legs["combination_id"]:
            table.error(
                issues,
                row,
                "instrument_id",
                "a combination without legs",
                "add its legs to combinations",
            )


def accounts_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Where there are accounts every book has one, for one beneficial owner; the rest names none."""
    books, accounts = inputs["books"], inputs["accounts"]["account_id"]
    if not accounts:
        return
    ids = sorted(set(books["book_id"]))
    of = AccountOf(inputs, select, sorted(set(accounts)), ids)
    for row in of.ambiguous:
        reason = "another row of equal rank names another account for one of its instruments"
        inputs["book_accounts"].error(
            issues, row, "selector", reason, "make one of them more specific"
        )
    owners: dict[int, str] = {}
    for row, book in enumerate(books["book_id"]):
        if not book:
            continue
        used = of.accounts[ids.index(book)]
        if (used < 0).any() and not books["account_id"][row]:
            books.error(
                issues,
                row,
                "account_id",
                "the book has no account",
                "name one, or cover every instrument in book_accounts",
            )
        owner = books["beneficial_owner"][row] or books["entity"][row]
        for account in sorted(set(used.tolist()) - {-1}):
            if owners.setdefault(account, owner) != owner:
                name = sorted(set(accounts))[account]
                books.error(
                    issues,
                    row,
                    "account_id",
                    f"the account {name} serves two beneficial owners",
                    "give each its own",
                )
