"""A table as scenario.yaml names it: rows, a CSV file, or the files of its senders with their layouts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from neutralizer.errors import Issues
from neutralizer.load.layouts.forms import number_form
from neutralizer.load.layouts.read import Read, Wanted, layout_of, read_through
from neutralizer.load.written import values
from neutralizer.load.written.columns import KEYS, TABLES, columns_of
from neutralizer.load.written.control import SUFFIX, controlled
from neutralizer.load.written.folder import SCENARIO_FILE, SENDERS
from neutralizer.load.written.source import Source
from neutralizer.load.written.table import Raw, fields_are_right, read_csv
from neutralizer.load.written.yaml_text import YamlText

OF_A_FILE = ("file", "layout", "set")
ONE_FILE = "write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00}, and layout: NAME of a sender's"
SEVERAL = "write {files: [{file: x.csv, layout: NAME}, …]}"


@dataclass
class Found:
    """A table as written, None where it cannot be read, its own time, and how many of its files have no
    control file. `left` are the rows that layouts leave, in words.
    """

    raw: Raw | None = None
    as_of: datetime | None = None
    without_control: int = 0
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """Where a table is named, and where its files are."""

    table: str
    key: str
    line: int
    source: Source
    issues: Issues

    def error(self, reason: str, remedy: str) -> None:
        """An error at the entry."""
        self.issues.error(SCENARIO_FILE, self.line, f"tables.{self.key}", None, reason, remedy)


def read(
    table: str, key: str, entry: Any, document: YamlText, source: Source, issues: Issues
) -> Found:
    """Reads what an entry of `tables` names; what is wrong goes to `issues`."""
    path = ("tables", *key.split("."))
    place, found = _Place(table, key, document.line(path), source, issues), Found()
    if isinstance(entry, dict):
        _named(entry, place, found)
    elif isinstance(entry, str) and entry:
        found.raw = _csv(entry, place, found)
    elif isinstance(entry, list):
        found.raw = _rows(table, entry, path, document, issues)
    elif entry is not None:
        place.error("not a table", "write a list of rows or the name of a CSV file")
    return found


def _named(entry: dict[str, Any], place: _Place, found: Found) -> None:
    """Of {file, layout, as_of} or {files: [{file, layout}, …], as_of}."""
    files = entry.get("files", [{k: v for k, v in entry.items() if k in OF_A_FILE}])
    known = {"as_of", "files"} if "files" in entry else {"as_of", *OF_A_FILE}
    try:
        if set(entry) - known:
            raise ValueError(SEVERAL if "files" in entry else ONE_FILE)
        if not isinstance(files, list) or not files or not all(map(_is_file, files)):
            raise ValueError(SEVERAL if "files" in entry else ONE_FILE)
        if "as_of" in entry:
            found.as_of = values.instant(str(entry["as_of"]))
    except ValueError as error:
        place.error("not a table entry", str(error))
        return
    if place.table not in TABLES and any("layout" in file for file in files):
        place.error("a covariance takes no layout", "write it with the same ids both ways")
        return
    parts = [_part(file, place, found) for file in files]
    whole = [part for part in parts if part is not None]
    found.raw = _together(place.table, whole) if len(whole) == len(parts) else None


def _is_file(entry: Any) -> bool:
    """A file, its layout where it has one, and with that what the file itself does not say."""
    if not isinstance(entry, dict) or "file" not in entry or set(entry) - set(OF_A_FILE):
        return False
    said = entry.get("set", {})
    texts = [
        entry["file"],
        entry.get("layout", "none"),
        *(said.values() if isinstance(said, dict) else [None]),
    ]
    return ("set" not in entry or "layout" in entry) and all(
        isinstance(t, str) and t for t in texts
    )


def _part(entry: dict[str, Any], place: _Place, found: Found) -> Raw | None:
    """One sender's file."""
    if "layout" not in entry:
        return _csv(entry["file"], place, found)
    key, source, issues = f"tables.{place.key}", place.source, place.issues

    def fetch(name: str) -> bytes | None:
        return source.beside(name, place.line, key, issues, "layout's")

    known = layout_of(entry["layout"], fetch, source.read.__setitem__, issues)
    data = source.file(entry["file"], place.line, key, SENDERS, issues)
    if known is None or data is None:
        return None
    known = known.saying(entry.get("set", {}))
    columns = columns_of(place.table, list(known.layout.columns))
    wanted = Wanted(place.table, columns, KEYS.get(place.table, ()))
    taken = read_through(wanted, entry["file"], data, known, fetch, issues)
    if taken is None:
        return None
    number = number_form(known.layout.format.number)
    _control(lambda: _as_sent(taken, number), entry["file"], data, place, found)
    if taken.left:
        told = ", ".join(f"{what} ({count})" for what, count in sorted(taken.left.items()))
        found.left.append(f"{place.table}: rows of {entry['file']} that are left: {told}")
    return taken.raw


def _as_sent(taken: Read, number: Callable[[str], str]) -> Raw:
    """The sender's table with its numbers made plain, for its control totals."""

    def plain(cell: Any) -> str:
        try:
            return number(cell) if isinstance(cell, str) and cell else str(cell)
        except ValueError:
            return str(cell)

    grid = taken.grid
    rows = [list(map(plain, row)) for row in grid.rows]
    return Raw(taken.raw.name, grid.file, grid.header, rows, grid.lines)


def _csv(file: str, place: _Place, found: Found) -> Raw | None:
    data = place.source.table(file, place.line, place.key, place.issues)
    if data is None:
        return None
    raw = read_csv(place.table, file, data, place.issues)
    _control(lambda: raw, file, data, place, found)
    return raw


def _control(
    raw: Callable[[], Raw | None], file: str, data: bytes, place: _Place, found: Found
) -> None:
    """Holds a file against its control file, or counts that it has none."""
    key = f"tables.{place.key}"
    control = place.source.beside(file + SUFFIX, place.line, key, place.issues)
    if control is None:
        found.without_control += 1
        return
    table = raw()
    if table is not None:
        controlled(table, data, control, place.issues)


def _together(table: str, parts: list[Raw]) -> Raw:
    """The rows of several senders under one header."""
    if len(parts) == 1:
        return parts[0]
    header = tuple(dict.fromkeys(column for part in parts for column in part.header))
    rows, lines, senders = [], [], []
    for part in parts:
        at = {column: k for k, column in enumerate(part.header)}
        rows += [[row[at[c]] if c in at else "" for c in header] for row in part.rows]
        lines += part.lines
        senders += part.of_senders()
    return Raw(table, parts[0].file, header, rows, lines, senders)


def _rows(
    name: str, entry: list[Any], path: tuple[str, ...], document: YamlText, issues: Issues
) -> Raw:
    header: dict[str, None] = {}
    rows, lines = [], []
    for k, row in enumerate(entry):
        line = document.line((*path, k))
        if not isinstance(row, dict) or not row:
            dotted = ".".join((*path, str(k)))
            issues.error(SCENARIO_FILE, line, dotted, None, "not a row", "write {column: value, …}")
            continue
        header.update(dict.fromkeys(row))
        rows.append({c: _cell(name, c, v, (*path, k), document, issues) for c, v in row.items()})
        lines.append(line)
    cells = [[row.get(column, "") for column in header] for row in rows]
    raw = Raw(name, SCENARIO_FILE, tuple(header), cells, lines)
    fields_are_right(raw, issues)
    return raw


def _cell(
    table: str,
    column: str,
    value: Any,
    path: tuple[str | int, ...],
    document: YamlText,
    issues: Issues,
) -> str:
    if isinstance(value, str):
        return value
    lists = [c.name for c in TABLES.get(table, ()) if c.kind == "list"]
    if isinstance(value, list) and column in lists and all(isinstance(v, str) for v in value):
        return ";".join(value)
    where, dotted = document.line((*path, column)), ".".join(map(str, (*path, column)))
    issues.error(SCENARIO_FILE, where, dotted, None, "not a value", "write a plain word or number")
    return ""
