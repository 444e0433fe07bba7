"""Rules about the windows in which contracts are given up."""

from neutralizer.errors import Issues
from neutralizer.load.resolved.mandates import expired
from neutralizer.load.resolved.rolls import NEXT, RULE, governing, into, last_day, windows
from neutralizer.load.resolved.selectors import Selector, specificity
from neutralizer.load.written.inputs import Inputs


def rolls_say_when(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A row has a last day or a rule, and each contract that it selects the date that the rule counts from."""
    table = inputs["rolls"]
    for row, (day, rule) in enumerate(zip(table["last_day"], table["rule"], strict=True)):
        if (day is None) == (not rule):
            what = "neither last_day nor rule" if day is None else "both last_day and rule"
            table.error(issues, row, "last_day", what, "write one of them")
        elif rule and RULE.fullmatch(rule) is None:
            remedy = "write expiry-5b or first_notice-3b: business days before it"
            table.error(issues, row, "rule", "not a rule", remedy)
        if table["days"][row] % 1:
            table.error(issues, row, "days", "not a whole number of days", "write 5")


def rolls_have_dates(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """The last day is known, not after the expiry, and what is rolled into lives longer."""
    table, of, gone = inputs["rolls"], inputs["instruments"], expired(inputs, select)
    open_now = {w.instrument for w in windows(inputs, select)}
    for instrument, row in sorted(governing(inputs, select).items()):
        if gone[instrument]:
            continue
        name, rule = select.ids[instrument], table["rule"][row]
        last, expiry = (
            last_day(inputs, select, row, instrument),
            of["expiry"][select.rows[instrument]],
        )
        if last is None:
            if RULE.fullmatch(rule):
                date = rule.partition("-")[0]
                table.error(
                    issues, row, "rule", f"{name} has no {date}", f"write its {date}, or a last_day"
                )
            continue
        if expiry is not None and last > expiry:
            reason = f"after {name} expires, {expiry}"
            table.error(issues, row, "last_day", reason, "write a day that it still trades on")
        if instrument in open_now:
            _into_lives(inputs, select, row, instrument, issues)


def _into_lives(
    inputs: Inputs, select: Selector, row: int, instrument: int, issues: Issues
) -> None:
    table, name = inputs["rolls"], select.ids[instrument]
    word = table["into"][row]
    new = into(inputs, select, row, instrument)
    if not word:
        return
    if new is None:
        reason = (
            f"{name} has no next expiry of its underlying" if word == NEXT else "no such instrument"
        )
        table.error(issues, row, "into", reason, "add it to instruments, or name another")
    elif new == instrument:
        table.error(issues, row, "into", f"{name} into itself", "name another contract")
    elif expired(inputs, select)[new] or new in {w.instrument for w in windows(inputs, select)}:
        reason = f"{name} into {select.ids[new]}, which is given up itself now"
        table.error(issues, row, "into", reason, "name a later contract")


def rolls_do_not_meet(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """No contract is selected by two rows that name it equally closely."""
    table = inputs["rolls"]
    for row, selector in enumerate(table["selector"]):
        mask = select(selector)
        for other in range(row if mask is not None else 0):
            its = select(table["selector"][other])
            same = specificity(selector, select) == specificity(table["selector"][other], select)
            if its is not None and same and mask is not None and (its & mask).any():
                first = select.ids[int((its & mask).argmax())]
                reason = f"{first} has two rows of one rank, {table.raw.first(row, other)}"
                remedy = f"give {first} a row of its own, or make the selectors apart"
                table.error(issues, row, "selector", reason, remedy)
                break
