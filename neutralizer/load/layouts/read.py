"""A sender's file and its layout -> the table as ours, each row with where its sender wrote it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neutralizer.errors import Issues
from neutralizer.load.layouts.files import grid_of
from neutralizer.load.layouts.grid import Grid
from neutralizer.load.layouts.layout import Known, Take, read_layout
from neutralizer.load.layouts.maps import Map, read_map
from neutralizer.load.layouts.take import Sheet, kept, taken, total
from neutralizer.load.written import values
from neutralizer.load.written.columns import Column
from neutralizer.load.written.table import Raw, Sender, fields_are_right

SHIPPED = Path(__file__).parent / "shipped"
FOLDER = "layouts"
Fetch = Callable[
    [str], bytes | None
]  # a file of the scenario's folder by name; None where it is not


@dataclass(frozen=True)
class Wanted:
    """A table of ours: its name, its columns and those of its key."""

    table: str
    columns: Sequence[Column]
    key: Sequence[str]


@dataclass(frozen=True)
class Read:
    """A table as it was taken from one file, the table as it stands there, and the rows that were left."""

    raw: Raw
    grid: Grid
    left: dict[str, int]


def shipped() -> dict[str, Path]:
    """The layouts that come with the program, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def file_of(name: str) -> str:
    """Where a layout stands in a scenario's folder: one that ships, where a copy of it may."""
    return name if name.endswith(".yaml") else f"{FOLDER}/{name}.yaml"


def read_through(
    wanted: Wanted, file: str, data: bytes, known: Known, fetch: Fetch, issues: Issues
) -> Read | None:
    """A table of ours in a sender's bytes; None, with issues, where anything cannot be read."""
    layout, before = known.layout, len(issues.errors)
    kinds = {c.name: c.kind for c in wanted.columns}
    for name in layout.columns.keys() - kinds.keys():
        remedy = "remove or rename it" + values.nearest(name, list(kinds))
        issues.error(known.file, 0, f"columns.{name}", None, f"no column of {wanted.table}", remedy)
    maps = {name: _map(name, take, known, fetch, issues) for name, take in layout.columns.items()}
    grid = grid_of(file, data, layout.format, issues)
    if grid is None or not _names_are_there(grid, known, issues) or len(issues.errors) > before:
        return None
    chosen, left = kept(Sheet(grid, layout.format, issues), layout)
    sheet = Sheet(chosen, layout.format, issues)
    taken_columns = [
        taken(sheet, take, kinds[name], maps[name], name) for name, take in layout.columns.items()
    ]
    rows = list(map(list, zip(*taken_columns, strict=True)))
    names = {name: "/".join(take.columns) or name for name, take in layout.columns.items()}
    senders = [Sender(file, names, grid.head)] * len(rows)
    if chosen.labels:
        senders = [
            Sender(file, {n: x.replace("value", label) for n, x in names.items()}, grid.head)
            for label in chosen.labels
        ]
    raw = Raw(wanted.table, file, tuple(layout.columns), rows, chosen.lines, senders)
    fields_are_right(raw, issues)
    if layout.add:
        raw = _added(raw, layout.add, wanted, known, issues)
    return Read(raw, grid, dict(left)) if len(issues.errors) == before else None


def layout_of(
    name: str, fetch: Fetch, keep: Callable[[str, bytes], None], issues: Issues
) -> Known | None:
    """A layout by its file, or of those that ship by its name; `keep` is given the bytes of one of those.
    None, with an issue, where there is none.
    """
    file = file_of(name)
    data = fetch(file)
    if data is None and name in shipped():
        data = shipped()[name].read_bytes()
        keep(file, data)
    if data is None:
        remedy = f"name a file inside the scenario's folder, or one of {', '.join(shipped())}"
        issues.error(file, 0, "", None, "no such layout", remedy)
        return None
    return read_layout(file, data, issues)


def _map(name: str, take: Take, known: Known, fetch: Fetch, issues: Issues) -> Map | None:
    """Of a column that is mapped."""
    if isinstance(take.by, dict):
        return {(theirs,): ours for theirs, ours in take.by.items()}
    if take.by is None:
        return None
    file = known.beside(take.by)
    data = fetch(file)
    if data is None:
        remedy = f"write it: {','.join((*take.of, name))}, then a row for each"
        issues.error(file, 0, "", None, f"no such map file, named by {known.file}", remedy)
        return None
    return read_map(file, data, take.of, name, issues)


def _names_are_there(grid: Grid, known: Known, issues: Issues) -> bool:
    """Every column that the layout names, once."""
    layout = known.layout
    takes = [column for take in layout.columns.values() for column in take.columns]
    before = len(issues.errors)
    for name in dict.fromkeys((*layout.where, *layout.leave, *takes)):
        count = grid.header.count(name)
        if count != 1:
            reason = (
                "the layout names a column that is not there" if not count else "duplicate column"
            )
            there = ", ".join(values.plain(x) for x in grid.header if x)
            remedy = f"correct {known.file}" + (f"; there are {there[:160]}" if not count else "")
            issues.error(grid.file, grid.head, values.plain(name), None, reason, remedy)
    return len(issues.errors) == before


def _added(raw: Raw, add: Sequence[str], wanted: Wanted, known: Known, issues: Issues) -> Raw:
    """Rows of one key as one, where they agree in all that is not added."""
    needed = {c.name for c in wanted.columns if c.required}
    lacking = sorted(needed & set(wanted.key) - set(raw.header))
    if not wanted.key or lacking:
        reason = (
            f"the layout takes no {lacking[0]} to add by" if lacking else "the table has no key"
        )
        remedy = "take it, say it with `set`, or remove add"
        issues.error(known.file, 0, "add", None, reason, remedy)
        return raw
    places = [raw.header.index(name) for name in wanted.key if name in raw.header]
    lots: dict[tuple[str, ...], list[int]] = {}
    for row, cells in enumerate(raw.rows):
        lots.setdefault(tuple(cells[k] for k in places), []).append(row)
    firsts = [members[0] for members in lots.values()]
    rows = [_as_one(raw, members, add, issues) for members in lots.values()]
    own = [raw.lines[r] for r in firsts], [raw.senders[r] for r in firsts]
    return Raw(raw.name, raw.file, raw.header, rows, *own)


def _as_one(raw: Raw, members: list[int], add: Sequence[str], issues: Issues) -> list[str]:
    """The cells of several lots of one key: the same, or their sum."""
    first, *others = members
    whole = list(raw.rows[first])
    for k, name in enumerate(raw.header if others else ()):
        if name in add:
            try:
                whole[k] = total([raw.rows[row][k] for row in members])
            except ValueError as error:
                reason = "lots that are no numbers"
                issues.error(*raw.where(first, name), whole[k], reason, str(error))
            continue
        for row in others:
            if raw.rows[row][k] != whole[k]:
                reason = f"lots of one position differ, {raw.first(row, first)}"
                remedy = "correct one of them, or do not take this column"
                issues.error(*raw.where(row, name), raw.rows[row][k], reason, remedy)
    return whole
