"""The folder that operations read: what was handed over to them, unit by unit, `.done` last.

neutralizer_hedges_20240628_0a1b2c3d4e5f_v1.csv      the tickets of one unit, as in the run's folder
neutralizer_hedges_20240628_0a1b2c3d4e5f_v1.ctl.json rows, control totals, hash
neutralizer_hedges_20240628_0a1b2c3d4e5f_v1.sha256   for `sha256sum -c`
neutralizer_manifest_20240628_0a1b2c3d4e5f_v1.json   what belongs together, and who let it go
neutralizer_20240628_0a1b2c3d4e5f_v1.done            all of it is here: never read without it
neutralizer_20240628_0a1b2c3d4e5f_v1.read            a copy of .done, by operations: they have it

All of it lies in that folder itself, or in one of its date.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from neutralizer.domain.came_back import Executions
from neutralizer.domain.executions import states, taken_back
from neutralizer.domain.money import decimal
from neutralizer.errors import CannotWrite, FolderTaken, Tampered
from neutralizer.load.written.plain import read_json
from neutralizer.load.written.values import instant
from neutralizer.records.manifest import described
from neutralizer.records.one_file import content, put_all
from neutralizer.records.units import KINDS, UNITS, kind_of, units_of_kind
from neutralizer.records.writing import csv_rows, json_bytes

Row = dict[str, str]
AUTO = "_auto"  # a part that a standing order let go at night; a second one of a run is _auto2
MOST_OF_A_RECEIPT = 2**12
OF_A_DAY = (
    "[0-9]" * 4 + "-" + "[0-9]" * 2 + "-" + "[0-9]" * 2
)  # a folder below it, by business date
PART = re.compile(rf"{AUTO}[0-9]*$")
DONE, READ = ".done", ".read"
MARKS = {"run_id", "name", "business_date", "version", "released_at", "kinds"}  # of its manifest


@dataclass(frozen=True)
class Handed:
    """One release that is whole: its manifest and its tables."""

    manifest: dict[str, Any]
    files: dict[str, bytes]  # unit -> CSV
    receipt: str = (
        ""  # READ where operations have it, blank where they do not say, else what is wrong
    )

    @property
    def run_id(self) -> str:
        """Of the run that was released."""
        return str(self.manifest["run_id"])

    @property
    def tables(self) -> dict[str, list[Row]]:
        """Every kind's rows."""
        return {kind: self.rows(kind) for kind in KINDS}

    def rows(self, kind: str) -> list[Row]:
        """Of one kind, of all phases; none where nothing of that kind is in this part."""
        return [
            row
            for unit in units_of_kind(kind)
            if unit in self.files
            for row in csv_rows(self.files[unit])[1]
        ]


def stem(day: date, run_id: str, version: int, part: str = "") -> str:
    """What the names of one release share."""
    return f"{day:%Y%m%d}_{run_id}_v{version}{part}"


def hand_over(
    folder: Path, name: str, units: Mapping[str, bytes], manifest: dict[str, Any]
) -> None:
    """Writes every file whole, `.done` last; on failure what was written is taken back, and with `.done`
    nothing fails. The name of the units' files leaves the part out, so that a unit has one name.
    Raises OSError, FolderTaken where something else stands there.
    """
    plain, files = PART.sub("", name), {}
    for unit, data in units.items():
        own = f"neutralizer_{unit}_{plain}"
        sha256 = hashlib.sha256(data).hexdigest()
        control = {"file": f"{own}.csv"} | described(f"{kind_of(unit)}.csv", data)
        files[f"{own}.csv"] = data
        files[f"{own}.ctl.json"] = json_bytes(control)
        files[f"{own}.sha256"] = f"{sha256}  {own}.csv\n".encode()
        manifest["kinds"][unit] = control
    data = json_bytes(manifest)
    files[f"neutralizer_manifest_{name}.json"] = data
    files[f"neutralizer_{name}{DONE}"] = f"{hashlib.sha256(data).hexdigest()}\n".encode()
    taken = [file for file in files if _is_taken(folder, file, files)]
    if taken:
        raise FolderTaken(f"{folder} holds {taken[0]} already: ask who put it there, and move it")
    put_all(folder, files, last=f"neutralizer_{name}{DONE}")


def _is_taken(folder: Path, file: str, files: Mapping[str, bytes]) -> bool:
    """Whether something else stands there. What was killed before its `.done` may have left the same bytes,
    or those of a manifest with an earlier time.
    """
    path = folder / file
    if not (path.exists() or path.is_symlink()):
        return False
    done = next(name for name in files if name.endswith(DONE))
    left = path.is_file() and not path.is_symlink() and not (folder / done).exists()
    return not (left and (file.startswith("neutralizer_manifest_") or content(path) == files[file]))


def handed_over(folder: Path) -> list[Handed]:
    """Every release that is whole, oldest first. Raises CannotWrite where there is no such folder,
    Tampered where a file is not what was released.
    """
    if not folder.is_dir():
        raise CannotWrite(f"there is no folder {folder}: make it first")
    places = (folder, *of_days(folder))
    found = [_read(p, done) for p in places for done in sorted(p.glob(f"neutralizer_*{DONE}"))]
    return sorted(found, key=lambda h: (h.manifest["released_at"], h.run_id))


def of_days(folder: Path) -> list[Path]:
    """The folders of single days in the one that operations read, oldest first."""
    return [path for path in sorted(folder.glob(OF_A_DAY)) if path.is_dir()]


def day_folder(folder: Path, day: str) -> Path:
    """The folder of a date in it, made where it is missing; itself for no date. Raises OSError."""
    if not day:
        return folder
    path = folder / day
    if not path.exists():
        path.mkdir()
        path.chmod(folder.stat().st_mode & 0o7777)
    return path


def receipt(done: Path) -> str:
    """READ where a copy of a `.done` says that operations have what belongs to it, blank where there is none,
    else what is wrong with it.
    """
    told = content(done.with_suffix(READ), most=MOST_OF_A_RECEIPT)
    if told is None:
        return ""
    return READ if told == content(done) else f"{done.stem}{READ} is no copy of {done.name}"


def what_is_known(released: Sequence[Handed], back: Executions) -> Executions:
    """What came back, and then what later releases took back: their CANCEL and REPLACE rows."""
    gone = [
        ack
        for h in released
        for rows in h.tables.values()
        for ack in taken_back(rows, datetime.fromisoformat(h.manifest["released_at"]), back)
    ]
    return replace(back, acks=(*back.acks, *gone))


def superseded_first(
    before: Sequence[Handed], day: tuple[str, str], run_id: str, supersedes: str | None
) -> None:
    """Raises FolderTaken where a scenario's date (name, day) last left as another run than this one, and
    than the one that it supersedes; or where it supersedes what never left.
    """
    same = [h for h in before if (h.manifest["name"], h.manifest["business_date"]) == day]
    last = max(same, key=lambda h: int(h.manifest["version"])).run_id if same else None
    if last in (run_id, supersedes):
        return
    if last is None:
        raise FolderTaken(
            f"{supersedes} was not released there as {day[1]} of {day[0]}: there is nothing to supersede; "
            "leave --supersede out"
        )
    raise FolderTaken(
        f"{day[1]} of {day[0]} was released as {last}: if it must change, run again with "
        "--supersede and that run's folder, --handoff and --reason"
    )


def _read(folder: Path, done: Path) -> Handed:
    name = done.name.removeprefix("neutralizer_").removesuffix(DONE)
    data = content(folder / f"neutralizer_manifest_{name}.json") or b""
    told = (content(done) or b"").decode("ascii", "replace").strip()
    files = {}
    try:
        manifest = read_json(data)
        if hashlib.sha256(data).hexdigest() != told or not manifest.keys() >= MARKS:
            raise ValueError
        for kind, control in manifest["kinds"].items():
            found = content(folder / control["file"])
            if found is None or hashlib.sha256(found).hexdigest() != control["sha256"]:
                raise Tampered(f"{folder}: {control['file']} is not what was released")
            files[kind] = found
        handed = Handed(manifest, files, receipt(done))
        _is_one_of_ours(handed)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Tampered(
            f"{folder}: the manifest of {name} is not the one that was released"
        ) from None
    return handed


def _is_one_of_ours(handed: Handed) -> None:
    """Raises ValueError, TypeError, KeyError or AttributeError where a release is none that this program
    makes, whatever its hashes say.
    """
    told = handed.manifest
    if type(told["version"]) is not int or not 0 < told["version"] < 10**6:
        raise ValueError
    instant(told["released_at"])
    instant(told.get("as_of", told["released_at"]))
    if not told["kinds"].keys() <= {*UNITS, *KINDS}:
        raise ValueError
    date.fromisoformat(told["business_date"])
    if not all(
        isinstance(told[name], str) and told[name].isprintable() for name in ("run_id", "name")
    ):
        raise ValueError
    states(handed.tables, Executions())
    for kind, rows in handed.tables.items():
        for row in rows if kind != "hedge_allocations" else ():
            decimal(row["amount" if kind == "cash_transfers" else "quantity"])
            row["action"], row["ref_ticket_id"]
