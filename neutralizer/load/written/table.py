"""One table, as written (`Raw`) and as typed (`Table`), from a CSV file's bytes or from YAML rows.

Typed readers of the usual libraries turn the id 12345E10 into a number, lose the ticker NA and shift
columns on an extra field; so the text is split by `csv` and each column is converted once, whole.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np

from neutralizer.errors import Issues
from neutralizer.load.written import values
from neutralizer.load.written.columns import REQUIRED, TABLES, Column, path_of
from neutralizer.load.written.text import decoded

LONGEST = 256  # characters of one field
SLASHED = (
    "instrument_id combination_id underlying underlying_id factor_id".split()
)  # BRK/B, EUR/USD


@dataclass(frozen=True)
class Sender:
    """Whose row it is that a layout read: the file, the line of its header, and their names of our columns."""

    file: str
    names: dict[str, str]
    head: int = 1


@dataclass(frozen=True)
class Raw:
    """Text cells: `rows[r][c]`, with the line each row stands on, and its sender where layouts read it."""

    name: str
    file: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    senders: list[Sender] = field(default_factory=list)

    def of_senders(self) -> list[Sender]:
        """Of each row; of a file of our own form, the file itself."""
        return self.senders or [Sender(self.file, {c: c for c in self.header})] * len(self.rows)

    def where(self, row: int, column: str) -> tuple[str, int, str]:
        """File, line and name of a cell, as its sender knows them."""
        file = self.senders[row].file if self.senders else self.file
        return file, self.lines[row], self.path(row, column)

    def first(self, row: int, earlier: int) -> str:
        """Where a row stands that came before another."""
        file = self.where(earlier, "")[0]
        other = "" if file == self.where(row, "")[0] else f" of {file}"
        return f"first on line {self.lines[earlier]}{other}"

    def path(self, row: int, column: str) -> str:
        """How an issue names a cell: the header in a CSV, a dotted path in YAML."""
        if self.senders:
            return values.plain(self.senders[row].names.get(column, column))
        if not self.file.endswith(".yaml"):
            return values.plain(column)
        return ".".join(("tables", *path_of(self.name), str(row), column))

    def head(self, column: str) -> tuple[str, int, str]:
        """File, line and name of a column: the header's that has it, in YAML the first row's that writes it."""
        if self.senders:
            sender = next((s for s in self.senders if column in s.names), self.senders[0])
            return sender.file, sender.head, values.plain(sender.names.get(column, column))
        if not self.file.endswith(".yaml"):
            return self.file, 1, values.plain(column)
        k = self.header.index(column) if column in self.header else None
        row = next((r for r, cells in enumerate(self.rows) if k is not None and cells[k]), 0)
        return self.file, self.lines[row], self.path(row, column)


@dataclass(frozen=True)
class Table:
    """Typed columns of one length. Text is `list[str]` ("" = absent), numbers are arrays (nan = absent)."""

    name: str
    raw: Raw
    columns: dict[str, Any]
    unread: set[tuple[int, str]] = field(
        default_factory=set
    )  # cells that hold no value of their kind

    def __len__(self) -> int:
        return len(self.raw.rows)

    def __getitem__(self, column: str) -> Any:
        return self.columns[column]

    def cells(self, column: str) -> list[str]:
        """The texts of a column as they were written."""
        k = self.raw.header.index(column) if len(self) else 0
        return [row[k] for row in self.raw.rows]

    def exact(self, column: str) -> list[Decimal]:
        """The numbers of a column without a blank, to their last digit."""
        return [Decimal(text) for text in self.cells(column)]

    def exact_or_none(self, column: str) -> list[Decimal | None]:
        """The same of a column where a cell may be blank, or that is not there."""
        if column not in self.raw.header:
            return [None] * len(self)
        return [Decimal(text) if text else None for text in self.cells(column)]

    def error(self, issues: Issues, row: int, column: str, reason: str, remedy: str) -> None:
        """An error at one cell; a cell that could not be read is not judged again."""
        if (row, column) in self.unread:
            return
        raw = self.raw
        value = raw.rows[row][raw.header.index(column)] if column in raw.header else None
        issues.error(*raw.where(row, column), value, reason, remedy)

    def warning(self, issues: Issues, row: int, column: str, reason: str, remedy: str) -> None:
        """A warning at one cell."""
        raw = self.raw
        value = raw.rows[row][raw.header.index(column)] if column in raw.header else None
        issues.warning(*raw.where(row, column), value, reason, remedy)


def split(
    file: str, text: str, separator: str, issues: Issues
) -> tuple[list[list[str]], list[int]] | None:
    """The cells of a CSV text and the line that each row begins on, or says why not."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            rows.append(row)
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        issues.error(file, line, "", None, str(error), "correct the quotes of this line")
        return None
    while rows and not rows[-1]:
        rows.pop()
        lines.pop()
    if not rows:
        issues.error(file, 0, "", None, "the file is empty", "write a header row")
        return None
    return rows, lines


def read_csv(name: str, file: str, data: bytes, issues: Issues) -> Raw | None:
    """Splits the bytes of a CSV file into cells, or says why not."""
    text = decoded(file, data, issues)
    found = None if text is None else split(file, text, ",", issues)
    if found is None:
        return None
    rows, lines = found
    raw = Raw(name, file, tuple(rows[0]), rows[1:], lines[1:])
    return raw if _shape_is_right(raw, issues) else None


def _shape_is_right(raw: Raw, issues: Issues) -> bool:
    before = len(issues.errors)
    width = len(raw.header)
    for sign, word in ((";", "semicolons"), ("\t", "tabs")):
        if width == 1 and sign in raw.header[0]:
            issues.error(
                raw.file, 1, "", None, f"fields are separated by {word}", "separate them by commas"
            )
            return False
    if not width:
        issues.error(raw.file, 1, "", None, "the first line is blank", "begin with the header row")
        return False
    if "" in raw.header:
        issues.error(
            raw.file, 1, "", None, "a column without a name", "name it, or remove the comma"
        )
    for name in sorted({n for n in raw.header if n and raw.header.count(n) > 1}):
        where = values.plain(name)
        issues.error(raw.file, 1, where, None, "duplicate column", "keep one of them")
    header = list(raw.header)
    in_shape = set(map(len, raw.rows)) <= {width} and header not in raw.rows
    for row, line in () if in_shape else zip(raw.rows, raw.lines, strict=True):
        if len(row) != width:
            reason = f"the row has {len(row)} fields, the header {width}" if row else "a blank line"
            issues.error(
                raw.file, line, "", None, reason, "correct the row; quote a field with a comma"
            )
        elif row == header:
            issues.error(raw.file, line, "", None, "the header stands again", "remove this line")
    fields_are_right(raw, issues)
    return len(issues.errors) == before


def fields_are_right(raw: Raw, issues: Issues) -> None:
    """No field, and no member of a list, is longer than 256 characters or than one line."""
    cells = list(chain.from_iterable(raw.rows))
    whole = "".join(cells)
    if max(map(len, cells), default=0) <= LONGEST and "\n" not in whole and "\r" not in whole:
        return
    lists = {c.name for c in TABLES.get(raw.name, ()) if c.kind == "list"}
    for k, row in enumerate(raw.rows):
        for name, value in zip(raw.header, row, strict=False):
            reason = _fault(value, name in lists)
            if reason:
                issues.error(*raw.where(k, name), value, reason, "shorten it to one line")


def _fault(value: str, is_list: bool) -> str:
    if "\n" in value or "\r" in value:
        return "a line break in a field"
    members = value.split(";") if is_list else [value]
    return "a field over 256 characters" if max(map(len, members)) > LONGEST else ""


def typed(raw: Raw, columns: Sequence[Column], issues: Issues) -> Table:
    """Converts every cell by the column table; what is wrong goes to `issues`, what is absent to defaults."""
    table = Table(raw.name, raw, {})
    known = {c.name: c for c in columns}
    for name in raw.header:
        if name not in known:
            hint = values.nearest(name, list(known)) or f"; known: {', '.join(known)}"
            issues.error(*raw.head(name), None, "unknown column", "remove or rename it" + hint)
    written = dict(zip(raw.header, zip(*raw.rows, strict=True), strict=bool(raw.rows)))
    for column in columns:
        cells = written.get(column.name)
        if cells is None and column.required and raw.rows:
            remedy = f"add it: {column.doc}"
            issues.error(*raw.head(column.name), None, "required column is missing", remedy)
        table.columns[column.name] = _convert(table, column, cells, issues)
    return table


def _convert(table: Table, column: Column, cells: Sequence[str] | None, issues: Issues) -> Any:
    """One vectorised conversion of a column: each distinct text is read once."""
    if cells is None:
        found = [_absent(column)] * len(table)
        return np.array(found, dtype=float) if column.kind == "number" else found
    read = _READERS[column.kind]
    meaning: dict[str, Any] = {"": _absent(column)}
    wrong: dict[str, tuple[str, str]] = {}
    distinct = set(cells)
    for text in distinct - {""}:
        try:
            meaning[text] = read(text, column)
        except ValueError as error:
            meaning[text] = _absent(column)
            wrong[text] = _explained(column, error)
    if column.required and "" in distinct:
        wrong[""] = ("required value is blank", f"fill it: {column.doc}")
    if wrong:
        for row, text in enumerate(cells):
            if text in wrong:
                table.error(issues, row, column.name, *wrong[text])
                table.unread.add((row, column.name))
    found = [meaning[text] for text in cells]
    return np.array(found, dtype=float) if column.kind == "number" else found


def _explained(column: Column, error: ValueError) -> tuple[str, str]:
    kind = {
        "id": "not a valid id",
        "number": values.what_is_wrong(error),
        "date": "not a date",
        "time": "not a time",
    }.get(column.kind)
    return (kind or f"not a valid {column.name}", str(error))


def _absent(column: Column) -> Any:
    if column.kind == "number":
        return float("nan") if column.default in (None, REQUIRED) else column.default
    if column.kind == "list":
        return ()
    if column.kind in ("date", "datetime"):
        return None
    return "" if column.default in (None, REQUIRED) else column.default


def _number(text: str, column: Column) -> float:
    value = values.number(text)
    instead = f"; {column.instead}" if column.instead else ""
    if column.low is not None and value < column.low:
        raise values.OutOfRange(f"it must be at least {column.low:g}{instead}")
    if column.high is not None and value > column.high:
        raise values.OutOfRange(f"it must be at most {column.high:g}")
    if column.above is not None and value <= column.above:
        raise values.OutOfRange(f"it must be above {column.above:g}{instead}")
    return value


def _choice(text: str, column: Column) -> str:
    if text not in column.choices:
        hint = values.nearest(text, list(column.choices))
        raise ValueError("use one of " + ", ".join(column.choices) + hint)
    return text


def _text(text: str, column: Column) -> str:
    if text != text.strip():
        raise ValueError("remove the blanks around it")
    if text[:1] in "=+-@\t" or not text.isprintable() or "\u00a0" in text:
        raise ValueError("remove signs that a spreadsheet would run and invisible characters")
    return text


def _selector(text: str, column: Column) -> str:
    """`*`, `column:value`, `scope:value` or a bare id; both halves are read as ids."""
    first, colon, rest = text.partition(":")
    values.identifier(first, slash=True)
    if colon and rest != "*":
        values.identifier(rest, slash=True)
    return text


_READERS: dict[str, Callable[[str, Column], Any]] = {
    "id": lambda text, column: values.identifier(text, slash=column.name in SLASHED),
    "text": _text,
    "number": _number,
    "choice": _choice,
    "date": lambda text, column: values.day(text),
    "datetime": lambda text, column: values.instant(text),
    "time": lambda text, column: values.time_of_day(text),
    "selector": _selector,
    "scope": _selector,
    "list": lambda text, column: tuple(values.identifier(part) for part in text.split(";")),
}
