"""Numbers as people read them: thousands separated, a true minus sign."""

from collections.abc import Iterable
from decimal import Decimal

MINUS = "\u2212"  # the sign of mathematics, as wide as a plus


def whole(value: float) -> str:
    """1,243,791"""
    return _signed(f"{value:,.0f}")


def cents(value: float) -> str:
    """1,243,790.96"""
    return _signed(f"{value:,.2f}")


def amount(value: float) -> str:
    """Whole where it is large or has no fraction; else four figures."""
    return whole(value) if abs(value) >= 1000 or value.is_integer() else _signed(f"{value:,.4g}")


def exact(text: str) -> str:
    """The digits as written, thousands separated; nothing for nothing."""
    return _signed(f"{Decimal(text):,f}") if text else ""


def short(value: float) -> str:
    """1.24m, 157.9m, 2.1bn, 950"""
    for size, unit, least in ((1e9, "bn", 999.95e6), (1e6, "m", 999.95e3), (1e3, "k", 999.5)):
        if abs(value) >= least:  # a smaller unit would be written with four figures
            digits = 2 if abs(value) < 9.995 * size else 1
            return _signed(f"{value / size:.{digits}f}{unit}")
    return _signed(f"{value:.0f}")


def percent(share: float, digits: int = 0) -> str:
    """0.547 -> 55 %"""
    return _signed(f"{100 * share:,.{digits}f}\u202f%")


def change(value: float) -> str:
    """With its sign, whichever it is."""
    return ("+" if value > 0 else "") + whole(value)


def count(value: int, one: str, many: str = "") -> str:
    """1 order, 2 orders"""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def round_number(prices: Iterable[float]) -> int:
    """1, 1,000 or 1,000,000 units: of which relief of the cheapest still saves something to be read."""
    cheapest = min((x for x in prices if x > 0), default=0.0)
    return next((n for n in (1, 1_000, 1_000_000) if cheapest * n >= 1e-3), 1_000_000)


def served(name: str, scope: str, date: str = "") -> str:
    """A limit with its scope, a pool, or a word that has none; of a later day with its date."""
    what = scope.replace(":", " ") if scope == f"pool:{name}" else f"{name} {scope}".strip()
    return f"{what} on {date}" if date else what


def cut(text: str, width: int) -> str:
    """One line, no wider than so many signs."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _signed(text: str) -> str:
    zero = not any(c in "123456789" for c in text)
    return text.removeprefix("-") if zero else text.replace("-", MINUS)
