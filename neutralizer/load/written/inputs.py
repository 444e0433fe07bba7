"""The scenario as written: settings and typed tables, before anything refers to anything."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.written import values
from neutralizer.load.written.columns import SQUARE_TABLES, TABLES, columns_of, path_of
from neutralizer.load.written.control import SUFFIX, controlled
from neutralizer.load.written.folder import SCENARIO_FILE
from neutralizer.load.written.settings import NEEDED_TABLES, Settings, override, read_settings
from neutralizer.load.written.simm_parameters import BadParameters, Parameters, read_parameters
from neutralizer.load.written.source import Source
from neutralizer.load.written.table import Raw, Table, fields_are_right, read_csv, typed
from neutralizer.load.written.yaml_text import YamlText, read_yaml


@dataclass(frozen=True)
class Square:
    """A covariance as written: symmetric matrix over ids."""

    raw: Raw
    ids: tuple[str, ...]
    matrix: NDArray[np.float64]

    def error(self, issues: Issues, row: str, column: str, reason: str, remedy: str) -> None:
        """An error at the cell of two ids."""
        where = self._where(row, column)
        issues.error(self.raw.file, *where, reason, remedy)

    def warning(self, issues: Issues, row: str, column: str, reason: str, remedy: str) -> None:
        """A warning at the cell of two ids."""
        where = self._where(row, column)
        issues.warning(self.raw.file, *where, reason, remedy)

    def _where(self, row: str, column: str) -> tuple[int, str, str]:
        raw = self.raw
        k = [cells[0] for cells in raw.rows].index(row)
        return raw.lines[k], raw.path(k, column), raw.rows[k][raw.header.index(column)]


@dataclass
class Inputs:
    """Everything that was read. A table that was not given is an empty one, and so is a broken one:
    what refers to it cannot be judged.
    """

    document: YamlText
    settings: Settings
    tables: dict[str, Table]
    squares: dict[str, Square]
    bytes_read: dict[str, bytes]
    overrides: tuple[str, ...]
    as_of: dict[str, datetime] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)  # what several rules ask, answered once
    given: frozenset[str] = frozenset()
    broken: set[str] = field(default_factory=set)
    simm: Parameters | None = None
    without_control: list[str] = field(default_factory=list)  # tables from files without one

    def line(self, *path: str) -> int:
        """The line of scenario.yaml on which a setting stands."""
        return self.document.line(path)

    def __getitem__(self, table: str) -> Table:
        return self.tables[table]


def read_inputs(source: Source, overrides: tuple[str, ...], issues: Issues) -> Inputs:
    """Reads scenario.yaml and every table it names. Raises InputsRefused if the settings are unreadable."""
    document = read_yaml(SCENARIO_FILE, source.settings(), issues)
    if document is None:
        raise InputsRefused(issues.found)
    for setting in overrides:
        override(document, setting, issues)
    settings = read_settings(document, issues)
    entries = _entries(document)
    if settings is None:
        raise InputsRefused(issues.found)
    inputs = Inputs(document, settings, {}, {}, source.read, overrides)
    inputs.given = frozenset(name for name, entry in entries.items() if entry is not None)
    mistaken = {issue.column for issue in issues.errors}
    for key, broken in (("base_currency", "fx"), ("tables.risk", "risk"), ("as_of", "as_of")):
        if key in mistaken:
            inputs.broken.add(broken)
    for name in (*TABLES, *SQUARE_TABLES, *_model_tables(entries)):
        key = ".".join(path_of(name))
        raw = _raw(name, key, entries.get(name), document, source, inputs, issues)
        if raw is None and (name in entries or name in NEEDED_TABLES):
            inputs.broken.add(name)
        _type(name, raw, inputs, issues)
    inputs.simm = _simm(inputs, source, issues)
    return inputs


def _simm(inputs: Inputs, source: Source, issues: Issues) -> Parameters | None:
    """The parameters that the settings name."""
    key, settings = "simm.parameters", inputs.settings.simm
    if settings.parameters is None:
        return None
    line = inputs.line("simm", "parameters")
    data = source.file(settings.parameters, line, key, "XML", issues)
    try:
        return None if data is None else read_parameters(data, settings.days)
    except BadParameters as error:
        remedy = "name the parameters of one SIMM version, as Open Source Risk Engine writes them"
        issues.error(SCENARIO_FILE, line, key, settings.parameters, str(error), remedy)
    return None


def _type(name: str, raw: Raw | None, inputs: Inputs, issues: Issues) -> None:
    """Types one table; it is broken where a required column is missing or a covariance has no shape."""
    if name in TABLES:
        columns = columns_of(name, raw.header if raw else ())
        inputs.tables[name] = typed(raw or Raw(name, "", (), [], []), columns, issues)
        needed = {c.name for c in TABLES[name] if c.required}
        if raw is not None and raw.rows and not needed <= set(raw.header):
            inputs.broken.add(name)
    elif raw is not None:
        square = _square(_label_first(raw), issues)
        if square is None:
            inputs.broken.add(name)
        else:
            inputs.squares[name] = square


def _entries(document: YamlText) -> dict[str, Any]:
    tables = document.root.get("tables")
    tables = dict(tables) if isinstance(tables, dict) else {}
    risk = tables.pop("risk", None)
    risk = dict(risk) if isinstance(risk, dict) else {}
    models = risk.pop("models", None)
    risk.pop("units", None)
    for model, files in models.items() if isinstance(models, dict) else ():
        for kind in SQUARE_TABLES if isinstance(files, dict) else ():
            if files.get(kind) is not None:
                risk[f"{kind}@{model}"] = files[kind]
    return tables | risk


def _model_tables(entries: dict[str, Any]) -> list[str]:
    """Covariances of other risk models: factor_covariance@NAME."""
    return sorted(
        name for name in entries if name.partition("@")[0] in SQUARE_TABLES and "@" in name
    )


def _raw(
    name: str,
    key: str,
    entry: Any,
    document: YamlText,
    source: Source,
    inputs: Inputs,
    issues: Issues,
) -> Raw | None:
    path = ("tables", *key.split("."))
    line = document.line(path)
    if isinstance(entry, dict):
        _age(name, key, entry, line, inputs, issues)
        entry = entry.get("file", "")
    if isinstance(entry, str) and entry:
        data = source.table(entry, line, key, issues)
        if data is None:
            return None
        raw = read_csv(name, entry, data, issues)
        control = source.beside(entry + SUFFIX, line, f"tables.{key}", issues)
        if control is None:
            inputs.without_control.append(name)
        elif raw is not None:
            controlled(raw, data, control, issues)
        return raw
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
            inputs.as_of[name] = values.instant(str(entry["as_of"]))
    except ValueError as error:
        issues.error(SCENARIO_FILE, line, f"tables.{key}", None, "not a table entry", str(error))


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


def _label_first(raw: Raw) -> Raw:
    """In YAML the order of a row's keys means nothing: the column of ids is found by its name."""
    label = next((c for c in raw.header if c in ("factor_id", "instrument_id")), None)
    if label is None or not raw.file.endswith(".yaml"):
        return raw
    k = raw.header.index(label)
    header = (label, *raw.header[:k], *raw.header[k + 1 :])
    rows = [[row[k], *row[:k], *row[k + 1 :]] for row in raw.rows]
    return Raw(raw.name, raw.file, header, rows, raw.lines)


def _square(raw: Raw, issues: Issues) -> Square | None:
    """Types a covariance: ids in header and first column, numbers inside, the same ids both ways."""
    corner, ids = (raw.header[0], raw.header[1:]) if raw.header else ("", ())
    rows = [row[0] for row in raw.rows]
    before = len(issues.errors)
    remedy = "carry the same ids both ways"
    for k, i in enumerate(rows):
        where = (raw.file, raw.lines[k], raw.path(k, corner), i)
        if i not in ids:
            issues.error(*where, "not in the header", remedy)
        if i in rows[:k]:
            issues.error(*where, "duplicate row", "keep one")
    for i in sorted(set(ids) - set(rows)):
        line, name = raw.head(i)
        issues.error(raw.file, line, name, None, "no row of this id", remedy)
    matrix = np.full((len(rows), len(ids)), np.nan)
    for r, row in enumerate(raw.rows):
        for c, text in enumerate(row[1:]):
            try:
                matrix[r, c] = values.number(text)
            except ValueError as error:
                where = (raw.file, raw.lines[r], raw.path(r, ids[c]), text)
                issues.error(*where, values.what_is_wrong(error), str(error))
    if len(issues.errors) > before:
        return None
    return Square(raw, ids, matrix[[rows.index(i) for i in ids]])
