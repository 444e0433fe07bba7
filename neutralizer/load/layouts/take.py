"""Our columns, taken from the cells of a sender's table."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, localcontext
from typing import Any

from neutralizer.errors import Issues
from neutralizer.load.layouts.forms import (
    DIGITS,
    date_form,
    exact,
    number_form,
    time_form,
    times,
    written,
)
from neutralizer.load.layouts.grid import Grid
from neutralizer.load.layouts.layout import EVERY, Format, Layout, Take
from neutralizer.load.layouts.maps import Map
from neutralizer.load.written import values
from neutralizer.load.written.given import text_of

BOUGHT = "b buy bought bot l long 1 + k kauf a achat".split()  # positive where a layout names none
IDS = ("id", "selector", "scope", "list")
TOLD = 20  # of what a map does not hold


def _key(cell: Any) -> tuple[type, str]:
    """What tells one cell from another: two times of one hour that comes twice are equal, and are not one."""
    return type(cell), str(cell)


@dataclass
class Sheet:
    """A sender's table with the words that tell where its cells stand; what is wrong goes to `issues`."""

    grid: Grid
    form: Format
    issues: Issues
    plain: dict[str, Callable[[str], str]] = field(
        init=False
    )  # by kind: how its text is made plain

    def __post_init__(self) -> None:
        self.plain = {
            "number": number_form(self.form.number),
            "date": date_form(self.form.date),
            "datetime": time_form(self.form.time, self.form.zone),
        }

    def error(self, row: int, column: str, value: Any, reason: str, remedy: str) -> None:
        """An error at one cell."""
        name = values.plain(column)
        if self.grid.labels and column == "value":
            name = self.grid.labels[row]
        text = None if value is None else str(value)
        self.issues.error(self.grid.file, self.grid.lines[row], name, text, reason, remedy)

    def cells(self, column: str) -> list[Any]:
        """A column as it stands in the file."""
        k = self.grid.at(column)
        return [row[k] for row in self.grid.rows]

    def texts(self, column: str, kind: str) -> list[str]:
        """A column in plain form, each distinct cell read once."""
        cells, plain = self.cells(column), self.plain.get(kind, str)
        meaning: dict[Any, str] = {}
        wrong: dict[Any, str] = {}
        for cell, value in {_key(c): c for c in cells}.items():
            try:
                meaning[cell] = self._text(value, kind, plain)
            except ValueError as error:
                meaning[cell], wrong[cell] = "", str(error)
        if wrong:
            for row, value in enumerate(cells):
                if _key(value) in wrong:
                    reason = f"not a {kind}" if kind in self.plain else "not a value"
                    self.error(row, column, value, reason, wrong[_key(value)])
        return [meaning[_key(c)] for c in cells]

    def _text(self, value: Any, kind: str, plain: Callable[[str], str]) -> str:
        """A cell in plain form; what the file itself types is so already, but for a time's zone."""
        if isinstance(value, str):
            return plain(value) if value else ""
        if kind in IDS and isinstance(value, date | time):
            raise ValueError("ids are text: a date stands there")
        text = text_of(value, kind)
        return time_form("", self.form.zone)(text) if kind == "datetime" and text else text


def kept(sheet: Sheet, layout: Layout) -> tuple[Grid, Counter[str]]:
    """The rows that count, and how many are left by what. A value that the layout does not know is an
    error, since its row might count.
    """
    every = [c for c, words in layout.where.items() if words == (EVERY,) and c not in layout.leave]
    named = {c: ["" if cell == "" else EVERY for cell in sheet.cells(c)] for c in every}
    named |= {c: sheet.texts(c, "id") for c in (*layout.where, *layout.leave) if c not in named}
    unfilled = {c: ("",) for c, words in layout.where.items() if words == (EVERY,)}
    out = [(c, set(words), named[c]) for c, words in [*layout.leave.items(), *unfilled.items()]]
    asked = [(c, {*w}, named[c]) for c, w in layout.where.items() if w != (EVERY,)]
    rows, left = [], Counter[str]()
    for row in range(len(sheet.grid.rows)):
        gone = next((c for c, words, texts in out if texts[row] in words), None)
        if gone is not None:
            left[f"{gone} {named[gone][row] or 'blank'}"] += 1
            continue
        rows.append(row)
        for column, words, texts in asked:
            if texts[row] not in words:
                known = ", ".join((*layout.where[column], *layout.leave.get(column, ())))
                remedy = f"name it in the layout's where or leave; there: {known[:120]}"
                sheet.error(row, column, texts[row], "not known whether its row counts", remedy)
    grid = sheet.grid
    labels = tuple(grid.labels[k] for k in rows) if grid.labels else ()
    chosen = [grid.rows[k] for k in rows], [grid.lines[k] for k in rows]
    return Grid(grid.file, grid.header, *chosen, grid.head, labels), left


def taken(sheet: Sheet, take: Take, kind: str, known: Map | None, ours: str) -> list[str]:
    """One column of ours as text, row by row."""
    count = len(sheet.grid.rows)
    if take.constant is not None:
        return [take.constant] * count
    if take.long and take.short:
        found = _long_less_short(sheet, take.long, take.short)
    elif take.size and take.side:
        found = _signed(sheet, take, take.size, take.side)
    elif known is not None:
        found = _mapped(sheet, take, known, ours)
    elif len(take.of) == 1:
        found = sheet.texts(take.of[0], kind)
    else:
        found = _joined(sheet, take, kind)
    return found if take.times == 1 else _scaled(sheet, take, found)


def _joined(sheet: Sheet, take: Take, kind: str) -> list[str]:
    """Several cells as one; blank where all are."""
    parts = [sheet.texts(c, "id") for c in take.of]
    whole = [(take.join or "").join(p) if any(p) else "" for p in zip(*parts, strict=True)]
    if kind not in sheet.plain:
        return whole
    found = []
    for row, text in enumerate(whole):
        try:
            found.append(sheet.plain[kind](text) if text else "")
        except ValueError as error:
            sheet.error(row, take.of[0], text, f"not a {kind}", str(error))
            found.append("")
    return found


def _mapped(sheet: Sheet, take: Take, known: Map, ours: str) -> list[str]:
    """What a map calls them; what it does not hold is told at once."""
    keys = list(zip(*(sheet.texts(c, "id") for c in take.of), strict=True))
    if take.join is not None:
        keys = [(take.join.join(key),) for key in keys]
    missing = sorted({key for key in keys if any(key) and key not in known})
    if missing:
        row = next(r for r, key in enumerate(keys) if key in set(missing))
        names = ", ".join("/".join(key) for key in missing[:TOLD])
        rest = f" and {len(missing) - TOLD} more" if len(missing) > TOLD else ""
        where = take.by if isinstance(take.by, str) else f"the layout's columns.{ours}.by"
        remedy = f"add to {where}: {names}{rest}"
        sheet.error(row, take.of[0], "/".join(keys[row]), f"the map has no {ours} for it", remedy)
    return [known.get(key, "") if any(key) else "" for key in keys]


def _long_less_short(sheet: Sheet, long: str, short: str) -> list[str]:
    """Long less short; sizes, so that a short one with a minus is the same."""
    columns = [_numbers(sheet, column) for column in (long, short)]
    mixed = {v.is_signed() for v in columns[1] if v} == {True, False}
    found = []
    for row, (bought, sold) in enumerate(zip(*columns, strict=True)):
        if bought is not None and bought < 0:
            sheet.error(row, long, bought, "a long position below zero", "correct its sign")
        if mixed and sold and sold < 0:
            remedy = "write short positions with a minus, or all without"
            sheet.error(row, short, sold, "short positions of either sign", remedy)
        nothing = bought is None and sold is None
        found.append("" if nothing else written((bought or Decimal(0)) - abs(sold or Decimal(0))))
    return found


def _signed(sheet: Sheet, take: Take, size: str, side: str) -> list[str]:
    """Sizes with the sign of their side. A side that might be a slip of the pen is an error."""
    sides, sizes = sheet.texts(side, "id"), _numbers(sheet, size)
    others = list(dict.fromkeys(s for s in sides if s not in take.negative))
    positive = take.positive or tuple(w for w in others if w.casefold() in BOUGHT)
    found = []
    for row, (word, number) in enumerate(zip(sides, sizes, strict=True)):
        if word not in (*take.negative, *positive):
            remedy = (
                f"name it in the layout, negative or positive; negative: {', '.join(take.negative)}"
            )
            sheet.error(row, side, word, "not known on which side it is", remedy)
        if number is not None and number < 0:
            sheet.error(row, size, number, "a size below zero beside its side", "correct its sign")
        sign = -1 if word in take.negative else 1
        found.append("" if number is None else written(sign * number))
    return found


def _numbers(sheet: Sheet, column: str) -> list[Decimal | None]:
    """A column as exact decimals, None where it is blank or no number."""
    texts = sheet.texts(column, "number")
    meaning: dict[str, Decimal | None] = {"": None}
    for text in dict.fromkeys(texts):
        try:
            meaning[text] = exact(text) if text else None
        except ValueError as error:
            meaning[text] = None
            row = texts.index(text)
            sheet.error(row, column, text, "not a number", str(error))
    return [meaning[text] for text in texts]


def _scaled(sheet: Sheet, take: Take, found: list[str]) -> list[str]:
    scaled = []
    for row, text in enumerate(found):
        try:
            scaled.append(times(text, take.times) if text else "")
        except ValueError as error:
            sheet.error(row, take.columns[0], text, "not a number", str(error))
            scaled.append("")
    return scaled


def total(texts: list[str]) -> str:
    """The exact sum of plain numbers, blank where all are. Raises ValueError where one is none."""
    numbers = [exact(t) for t in texts] if any(texts) else []
    with localcontext() as context:
        context.prec = DIGITS
        return written(sum(numbers, Decimal(0))) if numbers else ""
