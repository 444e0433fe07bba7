"""A plan of which a part may cross tonight: released, followed and superseded by kind and phase."""

import csv
import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

from neutralizer.errors import ProofFailed
from neutralizer.verify import verify
from tests.tools.firm import ORDER, SILENT, Firm, approved_firm, ordered, tonight

ARB_HEDGED = (
    ("    - {book_id: MM, instrument_id: ETF, quantity: 100000}",
     "    - {book_id: MM, instrument_id: ETF, quantity: 100000}\n"
     "    - {book_id: ARB, instrument_id: FUT, quantity: 30}"),
    ('{book_id: MM, selector: "*", may: trade}', '{book_id: MM, selector: "asset_class:etf", may: trade}'),
)  # fmt: skip
LARGE = ORDER.replace("total: 6000000", "total: 99000000").replace("tickets: 1", "tickets: 9")
Row = dict[str, str]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return approved_firm().copied(tmp_path / "firm")


@pytest.fixture
def run(firm: Firm) -> Path:
    """ARB has sold its futures' worth of ETF: what MM gives it beyond 1 million waits for ARB's hedges."""
    return firm.run(tonight(firm.root / "t", *ARB_HEDGED), *SILENT, out="t")


def rows(path: Path) -> list[Row]:
    with path.open() as lines:
        return list(csv.DictReader(lines))


def by_phase(folder: Path) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows(folder / "internal_transfers.csv"):
        phase = row["release_phase"]
        found[phase] = found.get(phase, Decimal(0)) + Decimal(row["quantity"])
    return found


def test_so_much_crosses_tonight_as_leaves_nothing_worse(run: Path) -> None:
    """10,000 ETF, 1 million: then ARB stands at its bound. One pair, two tickets, two ids."""
    assert by_phase(run)["1"] == 10000
    assert by_phase(run)["2"] > 0
    tickets = rows(run / "internal_transfers.csv")
    assert len({r["ticket_id"] for r in tickets}) == len(tickets) == 2
    assert {(r["from_book"], r["to_book"]) for r in tickets} == {("MM", "ARB")}
    (arb,) = (r for r in rows(run / "limits.csv") if r["limit_id"] == "ARB-market")
    assert Decimal(arb["after_transfers"]) == 1_000_000
    assert verify(run).night.worse == ("ARB-market book:ARB",)


def test_the_night_takes_its_part_and_people_the_rest(firm: Firm, run: Path) -> None:
    order = ordered(firm, LARGE)
    assert firm.release(run, "--auto", order).returncode == 0
    units = {n.rsplit("_", 3)[0] for n in firm.names() if n.endswith(".csv")}
    assert units == {
        "neutralizer_internal_transfers_phase1",
        "neutralizer_cash_transfers_phase1",
    }
    opened = firm.does("night", "status", firm.handoff, "--open-orders").stdout.splitlines()
    assert sorted(line.split(",")[:3] for line in opened[1:]) == [
        ["ARB", "ETF", "10000"],
        ["MM", "ETF", "-10000"],
    ]
    for name in ("anna", "ben"):
        assert firm.approves(name, run).returncode == 0
    assert firm.release(run).returncode == 0
    assert len([n for n in firm.names() if n.endswith(".csv")]) == 6
    opened = firm.does("night", "status", firm.handoff, "--open-orders").stdout.splitlines()
    units_open = sum(
        Decimal(q) for b, i, q, _ in (x.split(",") for x in opened[1:]) if (b, i) == ("ARB", "ETF")
    )
    assert units_open == sum(by_phase(run).values())


def test_a_ticket_is_replaced_by_one_of_its_own_phase(firm: Firm, run: Path) -> None:
    """What left at night and is not booked is replaced; the rest of the pair is new."""
    assert firm.release(run, "--auto", ordered(firm, LARGE)).returncode == 0
    scenario = firm.root / "t"
    done = firm.does(
        *("cleo", "run", scenario, "--out", firm.root / "runs" / "again", "--no-baseline"),
        *("--supersede", run, "--handoff", firm.handoff, "--reason", "a correction"),
        *("--set", "costs.booking_fee_bps=0.2", *SILENT),
    )
    assert done.returncode == 0, done.stderr
    first = {r["release_phase"]: r["ticket_id"] for r in rows(run / "internal_transfers.csv")}
    again = rows(firm.root / "runs" / "again" / "internal_transfers.csv")
    assert {(r["release_phase"], r["action"], r["ref_ticket_id"]) for r in again} >= {
        ("1", "REPLACE", first["1"])
    }
    assert all(r["ref_ticket_id"] != first["1"] for r in again if r["release_phase"] == "2")


def test_a_phase_that_would_leave_a_limit_worse_is_no_proof(run: Path, tmp_path: Path) -> None:
    """The rest of the crossing booked tonight too, with hashes that agree."""
    path, manifest = run / "internal_transfers.csv", run / "manifest.json"
    table = rows(path)
    moved = [r | {"release_phase": "1"} for r in table]
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(moved)
    told = json.loads(manifest.read_text())
    told["outputs"][path.name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told))
    with pytest.raises(
        ProofFailed, match="ARB-market book:ARB is worse after what is booked tonight"
    ):
        verify(run)
