"""Tables in memory as a folder of one form: scenario.yaml with the settings, and a CSV file a table."""

import csv
import io
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml

from neutralizer.errors import InputsRefused, Issue
from neutralizer.load.written.columns import SQUARE_TABLES, TABLES, path_of
from neutralizer.load.written.folder import SCENARIO_FILE
from neutralizer.load.written.given import SETTINGS, Given, is_table
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.memory import Memory

SIMM_FILE = "simm.xml"
Cells = list[list[str]]  # the header first


@dataclass
class Parts:
    """A scenario in pieces: settings as nested text, tables as text, files that settings name."""

    root: dict[str, Any]
    tables: dict[str, Cells] = field(default_factory=dict)
    as_of: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    mistakes: tuple[Issue, ...] = ()


def parts_of(inputs: Inputs) -> Parts:
    """What was read, `--set` included."""
    raws = {name: inputs.tables[name].raw for name in inputs.tables if name in inputs.given}
    raws |= {name: square.raw for name, square in inputs.squares.items()}
    tables = {n: [list(raw.header), *raw.rows] if raw.header else [] for n, raw in raws.items()}
    as_of = {name: moment.isoformat() for name, moment in inputs.as_of.items()}
    file = inputs.settings.simm.parameters
    files = {} if file is None else {file: inputs.bytes_read[PurePosixPath(file).as_posix()]}
    return Parts(deepcopy(inputs.document.root), tables, as_of, files)


def given_parts(given: Mapping[str, Any]) -> Parts:
    """What a caller gave by name: tables, among them those of risk and its models, and settings."""
    rest, texts, parts = dict(given), Given(), Parts({})
    tables = texts.names(rest.pop("tables", None), "tables")
    tables |= {k: rest.pop(k) for k in list(rest) if _is_table(k, rest[k])}
    risk = texts.names(tables.pop("risk", None), "risk") | texts.names(
        rest.pop("risk", None), "risk"
    )
    tables |= _of_risk(risk, texts)
    simm = rest.get("simm")
    if isinstance(simm, Mapping) and isinstance(simm.get("parameters"), bytes):
        parts.files[SIMM_FILE] = simm["parameters"]
        rest["simm"] = {**simm, "parameters": SIMM_FILE}
    for name, value in tables.items():
        if isinstance(value, Mapping) and "rows" in value:
            parts.as_of[name] = texts.setting(value.get("as_of", ""), ("tables", name, "as_of"))
            value = value["rows"]
        if value is not None:
            parts.tables[name] = texts.table(name, value)
    settings = texts.setting(risk, ("tables", "risk"))
    parts.root = {"format": "1", **texts.setting(rest, ())}
    parts.root["tables"] = {"risk": settings} if settings else {}
    parts.mistakes = tuple(texts.mistakes)
    return parts


def _of_risk(risk: dict[str, Any], texts: Given) -> dict[str, Any]:
    """The tables of risk and, as factor_covariance@NAME, of its models, taken out of it."""
    models = {
        name: texts.names(model, f"risk.models.{name}")
        for name, model in texts.names(risk.pop("models", None), "risk.models").items()
    }
    tables = {k: risk.pop(k) for k in list(risk) if _is_table(k, risk[k])}
    for name, model in models.items():
        tables |= {f"{k}@{name}": model.pop(k) for k in SQUARE_TABLES if k in model}
    if models:
        risk["models"] = models
    return tables


def _is_table(name: str, value: Any) -> bool:
    return name in TABLES or name in SQUARE_TABLES or is_table(value)


def change(parts: Parts, limit_id: str, changes: Mapping[str, str]) -> None:
    """Puts values into the row of a limit. Raises InputsRefused where there is no such limit."""
    header, *rows = parts.tables.get("limits") or [["limit_id"]]
    known = [row[header.index("limit_id")] for row in rows]
    if limit_id not in known:
        remedy = "name one of " + ", ".join(known[:8]) if known else "add limits to the scenario"
        if limit_id.startswith("target-") and "targets" in parts.tables:
            remedy = "it is the limit of a row of targets: change that row"
        raise InputsRefused([Issue("limits", 0, "limit_id", limit_id, "no such limit", remedy)])
    for column, text in changes.items():
        put(parts, "limits", column, {known.index(limit_id) + 1: text})


def put(parts: Parts, table: str, column: str, texts: Mapping[int, str]) -> None:
    """Puts texts into a column, by row, the first is 1; the column is added where it is not there."""
    header, *rows = parts.tables[table]
    if column not in header:
        header, rows = [*header, column], [[*row, ""] for row in rows]
    at = header.index(column)
    found = [list(row) for row in rows]
    for k, text in texts.items():
        found[k - 1][at] = text
    parts.tables[table] = [header, *found]


def column_of(parts: Parts, table: str, column: str) -> dict[int, str]:
    """The cells of a column that are not blank, by row, the first is 1; none where it is not there."""
    header, *rows = parts.tables.get(table) or [[]]
    if column not in header:
        return {}
    at = header.index(column)
    return {k: row[at] for k, row in enumerate(rows, 1) if row[at]}


def canonical(parts: Parts) -> Memory:
    """The folder of the parts, in memory; issues name a table and its row, or a setting."""
    root, files = deepcopy(parts.root), dict(parts.files)
    labels = {SCENARIO_FILE: SETTINGS}
    for name, cells in parts.tables.items():
        file, as_of = f"{name}.csv", parts.as_of.get(name)
        *path, last = ("tables", *path_of(name))
        where = root
        for step in path:
            where = where.setdefault(step, {})
        where[last] = ({"file": file, "as_of": as_of} if as_of else file) if cells else []
        if cells:
            files[file], labels[file] = csv_of(cells), name
    files[SCENARIO_FILE] = _yaml(root)
    return Memory(files, labels, parts.mistakes)


def csv_of(cells: Cells) -> bytes:
    """The cells as a file of ours."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(cells)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _yaml(root: dict[str, Any]) -> bytes:
    text: str = yaml.safe_dump(root, sort_keys=False, allow_unicode=True, width=2**20)
    return text.encode("utf-8", "surrogatepass")
