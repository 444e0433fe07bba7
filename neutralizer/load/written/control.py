"""A control file beside a table: `positions.csv.ctl` says what the sender wrote, in YAML.

rows: 1204
sha256: 9f86d0…                 of the whole file
sums: {quantity: 1530200.5}     exactly
"""

import hashlib
from decimal import Decimal, InvalidOperation
from typing import Any

from neutralizer.errors import Issues
from neutralizer.load.written.table import Raw
from neutralizer.load.written.yaml_text import read_yaml

SUFFIX = ".ctl"
REMEDY = "the table is not what was sent: fetch both again"
KNOWN = ("rows", "sha256", "sums")


def controlled(raw: Raw, data: bytes, control: bytes, issues: Issues) -> None:
    """Every total that the control file names is the table's own."""
    file = raw.file + SUFFIX
    document = read_yaml(file, control, issues)
    if document is None:
        return
    said = document.root
    sums = said.get("sums", {})
    if not said or set(said) - set(KNOWN) or not isinstance(sums, dict):
        remedy = "write rows, sha256 and sums: {column: total}"
        issues.error(file, 1, "", None, "not a control file", remedy)
        return
    checks = [
        (("rows",), said.get("rows"), str(len(raw.rows))),
        (("sha256",), said.get("sha256"), hashlib.sha256(data).hexdigest()),
        *((("sums", c), total, _sum(raw, c)) for c, total in sums.items()),
    ]
    for path, theirs, ours in checks:
        if theirs is not None and not _same(theirs, ours):
            reason = f"{raw.file} has {'no such numbers' if ours is None else ours}"
            issues.error(file, document.line(path), ".".join(path), str(theirs), reason, REMEDY)


def _same(theirs: Any, ours: str | Decimal | None) -> bool:
    """Totals are compared as numbers, the rest as text."""
    if isinstance(ours, Decimal):
        return _number(theirs) == ours
    return str(theirs).lower() == ours


def _number(text: Any) -> Decimal | None:
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _sum(raw: Raw, column: str) -> Decimal | None:
    """The exact total of a column; None where it is not there or not of numbers."""
    if column not in raw.header:
        return None
    k = raw.header.index(column)
    cells = [_number(row[k]) for row in raw.rows if row[k]]
    numbers = [c for c in cells if c is not None]
    try:
        return sum(numbers, Decimal(0)) if len(numbers) == len(cells) else None
    except ArithmeticError:
        return None
