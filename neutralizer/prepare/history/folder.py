"""A history folder -> its frames, or everything that is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.layouts.files import TYPED, grid_of
from neutralizer.load.layouts.layout import Format, Known, Layout
from neutralizer.load.layouts.read import Wanted, layout_of, read_through
from neutralizer.load.written.plain import plain_bytes
from neutralizer.load.written.table import Raw, Table, read_csv, typed
from neutralizer.load.written.yaml_text import read_yaml
from neutralizer.prepare.history.columns import TABLES
from neutralizer.prepare.history.past import Past

if TYPE_CHECKING:
    from pandas import DataFrame

SAYS = "history.yaml"  # which file is which table, where a name or a layout is needed
KINDS = (".csv", *TYPED)
WIDE = "wide"  # the first column days, one column an id
FIRST_OF = {"prices": "price", "factors": "return", "fx": "rate"}  # what stands in a wide table


def read_past(folder: Path, until: date) -> Past:
    """Every table of the folder, without what is dated after a day. Raises InputsRefused with every issue."""
    issues = Issues()
    tables = {name: _table(name, entry, folder, issues) for name, entry in _entries(folder, issues)}
    if issues.errors:
        raise InputsRefused(issues.found)
    if "prices" not in tables:
        remedy = f"write prices.csv (date, instrument_id, price), or name it in {SAYS}"
        raise InputsRefused([Issue(str(folder), 0, "", None, "no prices", remedy)])
    frames = {name: _frames(table, until) for name, table in tables.items()}
    prices = frames["prices"]
    if prices["price"].empty:
        remedy = "ask for a later day (--as-of), or add prices"
        reason = f"no price up to {until}"
        raise InputsRefused([Issue(str(folder), 0, "", None, reason, remedy)])
    return Past(
        str(folder),
        until,
        prices,
        frames["factors"]["return"] if "factors" in frames else _nothing(prices),
        frames["fx"]["rate"] if "fx" in frames else _nothing(prices),
        _currencies(tables["prices"], issues),
    )


def _nothing(prices: dict[str, DataFrame]) -> DataFrame:
    return prices["price"].iloc[:, :0]


def _entries(folder: Path, issues: Issues) -> list[tuple[str, dict[str, str]]]:
    """File and layout of each table: as history.yaml says, else by their names."""
    says = folder / SAYS
    if not says.exists():
        return [
            (name, {"file": name + kind})
            for name in TABLES
            for kind in KINDS
            if (folder / (name + kind)).exists()
        ]
    document = read_yaml(SAYS, plain_bytes(says), issues)
    if document is None:
        raise InputsRefused(issues.found)
    found = []
    for name, entry in document.root.items():
        entry = {"file": entry} if isinstance(entry, str) else entry
        sound = isinstance(entry, dict) and "file" in entry and not set(entry) - {"file", "layout"}
        if name not in TABLES or not sound or not all(isinstance(v, str) for v in entry.values()):
            remedy = f"write {', '.join(TABLES)}, each a file or {{file: …, layout: wide}}"
            issues.error(SAYS, document.line((name,)), name, None, "not a table", remedy)
        else:
            found.append((name, entry))
    return found


def _table(name: str, entry: dict[str, str], folder: Path, issues: Issues) -> Table:
    file, columns = entry["file"], TABLES[name]
    empty = typed(Raw(name, file, (), [], []), columns, issues)
    data = _bytes(folder, file, issues)
    if data is None:
        return empty
    raw = _raw(name, entry, data, folder, issues)
    if raw is None:
        return empty
    table = typed(raw, columns, issues)
    _once(table, columns[1].name, issues)
    return table


def _raw(name: str, entry: dict[str, str], data: bytes, folder: Path, issues: Issues) -> Raw | None:
    file, columns = entry["file"], TABLES[name]
    named, is_plain = entry.get("layout", ""), not file.endswith(TYPED)
    if not named and is_plain:
        raw = read_csv(name, file, data, issues)
        if raw is None or columns[1].name in raw.header:
            return raw

    def fetch(other: str) -> bytes | None:
        return _bytes(folder, other, issues) if (folder / other).exists() else None

    def keep(other: str, copied: bytes) -> None:
        """Nothing is kept: a layout that ships is read from the program."""

    known = (
        layout_of(named, fetch, keep, issues)
        if named not in ("", WIDE)
        else _own(name, file, data, named == WIDE, issues)
    )
    if known is None:
        return None
    wanted = Wanted(name, columns, ("date", columns[1].name))
    read = read_through(wanted, file, data, known, fetch, issues)
    return read.raw if read else None


def _own(name: str, file: str, data: bytes, wide: bool, issues: Issues) -> Known | None:
    """The layout of a file of our own form: long where it has a column of ids, else wide."""
    grid = grid_of(file, data, Format(), issues)
    if grid is None:
        return None
    names = [c.name for c in TABLES[name]]
    if names[1] in grid.header and not wide:
        return Known(file, Layout.model_validate({"columns": {n: n for n in grid.header}}))
    columns = {"date": "row", names[1]: "name", FIRST_OF[name]: "value"}
    return Known(file, Layout.model_validate({"format": {"wide": "all"}, "columns": columns}))


def _bytes(folder: Path, name: str, issues: Issues) -> bytes | None:
    try:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise OSError(0, "it lies outside the folder")
        return plain_bytes(folder / name)
    except OSError as error:
        remedy = "name a plain file in the history folder"
        issues.error(name, 0, "", None, f"cannot be read: {error.strerror}", remedy)
    return None


def _once(table: Table, label: str, issues: Issues) -> None:
    """Each day and id has one row."""
    seen: dict[tuple[Any, str], int] = {}
    for row, key in enumerate(zip(table["date"], table[label], strict=True)):
        if key in seen:
            first = table.raw.first(row, seen[key])
            table.error(issues, row, label, f"a second row of {key[0]}, {first}", "keep one")
        seen.setdefault(key, row)


def _frames(table: Table, until: date) -> dict[str, DataFrame]:
    """One frame a number column that is written, by day and id."""
    import pandas as pd

    label = TABLES[table.name][1].name
    numbers = [c.name for c in TABLES[table.name] if c.kind == "number"]
    written = [c for c in numbers if c in table.raw.header] or numbers[:1]
    keys = pd.MultiIndex.from_arrays([pd.to_datetime(table["date"]), table[label]])
    frame = pd.DataFrame({c: table[c] for c in written}, index=keys)
    frame = frame[frame.index.get_level_values(0) <= pd.Timestamp(until)]
    found = {c: frame[c].unstack(1).sort_index().sort_index(axis=1) for c in written}
    first = found[written[0]].dropna(how="all").dropna(how="all", axis=1)
    return {c: f.reindex(index=first.index, columns=first.columns) for c, f in found.items()}


def _currencies(table: Table, issues: Issues) -> dict[str, str]:
    """Of each instrument; one that changes is refused."""
    found: dict[str, str] = {}
    for row, (name, currency) in enumerate(
        zip(table["instrument_id"], table["currency"], strict=True)
    ):
        if currency and found.setdefault(name, currency) != currency:
            table.error(issues, row, "currency", f"{found[name]} before", "write one currency")
    if issues.errors:
        raise InputsRefused(issues.found)
    return found
