"""One table of a scenario as it was understood, in our columns and plain values."""

from pathlib import Path

from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.written.canonical import csv_of, parts_of
from neutralizer.load.written.folder import Folder
from neutralizer.load.written.inputs import read_inputs


def shown(
    folder: Path, table: str, overrides: tuple[str, ...] = ()
) -> tuple[bytes, int, list[str]]:
    """The table as CSV, how many errors stand elsewhere, and the rows that its layouts leave. Raises
    InputsRefused where the table cannot be read.
    """
    issues = Issues()
    inputs = read_inputs(Folder(folder), overrides, issues)
    cells = parts_of(inputs).tables.get(table, [])
    if table in inputs.broken or not cells:
        if not issues.errors:
            line = inputs.line("tables")
            remedy = f"it has {', '.join(sorted(inputs.given))}"
            issues.error("scenario.yaml", line, f"tables.{table}", None, "no such table", remedy)
        raise InputsRefused(issues.found)
    return csv_of(cells), len(issues.errors), inputs.left.get(table, [])
