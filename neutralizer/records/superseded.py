"""The superseded run's tickets and what came back of them, kept in inputs/superseded/."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from neutralizer.domain.came_back import Executions
from neutralizer.domain.executions import states
from neutralizer.domain.superseded import Superseded
from neutralizer.errors import Tampered
from neutralizer.load.came_back import LAYOUTS, executions_in, is_layout, kind_of
from neutralizer.load.layouts.read import FOLDER
from neutralizer.load.written.plain import read_json
from neutralizer.records.handed import Handed, of_days
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.one_file import content
from neutralizer.records.units import KINDS, split
from neutralizer.records.writing import csv_rows

PLACE = "superseded/"  # below inputs/


def gathered(run: Mapping[str, bytes], handoff: Path | None) -> dict[str, bytes]:
    """The files that a run keeps of the one that it supersedes, by their names below inputs/."""
    names = (MANIFEST, *(f"{kind}.csv" for kind in KINDS))
    found = {PLACE + name: run[name] for name in names}
    return found | {PLACE + name: data for name, data in came_back(handoff).items()}


def kept(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What a finished run's folder holds of the one that it supersedes."""
    own = {name.removeprefix("inputs/"): data for name, data in files.items()}
    return {name: data for name, data in own.items() if name.startswith(PLACE)}


def since(files: Mapping[str, bytes], handoff: Path) -> list[str]:
    """Tickets of the superseded run of which more is done, or which are gone, since this run was made."""
    old = superseded(kept(files))
    if old is None:
        return []
    now = states(old.tables, executions_in(came_back(handoff)))
    then = [old.states[s.ticket_id] for s in now]
    return [s.ticket_id for s, t in zip(now, then, strict=True) if (s.executed, s.word) != (t.executed, t.word)]  # fmt: skip


def is_what_left(held: Mapping[str, bytes], released: Sequence[Handed]) -> None:
    """Raises Tampered where the run that is superseded is not the one that was released, byte for byte: a
    folder may be made to look like it, and what really left would stay open beside what replaces it.
    """
    own = {n.removeprefix(PLACE): d for n, d in held.items() if n.startswith(PLACE)}
    if not own:
        return
    try:
        manifest, sha256 = read_json(own[MANIFEST]), _sha256(own[MANIFEST])
        parts = [h for h in released if h.manifest.get("manifest_sha256") == sha256]
        told = {kind: manifest["outputs"][f"{kind}.csv"]["sha256"] for kind in KINDS}
        same = all(_sha256(own[f"{kind}.csv"]) == told[kind] for kind in KINDS)
        units = split(own) | {kind: own[f"{kind}.csv"] for kind in KINDS}
        same = same and all(units[k] == data for h in parts for k, data in h.files.items())
    except (KeyError, ValueError, TypeError, AttributeError):
        parts, same = [], False
    if not parts or not same:
        raise Tampered(
            "the run that is superseded is not the one that was released there: name the folder of that "
            "run as it was written"
        )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def came_back(handoff: Path | None) -> dict[str, bytes]:
    """What came back into the folder that operations read, and into those of its days, by name, and how
    brokers' files among it are read.
    """
    places = [handoff, *of_days(handoff)] if handoff else []
    found = [path for place in places for path in sorted(place.iterdir()) if kind_of(path.name)]
    if handoff and (handoff / LAYOUTS).is_file():
        beside = [handoff / LAYOUTS, *sorted(handoff.glob(f"{FOLDER}/*"))]
        found += [path for path in beside if is_layout(path.relative_to(handoff).as_posix())]
    read = {path.relative_to(handoff or path).as_posix(): content(path) for path in found}
    return {name: data for name, data in read.items() if data is not None}


def known_then(held: Mapping[str, bytes]) -> Executions:
    """What had come back when a run was made that keeps the one it supersedes; of any other nothing."""
    return executions_in({n.removeprefix(PLACE): data for n, data in held.items()})


def digest(held: Mapping[str, bytes]) -> str:
    """What makes a run of what it supersedes; blank for nothing."""
    whole = [(name, hashlib.sha256(data).hexdigest()) for name, data in sorted(held.items())]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest() if whole else ""


def superseded(held: Mapping[str, bytes]) -> Superseded | None:
    """Out of what a run keeps; None for nothing. Raises InputsRefused, KeyError, ValueError."""
    own = {n.removeprefix(PLACE): d for n, d in held.items() if n.startswith(PLACE)}
    if not own:
        return None
    manifest = read_json(own[MANIFEST])
    tables = {kind: csv_rows(own[f"{kind}.csv"])[1] for kind in KINDS}
    known = executions_in(own)
    by_id = {state.ticket_id: state for state in states(tables, known)}
    return Superseded(manifest["run_id"], manifest["version"], tables, by_id)
