"""The scenario as written: settings and typed tables, before anything refers to anything."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neutralizer.errors import InputsRefused
from neutralizer.issues import Issues
from neutralizer.load import values
from neutralizer.load.columns import RISK_TABLES, SQUARE_TABLES, TABLES
from neutralizer.load.folder import SCENARIO_FILE, Folder
from neutralizer.load.settings import Settings, override, read_settings
from neutralizer.load.table import Raw, Table, read_csv, typed
from neutralizer.load.yaml_text import YamlText, read_yaml


@dataclass(frozen=True)
class Square:
    """A covariance as written: symmetric matrix over ids."""

    raw: Raw
    ids: tuple[str, ...]
    matrix: NDArray[np.float64]


@dataclass
class Inputs:
    """Everything that was read. A table that was not given is an empty one."""

    settings: Settings
    tables: dict[str, Table]
    squares: dict[str, Square]
    bytes_read: dict[str, bytes]
    overrides: tuple[str, ...]
    as_of: dict[str, datetime] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def __getitem__(self, table: str) -> Table:
        return self.tables[table]


def read_inputs(root: Path, overrides: tuple[str, ...], issues: Issues) -> Inputs:
    """Reads scenario.yaml and every table it names. Raises InputsRefused if the settings are unreadable."""
    folder = Folder(root)
    document = read_yaml(SCENARIO_FILE, folder.settings(), issues)
    if document is None:
        raise InputsRefused(issues.found)
    for setting in overrides:
        override(document, setting, issues)
    settings = read_settings(document, issues)
    entries = _entries(document)
    inputs = Inputs(settings, {}, {}, folder.read, overrides)  # type: ignore[arg-type]
    for name in (*TABLES, *SQUARE_TABLES):
        key = f"risk.{name}" if name in RISK_TABLES else name
        raw = _raw(name, key, entries.get(name), document, folder, inputs, issues)
        if name in TABLES:
            inputs.tables[name] = typed(raw or Raw(name, "", (), [], []), TABLES[name], issues)
        elif raw is not None:
            square = _square(raw, issues)
            if square is not None:
                inputs.squares[name] = square
    inputs.given = frozenset(name for name, entry in entries.items() if entry is not None)
    if settings is None:
        raise InputsRefused(issues.found)
    return inputs


def _entries(document: YamlText) -> dict[str, Any]:
    tables = document.root.get("tables")
    tables = dict(tables) if isinstance(tables, dict) else {}
    risk = tables.pop("risk", None)
    return tables | (risk if isinstance(risk, dict) else {})


def _raw(
    name: str,
    key: str,
    entry: Any,
    document: YamlText,
    folder: Folder,
    inputs: Inputs,
    issues: Issues,
) -> Raw | None:
    path = ("tables", *key.split("."))
    line = document.line(path)
    if isinstance(entry, dict):
        _age(name, key, entry, line, inputs, issues)
        entry = entry.get("file", "")
    if isinstance(entry, str) and entry:
        data = folder.table(entry, line, key, issues)
        return None if data is None else read_csv(name, entry, data, issues)
    if isinstance(entry, list):
        return _rows(name, entry, path, document, issues)
    if entry is not None:
        remedy = "write a list of rows or the name of a CSV file"
        issues.error(SCENARIO_FILE, line, f"tables.{key}", None, "not a table", remedy)
    return None


def _age(
    name: str, key: str, entry: dict[str, Any], line: int, inputs: Inputs, issues: Issues
) -> None:
    unknown = set(entry) - {"file", "as_of"}
    try:
        if unknown or not isinstance(entry.get("file"), str):
            raise ValueError("write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00}")
        if "as_of" in entry:
            inputs.as_of[name] = values.instant(entry["as_of"])
    except (ValueError, TypeError) as error:
        issues.error(SCENARIO_FILE, line, f"tables.{key}", None, "not a table entry", str(error))


def _rows(
    name: str, entry: list[Any], path: tuple[str, ...], document: YamlText, issues: Issues
) -> Raw:
    header: dict[str, None] = {}
    rows, lines = [], []
    for k, row in enumerate(entry):
        line = document.line((*path, k))
        if not isinstance(row, dict):
            dotted = ".".join((*path, str(k)))
            issues.error(SCENARIO_FILE, line, dotted, None, "not a row", "write {column: value, …}")
            continue
        header.update(dict.fromkeys(row))
        rows.append(row)
        lines.append(line)
    cells = [[_cell(row.get(column, "")) for column in header] for row in rows]
    return Raw(name, SCENARIO_FILE, tuple(header), cells, lines)


def _cell(value: Any) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _square(raw: Raw, issues: Issues) -> Square | None:
    """Types a covariance: ids in header and first column, numbers inside, the same ids both ways."""
    ids = raw.header[1:]
    rows = [row[0] for row in raw.rows]
    before = len(issues.errors)
    for k, i in enumerate(rows):
        if i not in ids:
            issues.error(raw.file, raw.lines[k], raw.header[0], i, "not in the header", "carry the same ids both ways")
        if i in rows[:k]:
            issues.error(raw.file, raw.lines[k], raw.header[0], i, "the row stands twice", "keep one")
    for i in set(ids) - set(rows):
        issues.error(raw.file, 1, i, None, "no row of this id", "carry the same ids both ways")
    matrix = np.full((len(rows), len(ids)), np.nan)
    for r, row in enumerate(raw.rows):
        for c, text in enumerate(row[1:]):
            try:
                matrix[r, c] = values.number(text)
            except ValueError as error:
                issues.error(raw.file, raw.lines[r], ids[c], text, "not a number", str(error))
    if len(issues.errors) > before:
        return None
    return Square(raw, ids, matrix[[rows.index(i) for i in ids]])
