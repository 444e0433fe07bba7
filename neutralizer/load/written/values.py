"""How one written value is read: ids, numbers, dates. Nothing is guessed, nothing is coerced."""

import re
from datetime import date, datetime, time, timedelta

NUMBER = re.compile(
    r"[-+]?(?:0|[1-9][0-9]*)?(?:(?<=[0-9])\.[0-9]*|\.[0-9]+)?(?:(?<=[0-9.])[eE][-+]?[0-9]+)?"
)
ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.$^#(*][A-Za-z0-9_.:$^#&%+=@()* -]{0,63}(?<! )")
SLASHED = re.compile(ID.pattern.replace("()* -]", "()* /-]"))  # BRK/B, EUR/USD: never a file's name
DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(s|m|h|d)")
_DIGIT = re.compile(r"[0-9]")
_NOT_ZERO = re.compile(r"[^eE]*[1-9]")  # a digit above zero before the exponent
BPS = 1e-4
YEARS = (1900, 2200)
OFFSETS = timedelta(hours=-12), timedelta(hours=14)  # that clocks on earth have
SMALLEST, LARGEST = 1e-60, 1e30  # so that products of numbers stay finite
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_HINTS = (
    (re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?"), "write it without thousands separators"),
    (re.compile(r"[0-9.]+,[0-9]+"), "write a point as the decimal sign, no thousands separators"),
    (re.compile(r"[0-9_]+_[0-9_.]*"), "write it without underscores"),
    (re.compile(r"[0-9.]+%"), "write a plain number in the column's unit, without %"),
    (re.compile(r"\([0-9.]+\)|[0-9.]+-|[−–—][0-9.]+"), "write a leading minus sign, -5"),
    (re.compile(r"0[0-9]+(\.[0-9]*)?"), "write it without leading zeros"),
)


class OutOfRange(ValueError):
    """A number, and none that may stand here; the remedy is its message."""


def what_is_wrong(error: ValueError) -> str:
    """With a number that was refused."""
    return "out of range" if isinstance(error, OutOfRange) else "not a number"


def number(text: str) -> float:
    """A finite decimal number. Raises ValueError with the remedy as its message, and of its kind
    OutOfRange for a number whose products would not stay finite.
    """
    if not NUMBER.fullmatch(text) or not _DIGIT.search(text):
        raise ValueError(
            next((h for p, h in _HINTS if p.fullmatch(text)), "write a plain decimal number")
        )
    value = float(text)
    if not SMALLEST <= abs(value) <= LARGEST and _NOT_ZERO.match(text):
        raise OutOfRange(
            f"write a number between {SMALLEST:g} and {LARGEST:g} in size, or leave it blank"
        )
    return value


def identifier(text: str, slash: bool = False) -> str:
    """An id, kept as written, with a slash inside where it names no file. Raises ValueError with the remedy
    as its message.
    """
    if (SLASHED if slash else ID).fullmatch(text):
        return text
    if text != text.strip():
        raise ValueError("remove the blanks around it")
    if text[:1] in "=+-@\t":
        raise ValueError("ids may not begin with = + - @: a spreadsheet would run them")
    if len(text) > 64:
        raise ValueError("use at most 64 characters")
    raise ValueError("use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside")


def day(text: str) -> date:
    """An ISO date, yyyy-mm-dd."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("write the date as yyyy-mm-dd")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("write a date that exists, as yyyy-mm-dd") from None


def instant(text: str) -> datetime:
    """An ISO date and time with its offset."""
    try:
        moment = datetime.fromisoformat(text) if INSTANT.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError("write it as yyyy-mm-ddThh:mm:ss+hh:mm")
    if moment.tzinfo is None:
        raise ValueError("add the offset, for example 2024-06-28T16:00:00-04:00")
    _in_our_time(moment)
    if not OFFSETS[0] <= (moment.utcoffset() or timedelta()) <= OFFSETS[1]:
        raise ValueError("write an offset from -12:00 to +14:00")
    return moment


def business_day(text: str) -> date:
    """A date on which there is business: with room for others before and after it."""
    found = day(text)
    _in_our_time(found)
    return found


def _in_our_time(found: date) -> None:
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise ValueError(f"write a year from {YEARS[0]} to {YEARS[1]}")


def time_of_day(text: str) -> time:
    """hh:mm, 24 hours."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("write the time as hh:mm, such as 17:30")
    return time.fromisoformat(text)


def duration(text: str) -> timedelta:
    """15m, 24h, 7d, 120s."""
    match = DURATION.fullmatch(text)
    if not match:
        raise ValueError("write a duration such as 15m, 24h or 7d")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: float(match[1])})


def tenor(text: str) -> str:
    """A time to expiry in months or years: 3m, 2y."""
    if not re.fullmatch("[1-9][0-9]{0,2}m|[1-9][0-9]?y", text):
        raise ValueError("write a time such as 3m or 2y")
    return text


def plain(text: str) -> str:
    """A written name as printable ASCII, shortened, so that nothing it holds reaches a terminal."""
    return ascii(text)[1:-1][:80]


def nearest(text: str, known: list[str]) -> str:
    """A hint: the known word that was probably meant, or nothing."""
    import difflib

    same = [word for word in known if word.casefold() == text.casefold()]
    close = same or difflib.get_close_matches(text, known, 1, 0.8)
    return f"; did you mean {close[0]}?" if close else ""
