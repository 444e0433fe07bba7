"""The scenario as written: settings and typed tables, before anything refers to anything."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.written import entry, values
from neutralizer.load.written.columns import SQUARE_TABLES, TABLES, columns_of, path_of
from neutralizer.load.written.folder import SCENARIO_FILE
from neutralizer.load.written.measured import fill
from neutralizer.load.written.settings import NEEDED_TABLES, Settings, override, read_settings
from neutralizer.load.written.simm_parameters import BadParameters, Parameters, read_parameters
from neutralizer.load.written.source import Source
from neutralizer.load.written.table import Raw, Table, typed
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
    sets_out: date | None = None  # of a later day of the horizon: the execution date of today
    given: frozenset[str] = frozenset()
    broken: set[str] = field(default_factory=set)
    simm: Parameters | None = None
    without_control: list[str] = field(default_factory=list)  # tables from files without one
    left: dict[str, list[str]] = field(default_factory=dict)  # rows that layouts leave, in words

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
        found = entry.read(name, key, entries.get(name), document, source, issues)
        raw = found.raw
        inputs.left |= {name: found.left} if found.left else {}
        inputs.without_control += [name] * found.without_control
        if found.as_of is not None:
            inputs.as_of[name] = found.as_of
        if raw is None and (name in entries or name in NEEDED_TABLES):
            inputs.broken.add(name)
        _type(name, raw, inputs, issues)
    if len(inputs["measured"]):
        fill(inputs["instruments"], inputs["measured"])
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
        issues.error(*raw.head(i), None, "no row of this id", remedy)
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
