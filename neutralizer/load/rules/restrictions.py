"""Rules about the restricted list and what may be borrowed."""

from neutralizer.errors import Issues
from neutralizer.load.resolved.restrictions import WORDS
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs


def restrictions_restrict(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A row forbids something, from a day to a later one."""
    table = inputs["restricted"]
    for row in range(len(table)):
        if all(table[word][row] == "no" for word in WORDS):
            remedy = f"write yes under {', '.join(WORDS)}"
            table.error(issues, row, "no_buy", "restricts nothing", remedy)
        first, last = table["from"][row], table["to"][row]
        if first and last and last < first:
            table.error(issues, row, "to", f"before {first}", "correct the dates")


def borrowed_is_paid_in_full(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Only what is paid in full is borrowed to be short, in an account."""
    table = inputs["borrow"]
    payment = dict(zip(select.ids, select.columns["payment"], strict=True))
    for row, name in enumerate(table["instrument_id"]):
        if payment.get(name, "fully_paid") != "fully_paid":
            table.error(issues, row, "instrument_id", "is margined", "nothing has to be borrowed")
    if len(table) and not len(inputs["accounts"]):
        remedy = "add accounts: what is borrowed is borrowed in one"
        table.error(issues, 0, "account_id", "there is no account", remedy)
