"""The folder of a study, which fills case by case: a study that was killed goes on where it was."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neutralizer.errors import CannotWrite, FolderTaken
from neutralizer.load.written.plain import read_json
from neutralizer.records.one_file import holding
from neutralizer.records.places import Elsewhere, OnDisk, Place, is_elsewhere
from neutralizer.records.writing import csv_bytes, csv_rows, json_bytes

ASKED, CASES = "study.json", "cases.csv"


class Study:
    """The rows that are there, by case, and what is added."""

    def __init__(self, place: Place, columns: tuple[str, ...]) -> None:
        self.place, self.columns = place, columns
        data = place.read(CASES)
        header, rows = (list(columns), []) if data is None else csv_rows(data)
        if header != list(columns):
            raise ValueError("other columns")
        self.rows = {int(row["case"]): row for row in rows}

    def keep(self, rows: Mapping[int, dict[str, str]]) -> None:
        """Writes them beside those that are there, in the order of the cases. Raises CannotWrite."""
        self.rows |= rows
        self.place.write(CASES, csv_bytes(self.columns, [self.rows[k] for k in sorted(self.rows)]))

    def in_order(self) -> list[dict[str, str]]:
        """Every row that is there, by case, as cases.csv has it."""
        blank = dict.fromkeys(self.columns, "")
        return [blank | self.rows[k] for k in sorted(self.rows)]

    def write(self, name: str, data: bytes) -> None:
        """A file beside them. Raises CannotWrite."""
        self.place.write(name, data)


@contextmanager
def study(out: str, asked: dict[str, Any], columns: tuple[str, ...]) -> Iterator[Study]:
    """A new study, or the same one that did not end. Raises FolderTaken where something else is there, Locked,
    CannotWrite.
    """
    if is_elsewhere(out):
        yield _begun(Elsewhere(out, "--out"), out, asked, columns)
        return
    folder = Path(out)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"cannot make {folder}: {error.strerror}") from None
    with holding(folder):
        yield _begun(OnDisk(folder), out, asked, columns)


def _begun(place: Place, out: str, asked: dict[str, Any], columns: tuple[str, ...]) -> Study:
    there = place.read(ASKED)
    if there is None:
        if not place.is_free():
            raise FolderTaken(f"{out} holds something else: name a new folder")
        place.write(ASKED, json_bytes(asked))
    else:
        try:
            same = read_json(there) == asked
        except ValueError:
            same = False
        if not same:
            raise FolderTaken(f"{out} holds another study: name a new folder")
    try:
        return Study(place, columns)
    except (ValueError, KeyError):
        raise FolderTaken(f"{out}/{CASES} cannot be read: name a new folder") from None
