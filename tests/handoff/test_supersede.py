"""A released date changes: open tickets are cancelled or replaced, what was done stands."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from neutralizer.proof import prove
from neutralizer.proof.files import Files
from neutralizer.records.finished import finished
from neutralizer.records.folder import read_folder
from neutralizer.records.manifest import described
from neutralizer.records.superseded import superseded
from neutralizer.report.files import parsed
from neutralizer.verify import loaded_of
from tests.conftest import SCENARIOS
from tests.tools.desks import Row, desks, rows
from tests.tools.firm import Firm, released_firm
from tests.tools.operations import WHEN, acks, fills, ticket

TWO_DESKS = SCENARIOS / "two-desks"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that has released a run, in a folder of its own."""
    return released_firm().copied(tmp_path / "firm")


def again(firm: Firm, *changes: tuple[str, str]) -> Path:
    """The date is run again on changed inputs, taking over what was released."""
    scenario = desks(firm.root / "changed", *changes)
    words = ("--supersede", firm.root / "runs" / "run", "--handoff", firm.handoff)
    return firm.run(scenario, *words, "--reason", "late trades", name="cleo", out="second")


MORE = ("quantity: 100000}", "quantity: 120000}")
HEDGED = ("    - {book_id: MM, instrument_id: ETF, quantity: 100000}", "    - {book_id: MM, instrument_id: ETF, quantity: 80000}")  # fmt: skip


def actions(table: list[Row]) -> list[tuple[str, str, str, str]]:
    return sorted((r["action"], r["quantity"], r["ref_ticket_id"], r["version"]) for r in table)


def test_a_released_date_does_not_run_again_unasked(firm: Firm) -> None:
    """Exit 7 before anything is decided, and the way out is named."""
    scenario = desks(firm.root / "changed", MORE)
    out = firm.root / "runs" / "second"
    done = firm.does("night", "run", scenario, "--out", out, "-q", "--handoff", firm.handoff)
    assert done.returncode == 7
    assert "2024-06-27 of two-desks was released as" in done.stderr
    assert "--supersede" in done.stderr
    assert not out.exists()
    assert firm.does("night", "run", TWO_DESKS, "--out", firm.root / "runs" / "same", "-q", "--no-baseline", "--handoff", firm.handoff).returncode == 0  # fmt: skip


def test_open_tickets_are_replaced(firm: Firm) -> None:
    """MM has 20,000 more: the same two lines, the hedge of another size."""
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    second = again(firm, MORE)
    assert actions(rows(second / "hedges.csv")) == [("REPLACE", "20", hedge, "2")]
    assert actions(rows(second / "internal_transfers.csv")) == [("REPLACE", "60000", transfer, "2")]
    assert rows(second / "internal_transfers.csv")[0]["ticket_id"] != transfer
    manifest = json.loads((second / "manifest.json").read_text())
    first = json.loads((firm.root / "runs" / "run" / "manifest.json").read_text())
    assert (manifest["version"], manifest["supersedes"]) == (2, first["run_id"])
    assert manifest["reason"] == "late trades"
    findings = json.loads((second / "summary.json").read_text())["findings"]
    assert findings[0].endswith("2 of its tickets are open, replaced or cancelled here")
    assert firm.does("anna", "verify", second).returncode == 0


def test_a_ticket_without_a_successor_is_cancelled(firm: Firm) -> None:
    """MM sold 20,000 meanwhile: nothing is left to hedge outside."""
    hedge = ticket(firm, "hedges")
    second = again(firm, HEDGED)
    (cancel,) = rows(second / "hedges.csv")
    assert (cancel["action"], cancel["ref_ticket_id"], cancel["quantity"]) == (
        "CANCEL",
        hedge,
        "10",
    )
    assert (cancel["side"], cancel["instrument_id"]) == ("SELL", "FUT")
    assert cancel["ticket_id"].startswith("HDG-20240627-")
    assert cancel["ticket_id"] != hedge
    assert rows(second / "hedge_allocations.csv") == []
    assert firm.does("anna", "verify", second).returncode == 0
    page = (second / "report.html").read_text()
    section = page[page.index('<section id="amendments"') : page.index('<section id="tickets"')]
    assert (
        "Of its tickets 1 are cancelled, for what is still open of them, and 1 replaced" in section
    )
    assert hedge in section
    assert cancel["ticket_id"] in section


def test_what_was_filled_stands_and_the_rest_is_cancelled(firm: Firm) -> None:
    """4 of 10 were filled, and the transfer is booked: today's positions have both."""
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    acks(firm, f"{transfer},BOOKED")
    fills(firm, f"{hedge},MM,FUT,-4")
    executed = (
        ("quantity: -60000}", "quantity: 0}"),
        ("quantity: 100000}", "quantity: 40000}\n    - {book_id: MM, instrument_id: FUT, quantity: -4}"),
    )  # fmt: skip
    second = again(firm, *executed)
    assert actions(rows(second / "hedges.csv")) == [
        ("CANCEL", "6", hedge, "2"),
        ("NEW", "6", "", "2"),
    ]
    assert rows(second / "internal_transfers.csv") == []
    notional = {r["action"]: r["notional_base"] for r in rows(second / "hedges.csv")}
    assert notional["CANCEL"] == "1200000.00"
    assert sorted(p.name for p in (second / "inputs" / "superseded").iterdir()) == [
        "acks.csv", "cash_transfers.csv", "fills.csv", "hedge_allocations.csv", "hedges.csv",
        "internal_transfers.csv", "manifest.json",
    ]  # fmt: skip
    assert firm.does("anna", "verify", second).returncode == 0


def test_what_was_rejected_needs_no_cancel(firm: Firm) -> None:
    acks(firm, f"{ticket(firm, 'hedges')},REJECTED")
    second = again(firm, HEDGED)
    assert rows(second / "hedges.csv") == []


def test_the_superseding_run_is_released_and_takes_the_place(firm: Firm) -> None:
    second = again(firm, MORE)
    for name in ("anna", "ben"):
        assert firm.approves(name, second).returncode == 0
    assert firm.release(second).returncode == 0
    assert len([n for n in firm.names() if n.endswith("_v2.done")]) == 1
    page = firm.does("anna", "status", firm.handoff, "--all").stdout
    assert "v1: 2 CANCEL_PENDING" in page
    assert "v2: 2 OPEN" in page
    third = desks(firm.root / "third", ("quantity: 100000}", "quantity: 130000}"))
    words = ("--supersede", firm.root / "runs" / "run", "--handoff", firm.handoff, "--reason", "x")
    done = firm.does("cleo", "run", third, "--out", firm.root / "runs" / "third", "-q", *words)
    assert done.returncode == 7, "only the last release can be superseded"


def test_what_came_back_since_is_not_cancelled(firm: Firm) -> None:
    """The old order was filled after the new run was made: released as it is, 10 would be sold twice."""
    second = again(firm, MORE)
    for name in ("anna", "ben"):
        assert firm.approves(name, second).returncode == 0
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-10")
    done = firm.release(second)
    assert done.returncode == 10
    assert (
        f"{ticket(firm, 'hedges')} of the superseded run moved since this run was made"
        in done.stderr
    )
    assert not [n for n in firm.names() if "_v2" in n]
    (firm.handoff / "fills.csv").unlink()
    assert firm.release(second).returncode == 0
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-10")
    assert "already released" in firm.release(second).stderr, "it has left: nothing to be late for"


def test_who_may_not_supersede(firm: Firm) -> None:
    words = ("--supersede", firm.root / "runs" / "run", "--handoff", firm.handoff, "--reason", "x")
    done = firm.does("night", "run", TWO_DESKS, "--out", firm.root / "runs" / "x", "-q", *words)
    assert done.returncode == 12
    assert "night may not supersede: ask cleo" in done.stderr
    assert firm.does("cleo", "run", TWO_DESKS, "--dry-run", "--supersede", "x").returncode == 2


def test_status_says_what_is_open(firm: Firm) -> None:
    """Nothing came back; then 4 of 10; then all of it."""
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    assert "2 OPEN" in firm.does("anna", "status", firm.handoff).stdout
    table = firm.does("anna", "status", firm.handoff, "--open-orders").stdout
    assert table == (
        "book_id,instrument_id,quantity,ticket_id\n"
        f"MM,ETF,-60000,{transfer}\nARB,ETF,60000,{transfer}\nMM,FUT,-10,{hedge}\n"
    )
    acks(firm, f"{transfer},BOOKED")
    fills(firm, f"{hedge},MM,FUT,-4")
    said = firm.does("anna", "status", firm.handoff).stdout
    assert "1 DONE, 1 PART_FILLED" in said
    assert "4 of 10" in said
    table = firm.does("anna", "status", firm.handoff, "--open-orders").stdout
    assert table.splitlines()[1:] == [f"MM,FUT,-6,{hedge}"]
    fills(firm, f"{hedge},MM,FUT,-4", f"{hedge},MM,FUT,-6")
    assert "2 DONE" in firm.does("anna", "status", firm.handoff).stdout


def test_what_does_not_fit_is_told(firm: Firm) -> None:
    """More filled than ordered, and a ticket that was never released."""
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-14", "HDG-20240627-0000000000,MM,FUT,1")
    said = firm.does("anna", "status", firm.handoff).stdout
    assert "is filled by -14 FUT for MM, it is for no more than -10" in said
    assert "HDG-20240627-0000000000 came back and was never released" in said


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("acks.csv", "ticket_id,status,time\nX,DONE,2024-06-27T18:00:00-04:00\n", "acks.csv:2:status value='DONE' not a valid status; use one of BOOKED, REJECTED, CANCELLED"),
        ("acks.csv", "ticket_id,status,time\nX,BOOKED,18:00\n", "acks.csv:2:time value='18:00' not a valid time"),
        ("fills.csv", f"fill_id,book_id,instrument_id,quantity,time\nF,MM,FUT,1,{WHEN}\nF,MM,FUT,1,{WHEN}\n", "fills.csv:3:fill_id value='F' duplicate key, first on line 2"),
        ("fills.csv", f"fill_id,book_id,instrument_id,quantity,time\nF,MM,FUT,one,{WHEN}\n", "fills.csv:2:quantity value='one' not a number"),
        ("fills.csv", "", "fills.csv the file is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(firm: Firm, file: str, text: str, reason: str) -> None:
    (firm.handoff / file).write_text(text)
    done = firm.does("anna", "status", firm.handoff)
    assert done.returncode == 3
    assert reason in done.stderr


def test_what_is_done_must_be_in_the_positions(firm: Firm) -> None:
    """4 of 10 were filled and the transfer is booked: positions that know of neither would do both again."""
    acks(firm, f"{ticket(firm, 'internal_transfers')},BOOKED")
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-4")
    words = (
        "--supersede",
        firm.root / "runs" / "run",
        "--handoff",
        firm.handoff,
        "--reason",
        "late",
    )
    scenario, out = desks(firm.root / "changed"), firm.root / "runs" / "second"
    done = firm.does("cleo", "run", scenario, "--out", out, "-q", *words)
    assert done.returncode == 3
    assert "MM ETF is still 100000, and -60000 are booked or filled of run" in done.stderr
    assert "MM FUT is still 0, and -4 are booked or filled" in done.stderr
    assert "ARB ETF is still -60000, and 60000 are booked" in done.stderr
    assert not out.exists()
    waived = ("--accept-jump", "MM/ETF", "--accept-jump", "ARB/ETF", "--accept-jump", "FUT")
    ben = ("--waived-by", "ben", "--waiver-reason", "sold since", "--until", "2199-01-01T00:00:00Z")
    done = firm.does("cleo", "run", scenario, "--out", out, "-q", *words, *waived, *ben)
    assert done.returncode == 0, done.stderr


def test_what_never_left_is_not_superseded(firm: Firm) -> None:
    """Of a folder where it is not, and of another date."""
    words = ("run", "--supersede", firm.root / "runs" / "run", "--reason", "late", "-q", "--out")
    empty = firm.root / "elsewhere"
    empty.mkdir()
    out = firm.root / "runs" / "second"
    scenario = desks(firm.root / "changed", MORE)
    done = firm.does("cleo", *words, out, scenario, "--handoff", empty)
    assert (done.returncode, "there is nothing to supersede" in done.stderr) == (7, True)
    tomorrow = desks(firm.root / "tomorrow", ("2024-06-27T", "2024-06-28T"))
    done = firm.does("cleo", *words, out, tomorrow, "--handoff", firm.handoff)
    assert (done.returncode, "there is nothing to supersede" in done.stderr) == (7, True)


def test_the_old_run_does_not_leave_beside_the_new(firm: Firm) -> None:
    """Its hedges were still here when it was superseded: they stay here."""
    second = again(firm, MORE)
    for name in ("anna", "ben"):
        assert firm.approves(name, second).returncode == 0
    assert firm.release(second).returncode == 0
    done = firm.release(firm.root / "runs" / "run")
    assert done.returncode == 7
    assert "2024-06-27 of two-desks was released as" in done.stderr


def test_what_is_done_after_it_was_taken_back_is_told(firm: Firm) -> None:
    """Both the old transfer and the new one were booked, and the old order worked on."""
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    second = again(firm, MORE)
    for name in ("anna", "ben"):
        firm.approves(name, second)
    assert firm.release(second).returncode == 0
    assert "DOES NOT FIT" not in firm.does("anna", "status", firm.handoff).stdout
    acks(firm, f"{transfer},BOOKED")
    fills(firm, f"{hedge},MM,FUT,-10")
    said = firm.does("anna", "status", firm.handoff).stdout
    assert f"DOES NOT FIT: {transfer} was taken back by" in said
    assert f"DOES NOT FIT: {hedge} was taken back by" in said
    assert "10 of it are done: it stood at 0" in said


@pytest.mark.parametrize(
    ("fill", "told", "still"),
    [
        ("MM,FUT,4", "is filled by 4 FUT for MM, it is for -10", "-10"),
        ("ARB,FUT,-10", "is filled by -10 FUT for ARB, which it is not for", "-10"),
        ("MM,ETF,-10", "is filled by -10 ETF for MM, which it is not for", "-10"),
        ("MM,FUT,-12", "it is for no more than -10", ""),
    ],
)
def test_a_fill_of_something_else_is_told_and_turns_nothing_round(
    firm: Firm, fill: str, told: str, still: str
) -> None:
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    acks(firm, f"{transfer},REJECTED", f"{hedge},BOOKED")
    fills(firm, f"{hedge},{fill}", f"{transfer},MM,ETF,1")
    said = firm.does("anna", "status", firm.handoff).stdout
    assert f"DOES NOT FIT: {hedge} {told}" in said or told in said
    assert f"{hedge} is BOOKED by acks: orders are filled by fills or executions" in said
    table = firm.does("anna", "status", firm.handoff, "--open-orders").stdout.splitlines()[1:]
    assert table == ([f"MM,FUT,{still},{hedge}"] if still else [])


@pytest.fixture
def amended(firm: Firm) -> Path:
    """A run with a REPLACE and a CANCEL."""
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-4")
    return again(
        firm, (MORE[0], f"{MORE[1]}\n    - {{book_id: MM, instrument_id: FUT, quantity: -4}}")
    )


def lost_cancel(files: Files) -> None:
    """The CANCEL is gone: the rest of the old order would be worked beside the new one."""
    files.cancels["hedges.csv"].clear()


def cancelled_whole(files: Files) -> None:
    """The CANCEL is of what is already filled too."""
    files.cancels["hedges.csv"][0]["quantity"] = "10"


def cancelled_side(files: Files) -> None:
    """The CANCEL is of a purchase."""
    files.cancels["hedges.csv"][0]["side"] = "BUY"


def cancelled_notional(files: Files) -> None:
    """The CANCEL is worth something else."""
    files.cancels["hedges.csv"][0]["notional_base"] = "2000000.00"


def cancelled_twice(files: Files) -> None:
    """The CANCEL is a duplicate."""
    files.cancels["hedges.csv"] *= 2


def cancels_another(files: Files) -> None:
    """The CANCEL is of a ticket that was never there."""
    files.cancels["hedges.csv"][0]["ref_ticket_id"] = "HDG-20240627-0000000000"


def new_for_replace(files: Files) -> None:
    """The transfer would be booked beside the old one."""
    files["internal_transfers.csv"][0] |= {"action": "NEW", "ref_ticket_id": ""}


def replaces_what_is_filled(files: Files) -> None:
    """An order of which something is filled is replaced."""
    ref = files.cancels["hedges.csv"].pop()["ref_ticket_id"]
    files["hedges.csv"][0] |= {"action": "REPLACE", "ref_ticket_id": ref}


def another_action(files: Files) -> None:
    """An action that operations do not know."""
    files["internal_transfers.csv"][0]["action"] = "AMEND"


def old_version(files: Files) -> None:
    """The version is the old run's."""
    files["hedges.csv"][0]["version"] = "1"


FAULTS = {
    lost_cancel: "is open and neither replaced nor cancelled",
    cancelled_whole: "quantity 10 is not the 6 that is open",
    cancelled_side: "side 'BUY' is not 'SELL'",
    cancelled_notional: "notional_base 2000000.00 is not 1200000.00",
    cancelled_twice: "is not open, or is named twice",
    cancels_another: "HDG-20240627-0000000000 is not open",
    new_for_replace: "is open and neither replaced nor cancelled",
    replaces_what_is_filled: "of which something is done",
    another_action: "AMEND of TRF",
    old_version: "version 1 is not 2",
}


def test_every_wrong_amendment_is_caught(amended: Path) -> None:
    run = finished(amended)
    scenario = loaded_of(run).scenario
    old = superseded(
        {n.removeprefix("inputs/"): d for n, d in read_folder(amended).items() if "/sup" in n}
    )
    assert prove(scenario, parsed(run.files), old) == []
    change: Callable[[Files], None]
    for change, reason in FAULTS.items():
        files = parsed(run.files)
        change(files)
        assert any(reason in fault for fault in prove(scenario, files, old)), change.__name__
    assert prove(scenario, parsed(run.files)), "and all of it without a superseded run"


def test_only_what_was_released_is_superseded(firm: Firm) -> None:
    """A folder made to look like the run: its tickets smaller, all hashes right. What really left would
    have stayed open beside what replaces it.
    """
    old = firm.root / "runs" / "run"
    told = json.loads((old / "manifest.json").read_bytes())
    data = (old / "internal_transfers.csv").read_bytes().replace(b",60000,", b",10000,")
    (old / "internal_transfers.csv").write_bytes(data)
    told["outputs"]["internal_transfers.csv"] = described("internal_transfers.csv", data)
    (old / "manifest.json").write_text(json.dumps(told))
    shutil.rmtree(firm.root / "runs" / "run.approvals")
    scenario = desks(firm.root / "changed", MORE)
    words = ("--supersede", old, "--handoff", firm.handoff, "--reason", "r", "-q")
    out = firm.root / "runs" / "second"
    done = firm.does("cleo", "run", scenario, "--out", out, *words)
    assert (done.returncode, "is not the one that was released there" in done.stderr) == (11, True)
    assert not out.exists()


def test_a_run_that_keeps_another_old_run_does_not_leave(firm: Firm) -> None:
    """It was made against another hand-off, where that one had left: the release looks again."""
    old, other = firm.root / "runs" / "run", firm.root / "other"
    was = hashlib.sha256((old / "manifest.json").read_bytes()).hexdigest()
    told = (old / "manifest.json").read_text()
    (old / "manifest.json").write_text(told.replace('"written_at"', ' "written_at"'))
    now = hashlib.sha256((old / "manifest.json").read_bytes()).hexdigest()
    shutil.rmtree(firm.root / "runs" / "run.approvals")
    shutil.copytree(firm.handoff, other)
    (path,) = other.glob("neutralizer_manifest_*.json")
    path.write_text(path.read_text().replace(was, now))
    (done,) = other.glob("*.done")
    done.write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    scenario = desks(firm.root / "changed", MORE)
    words = ("--supersede", old, "--handoff", other, "--reason", "late trades")
    second = firm.run(scenario, *words, name="cleo", out="second")
    for name in ("anna", "ben"):
        assert firm.approves(name, second).returncode == 0
    left = firm.release(second)
    assert (left.returncode, "is not the one that was released there" in left.stderr) == (11, True)
    assert len([n for n in firm.names() if n.endswith(".done")]) == 1
