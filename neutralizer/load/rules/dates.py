"""Rules about dates: nothing that is given is of after as_of, and the tickets' days follow it."""

from datetime import timedelta

import numpy as np

from neutralizer.domain import calendar
from neutralizer.errors import Issues
from neutralizer.load.resolved.days import business_date, execution_date
from neutralizer.load.resolved.mandates import expired
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.columns import TIMES, path_of
from neutralizer.load.written.inputs import Inputs

FUTURE = "after as_of"


def days_follow_each_other(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """as_of, then business_date, then execution_date: nothing is dated back."""
    settings = inputs.settings
    today = settings.as_of.date()
    business = business_date(inputs)
    wrong = []
    if business < today:
        wrong.append(("business_date", business, f"before the date of as_of, {today}"))
    if settings.execution_date is not None and settings.execution_date < business:
        wrong.append(
            ("execution_date", settings.execution_date, f"before the business date {business}")
        )
    named = f"calendar {settings.calendar}" if settings.calendar else "Monday to Friday"
    for key, day in (
        ("business_date", settings.business_date),
        ("execution_date", settings.execution_date),
    ):
        known = day is not None and calendar.known(settings.calendar)
        if day is not None and known and not calendar.is_business_day(day, settings.calendar):
            due = calendar.later(day, 0, settings.calendar)
            where = ("scenario.yaml", inputs.line(key), key, str(day))
            reason = f"no business day ({named}): nothing is booked or traded then"
            issues.warning(*where, reason, f"the next one is {due}")
    for key, day, reason in wrong:
        remedy = "tickets are not dated back: write that day or a later one, or leave it out"
        issues.error("scenario.yaml", inputs.line(key), key, str(day), reason, remedy)


def nothing_is_of_the_future(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Prices, positions and tables are of as_of or of before."""
    as_of = inputs.settings.as_of
    remedy = "correct the time, or raise as_of"
    for name, time in sorted(inputs.as_of.items()):
        if time > as_of:
            path = ("tables", *path_of(name), "as_of")
            where = ("scenario.yaml", inputs.line(*path), ".".join(path))
            issues.error(*where, time.isoformat(), FUTURE, remedy)
    for name, column in TIMES.items():
        table = inputs[name]
        late = {t for t in table[column] if t is not None and t > as_of}
        for row, time in enumerate(table[column] if late else ()):
            if time in late:
                table.error(issues, row, column, FUTURE, remedy)


def expired_is_not_held(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """What has expired is not held any more, unless the setting `expired: keep` lets it be; where nobody
    holds it, a warning says that it is left out.
    """
    gone = {select.ids[k] for k in np.flatnonzero(expired(inputs, select))}
    if not gone:
        return
    positions, held = inputs["positions"], set()
    keep = inputs.settings.expired == "keep"
    tell = positions.warning if keep else positions.error
    kept = (
        ": it is kept and counts as its rows say, and is neither ordered nor crossed"
        if keep
        else ""
    )
    remedy = "book its expiry and take the position out, or correct the expiry"
    for row, name in enumerate(positions["instrument_id"]):
        if name in gone and positions["quantity"][row] != 0:
            held.add(name)
            reason = f"{name} expired before the execution date{kept}"
            tell(issues, row, "instrument_id", reason, remedy)
    table = inputs["instruments"]
    for row, name in enumerate(table["instrument_id"]):
        if name in gone - held:
            reason = "before the execution date: it is neither ordered nor crossed"
            table.warning(issues, row, "expiry", reason, "take its row out")


def options_are_there_tomorrow(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A warning names each option that is held and expires before the next business day: what it offsets tonight
    it does not offset tomorrow.
    """
    today, table, positions = execution_date(inputs), inputs["instruments"], inputs["positions"]
    tomorrow = calendar.later(today + timedelta(days=1), 0, inputs.settings.calendar)
    columns = zip(table["instrument_id"], table["asset_class"], table["expiry"], strict=True)
    ends = {
        n: last
        for n, kind, last in columns
        if kind == "option" and last and today <= last < tomorrow
    }
    said = set()
    for row, name in enumerate(positions["instrument_id"]):
        if name in ends and positions["quantity"][row] != 0 and name not in said:
            said.add(name)
            reason = f"{name} expires on {ends[name]}, before the next business day, {tomorrow}"
            remedy = f"what it offsets is open on {tomorrow}: a run without it shows what is missing then"
            positions.warning(issues, row, "instrument_id", reason, remedy)
