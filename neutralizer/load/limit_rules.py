"""Rules about limits and freshness."""

from datetime import datetime, timedelta

import numpy as np

from neutralizer.domain import calendar
from neutralizer.issues import Issues
from neutralizer.load import values
from neutralizer.load.inputs import Inputs
from neutralizer.load.limits import SCOPE_KINDS, SELECTING
from neutralizer.load.mandates import Selector
from neutralizer.load.references import selector_selects

TWO_SIDED = ("factor_exposure", "net", "position")
SCOPES_OF = {"external": ("firm", "group"), "margin": ("account", "pool")}


def bounds_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A limit has a bound, in order, on a side that is convex; improve has its penalty."""
    table = inputs["limits"]
    for row, measure in enumerate(table["measure"]):
        lower, upper = table["lower"][row], table["upper"][row]
        if np.isnan(lower) and np.isnan(upper):
            table.error(issues, row, "upper", "the limit has no bound", "write lower, upper or both")
        if lower > upper:
            table.error(issues, row, "lower", f"lower over upper {upper:g}", "exchange them")
        if not np.isnan(lower) and measure not in TWO_SIDED:
            table.error(issues, row, "lower", f"a lower bound on {measure} is not convex", "leave it blank")
        if measure not in TWO_SIDED and upper < 0:
            table.error(issues, row, "upper", f"{measure} is never negative", "write 0 or more")
        if table["on_breach"][row] == "improve" and np.isnan(table["penalty"][row]):
            table.error(issues, row, "penalty", "required with on_breach improve", "write base currency per unit of excess")


def scopes_are_known(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """The scope exists and fits the measure."""
    books = inputs["books"]
    known = {
        "entity": set(books["entity"]),
        "book": {*books["book_id"], "*"},
        "group": {*inputs["crossing_groups"]["group_id"], *books["book_id"]},
        "pool": set(inputs["pools"]["pool_id"]),
        "account": set(inputs["accounts"]["account_id"]),
        "firm": {""},
    }
    table = inputs["limits"]
    for row, scope in enumerate(table["scope"]):
        kind, colon, name = scope.partition(":")
        if not scope:
            continue
        if kind not in SCOPE_KINDS or bool(colon) == (kind == "firm"):
            remedy = "write firm, entity:X, group:X, book:X, book:*, pool:X or account:X"
            table.error(issues, row, "scope", "not a scope", remedy)
        elif name not in known[kind]:
            table.error(issues, row, "scope", f"no such {kind}", "mend the id" + values.nearest(name, sorted(known[kind])))
        elif kind not in SCOPES_OF.get(table["measure"][row], SCOPE_KINDS):
            allowed = " or ".join(SCOPES_OF[table["measure"][row]])
            table.error(issues, row, "scope", f"{table['measure'][row]} is measured on {allowed}", "change the scope")


def targets_fit(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """factor_exposure names a factor, position an instrument, the selecting measures a selector."""
    table, factors = inputs["limits"], inputs["factors"]["factor_id"]
    modelled = bool(inputs.squares)
    for row, (measure, target) in enumerate(zip(table["measure"], table["target"], strict=True)):
        if measure == "factor_exposure" and target not in factors:
            table.error(issues, row, "target", "no such factor", "name a factor" + values.nearest(target, factors))
        elif measure == "volatility" and not modelled:
            table.error(issues, row, "measure", "there is no covariance", "add factor_covariance or covariance")
        elif measure == "position":
            if target.removeprefix("instrument:") not in select.index:
                hint = values.nearest(target, select.ids)
                table.error(issues, row, "target", "not an instrument", "name one instrument" + hint)
        elif measure in SELECTING and target:
            selector_selects(table, row, "target", target, select, issues)
        elif target and measure != "factor_exposure":
            table.error(issues, row, "target", f"{measure} has no target", "leave it blank")


def calendar_is_known(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """The calendar is one that the holidays package knows."""
    name = inputs.settings.calendar
    if not calendar.known(name):
        remedy = "write a market or country code such as XNYS or DE, or leave it out"
        issues.error("scenario.yaml", 1, "calendar", name, "no such calendar", remedy)


def freshness_is_answerable(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A table whose age is asked for has an age."""
    for name in inputs.settings.freshness:
        if name not in inputs.given and name != "risk":
            hint = values.nearest(name, sorted(inputs.given))
            issues.error("scenario.yaml", 1, f"freshness.{name}", None, "no such table", "mend the name" + hint)
        elif oldest(inputs, name) is None:
            remedy = "write {file: x.csv, as_of: …} or fill the rows' times"
            issues.error("scenario.yaml", 1, f"freshness.{name}", None, "the table has no time", remedy)


def oldest(inputs: Inputs, name: str) -> datetime | None:
    """The oldest time a table carries; None where it carries none."""
    if name == "risk":
        known = [t for t in map(inputs.as_of.get, ("factor_covariance", "covariance", "loadings")) if t]
        return min(known, default=None)
    column = {"positions": "as_of", "instruments": "price_time"}.get(name)
    rows = [] if column is None else inputs[name][column]
    if rows and all(rows):
        return min(rows)  # type: ignore[no-any-return]
    return inputs.as_of.get(name)


def too_old(inputs: Inputs) -> list[str]:
    """One sentence for each table that is older at as_of than its freshness allows."""
    found = []
    for name, allowed in sorted(inputs.settings.freshness.items()):
        time = oldest(inputs, name)
        age = inputs.settings.as_of - time if time else timedelta(0)
        if age > allowed:
            found.append(f"{name} is {age} old at as_of, {allowed} is allowed: bring fresh data, or raise freshness.{name}")
    return found
