"""How old the tables may be, and are."""

from datetime import datetime, timedelta

from neutralizer.domain.calendar import is_business_day
from neutralizer.issues import Issues
from neutralizer.load import values
from neutralizer.load.inputs import Inputs
from neutralizer.load.mandates import Selector


def freshness_is_answerable(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A table whose age is asked for has an age."""
    for name in inputs.settings.freshness:
        where = ("scenario.yaml", inputs.line("freshness", name), f"freshness.{name}", None)
        if name not in inputs.given and name != "risk":
            hint = values.nearest(name, sorted(inputs.given))
            issues.error(*where, "no such table", "mend the name" + hint)
        elif oldest(inputs, name) is None and name not in inputs.broken:
            remedy = "write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00} or fill the rows' times"
            issues.error(*where, "the table has no time", remedy)


def oldest(inputs: Inputs, name: str) -> datetime | None:
    """The oldest time a table carries; None where it carries none."""
    if name == "risk":
        known = [
            t for t in map(inputs.as_of.get, ("factor_covariance", "covariance", "loadings")) if t
        ]
        return min(known, default=None)
    column = {"positions": "as_of", "instruments": "price_time"}.get(name)
    rows = [] if column is None else inputs[name][column]
    if rows and all(rows):
        return min(rows)  # type: ignore[no-any-return]
    return inputs.as_of.get(name)


def age(inputs: Inputs, time: datetime) -> timedelta:
    """Against as_of, without the days on which there is no business in between: what is of Friday
    afternoon is a day old on Monday afternoon.
    """
    settings = inputs.settings
    first, last = time.astimezone(settings.as_of.tzinfo).date(), settings.as_of.date()
    between = [first + timedelta(days=k) for k in range(1, (last - first).days)]
    idle = sum(not is_business_day(day, settings.calendar) for day in between)
    return settings.as_of - time - timedelta(days=idle)


def ages(inputs: Inputs) -> dict[str, str]:
    """How old each table is at as_of, in words, and what was allowed."""
    found = {}
    for name in sorted(inputs.given):
        time, allowed = oldest(inputs, name), inputs.settings.freshness.get(name)
        told = "carries no time" if time is None else f"{age(inputs, time)} old"
        found[name] = told + (", not checked" if allowed is None else f", {allowed} allowed")
    return found


def too_old(inputs: Inputs, waived: frozenset[str]) -> list[str]:
    """One sentence for each table that is older at as_of than its freshness allows, but for those that
    somebody lets pass.
    """
    found = []
    for name, allowed in sorted(inputs.settings.freshness.items()):
        time = oldest(inputs, name)
        old = age(inputs, time) if time else timedelta(0)
        if old > allowed and name not in waived:
            found.append(
                f"{name} is {old} old at as_of, {allowed} is allowed: bring fresh data, or raise freshness.{name}"
            )
    return found
