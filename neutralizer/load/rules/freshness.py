"""How old the tables may be, and are. A row's own time beats the time of its table."""

from datetime import date, datetime, time, timedelta
from functools import cache

from neutralizer.domain.calendar import is_business_day
from neutralizer.errors import Issues
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written import values
from neutralizer.load.written.columns import KEYS, TIMES
from neutralizer.load.written.inputs import Inputs

NAMED = 3  # rows that a sentence names


def freshness_is_answerable(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A table whose age is asked for has an age."""
    for name in inputs.settings.freshness:
        where = ("scenario.yaml", inputs.line("freshness", name), f"freshness.{name}", None)
        if name not in inputs.given and name != "risk":
            hint = values.nearest(name, sorted(inputs.given))
            issues.error(*where, "no such table", "correct the name" + hint)
        elif oldest(inputs, name) is None and name not in inputs.broken:
            remedy = "write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00} or fill the rows' times"
            issues.error(*where, "the table has no time", remedy)


def oldest(inputs: Inputs, name: str) -> datetime | None:
    """The oldest time of a table and of its rows; None where one of them has none."""
    if name == "risk":
        known = [
            t for t in map(inputs.as_of.get, ("factor_covariance", "covariance", "loadings")) if t
        ]
        return min(known, default=None)
    found = set(_times(inputs, name)) or {inputs.as_of.get(name)}
    known = [t for t in found if t]
    return min(known) if len(known) == len(found) else None


def _times(inputs: Inputs, name: str) -> list[datetime | None]:
    """Of each row its own time, or that of its table."""
    whole = inputs.as_of.get(name)
    return [own or whole for own in inputs[name][TIMES[name]]] if name in TIMES else []


def age(inputs: Inputs, moment: datetime) -> timedelta:
    """Against as_of, without the days on which there is no business in between: what is of Friday
    afternoon is a day old on Monday afternoon, and what is of the weekend no older.
    """
    as_of, calendar = inputs.settings.as_of, inputs.settings.calendar
    local = moment.astimezone(as_of.tzinfo)
    first, last = local.date(), as_of.date()
    idle = timedelta(days=_idle_days(first, last, calendar))
    if first < last and not is_business_day(first, calendar):
        idle += datetime.combine(first + timedelta(days=1), time(), as_of.tzinfo) - local
    return as_of - moment - idle


@cache
def _idle_days(first: date, last: date, calendar: str) -> int:
    between = (first + timedelta(days=k) for k in range(1, (last - first).days))
    return sum(not is_business_day(day, calendar) for day in between)


def ages(inputs: Inputs) -> dict[str, str]:
    """How old each table is at as_of, in words, and what was allowed."""
    found = {}
    for name in sorted(inputs.given):
        moment, allowed = oldest(inputs, name), inputs.settings.freshness.get(name)
        told = "carries no time" if moment is None else f"{age(inputs, moment)} old"
        found[name] = told + (", not checked" if allowed is None else f", {allowed} allowed")
    return found


def too_old(inputs: Inputs, waived: frozenset[str]) -> list[str]:
    """One sentence for each table that is older at as_of than its freshness allows, but for those that
    somebody lets pass.
    """
    found = []
    for name, allowed in sorted(inputs.settings.freshness.items()):
        moment = oldest(inputs, name)
        old = age(inputs, moment) if moment else timedelta(0)
        if old > allowed and name not in waived:
            found.append(
                f"{name} is {old} old at as_of, {allowed} is allowed{_rows(inputs, name, allowed)}: "
                f"bring fresh data, or raise freshness.{name}"
            )
    return found


def _rows(inputs: Inputs, name: str, allowed: timedelta) -> str:
    """The rows that are too old, the oldest first; nothing where no row has a time of its own."""
    if name not in TIMES or not any(inputs[name][TIMES[name]]):
        return ""
    times = _times(inputs, name)
    old = {t: age(inputs, t) for t in set(times) if t}
    rows = [(t, row) for row, t in enumerate(times) if t and old[t] > allowed]
    table, more = inputs[name], len(rows) - NAMED
    named = [
        "/".join(table[column][row] for column in KEYS[name]) + f" {old[t]}"
        for t, row in sorted(rows)[:NAMED]
    ]
    return " (" + "; ".join(named) + (f"; and {more} more" if more > 0 else "") + ")"
