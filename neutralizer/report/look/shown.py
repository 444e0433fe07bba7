"""What was read and what looks wrong, for a terminal, a browser and a program."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neutralizer.domain.scenario import Scenario
from neutralizer.report import words
from neutralizer.report.look.facts import Facts, Row, facts
from neutralizer.report.look.traps import traps
from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Section, Table, Text, shown
from neutralizer.report.words import MINUS, cut

MOST_LINES = 20  # rows of a table on a terminal
FIRST = 20  # the width of its first column


@dataclass(frozen=True)
class Look:
    """A scenario's rows by table, and sentences about them: those of the reader first."""

    scenario: Scenario
    facts: Facts
    findings: tuple[str, ...]

    def written(self) -> dict[str, object]:
        """As JSON."""
        s = self.scenario
        head = {"name": s.name, "as_of": s.as_of.isoformat(), "base_currency": s.base_currency}
        return {**head, "findings": list(self.findings), **self.facts}


def look(s: Scenario) -> Look:
    """At everything that was read; nothing is solved."""
    return Look(s, facts(s), (*s.warnings, *traps(s)))


def _money(value: float) -> str:
    return words.short(value)


def _value(value: float) -> str:
    return words.short(value) if abs(value) >= 1000 or not value else words.amount(value)


def _rate(value: float) -> str:
    return f"{value:.3g}"


def _share(value: float) -> str:
    return words.percent(value, 1)


def _small(value: float) -> str:
    return words.percent(value, 2)


def _text(value: object) -> str:
    return str(value)


def _parts(value: dict[str, float]) -> str:
    return ", ".join(f"{name} {words.short(x)}" for name, x in value.items())


@dataclass(frozen=True)
class _Head:
    """A column of a table: its key, its title, how a value is written, and how wide a terminal shows it;
    0: on a line of its own.
    """

    key: str
    title: str
    write: Callable[..., str]
    width: int

    @property
    def kind(self) -> str:
        """How a page sets it."""
        if not self.width:
            return "prose"
        return (
            "text" if self.write is _text and (self.width == FIRST or self.width < 0) else "number"
        )

    def cell(self, row: Row) -> str:
        """Nothing where nothing is known."""
        value = row[self.key]
        return "" if value is None else self.write(value)


def _heads(first: str, *others: tuple[str, str, Callable[..., str], int]) -> tuple[_Head, ...]:
    return (_Head(first, first, _text, FIRST), *(_Head(*other) for other in others))


TABLES: dict[str, tuple[str, str, tuple[_Head, ...]]] = {
    "books": (
        "Who holds what",
        "Notional in base currency; volatility a day",
        _heads(
            "book", ("gross", "gross", _money, 11), ("net", "net", _money, 11), ("long", "long", _money, 11),
            ("short", "short", _money, 11), ("volatility", "a day", _money, 11),
            ("largest", "largest", _parts, 0), ("currencies", "gross by currency", _parts, 0),
        ),
    ),
    "mandates": (
        "Who may take what",
        "Instruments by what the mandate lets the book do",
        _heads(
            "book", ("may_trade", "may trade", _text, 13), ("may_reduce", "may reduce", _text, 13),
            ("fixed", "fixed", _text, 13), ("new", "not held yet", _text, 15),
        ),
    ),
    "targets": (
        "What each wants to trade",
        "Notional in base currency; the most in days of volume",
        _heads(
            "book", ("targets", "targets", _text, 10), ("may_wait", "may wait", _text, 11),
            ("buys", "buys", _money, 11), ("sells", "sells", _money, 11), ("days_of_adv", "days", _rate, 9),
        ),
    ),
    "limits": (
        "Limits today",
        "In each measure's unit; use of the nearer bound",
        _heads(
            "limit", ("scope", "scope", _text, -14), ("today", "today", _value, 10), ("lower", "lower", _value, 10),
            ("upper", "upper", _value, 10), ("use", "use", _share, 9), ("outside", "out", _text, 5),
        ),
    ),
    "currencies": (
        "Rates",
        "What one unit is worth, and how many are worth one of the base currency",
        _heads("currency", ("rate", "one is worth", _rate, 14), ("one_over", "for one", _rate, 14), ("gross", "held, gross", _money, 14)),
    ),
    "accounts": ("Margin", "What accounts ask for today, base currency", _heads("account", ("model", "model", _text, -14), ("margin", "margin", _money, 14))),
    "pools": ("Cash over margin and floor", "What is free in each pool today", _heads("pool", ("currency", "currency", _text, -14), ("headroom", "headroom", _money, 14))),
    "risk": (
        "Covariances",
        "Rank below size: some positions have no risk",
        _heads("model", ("size", "size", _text, 10), ("of", "of", _text, -14), ("rank", "rank", _text, 10), ("condition", "condition", _rate, 14)),
    ),
    "instruments": (
        "What is held or may be traded",
        "Over all books; days of ADV held",
        _heads(
            "instrument", ("gross", "gross", _money, 9), ("days_of_adv", "days", _rate, 9), ("volatility_day", "vol day", _small, 10),
            ("volatility_year", "year", _share, 9), ("half_spread_bps", "spread bp", _rate, 11), ("lot_notional", "one lot", _money, 10),
        ),
    ),
}  # fmt: skip


def on_a_terminal(found: Look) -> str:
    """In at most 80 columns; the largest rows of a long table."""
    s = found.scenario
    parts = [f"{s.name} {s.as_of.isoformat()} in {s.base_currency}"]
    wrapped = [
        textwrap.fill(text, 78, initial_indent="  ", subsequent_indent="    ")
        for text in found.findings
    ]
    parts.append("\n".join(["what looks wrong", *wrapped]) if wrapped else "nothing looks wrong")
    parts += [_printed(name, found.facts[name]) for name in TABLES if found.facts[name]]
    return "\n\n".join(parts).replace(MINUS, "-").replace("\u202f", " ")


def _printed(name: str, rows: list[Row]) -> str:
    title, caption, heads = TABLES[name]
    beside, below = [h for h in heads if h.width], [h for h in heads if not h.width]
    lines = [
        f"{title}: {caption[:1].lower()}{caption[1:]}",
        "  " + "".join(_set(h.title, h.width, h is heads[0]) for h in beside).rstrip(),
    ]
    for row in _largest(rows)[:MOST_LINES]:
        lines.append(
            "  " + "".join(_set(h.cell(row), h.width, h is heads[0]) for h in beside).rstrip()
        )
        for head in below:
            text = head.cell(row)
            if text:
                lines += textwrap.wrap(
                    f"{head.title}: {text}", 74, initial_indent="    ", subsequent_indent="      "
                )
    rest = len(rows) - MOST_LINES
    return "\n".join([*lines, *([f"  and {rest:,} more (--json, --html)"] if rest > 0 else [])])


def _set(text: str, width: int, first: bool) -> str:
    """To the right, or to the left where the width is negative or it is the first; a blank before it."""
    if first:
        return cut(text, width).ljust(width)
    inner = cut(text, abs(width) - 1)
    return " " + (inner.ljust(-width - 1) if width < 0 else inner.rjust(width - 1))


def _largest(rows: Sequence[Row]) -> Sequence[Row]:
    """Of a table with money the largest first, of limits those outside and the fullest; else as it is."""
    key = next((k for k in ("gross", "use", "margin") if k in rows[0]), None)
    if key is None:
        return rows
    return sorted(rows, key=lambda row: (not row.get("outside"), -(row[key] or 0.0)))


def page(found: Look) -> bytes:
    """For a browser or paper."""
    s = found.scenario
    notes = (
        Text(found.findings, "bad" if len(found.findings) == 1 else "")
        if found.findings
        else Text(["Nothing looks wrong."])
    )
    first = Section("findings", "What looks wrong", "Read before anything is solved.", [notes])
    sections = [first, *(_section(name, found.facts[name]) for name in TABLES if found.facts[name])]
    return plain_page(
        s.name,
        "what was read",
        [
            ("business date", str(s.business_date)),
            ("as of", s.as_of.isoformat()),
            ("money in", s.base_currency),
        ],
        sections,
        "Nothing was solved: these are the inputs as they were understood.",
    )


def _section(name: str, rows: list[Row]) -> Section:
    title, caption, heads = TABLES[name]
    columns = [Column(h.title, h.kind) for h in heads]
    cells, more = shown([[h.cell(row) for h in heads] for row in _largest(rows)], "--json")
    return Section(name, title, "", [Table(caption, columns, cells, more=more)])
