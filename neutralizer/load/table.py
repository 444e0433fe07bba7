"""One table, as written (`Raw`) and as typed (`Table`), from a CSV file's bytes or from YAML rows.

Typed readers of the usual libraries turn the id 12345E10 into a number, lose the ticker NA and shift
columns on an extra field; so the text is split by `csv` and each column is converted once, whole.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neutralizer.issues import Issues
from neutralizer.load import values
from neutralizer.load.columns import LATER_CHOICES, REQUIRED, Column

MOST_BYTES = 256 * 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})", re.MULTILINE)


@dataclass(frozen=True)
class Raw:
    """Text cells: `rows[r][c]`, with the line each row stands on."""

    name: str
    file: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]

    def path(self, row: int, column: str) -> str:
        """How an issue names a cell: the header in a CSV, a dotted path in YAML."""
        return f"tables.{self.name}.{row}.{column}" if self.file.endswith(".yaml") else column


@dataclass(frozen=True)
class Table:
    """Typed columns of one length. Text is `list[str]` ("" = absent), numbers are arrays (nan = absent)."""

    name: str
    raw: Raw
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(self.raw.rows)

    def __getitem__(self, column: str) -> Any:
        return self.columns[column]

    def given(self, column: str) -> bool:
        """Whether the writer gave the column at all."""
        return column in self.raw.header

    def error(self, issues: Issues, row: int, column: str, reason: str, remedy: str) -> None:
        """An error at one cell."""
        raw = self.raw
        value = raw.rows[row][raw.header.index(column)] if column in raw.header else None
        issues.error(raw.file, raw.lines[row], raw.path(row, column), value, reason, remedy)

    def warning(self, issues: Issues, row: int, column: str, reason: str, remedy: str) -> None:
        """A warning at one cell."""
        raw = self.raw
        value = raw.rows[row][raw.header.index(column)] if column in raw.header else None
        issues.warning(raw.file, raw.lines[row], raw.path(row, column), value, reason, remedy)


def read_csv(name: str, file: str, data: bytes, issues: Issues) -> Raw | None:
    """Splits the bytes of a CSV file into cells, or says why not."""
    text = _decoded(file, data, issues)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            rows.append(row)
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        issues.error(file, line, "", None, str(error), "mend the quotes of this line")
        return None
    while rows and not rows[-1]:
        rows.pop()
        lines.pop()
    if not rows:
        issues.error(file, 0, "", None, "the file is empty", "write a header row")
        return None
    raw = Raw(name, file, tuple(rows[0]), rows[1:], lines[1:])
    return raw if _shape_is_right(raw, issues) else None


def _decoded(file: str, data: bytes, issues: Issues) -> str | None:
    if len(data) > MOST_BYTES:
        issues.error(file, 0, "", None, "the file is over 256 MiB", "split the book of work")
        return None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        issues.error(file, 0, "", None, "the file is UTF-16", "save it as UTF-8")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        issues.error(file, line, "", None, "the file is not UTF-8", "save it as UTF-8")
        return None
    return text if _characters_are_right(file, text, issues) else None


def _characters_are_right(file: str, text: str, issues: Issues) -> bool:
    rules = (
        (_CONTROL, "a control character stands in the file", "remove it"),
        (re.compile(r"\r(?!\n)"), "a line ends with CR alone", "save with LF or CRLF line ends"),
        (_MERGE, "a merge-conflict marker stands in the file", "finish the merge"),
    )
    for pattern, reason, remedy in rules:
        match = pattern.search(text)
        if match:
            line = text.count("\n", 0, match.start()) + 1
            issues.error(file, line, "", match[0], reason, remedy)
            return False
    return True


def _shape_is_right(raw: Raw, issues: Issues) -> bool:
    before = len(issues.errors)
    width = len(raw.header)
    if width == 1 and ";" in raw.header[0]:
        issues.error(raw.file, 1, "", None, "fields are separated by ;", "separate them by commas")
        return False
    for name in sorted({n for n in raw.header if raw.header.count(n) > 1}):
        issues.error(raw.file, 1, name, None, "the column stands twice", "keep one of them")
    for row, line in zip(raw.rows, raw.lines, strict=True):
        if len(row) != width:
            reason = f"the row has {len(row)} fields, the header {width}" if row else "a blank line"
            issues.error(raw.file, line, "", None, reason, "mend the row; quote a field with a comma")
        elif row == list(raw.header):
            issues.error(raw.file, line, "", None, "the header stands again", "remove this line")
    _fields_are_right(raw, issues)
    return len(issues.errors) == before


def _fields_are_right(raw: Raw, issues: Issues) -> None:
    suspects = {v for row in raw.rows for v in row if len(v) > 256 or "\n" in v or "\r" in v}
    for row, line in zip(raw.rows, raw.lines, strict=True) if suspects else ():
        for value in suspects.intersection(row):
            reason = "a line break in a field" if "\n" in value else "a field over 256 characters"
            issues.error(raw.file, line, "", value, reason, "shorten it to one line")


def typed(raw: Raw, columns: Sequence[Column], issues: Issues) -> Table:
    """Converts every cell by the column table; what is wrong goes to `issues`, what is absent to defaults."""
    table = Table(raw.name, raw, {})
    known = {c.name: c for c in columns}
    for name in raw.header:
        if name not in known:
            hint = values.nearest(name, list(known)) or f"; known: {', '.join(known)}"
            line = 1 if not raw.file.endswith(".yaml") else (raw.lines or [0])[0]
            issues.error(raw.file, line, name, None, "unknown column", "remove or rename it" + hint)
    position = {name: k for k, name in enumerate(raw.header)}
    for column in columns:
        cells = None
        if column.name in position:
            k = position[column.name]
            cells = [row[k] for row in raw.rows]
        elif column.required and raw.rows:
            line = raw.lines[0] if raw.file.endswith(".yaml") else 1
            issues.error(raw.file, line, column.name, None, "required column is missing", f"add it: {column.doc}")
        table.columns[column.name] = _convert(table, column, cells or [""] * len(raw.rows), issues)
    return table


def _convert(table: Table, column: Column, cells: list[str], issues: Issues) -> Any:
    """One vectorised conversion of a column: each distinct text is read once."""
    read = _READERS[column.kind]
    meaning: dict[str, Any] = {"": _absent(column)}
    wrong: dict[str, tuple[str, str]] = {}
    for text in set(cells) - {""}:
        try:
            meaning[text] = read(text, column)
        except ValueError as error:
            meaning[text] = _absent(column)
            wrong[text] = _explained(table.name, column, text, str(error))
    if column.required and "" in meaning and column.name in table.raw.header:
        wrong[""] = ("required value is blank", f"fill it: {column.doc}")
    if wrong:
        for row, text in enumerate(cells):
            if text in wrong and (text or column.required):
                table.error(issues, row, column.name, *wrong[text])
    found = [meaning[text] for text in cells]
    return np.array(found, dtype=float) if column.kind == "number" else found


def _explained(table: str, column: Column, text: str, remedy: str) -> tuple[str, str]:
    if text in LATER_CHOICES.get((table, column.name), ()):
        return f"{column.name} {text} is not available in this version", "use one of " + ", ".join(column.choices)
    kind = {"id": "not a valid id", "number": "not a number", "date": "not a date"}.get(column.kind)
    return (kind or f"not a valid {column.name}", remedy)


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
    if column.low is not None and value < column.low:
        raise ValueError(f"it must be at least {column.low:g}")
    if column.high is not None and value > column.high:
        raise ValueError(f"it must be at most {column.high:g}")
    if column.above is not None and value <= column.above:
        raise ValueError(f"it must be above {column.above:g}")
    return value


def _choice(text: str, column: Column) -> str:
    if text not in column.choices:
        hint = values.nearest(text, list(column.choices))
        raise ValueError("use one of " + ", ".join(column.choices) + hint)
    return text


def _text(text: str, column: Column) -> str:
    if text != text.strip():
        raise ValueError("remove the blanks around it")
    if text[:1] in "=+-@\t" or re.search(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u00a0]", text):
        raise ValueError("remove signs that a spreadsheet would run and invisible characters")
    return text


def _selector(text: str, column: Column) -> str:
    """`*`, `column:value`, `scope:value` or a bare id; both halves are read as ids."""
    first, colon, rest = text.partition(":")
    values.identifier(first)
    if colon and rest != "*":
        values.identifier(rest)
    return text


_READERS: dict[str, Callable[[str, Column], Any]] = {
    "id": lambda text, column: values.identifier(text),
    "text": _text,
    "number": _number,
    "choice": _choice,
    "date": lambda text, column: values.day(text),
    "datetime": lambda text, column: values.instant(text),
    "selector": _selector,
    "scope": _selector,
    "list": lambda text, column: tuple(values.identifier(part) for part in text.split(";")),
}
