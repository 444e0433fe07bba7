"""The proof of a run that takes over another: what becomes of each open ticket, row by row.

The old run is the plan made by hand; the new one decides the same again, so every ticket is replaced.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from neutralizer.domain.executions import State
from neutralizer.domain.superseded import SAME_LINE, Superseded
from neutralizer.proof import prove
from neutralizer.proof.files import Files, Row
from tests.tools.hand_made import written

Case = dict[str, str]


def size(row: Row) -> Decimal:
    """Units of a ticket, or its cash."""
    return Decimal(row.get("quantity", row.get("amount", "")))


def amended(done: dict[str, str] | None = None) -> tuple[Files, Superseded]:
    """The rows of the new run and what they take over; `done`: units of old tickets by instrument."""
    files = written()[1]
    tables, states = {}, {}
    for kind in SAME_LINE:
        rows = files[f"{kind}.csv"]
        tables[kind] = [row | {"ticket_id": f"OLD-{row['ticket_id']}"} for row in rows]
        for old, row in zip(tables[kind], rows, strict=True):
            row |= {"version": "2", "action": "REPLACE", "ref_ticket_id": old["ticket_id"]}
            of = Decimal((done or {}).get(row.get("instrument_id", row.get("from_pool", "")), 0))
            states[old["ticket_id"]] = State(
                old["ticket_id"], kind, "", size(old), of, size(old) - of, ""
            )
    return files, Superseded("old", 1, tables, states)


def row_of(files: Files, kind: str, **which: str) -> Row:
    return next(r for r in files[f"{kind}.csv"] if which.items() <= r.items())


def said(files: Files, old: Superseded | None) -> list[str]:
    """What the proof says; of tickets only the kind."""
    found = []
    for fault in prove(written()[0], files, old):
        for kind in SAME_LINE:
            for row in written()[1][f"{kind}.csv"]:
                name = row.get("instrument_id", row.get("from_pool", ""))
                fault = fault.replace(row["ticket_id"], f"{row['ticket_id'][:3]}-{name}")
        found.append(fault)
    return found


def test_every_open_ticket_may_be_replaced() -> None:
    """Nothing."""
    assert said(*amended()) == []


def test_a_run_that_takes_over_nothing_amends_nothing() -> None:
    """Tickets replace others that nobody knows."""
    files, _ = amended()
    found = said(files, None)
    assert "CSH-P: version 2 is not 1" in found
    assert "CSH-P: REPLACE OLD-CSH-P, and nothing is superseded" in found
    assert len(found) == 20
    files.cancels["hedges.csv"] = [row_of(files, "hedges", instrument_id="NOX") | {"version": "1"}]
    assert len(said(files, None)) == 21


ODD = [
    ({"version": "1"}, ["HDG-NOX: version 1 is not 2"]),
    ({"ref_ticket_id": "X"}, ["HDG-NOX: X is not open, or is named twice", "OLD-HDG-NOX is open and neither replaced nor cancelled"]),
    ({"ref_ticket_id": ""}, ["HDG-NOX: nothing is not open, or is named twice", "OLD-HDG-NOX is open and neither replaced nor cancelled"]),
    ({"action": "NEW"}, ["HDG-NOX: NEW of OLD-HDG-NOX, of which something is done"]),
    ({"action": "NEW", "ref_ticket_id": ""}, ["OLD-HDG-NOX is open and neither replaced nor cancelled"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "faults"), ODD)
def test_a_reference_is_told(change: Case, faults: list[str]) -> None:
    """A ticket goes out beside the one that it should replace: both are executed."""
    files, old = amended()
    row = row_of(files, "hedges", instrument_id="NOX")
    row |= change
    assert said(files, old) == faults


def test_a_ticket_is_replaced_once() -> None:
    """Two new tickets replace one old, and another old one stays open."""
    files, old = amended()
    one, other = (row_of(files, "hedges", instrument_id=name) for name in ("NOX", "BILL"))
    other["ref_ticket_id"] = one["ref_ticket_id"]
    assert said(files, old) == [
        "HDG-BILL: it replaces OLD-HDG-NOX, which is another line",
        "HDG-NOX: OLD-HDG-NOX is not open, or is named twice",
        "OLD-HDG-BILL is open and neither replaced nor cancelled",
    ]


def test_what_is_done_is_not_replaced() -> None:
    """An order that is filled, in part or whole, is replaced: too much is sold."""
    files, old = amended({"NOX": "5"})
    assert said(files, old) == ["HDG-NOX: REPLACE of OLD-HDG-NOX, of which something is done"]
    files, old = amended({"NOX": "20"})
    assert said(files, old) == ["HDG-NOX: OLD-HDG-NOX is not open, or is named twice"]


def cancelled(done: str, kind: str, which: Case, change: Case) -> list[str]:
    """What is said where a ticket is new and its old one is cancelled with a row so changed."""
    files, old = amended({"NOX": done})
    row = row_of(files, kind, **which)
    before = next(r for r in old.tables[kind] if r["ticket_id"] == row["ref_ticket_id"])
    mine = {"ticket_id": "C", "version": "2", "action": "CANCEL", "ref_ticket_id": row["ref_ticket_id"]}  # fmt: skip
    row |= {"action": "NEW", "ref_ticket_id": ""}
    files.cancels[f"{kind}.csv"] = [dict(before) | mine | change]
    return said(files, old)


CANCELS = [
    ("0", {}, []),
    ("5", {"quantity": "15", "notional_base": "300.00"}, []),
    ("5", {"quantity": "15", "notional_base": "300.01"}, []),
    ("5", {"quantity": "15", "notional_base": "300.02"}, ["C: notional_base 300.02 is not 300.00"]),
    ("5", {"quantity": "15", "notional_base": "299.98"}, ["C: notional_base 299.98 is not 300.00"]),
    ("5", {"notional_base": "300.00"}, ["C: quantity 20 is not the 15 that is open"]),
    ("0", {"side": "SELL"}, ["C: side 'SELL' is not 'BUY'"]),
    ("0", {"sequence": "9", "half_spread_cost": "9", "run_id": "9", "business_date": "9"}, []),
    ("0", {"version": "1"}, ["C: version 1 is not 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("done", "change", "faults"), CANCELS)
def test_a_cancel_is_of_what_is_open(done: str, change: Case, faults: list[str]) -> None:
    """A row cancels more or less than is open, or says another thing of the old ticket."""
    assert cancelled(done, "hedges", {"instrument_id": "NOX"}, change) == faults


def test_cash_is_cancelled_whole() -> None:
    """A cash ticket has no quantity to hold: what it says is the old one's own."""
    assert cancelled("0", "cash_transfers", {"from_pool": "P"}, {}) == []
    found = cancelled("0", "cash_transfers", {"from_pool": "P"}, {"amount": "1"})
    assert found == ["C: amount '1' is not '1000.50'"]


def test_the_version_is_one_more() -> None:
    """The third run of a date called itself the second."""
    files, old = amended()
    assert "CSH-P: version 2 is not 4" in said(files, replace(old, version=3))
