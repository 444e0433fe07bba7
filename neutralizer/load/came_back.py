"""What operations write back: acknowledgements and fills."""

from collections.abc import Mapping

from neutralizer.domain.executions import Ack, Executions, Fill
from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.written.columns import ACKS, FILLS, Column
from neutralizer.load.written.table import Raw, Table, read_csv, typed


def executions_in(files: Mapping[str, bytes]) -> Executions:
    """What operations wrote into acks.csv and fills.csv; a file that is not there is an empty one.

    Raises InputsRefused with every issue.
    """
    issues = Issues()
    acks, fills = (
        _came_back(name, columns, files.get(name), issues)
        for name, columns in (("acks.csv", ACKS), ("fills.csv", FILLS))
    )
    if issues.errors:
        raise InputsRefused(issues.found)
    known = [Ack(*row) for row in zip(acks["ticket_id"], acks["status"], acks["time"], strict=True)]
    ids = (fills[c] for c in ("ticket_id", "book_id", "instrument_id"))
    columns = (*ids, fills.exact("quantity"), fills["time"])
    filled = [Fill(*row) for row in zip(*columns, strict=True)]
    return Executions(
        tuple(sorted(known, key=lambda a: a.time)), tuple(sorted(filled, key=lambda f: f.time))
    )


def _came_back(name: str, columns: tuple[Column, ...], data: bytes | None, issues: Issues) -> Table:
    raw = None if data is None else read_csv(name, name, data, issues)
    table = typed(raw or Raw(name, name, (), [], []), columns, issues)
    seen: dict[str, int] = {}
    for row, fill in enumerate(table.columns.get("fill_id", [])):
        if fill in seen:
            line = table.raw.lines[seen[fill]]
            table.error(issues, row, "fill_id", f"duplicate key, first on line {line}", "keep one")
        seen.setdefault(fill, row)
    return table
