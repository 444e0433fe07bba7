"""A control file beside a table: `positions.csv.ctl` says what the sender wrote, in YAML.

rows: 1204
sha256: 9f86d0…                 of the whole file
sums: {quantity: 1530200.5}     exactly
"""

import hashlib
from decimal import Decimal, InvalidOperation
from typing import Any

from neutralizer.issues import Issues
from neutralizer.load.table import Raw
from neutralizer.load.yaml_text import read_yaml

SUFFIX = ".ctl"
REMEDY = "the table is not what was sent: fetch both again"
KNOWN = ("rows", "sha256", "sums")


def controlled(raw: Raw, data: bytes, control: bytes, issues: Issues) -> None:
    """Every total that the control file names is the table's own."""
    file = raw.file + SUFFIX
    document = read_yaml(file, control, issues)
    if document is None:
        return
    said = document.root if isinstance(document.root, dict) else {}
    sums = said.get("sums", {})
    if not said or set(said) - set(KNOWN) or not isinstance(sums, dict):
        remedy = "write rows, sha256 and sums: {column: total}"
        issues.error(file, 1, "", None, "not a control file", remedy)
        return
    found: dict[tuple[str, ...], tuple[Any, Any]] = {}
    if "rows" in said:
        found["rows",] = said["rows"], str(len(raw.rows))
    if "sha256" in said:
        found["sha256",] = str(said["sha256"]).lower(), hashlib.sha256(data).hexdigest()
    for column, total in sums.items():
        found["sums", column] = _number(total), _sum(raw, column)
    for path, (theirs, ours) in found.items():
        if theirs is None or theirs != ours:
            written = said[path[0]] if len(path) == 1 else sums[path[1]]
            reason = f"{raw.file} has {'no such numbers' if ours is None else ours}"
            issues.error(file, document.line(path), ".".join(path), str(written), reason, REMEDY)


def _number(text: Any) -> Decimal | None:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None


def _sum(raw: Raw, column: str) -> Decimal | None:
    """The exact total of a column; None where it is not there or not of numbers."""
    if column not in raw.header:
        return None
    k = raw.header.index(column)
    cells = [_number(row[k]) for row in raw.rows if row[k]]
    return (
        None
        if any(c is None for c in cells)
        else sum((c for c in cells if c is not None), Decimal(0))
    )
