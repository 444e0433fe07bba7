"""How a sender writes numbers, dates and times, each told by an example; made plain, or refused."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

PLAIN_NUMBER, PLAIN_DATE = "1234.56", "yyyy-mm-dd"
DIGITS = 200  # of an exact product or sum: more than a cell holds
_NUMBER = re.compile(
    r"(?P<open>\()?1(?P<group>[ .,'’\u00a0\u2009\u202f]?)234(?P<point>[.,])56(?P<minus>-)?(?P<close>\))?"
)
_TOKENS = re.compile(r"yyyy|mmm|mm|dd|hh|ss|fff|.")
_EXACT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
_OFFSET = re.compile(r"([+-])([01][0-9]):([0-5][0-9])")

Reader = Callable[[str], str]


def number_form(example: str) -> Reader:
    """Makes a number plain that is written as 1234.56 is in the example: `1.234,56`, `(1,234.56)` of
    negative ones in parentheses, `1,234.56-` of a minus that follows. A minus may always lead.

    Raises ValueError where the example is none; so does what it returns, with the remedy.
    """
    form = _NUMBER.fullmatch(example)
    if not form or form["group"] == form["point"] or bool(form["open"]) != bool(form["close"]):
        raise ValueError("write 1234.56 as the sender would: 1.234,56 or (1,234.56) or 1'234.56-")
    group, point = (re.escape(form[name]) for name in ("group", "point"))
    alone = "(?:0|[1-9][0-9]*)"  # 0.500 is no five hundred: a number does not begin with a nought
    whole = rf"(?:[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|{alone})" if form["group"] else alone
    size = rf"(?P<whole>{whole})(?:{point}(?P<rest>[0-9]+))?"
    shapes = [re.compile(rf"(?P<sign>[-+]?){size}")]
    if form["open"]:
        shapes.append(re.compile(rf"(?P<sign>\(){size}\)"))
    if form["minus"]:
        shapes.append(re.compile(rf"{size}(?P<sign>-)"))

    def plain(text: str) -> str:
        if example == PLAIN_NUMBER:
            return text
        found = next((m for shape in shapes if (m := shape.fullmatch(text))), None)
        if found is None:
            raise ValueError(f"the layout says that numbers are written as {example}")
        sign = "-" if found["sign"] in ("-", "(") else ""
        digits = re.sub("[^0-9]", "", found["whole"])
        return sign + digits + (f".{found['rest']}" if found["rest"] else "")

    return plain


def exact(text: str) -> Decimal:
    """A plain number to its last digit. Raises ValueError."""
    if not _EXACT.fullmatch(text):
        raise ValueError("write a plain decimal number")
    return Decimal(text)


def times(text: str, factor: Decimal) -> str:
    """An exact product, as a plain number. Raises ValueError where the text is no number."""
    with localcontext() as context:
        context.prec = DIGITS
        return written(exact(text) * factor)


def written(value: Decimal) -> str:
    """Without an exponent."""
    return format(value, "f")


def date_form(example: str) -> Reader:
    """Makes a date plain that is written as in the example, such as dd/mm/yyyy or dd-mmm-yyyy."""
    pattern = _pattern(example, "yyyy mm dd")

    def plain(text: str) -> str:
        return _parsed(text, pattern, example).date().isoformat()

    return (lambda text: text) if example == PLAIN_DATE else plain


def time_form(example: str, zone: str) -> Reader:
    """Makes a time plain that is written as in the example, such as `yyyymmdd-hh:mm:ss`, by the clock of a
    zone, such as Europe/Berlin or +00:00. Without an example it is ISO, and the zone is of times without an
    offset.
    """
    pattern = _pattern(example, "yyyy mm dd hh MM") if example else ""
    clock = _clock(zone) if zone else None
    if example and clock is None:
        raise ValueError("say by which clock: zone: Europe/Berlin, or zone: +00:00")

    def plain(text: str) -> str:
        moment = _parsed(text, pattern, example) if example else _iso(text)
        if moment is None or (moment.tzinfo is None and clock is None):
            return text  # judged as any other time is
        if moment.tzinfo is None:
            first, second = (moment.replace(tzinfo=clock, fold=k) for k in (0, 1))
            if first.utcoffset() != second.utcoffset():
                raise ValueError("this hour comes twice or never by that clock: write its offset")
            moment = first
        return moment.isoformat()

    return plain


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if ":" in text else None  # a date is no time
    except ValueError:
        return None


def _parsed(text: str, pattern: str, example: str) -> datetime:
    try:
        found = datetime.strptime(text, pattern)
        if re.search(r"%[a-zA-Z]%[a-eg-zA-Z]", pattern) and len(text) < len(example.rstrip("f")):
            raise ValueError  # digits that run together leave none out
        return found
    except ValueError:
        raise ValueError(f"the layout says that it is written as {example}") from None


def _pattern(example: str, needed: str) -> str:
    """For strptime; `mm` is the month, and after `hh` the minute."""
    codes = {"yyyy": "%Y", "mmm": "%b", "mm": "%m", "dd": "%d", "hh": "%H", "ss": "%S", "fff": "%f"}
    found, seen = [], set()
    for token in _TOKENS.findall(example):
        minute = token == "mm" and "hh" in seen
        found.append("%M" if minute else codes.get(token, token.replace("%", "%%")))
        name = "MM" if minute else "mm" if token == "mmm" else token
        if name in seen and token in codes:
            raise ValueError(f"{token} stands twice")
        seen.add(name)
    if not set(needed.split()) <= seen:
        raise ValueError("write it of yyyy, mm or mmm, dd, and of a time hh, mm, ss and fff")
    return "".join(found)


def _clock(zone: str) -> tzinfo:
    offset = _OFFSET.fullmatch(zone)
    if offset:
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-size if offset[1] == "-" else size)
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise ValueError(
            f"no clock {zone!a}: write a zone such as Europe/Berlin, or +00:00"
        ) from None
