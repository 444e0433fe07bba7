"""Folders, hand-offs and journals that somebody else made to look like ours: refused, never a fault of ours."""

import hashlib
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from neutralizer.records.manifest import described
from tests.conftest import SCENARIOS
from tests.tools.command_line import Done
from tests.tools.firm import Firm, released_firm
from tests.tools.operations import WHEN, acks, ticket


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that has released a run and has a key for views."""
    firm = released_firm().copied(tmp_path / "firm")
    key = firm.root / "view.key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    return firm


def handed(firm: Firm, **changes: Any) -> None:
    """Another manifest of the release, and a `.done` that fits it."""
    (path,) = firm.handoff.glob("neutralizer_manifest_*.json")
    (done,) = firm.handoff.glob("*.done")
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
    done.write_text(hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize(
    "changes",
    [
        {"as_of": 5},
        {"as_of": "x"},
        {"as_of": "2024-06-27T16:00:00"},
        {"released_at": "0001-01-01T00:00:00+00:00", "as_of": "0001-01-01T00:00:00+00:00"},
        {"released_at": "0001-01-01T00:00:00+14:00"},
        {"kinds": {"zz": {"file": "acks.csv", "sha256": ""}}},
    ],
)
def test_a_release_that_was_made_up_is_11(firm: Firm, changes: dict[str, Any]) -> None:
    acks(firm, f"{ticket(firm, 'internal_transfers')},BOOKED")
    handed(firm, **changes)
    for words in (
        ("status", firm.handoff),
        ("release", firm.root / "runs" / "run", "--to", firm.handoff),
    ):
        assert firm.does("night", *words).returncode == 11


@pytest.mark.parametrize("kind", ["hedges", "internal_transfers_phase1"])
@pytest.mark.parametrize(("old", "new"), [("ref_ticket_id", "other"), ("NEW,", "CANCEL,abc,")])
def test_a_table_of_a_release_is_one_of_ours(firm: Firm, kind: str, old: str, new: str) -> None:
    (path,) = firm.handoff.glob(f"neutralizer_{kind}_*.csv")
    text = path.read_text()
    if new.startswith("CANCEL"):
        text = (
            text.replace(",NEW,", ",CANCEL,").replace(",60000,", ",abc,").replace(",10,", ",abc,")
        )
    path.write_text(text.replace(old, new) if not new.startswith("CANCEL") else text)
    told = json.loads(next(firm.handoff.glob("neutralizer_manifest_*.json")).read_bytes())
    told["kinds"][kind]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    handed(firm, kinds=told["kinds"])
    for more in ((), ("--open-orders",)):
        assert firm.does("night", "status", firm.handoff, *more).returncode == 11


@pytest.mark.parametrize(
    "change",
    [{"start": []}, {"start": {}}, {"event": []}, {"command": None}, {"at": "2024-01-01T00:00:00"}, {"at": 5}, {"figures": 5}, {"kinds": 5}, {"kinds": [[]]}],
)  # fmt: skip
def test_a_line_of_the_journal_is_one_of_ours(firm: Firm, change: dict[str, Any]) -> None:
    path = firm.journal / "journal.jsonl"
    lines = path.read_bytes().splitlines()
    last = json.loads(lines[-2])
    assert last["event"] == "START"
    lines[-2] = json.dumps(last | change).encode()
    previous = hashlib.sha256(lines[-2]).hexdigest()
    lines[-1] = json.dumps(json.loads(lines[-1]) | {"previous": previous}).encode()
    path.write_bytes(b"\n".join(lines) + b"\n")
    head = f"{len(lines)} {hashlib.sha256(lines[-1]).hexdigest()}\n"
    (firm.journal / "journal.head").write_text(head)
    run = firm.root / "runs" / "run"
    for words in (("journal", firm.journal), ("release", run, "--to", firm.handoff)):
        assert firm.does("night", *words).returncode == 11


def told(firm: Firm, change: dict[str, Any]) -> Path:
    """A run whose manifest says something else."""
    run = firm.root / "runs" / "run"
    shutil.rmtree(firm.root / "runs" / "run.approvals")
    path = run / "manifest.json"
    read = json.loads(path.read_bytes())
    for key, value in change.items():
        place = read["settings"] if key == "set" else read
        place.pop(key) if value is ... else place.update({key: value})
    path.write_text(json.dumps(read))
    return run


SHAPES = [
    {"set": ...}, {"set": None}, {"set": 5}, {"set": [[]]},
    {"waivers": "x"}, {"waivers": 5}, {"waivers": []} | {"waivers": [1]}, {"waivers": {"stale": None}}, {"waivers": {"stale": [[]]}},
    {"versions": ...}, {"versions": {}}, {"versions": []}, {"versions": None}, {"versions": "x"},
    {"prepared_by": ...}, {"prepared_by": []}, {"prepared_by": {}},
    {"version": ...}, {"version": "x"}, {"version": 1.5}, {"supersedes": ...}, {"notices": 5},
]  # fmt: skip


def commands(firm: Firm, run: Path) -> dict[str, Done]:
    """Everything that reads a run's folder."""
    key = {"NEUTRALIZER_VIEW_KEY": str(firm.root / "view.key")}
    days = ("--from", "2024-06-01", "--to", "2024-07-01")
    scenario = SCENARIOS / "two-desks"
    return {
        "verify": firm.does("anna", "verify", run),
        "approve": firm.does("anna", "approve", run, "--key", firm.keys["anna"], "--yes"),
        "release": firm.does("night", "release", run, "--to", firm.handoff),
        "explain": firm.does("anna", "explain", run),
        "line": firm.does("anna", "explain", run, "--line", ticket(firm, "hedges") if (run / "hedges.csv").exists() and b"ticket_id" in (run / "hedges.csv").read_bytes() else "X"),
        "view": firm.does("anna", "view", run, "--book", "MM", "--out", firm.root / "v", **key),
        "crosses": firm.does("anna", "crosses", run.parent, *days),
        "previous": firm.does("anna", "check", scenario, "--previous", run),
    }  # fmt: skip


@pytest.mark.parametrize("change", SHAPES)
def test_a_manifest_has_the_shape_of_ours(firm: Firm, change: dict[str, Any]) -> None:
    run = told(firm, change)
    found = commands(firm, run)
    codes = {name: done.returncode for name, done in found.items()}
    assert 70 not in codes.values(), (codes, found)
    assert (codes["verify"], codes["approve"]) == (3, 3)


@pytest.mark.parametrize("version", [7, 0, -1, 2])
def test_a_manifest_has_the_version_of_its_tickets(firm: Firm, version: int) -> None:
    """It left as v7, and the hand-off could not be read any more."""
    done = firm.does("anna", "verify", told(firm, {"version": version}))
    assert (done.returncode, f"of version {version}, not 1" in done.stderr) == (6, True)


TABLES = "hedges internal_transfers cash_transfers reasons limits shadow_prices evidence costs hedge_allocations positions_after positions_next".split()  # fmt: skip
CONTENT = {"empty": b"", "bytes": b"\xff\n", "columns": b"a,b\n1,2\n", "missing": None}


@pytest.mark.parametrize("name", [*(f"{n}.csv" for n in TABLES), "summary.json"])
@pytest.mark.parametrize("how", CONTENT)
def test_a_table_that_no_run_writes_is_refused(firm: Firm, name: str, how: str) -> None:
    run, data = firm.root / "runs" / "run", CONTENT[how]
    shutil.rmtree(firm.root / "runs" / "run.approvals")
    read = json.loads((run / "manifest.json").read_bytes())
    (run / name).unlink()
    read["outputs"].pop(name)
    if data is not None:
        (run / name).write_bytes(data)
        read["outputs"][name] = described(name, data)
    (run / "manifest.json").write_text(json.dumps(read))
    found = {name: done.returncode for name, done in commands(firm, run).items()}
    assert 70 not in found.values(), found
    assert found["verify"] in (3, 6)
    assert found["release"] in (3, 12)


def test_a_pipe_in_the_place_of_a_file_does_not_hang(firm: Firm, tmp_path: Path) -> None:
    """A manifest that is to be replaced, and the journal's history."""

    def late(*words: object) -> None:
        raise TimeoutError("it waits")

    (tmp_path / "q").mkdir()
    os.mkfifo(tmp_path / "q" / "manifest.json")
    (firm.journal / "history.csv").unlink()
    os.mkfifo(firm.journal / "history.csv")
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        scenario = SCENARIOS / "two-desks"
        words = ("run", scenario, "--no-baseline", "-q", "--out")
        assert firm.does("night", *words, tmp_path / "q", "--replace").returncode == 7
        assert firm.does("night", *words, tmp_path / "r").returncode == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("word", "fill", "told"),
    [
        ("BOOKED", "internal_transfers", "is booked whole by acks, and fills name it"),
        ("CANCELLED", "internal_transfers", "is booked whole by acks, and fills name it"),
        ("REJECTED", "hedges", "is REJECTED, and filled by -4"),
        ("CANCELLED", "hedges", "is CANCELLED, and filled by -4"),
    ],
)
def test_what_is_done_or_gone_is_not_filled_as_well(
    firm: Firm, word: str, fill: str, told: str
) -> None:
    name = ticket(firm, fill)
    acks(firm, f"{name},{word}")
    head = "fill_id,ticket_id,book_id,instrument_id,quantity,time\n"
    what = "MM,FUT,-4" if fill == "hedges" else "ARB,ETF,1"
    (firm.handoff / "fills.csv").write_text(
        head + f"F,{name},{what},{WHEN.replace('T18', 'T19')}\n"
    )
    done = firm.does("anna", "status", firm.handoff)
    assert (done.returncode, told in done.stdout) == (13, True), done.stdout


def test_a_release_that_says_nothing_of_an_order_is_one_of_people(firm: Firm) -> None:
    """As it may lie there from an earlier version."""
    (path,) = firm.handoff.glob("neutralizer_manifest_*.json")
    (done,) = firm.handoff.glob("*.done")
    read = json.loads(path.read_bytes())
    read["kinds"].pop("cash_transfers_phase1")
    read.pop("standing_order")
    path.write_text(json.dumps(read))
    done.write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    left = firm.release(firm.root / "runs" / "run")
    assert left.returncode != 70, left.stderr
