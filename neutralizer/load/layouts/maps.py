"""A map file: theirs, ours. Its headers are the sender's column names, and the last is ours."""

from collections.abc import Sequence

from neutralizer.errors import Issues
from neutralizer.load.written import values
from neutralizer.load.written.table import read_csv

Map = dict[tuple[str, ...], str]


def read_map(
    file: str, data: bytes, theirs: Sequence[str], ours: str, issues: Issues
) -> Map | None:
    """What each of theirs is called here; None, with issues, where the file does not say."""
    raw = read_csv("", file, data, issues)
    if raw is None:
        return None
    if ours in theirs:  # named alike: the last column is ours, by another name
        ours = next((name for name in reversed(raw.header) if name not in theirs), f"our_{ours}")
    missing = [name for name in (*theirs, ours) if name not in raw.header]
    for name in missing:
        remedy = f"head it {','.join((*theirs, ours))}"
        issues.error(file, 1, values.plain(name), None, "no such column in the map", remedy)
    if missing:
        return None
    places, own = [raw.header.index(name) for name in theirs], raw.header.index(ours)
    found: Map = {}
    first: dict[tuple[str, ...], int] = {}
    before = len(issues.errors)
    for row, cells in enumerate(raw.rows):
        key = tuple(cells[k] for k in places)
        if key in first:
            reason = f"duplicate key, {raw.first(row, first[key])}"
            issues.error(*raw.where(row, theirs[0]), "/".join(key), reason, "keep one")
        first.setdefault(key, row)
        if not cells[own]:
            issues.error(*raw.where(row, ours), None, "required value is blank", "fill it")
        found[key] = cells[own]
    return found if len(issues.errors) == before else None
