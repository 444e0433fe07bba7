"""Business days, by a named calendar of the `holidays` package, its weekends too, or Monday to Friday."""

from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from typing import Any


def known(calendar: str) -> bool:
    """Whether the name is a market or a country that `holidays` knows; blank is Monday to Friday."""
    return not calendar or _days_off(calendar) is not None


@cache
def _days_off(calendar: str) -> Any:
    import holidays

    if not calendar:
        return ()
    for make in (holidays.financial_holidays, holidays.country_holidays):
        try:
            return make(calendar)
        except NotImplementedError:
            continue
    return None


def is_business_day(day: date, calendar: str) -> bool:
    """Neither a weekend nor a holiday."""
    days_off = _days_off(calendar)
    if not days_off and not hasattr(days_off, "is_working_day"):
        return day.weekday() < 5
    return bool(days_off.is_working_day(day))


def earlier(day: date, business_days: int, calendar: str) -> date:
    """The n-th business day before a day; for n = 0 the day itself, or the last business day before it."""
    if business_days == 0:
        while not is_business_day(day, calendar):
            day -= timedelta(days=1)
    for _ in range(business_days):
        day -= timedelta(days=1)
        while not is_business_day(day, calendar):
            day -= timedelta(days=1)
    return day


def business_days(first: date, last: date, calendar: str) -> int:
    """How many business days lie from one day to another, both counted; 0 where the last is before the first."""
    days = (first + timedelta(days=k) for k in range((last - first).days + 1))
    return sum(is_business_day(day, calendar) for day in days)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def later(day: date, business_days: int, calendar: str) -> date:
    """The n-th business day after a day; for n = 0 the day itself, or the next business day."""
    while not is_business_day(day, calendar):
        day += timedelta(days=1)
    for _ in range(business_days):
        day += timedelta(days=1)
        while not is_business_day(day, calendar):
            day += timedelta(days=1)
    return day
