"""What operations write back is held against what was released: what does not fit is said, and is 13."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from neutralizer.domain.came_back import Ack, Executions, Fill, contradictions
from neutralizer.domain.executions import parts
from neutralizer.handoff.status import status
from tests.tools.command_line import Done
from tests.tools.desks import desks
from tests.tools.firm import ORDER, SILENT, Firm, approved_firm, ordered, released_firm, tonight
from tests.tools.operations import WHEN, acks, fills, ticket


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that has released a run, in a folder of its own."""
    return released_firm().copied(tmp_path / "firm")


def asked(firm: Firm, *words: str) -> Done:
    return firm.does("anna", "status", firm.handoff, *words)


def test_what_fits_ends_with_0(firm: Firm) -> None:
    assert asked(firm).returncode == 0
    acks(firm, f"{ticket(firm, 'internal_transfers')},BOOKED")
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-4", ",ARB,ETF,-7000")
    done = asked(firm)
    assert (done.returncode, "DOES NOT FIT" in done.stdout) == (0, False)


def test_what_does_not_fit_ends_with_13(firm: Firm) -> None:
    """On stdout for a person; the table for machines stays a table, and stderr says it."""
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-14")
    person, machine = asked(firm), asked(firm, "--open-orders")
    assert (person.returncode, "DOES NOT FIT" in person.stdout) == (13, True)
    assert machine.returncode == 13
    assert "DOES NOT FIT" not in machine.stdout
    assert "it is for no more than -10" in machine.stderr


def test_two_words_of_one_ticket_do_not_fit(firm: Firm) -> None:
    name = ticket(firm, "internal_transfers")
    acks(firm, f"{name},BOOKED", f"{name},REJECTED")
    done = asked(firm)
    assert done.returncode == 13
    assert f"DOES NOT FIT: {name} is BOOKED at {WHEN} and REJECTED at {WHEN}" in done.stdout
    acks(firm, f"{name},BOOKED", f"{name},BOOKED")
    assert asked(firm).returncode == 0, "said twice"


def test_what_happened_before_it_left_does_not_fit(tmp_path: Path) -> None:
    """Of tonight's release; of a past day that is played again, what was before its as_of."""
    firm = approved_firm().copied(tmp_path / "firm")
    order = ordered(firm, ORDER.replace("tickets: 1", "tickets: 9"))
    run = firm.run(tonight(firm.root / "t"), *SILENT, out="t")
    assert firm.release(run, "--auto", order).returncode == 0
    (state,) = (s for _, own in status(firm.handoff).releases for s in own)
    now = datetime.now(UTC)
    for minutes, fits in ((-10, False), (-1, True), (1, True), (10, False)):
        at = (now + timedelta(minutes=minutes)).isoformat()
        text = f"ticket_id,status,time\n{state.ticket_id},BOOKED,{at}\n"
        (firm.handoff / "acks.csv").write_text(text)
        assert (asked(firm).returncode == 0) == fits, minutes


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("2024-06-27T15:00:00-04:00", "before it could be: 2024-06-27T16:00:00-04:00"),
        ("2098-01-01T00:00:00Z", "which is to come"),
    ],
)
def test_a_fill_has_its_time(firm: Firm, time: str, told: str) -> None:
    text = f"fill_id,ticket_id,book_id,instrument_id,quantity,time\nF,{ticket(firm, 'hedges')},MM,FUT,-4,{time}\n"
    (firm.handoff / "fills.csv").write_text(text)
    done = asked(firm)
    assert (done.returncode, told in done.stdout) == (13, True), done.stdout


@pytest.mark.parametrize(("quantity", "fits"), [("-4", True), ("-4.0", True), ("-4.5", False)])
def test_half_a_contract_does_not_fit(firm: Firm, quantity: str, fits: bool) -> None:
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,{quantity}")
    done = asked(firm)
    assert (done.returncode == 0) == fits
    assert ("a part of what can be traded" in done.stdout) != fits


def test_a_fill_is_of_whole_steps() -> None:
    row = {"ticket_id": "H", "book_id": "B", "instrument_id": "X", "side": "BUY", "quantity": "7"}
    tables = {"hedges": [row], "hedge_allocations": [row | {"step": "0.1"}]}
    when = datetime(2024, 6, 27, tzinfo=UTC)

    def told(quantity: str, name: str = "H") -> list[str]:
        fill = Fill(name, "B", "X", Decimal(quantity), when)
        return list(map(str, parts(tables, Executions(fills=(fill,)))))

    assert told("0.1") == told("5") == told("1E+1") == told("0.05", "other") == []
    assert told("0.05") == ["H is filled by 0.05 X for B, a part of what can be traded"]


def test_contradictions_name_the_first_time_of_each_word() -> None:
    at = [datetime(2024, 6, 27, hour, tzinfo=UTC) for hour in (1, 2, 3)]
    words = ("BOOKED", "BOOKED", "REJECTED")
    known = Executions(tuple(Ack("T", w, t) for w, t in zip(words, at, strict=True)))
    assert list(map(str, contradictions(known))) == [
        f"T is BOOKED at {at[0].isoformat()} and REJECTED at {at[2].isoformat()}"
    ]


MORE = ("quantity: 100000}", "quantity: 120000}")


def superseded(firm: Firm, *changes: tuple[str, str]) -> Path:
    """The date again, released."""
    scenario = desks(firm.root / "changed", *changes)
    words = ("--supersede", firm.root / "runs" / "run", "--handoff", firm.handoff)
    second = firm.run(scenario, *words, "--reason", "late trades", name="cleo", out="second")
    for name in ("anna", "ben"):
        assert firm.approves(name, second).returncode == 0
    assert firm.release(second).returncode == 0
    return second


def test_a_cancel_is_pending_until_it_is_confirmed(firm: Firm) -> None:
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    superseded(firm, MORE)
    assert asked(firm).stdout.count("CANCEL_PENDING ") == 2, "shown until then"
    assert "v1: 2 CANCEL_PENDING" in asked(firm).stdout
    acks(firm, f"{hedge},CANCELLED")
    page = asked(firm)
    assert "v1: 1 CANCELLED, 1 CANCEL_PENDING" in page.stdout
    acks(firm, f"{hedge},CANCELLED", f"{transfer},REJECTED")
    page = asked(firm)
    assert (page.returncode, "v1: 1 CANCELLED, 1 REJECTED" in page.stdout) == (0, True), page.stdout
    table = asked(firm, "--open-orders").stdout
    assert hedge not in table
    assert transfer not in table


def test_the_evening_after_a_supersede_shows_no_false_breaks(firm: Firm) -> None:
    """The transfer was booked and 4 of 10 filled when the date was run again; its positions have them."""
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    acks(firm, f"{transfer},BOOKED")
    fills(firm, f"{hedge},MM,FUT,-4")
    had = (
        ("quantity: -60000}", "quantity: 0}"),
        ("quantity: 100000}", "quantity: 41000}\n    - {book_id: MM, instrument_id: FUT, quantity: -4}"),
    )  # fmt: skip
    second = superseded(firm, *had)
    new = asked(firm, "--open-orders").stdout.splitlines()[1:]
    assert new, "the second run asks for something"
    case = desks(firm.root / "next", *had, ("2024-06-27T16", "2024-06-28T16"), ("price: 100,", "price: 101,"))  # fmt: skip
    text = (case / "scenario.yaml").read_text()
    orders = "".join(
        f"    - {{book_id: {b}, instrument_id: {i}, quantity: {q}, ticket_id: {t}}}\n"
        for b, i, q, t in (x.split(",") for x in new)
    )
    (case / "scenario.yaml").write_text(
        text.replace("  risk:\n", f"  open_orders:\n{orders}  risk:\n")
    )
    done = firm.does("night", "check", case, "--previous", second, "--handoff", firm.handoff)
    assert done.returncode == 0, done.stderr
    assert "break" not in done.stderr
    assert "open_orders has" not in done.stderr
