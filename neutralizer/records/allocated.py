"""What was allocated of executions, file by file beside what was handed over, numbered without a gap.

allocations_0001.csv    bookings, and reversals of earlier ones
allocations_0001.done   its hash: never read the one without the other
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neutralizer.domain.money import decimal
from neutralizer.errors import FolderTaken, Tampered
from neutralizer.records.handed import DONE, of_days
from neutralizer.records.one_file import content, put_all
from neutralizer.records.writing import csv_bytes, csv_rows

Row = dict[str, str]
Key = tuple[str, str, str]  # ticket, instrument, book
NEW, REVERSE = "NEW", "REVERSE"
COLUMNS = (
    "booking_id action ref_booking_id ticket_id instrument_id book_id account_id side quantity price price_of "
    "price_state time"
).split()
NAME = re.compile(r"allocations_([0-9]{4,})\.done")


@dataclass(frozen=True)
class Allocated:
    """One file of bookings that is whole."""

    name: str
    sha256: str
    rows: Sequence[Row]


def allocated(folder: Path) -> list[Allocated]:
    """Every file that is whole, oldest first. Raises Tampered where one is not what was written, or lacks."""
    found = dict[int, Allocated]()
    for place in (folder, *of_days(folder)):
        for done in sorted(place.iterdir()):
            if match := NAME.fullmatch(done.name):
                number = int(match[1])
                if number in found:
                    raise Tampered(f"{folder} holds {done.name} twice: ask who put it there")
                found[number] = _read(done)
    lacks = [n for n in range(1, max(found, default=0)) if n not in found]
    if lacks:
        raise Tampered(
            f"{folder} holds allocations up to number {max(found)}, and not number {lacks[0]}: put it back, "
            "or what it booked would be booked again"
        )
    return [found[n] for n in sorted(found)]


def standing_bookings(before: Sequence[Allocated]) -> dict[Key, list[Row]]:
    """Bookings that no later one reverses, oldest first."""
    rows = [dict(row) for a in before for row in a.rows]
    gone = {row["ref_booking_id"] for row in rows if row["action"] == REVERSE}
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if row["action"] == NEW and row["booking_id"] not in gone:
            found[row["ticket_id"], row["instrument_id"], row["book_id"]].append(row)
    return found


def _read(done: Path) -> Allocated:
    name = done.with_suffix(".csv").name
    data, told = content(done.with_suffix(".csv")) or b"", content(done) or b""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        if told != f"{sha256}\n".encode():
            raise ValueError
        header, rows = csv_rows(data)
        if list(header) != COLUMNS:
            raise ValueError
        for row in rows:
            decimal(row["quantity"])
    except ValueError:
        raise Tampered(f"{done.parent}: {name} is not what was allocated") from None
    return Allocated(name, sha256, rows)


def put_allocated(folder: Path, number: int, rows: Sequence[Row]) -> Allocated:
    """Writes the next file, `.done` last. What was killed before its `.done` is written over; raises
    FolderTaken where something else stands there, OSError.
    """
    name = f"allocations_{number:04d}"
    data = csv_bytes(COLUMNS, rows)
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"{name}.csv"
    if path.is_symlink() or (path.exists() and not _was_killed(path)):
        raise FolderTaken(f"{folder} holds {path.name} already: ask who put it there, and move it")
    done = f"{name}{DONE}"
    put_all(folder, {path.name: data, done: f"{sha256}\n".encode()}, last=done)
    return Allocated(path.name, sha256, rows)


def _was_killed(path: Path) -> bool:
    """Whether it is a file of ours that nobody may read yet."""
    head = ",".join(COLUMNS).encode()
    return path.is_file() and (content(path) or b"").startswith(head)
