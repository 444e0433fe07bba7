"""When an exchange is open on a day, and how volume is spread over a session that nobody has measured."""

import warnings
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

SLICE = timedelta(minutes=30)
BEND = 1.3  # the first and the last of many slices trade (1 + BEND) times the middle: intraday volume is U-shaped


@dataclass(frozen=True)
class Session:
    """Of one day."""

    open: datetime
    close: datetime
    usual: datetime  # when it closes on other days

    @property
    def is_short(self) -> bool:
        """Whether it ends earlier than on other days."""
        return self.close < self.usual


def session_of(calendar: str, day: date, zone: tzinfo | None) -> Session | None:
    """By `exchange_calendars`; None where it knows no such exchange, is not installed, or the day is no session."""
    try:
        import exchange_calendars
        from exchange_calendars.errors import CalendarError
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, about the library's own use of it
        try:
            of: Any = exchange_calendars.get_calendar(calendar)
            opens, closes = of.session_open(day), of.session_close(day)
        except (CalendarError, ValueError):
            return None
        local = closes.tz_convert(of.tz).to_pydatetime()
        usual = datetime.combine(local.date(), of.close_times[-1][1], local.tzinfo)
    first, last = (x.to_pydatetime().astimezone(zone) for x in (opens, closes))
    return Session(first, last, usual.astimezone(zone))


def u_shaped(session: Session) -> str:
    """Rows of a profile: half hours of a usual session, of which the first and the last trade most."""
    count = max(round((session.usual - session.open) / SLICE), 2)
    step = (session.usual - session.open) / count
    rows = ["start,end,selector,share"]
    for k in range(count):
        start, end = (session.open + step * x for x in (k, k + 1))
        share = 1 + BEND * ((2 * k + 1) / count - 1) ** 2
        rows.append(f"{start:%H:%M},{end:%H:%M},*,{share:.4f}")
    return "\n".join(rows) + "\n"
