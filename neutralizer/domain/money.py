"""Money as written: decimals in the currency's minor unit."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
MOST_DIGITS = 40
HUNDREDTH = Decimal("0.01")
DUST = Decimal("0.0001")  # of the minor unit


@cache
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency, 0.01 where ISO 4217 does not know it."""
    from iso4217 import Currency

    try:
        digits = Currency(currency).exponent
    except ValueError:
        digits = 2
    return Decimal(1).scaleb(-(2 if digits is None else digits))


def cent(currency: str) -> Decimal:
    """What amounts are written in: the minor unit, at least hundredths."""
    return min(minor_unit(currency), HUNDREDTH)


def rounded(amount: float | Decimal, currency: str, up: bool = False) -> Decimal:
    """As amounts are written, in cents; half away from zero, or up (toward +inf).

    What lies above a whole unit by the dust of floating point is not rounded up.
    """
    return _to(amount, cent(currency), up)


def payable(amount: float | Decimal, currency: str, up: bool = False) -> Decimal:
    """The same in what can be paid: whole minor units, of yen whole yen."""
    return _to(amount, minor_unit(currency), up)


def _to(amount: float | Decimal, unit: Decimal, up: bool) -> Decimal:
    exact = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
    if up:
        exact = exact.quantize(unit * DUST, ROUND_HALF_UP)
    found = exact.quantize(unit, ROUND_CEILING if up else ROUND_HALF_UP)
    return found if found else abs(found)


def floored(amount: float, currency: str) -> float:
    """The most whole minor units that are not above an amount; inf stays."""
    if amount == float("inf"):
        return amount
    unit = minor_unit(currency)
    return float((Decimal(repr(float(amount))) / unit).to_integral_value(ROUND_FLOOR) * unit)


def decimal(text: str) -> Decimal:
    """A number as this program writes it: no exponent, and of no more digits than a sum can hold. Raises
    ValueError with the text.
    """
    if len(text) > MOST_DIGITS or not NUMBER.fullmatch(text):
        raise ValueError(f"{text[:MOST_DIGITS]!r} is not a number")
    return Decimal(text)


def significant(value: float, digits: int = 6) -> str:
    """A price to so many significant digits, without an exponent."""
    return plain(Decimal(f"{value:.{digits}g}"))


def plain(quantity: float | Decimal) -> str:
    """A quantity without exponent and without trailing zeros; never -0."""
    exact = quantity if isinstance(quantity, Decimal) else Decimal(repr(float(quantity)))
    text = format(exact.normalize(), "f")
    return "0" if text in ("-0", "") else text
