"""Rules about what is known of the days to come."""

from datetime import date

from neutralizer.domain import calendar
from neutralizer.errors import Issues
from neutralizer.load.resolved.days import execution_date
from neutralizer.load.resolved.horizon import dates
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.table import Table

KEY = "horizon.days"


def horizon_is_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """No targets beside it, and selectors that select."""
    horizon, line = inputs.settings.horizon, inputs.line("horizon", "days")
    if horizon.days > 1 and len(inputs["targets"]):
        where = ("scenario.yaml", line, KEY, str(horizon.days))
        reason = "targets say themselves what waiting costs"
        issues.error(*where, reason, "leave out targets, or write 1")
    for selector in horizon.decay:
        mask = select(selector)
        if mask is None or not mask.any():
            line = inputs.line("horizon", "decay", selector)
            where = ("scenario.yaml", line, "horizon.decay", selector)
            remedy = "write *, instrument:ID, or column:value of a text column of instruments"
            issues.error(*where, "it selects nothing", remedy)


def flows_are_to_come(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """What comes is of a business day after the execution date, and of what has not expired by then."""
    for name in ("flows", "cash_flows"):
        table = inputs[name]
        for row, day in enumerate(table["date"]):
            if day is not None:
                _to_come(inputs, table, row, day, issues)
    table, of = inputs["flows"], inputs["instruments"]
    for row, (day, instrument) in enumerate(
        zip(table["date"], table["instrument_id"], strict=True)
    ):
        place = select.index.get(instrument)
        expiry = None if place is None else of["expiry"][select.rows[place]]
        if day is not None and expiry is not None and day > expiry:
            reason = f"after {instrument} expires, {expiry}"
            remedy = "take it out: what has expired is held no more from the next day on"
            table.error(issues, row, "date", reason, remedy)


def _to_come(inputs: Inputs, table: Table, row: int, day: date, issues: Issues) -> None:
    today, name = execution_date(inputs), inputs.settings.calendar
    if day <= today:
        cash = table.name == "cash_flows"
        where = "pools" if cash else "positions"
        remedy = "take it out" + (
            "" if cash else "; what is ordered and has not come is in open_orders"
        )
        reason = f"not after the execution date, {today}: it is in {where} already"
        table.error(issues, row, "date", reason, remedy)
    elif calendar.known(name) and not calendar.is_business_day(day, name):
        due = calendar.later(day, 0, name)
        table.error(issues, row, "date", "no business day", f"the next one is {due}")


def flows_are_looked_at(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Warns where what is to come lies beyond the days that are decided."""
    days = dates(inputs)
    last = days[-1] if days else execution_date(inputs)
    for name in ("flows", "cash_flows"):
        table = inputs[name]
        beyond = [r for r, day in enumerate(table["date"]) if day is not None and day > last]
        if beyond:
            reason = f"{len(beyond)} of {len(table)} lines come after {last}, the last day that is decided"
            table.warning(issues, beyond[0], "date", reason, "raise horizon.days if they matter")
