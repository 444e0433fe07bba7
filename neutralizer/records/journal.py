"""The journal: who did what and how it ended, append-only, each line chained to the one before.

A folder of its own holds `journal.jsonl`, `journal.head` (number and hash of the last line, so that a
cut tail is seen too) and `history.csv` (one line per run). What leaves marks its line, so that a journal that
is rolled back or written anew is seen as well. START is written before the work, one of
COMPLETE, REFUSED, FAILED after it. A START without an end is told by the next entry, once (ENDED).
"""

import hashlib
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neutralizer.errors import (
    CannotWrite,
    FolderTaken,
    InputsRefused,
    Issue,
    Locked,
    NeutralizerError,
    Tampered,
)
from neutralizer.load.written.plain import read_json
from neutralizer.records.one_file import append, content, cut_off, holding, put

FILE, HEAD, HISTORY = "journal.jsonl", "journal.head", "history.csv"
ENDS = ("COMPLETE", "REFUSED", "FAILED")
LONGEST_WAIT = 60.0  # seconds for another's line
Event = dict[str, Any]


@dataclass
class Entry:
    """One START and what is known at its end. `figures` go into history.csv."""

    number: int = 0
    folder: Path | None = None
    mark: Event | None = None  # where it stands: the journal's id, and its line with its hash
    past: tuple[Event, ...] = ()  # what the journal held before
    unfinished: tuple[str, ...] = ()  # sentences, of work that began and never ended
    facts: Event = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)


@contextmanager
def journalled(folder: Path | None, command: str, /, **facts: Any) -> Iterator[Entry]:
    """Writes START, then how the work ended. Without a folder nothing is written.

    Raises CannotWrite before the work where the journal cannot be written, Tampered where its chain
    does not hold.
    """
    if folder is None:
        yield Entry()
        return
    entry = _start(folder, command, facts)
    try:
        yield entry
    except NeutralizerError as refusal:
        end = {"exit_code": refusal.exit_code, "reason": str(refusal)[:500]}
        _end(folder, entry, "REFUSED", end)
        raise
    except BaseException as failure:
        _end(folder, entry, "FAILED", {"reason": repr(failure)[:500]})
        raise
    _end(folder, entry, "COMPLETE", {})


def begin(folder: Path) -> str:
    """A new journal without a line, and its id: what its first line follows. Raises FolderTaken where one
    is there, CannotWrite.
    """
    _is_there(folder)
    with holding(folder, LONGEST_WAIT):
        if (folder / FILE).exists() or (folder / HEAD).exists():
            raise FolderTaken(f"{folder} holds a journal already: name a new folder")
        own = secrets.token_hex(32)
        put(folder / HEAD, f"0 {own}\n".encode())
        return own


def events(folder: Path) -> tuple[Event, ...]:
    """Every line, checked. Raises InputsRefused where there is none, Tampered where the chain does not hold."""
    _has_begun(folder)
    return _read(folder)[0]


def not_ended(folder: Path, entry: Entry, what: str) -> list[Event]:
    """STARTs of before an entry that have a fact and no end of their own, as the journal is now."""
    there = events(folder)
    ended = {e.get("start") for e in there if e["event"] in ENDS}
    return [
        e
        for e in there
        if e["event"] == "START"
        and e.get(what)
        and e["number"] < entry.number
        and e["number"] not in ended
    ]


def stands(past: Sequence[Event], mark: Mapping[str, Any]) -> bool:
    """Whether a journal still has the line that was marked, as it was. Raises KeyError, TypeError where it
    is no mark.
    """
    number = mark["line"]
    there = past[number - 1] if 0 < number <= len(past) else {}
    return bool(there) and (past[0]["previous"], there["hash"]) == (mark["id"], mark["hash"])


def _is_there(folder: Path) -> None:
    if not folder.is_dir():
        raise CannotWrite(f"there is no folder {folder} for the journal: make it first")


def _has_begun(folder: Path) -> None:
    if not (folder / FILE).exists() and not (folder / HEAD).exists():
        remedy = f"name its folder; a new one begins with `neutralizer journal {folder} --new`"
        raise InputsRefused([Issue(str(folder), 0, "", None, "holds no journal", remedy)])


def _start(folder: Path, command: str, facts: Event) -> Entry:
    _is_there(folder)
    _has_begun(folder)
    with holding(folder, LONGEST_WAIT):
        past, torn = _corrected(folder)
        told = _unfinished(past)
        lost = [{"event": "ENDED", "start": e["number"], "without": "an end"} for e in told]
        own = {"event": "START", "command": command, "pid": os.getpid(), "host": _host()} | facts
        written = _append(folder, past, [*lost, own])
    sentences = [
        f"{e['command']} of {e['at']} ({e.get('scenario') or e.get('folder') or 'nothing named'}) "
        "began and has not ended: find out what became of it"
        for e in told
    ]
    if torn:
        sentences.append("the last line of the journal was torn and has been dropped")
    line = written[-1]
    mark = {"id": (past or written)[0]["previous"], "line": line["number"], "hash": line["hash"]}
    return Entry(line["number"], folder, mark, past, tuple(sentences))


def _end(folder: Path, entry: Entry, event: str, facts: Event) -> None:
    """The end of an entry. What was done stands, whether or not this can be written."""
    try:
        with holding(folder, LONGEST_WAIT):
            own = {"event": event, "start": entry.number} | entry.facts | facts
            if event == "COMPLETE" and entry.figures:
                own |= {"figures": entry.figures}
            _append(folder, _corrected(folder)[0], [own])
            if "figures" in own:
                _note(folder / HISTORY, entry.figures)
    except (CannotWrite, Locked, Tampered):
        return  # the next entry tells that this one never ended


def _corrected(folder: Path) -> tuple[tuple[Event, ...], bool]:
    """Every whole line, and whether a torn one stood after them, which is cut off."""
    past, size, _ = _read(folder)
    torn = len(content(folder / FILE) or b"") > size
    if torn:
        cut_off(folder / FILE, size)
    return past, torn


def _note(path: Path, figures: dict[str, str]) -> None:
    head = "" if path.exists() else ",".join(figures) + "\n"
    append(path, (head + ",".join(figures.values()) + "\n").encode())


def _append(folder: Path, past: tuple[Event, ...], new: list[Event]) -> list[Event]:
    previous = past[-1]["hash"] if past else _read(folder)[2]
    written = []
    for number, event in enumerate(new, len(past) + 1):
        head = {"number": number, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        line = json.dumps(head | event | {"previous": previous})
        before, previous = previous, hashlib.sha256(line.encode()).hexdigest()
        written.append(head | event | {"previous": before, "hash": previous})
        _chain(folder, (line + "\n").encode(), f"{number} {previous}\n".encode())
    return written


def _chain(folder: Path, line: bytes, head: bytes) -> None:
    """Both, or on failure neither: a line without its head would be one too many the next time."""
    path = folder / FILE
    size = path.stat().st_size if path.exists() else 0
    try:
        append(path, line)
        put(folder / HEAD, head)
    except BaseException:
        if path.exists() and content(folder / HEAD) != head:
            cut_off(path, size)
        raise


def _read(folder: Path) -> tuple[tuple[Event, ...], int, str]:
    """Every whole line, with its hash, how many bytes they take, and the journal's id. One line may stand
    after the head: its writer was killed between the two.
    """
    data, found, size = content(folder / FILE) or b"", list[Event](), 0
    head = (content(folder / HEAD) or b"").decode("utf-8", "replace").split()
    own = _id(data, head)
    previous = own
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            break
        event = _event(line, number, previous)
        previous = hashlib.sha256(line[:-1]).hexdigest()
        found.append(event | {"hash": previous})
        size += len(line)
    ends = [["0", own], *([str(e["number"]), e["hash"]] for e in found)]
    if head not in ends[-2:]:
        raise Tampered(
            f"{folder / FILE} does not end where journal.head says: keep both, and ask who changed "
            "them; `neutralizer journal FOLDER --new` begins another"
        )
    return tuple(found), size, own


def _id(data: bytes, head: list[str]) -> str:
    """What the first line follows; before there is one, what the head says."""
    if b"\n" not in data:
        return head[1] if len(head) == 2 and head[0] == "0" else ""
    try:
        return str(read_json(data.partition(b"\n")[0])["previous"])
    except (ValueError, KeyError, TypeError):
        return ""


def _event(line: bytes, number: int, previous: str) -> Event:
    try:
        event: Event = read_json(line)
        follows = (event["number"], event["previous"]) == (number, previous)
        follows = follows and {"at", "event"} <= event.keys() and _is_told(event)
    except (ValueError, KeyError, TypeError, AttributeError):
        follows = False
    if not follows:
        raise Tampered(
            f"line {number} of the journal does not follow from the one before: it was changed; keep "
            "it, and ask who did; `neutralizer journal FOLDER --new` begins another"
        )
    return event


def _is_told(event: Event) -> bool:
    """Whether what is read of it is what this program writes. Raises KeyError, ValueError, TypeError."""
    told = event.get("figures", {})
    return (
        isinstance(event["event"], str)
        and isinstance(event.get("start"), int | None)
        and (event["event"] != "START" or isinstance(event.get("command"), str))
        and datetime.fromisoformat(event["at"]).tzinfo is not None
        and all(isinstance(kind, str) for kind in event.get("kinds", ()))
        and isinstance(told, dict)
        and all(isinstance(x, str) and len(x) < 100 for x in told.values())
    )


def _unfinished(past: tuple[Event, ...]) -> list[Event]:
    """Every START without an end whose process is gone."""
    ended = {e.get("start") for e in past if e["event"] != "START"}
    open_ = [e for e in past if e["event"] == "START" and e["number"] not in ended]
    return [e for e in open_ if not _runs(e)]


def _runs(event: Event) -> bool:
    """Whether a process of that number still runs on this host; of another host that is not known."""
    pid = event.get("pid")
    if event.get("host") != _host() or not isinstance(pid, int) or not 0 < pid < 2**31:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _host() -> str:
    return socket.gethostname()
