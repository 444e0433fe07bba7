"""What operations and brokers write back: acknowledgements, fills and executions, in as many files as they like,
and through layouts where `layouts.yaml` beside them says so.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from neutralizer.domain.came_back import (
    BUST,
    ORDER_ENDS,
    Ack,
    Executions,
    Fill,
    Report,
    Start,
    executed,
    standing,
)
from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.layouts.files import TYPED
from neutralizer.load.layouts.read import FOLDER, Wanted, layout_of, read_through
from neutralizer.load.written.columns import ACKS, EXECUTIONS, FILLS, Column
from neutralizer.load.written.table import Raw, Table, read_csv, typed
from neutralizer.load.written.yaml_text import read_yaml

KINDS: dict[str, tuple[Column, ...]] = {"acks": ACKS, "fills": FILLS, "executions": EXECUTIONS}
LAYOUTS = (
    "layouts.yaml"  # {executions_ib*: layouts/ib.yaml}: patterns of names, and how they are read
)
_COUNTED = re.compile(
    r"[-_0-9]*$"
)  # what only tells a sender's files apart: a date, a time, a number


def kind_of(name: str) -> str:
    """acks, fills or executions, by how a file's name begins; blank for any other file."""
    own = PurePosixPath(name)
    suffixes = (".csv", *TYPED)
    return next((k for k in KINDS if own.name.startswith(k) and own.suffix.lower() in suffixes), "")


def is_layout(name: str) -> bool:
    """Whether a file says how others are read: `layouts.yaml`, or what lies in `layouts/` beside it."""
    own = PurePosixPath(name)
    return name == LAYOUTS or (own.parent.as_posix() == FOLDER and own.suffix in (".yaml", ".csv"))


def executions_in(files: Mapping[str, bytes]) -> Executions:
    """What is written in the files acks*.csv, fills*.csv and executions*.csv among some, by their names.

    Raises InputsRefused with every issue.
    """
    issues = Issues()
    acks: list[Ack] = []
    fills: dict[str, Fill] = {}
    reports: list[Report] = []
    patterns = _patterns(files, issues)
    for name in sorted(filter(kind_of, files)):
        kind = kind_of(name)
        raw = _raw(kind, name, files, patterns, issues) or Raw(kind, name, (), [], [])
        table = typed(raw, KINDS[kind], issues)
        if kind == "executions":
            reports += _reports(table, PurePosixPath(name).stem.removeprefix(kind), issues)
        elif not issues.errors and kind == "acks":
            acks += map(Ack, table["ticket_id"], table["status"], table["time"])
        elif kind == "fills":
            _fills(table, fills, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    trades, ends, misfits = executed(reports)
    return Executions(
        tuple(sorted([*acks, *ends], key=lambda a: a.time)),
        tuple(sorted(fills.values(), key=lambda f: f.time)),
        tuple(trades),
        tuple(misfits),
        tuple(standing(reports)),
    )


def _patterns(files: Mapping[str, bytes], issues: Issues) -> dict[str, str]:
    """Which names are read through which layout."""
    if LAYOUTS not in files:
        return {}
    document = read_yaml(LAYOUTS, files[LAYOUTS], issues, plain_keys=False)
    if document is None:
        return {}
    found = {}
    for pattern, layout in document.root.items():
        if not pattern.startswith(tuple(KINDS)):
            line, remedy = document.line((pattern,)), f"begin it with {', '.join(KINDS)}"
            issues.error(LAYOUTS, line, pattern, None, "a pattern that names no such file", remedy)
        elif isinstance(layout, str):
            found[pattern] = layout
        else:
            line, remedy = document.line((pattern,)), "write executions_ib*: layouts/ib.yaml"
            issues.error(LAYOUTS, line, pattern, None, "not a layout", remedy)
    return found


def _raw(
    kind: str, name: str, files: Mapping[str, bytes], patterns: dict[str, str], issues: Issues
) -> Raw | None:
    """A file's rows, through the layout of the first pattern that its name has."""
    own = PurePosixPath(name).name
    layout = next((x for pattern, x in patterns.items() if fnmatchcase(own, pattern)), None)
    if layout is None and not name.endswith(".csv"):
        issues.error(
            name, 0, "", None, "no layout reads it", f"name it in {LAYOUTS}, or send a .csv"
        )
        return None
    if layout is None:
        return read_csv(kind, name, files[name], issues)
    known = layout_of(layout, files.get, lambda *_: None, issues)
    if known is None:
        return None
    wanted = Wanted(kind, KINDS[kind], ())
    read = read_through(wanted, name, files[name], known, files.get, issues)
    return None if read is None else read.raw


def _fills(table: Table, known: dict[str, Fill], issues: Issues) -> None:
    """Adds a file's fills to those known by their fill_id; in another file the same may stand again."""
    seen: dict[str, int] = {}
    for row, fill_id in enumerate(table["fill_id"]):
        if fill_id in seen:
            reason = f"duplicate key, {table.raw.first(row, seen[fill_id])}"
            table.error(issues, row, "fill_id", reason, "keep one")
        seen.setdefault(fill_id, row)
    if issues.errors:
        return
    ids = (table[c] for c in ("ticket_id", "book_id", "instrument_id"))
    prices = table.exact_or_none("price")
    columns = (*ids, table.exact("quantity"), table["time"], prices, _starts(table, issues))
    for row, cells in enumerate(zip(*columns, strict=True)):
        fill_id, fill = table["fill_id"][row], Fill(*cells)
        if known.setdefault(fill_id, fill) != fill:
            reason = "another file has other values for this fill"
            table.error(
                issues, row, "fill_id", reason, "correct one of them, or give it its own id"
            )


def _reports(table: Table, sender: str, issues: Issues) -> list[Report]:
    """A file's rows. Who sent a row is said in it, else by the file's name."""
    for row, status in enumerate(table["status"]):
        for column in () if status in (BUST, *ORDER_ENDS) else ("side", "last_qty", "last_px"):
            if column not in table.raw.header or not table.cells(column)[row]:
                reason = f"required value of a {status} is blank"
                table.error(issues, row, column, reason, "fill it, as the broker reported it")
    if issues.errors:
        return []
    from_name = _COUNTED.sub("", sender).strip("-_")
    exact = [table.exact_or_none(c) for c in ("last_qty", "last_px")]
    words = [
        table[c] for c in ("exec_id", "status", "ref_exec_id", "ticket_id", "instrument_id", "side")
    ]
    rows = zip(table["sender"], *words, *exact, table["time"], _starts(table, issues), strict=True)
    return [Report(own or from_name, *cells) for own, *cells in rows]


def _starts(table: Table, issues: Issues) -> list[Start | None]:
    """Of each row, where it says both price and time."""
    found: list[Start | None] = []
    pairs = zip(table.exact_or_none("start_px"), table["start_time"], table["time"], strict=True)
    for row, (price, time, end) in enumerate(pairs):
        if (price is None) != (time is None):
            blank = "start_px" if price is None else "start_time"
            table.error(issues, row, blank, "a start is a price and a time", "fill both, or none")
        elif time is not None and time > end:
            table.error(issues, row, "start_time", "after the row's own time", "correct one")
        found.append(None if price is None or time is None else Start(price, time))
    return found
