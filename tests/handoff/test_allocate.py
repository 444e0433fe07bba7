"""Executions as brokers report them become bookings of books: once, in whole units, and reversed by their id."""

import email
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import policy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.came_back import Executions, Report, executed
from neutralizer.domain.sharing import Order, shares
from neutralizer.errors import InputsRefused
from neutralizer.handoff.allocate import bookings
from neutralizer.load.came_back import executions_in
from neutralizer.records.allocated import Allocated, standing_bookings
from neutralizer.records.handed import Handed
from tests.tools.command_line import Done
from tests.tools.desks import desks, rows
from tests.tools.firm import Firm, approved_firm, released_firm
from tests.tools.operations import fills, ticket

HEAD = "exec_id,ticket_id,side,last_qty,last_px,time,status,ref_exec_id"
BOTH = (
    ("quantity: -60000}", "quantity: 60000}"),
    ('selector: "asset_class:etf", may: trade}', 'selector: "*", may: trade}'),
)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that has released a run, in a folder of its own: MM sells 10 FUT."""
    return released_firm().copied(tmp_path / "firm")


@pytest.fixture(scope="module")
def shared_firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm whose order to sell 70 FUT is for two books: 27 and 43."""
    firm = approved_firm().copied(tmp_path_factory.mktemp("shared") / "firm")
    scenario = desks(firm.root / "both", *BOTH)
    folder = firm.run(scenario, "--replace")
    for name in ("anna", "cleo"):
        assert firm.approves(name, folder).returncode == 0
    assert firm.release(folder).returncode == 0
    return firm


@pytest.fixture
def shared(shared_firm: Firm, tmp_path: Path) -> Firm:
    return shared_firm.copied(tmp_path / "firm")


def reported(firm: Firm, *lines: str, name: str = "executions.csv") -> None:
    """Lines of `exec_id,quantity,price,minute[,status[,ref]]` of the firm's hedge."""
    text = [HEAD]
    for line in lines:
        exec_id, quantity, price, minute, status, ref = (line + ",,").split(",")[:6]
        time = f"2024-06-28T09:{int(minute):02}:00-04:00"
        hedge = ticket(firm, "hedges")
        text.append(f"{exec_id},{hedge},SELL,{quantity},{price},{time},{status},{ref}")
    path = firm.handoff / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(text) + "\n")


def allocate(firm: Firm, *words: str) -> Done:
    return firm.does("clerk", "allocate", firm.handoff, *words)


def written(firm: Firm, number: int) -> list[dict[str, str]]:
    (path,) = firm.handoff.rglob(f"allocations_{number:04d}.csv")
    return rows(path)


def net(firm: Firm) -> dict[str, Decimal]:
    """What each book has, of every file."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for path in sorted(firm.handoff.rglob("allocations_*.csv")):
        for row in rows(path):
            sign = -1 if (row["action"] == "REVERSE") is (row["side"] == "BUY") else 1
            found[row["book_id"]] += sign * Decimal(row["quantity"])
    return dict(found)


def test_each_book_has_its_whole_units_at_the_average_so_far(shared: Firm) -> None:
    reported(shared, "E1,10,4000,30", "E2,7,4017,31")
    done = allocate(shared)
    assert done.returncode == 0, done.stderr
    assert "17 of 70, fills, 1 to be shared with the next fill" in done.stdout
    assert [(r["action"], r["book_id"], r["side"], r["quantity"], r["price"], r["price_state"]) for r in written(shared, 1)] == [
        ("NEW", "ARB", "SELL", "6", "4007", "PROVISIONAL"),
        ("NEW", "MM", "SELL", "10", "4007", "PROVISIONAL"),
    ]  # fmt: skip
    again = allocate(shared)
    assert (again.returncode, "nothing new to book" in again.stderr) == (0, True)
    assert not list(shared.handoff.glob("allocations_0002*"))
    table = shared.does("anna", "status", shared.handoff, "--open-orders").stdout
    assert [line.split(",")[:3] for line in table.splitlines()[1:]] == [
        ["ARB", "FUT", "-21"], ["MM", "FUT", "-33"],
    ]  # fmt: skip


def test_the_end_has_one_average_price_and_the_allocation_of_the_proof(shared: Firm) -> None:
    reported(shared, "E1,10,4000,30")
    assert allocate(shared).returncode == 0
    reported(shared, "E1,10,4000,30", "E2,60,4007,31")
    assert allocate(shared).returncode == 0
    new = [r for r in written(shared, 2) if r["action"] == "NEW"]
    assert [(r["book_id"], r["quantity"], r["price"], r["price_state"]) for r in new] == [
        ("ARB", "27", "4006", "FINAL"), ("MM", "43", "4006", "FINAL"),
    ]  # fmt: skip
    first = {r["booking_id"] for r in written(shared, 1)}
    assert {r["ref_booking_id"] for r in written(shared, 2) if r["action"] == "REVERSE"} == first
    assert net(shared) == {"ARB": -27, "MM": -43}
    assert "nothing new" in allocate(shared).stderr


def test_a_bust_writes_reversing_rows_also_after_the_end(shared: Firm) -> None:
    reported(shared, "E1,40,4000,30", "E2,30,4001,31")
    assert allocate(shared).returncode == 0
    reported(shared, "X1,30,4001,45,BUST,E2", name="executions_2.csv")
    done = allocate(shared)
    assert "40 of 70, fills" in done.stdout
    assert net(shared) == {"ARB": -15, "MM": -24}
    assert {r["price_state"] for r in written(shared, 2) if r["action"] == "NEW"} == {"PROVISIONAL"}
    status = shared.does("anna", "status", shared.handoff)
    assert "PART_FILLED" in status.stdout
    reported(shared, "E7,30,4002,50", name="executions_3.csv")
    assert allocate(shared).returncode == 0
    assert net(shared) == {"ARB": -27, "MM": -43}


def test_an_order_that_the_broker_ends_is_shared_to_the_last_unit(shared: Firm) -> None:
    reported(shared, "E1,17,4000,30", "E2,,,40,EXPIRED")
    done = allocate(shared)
    assert "17 of 70, ended" in done.stdout
    assert sum(net(shared).values()) == -17
    assert {r["price_state"] for r in written(shared, 1)} == {"FINAL"}
    assert shared.does("anna", "status", shared.handoff).returncode == 0


def test_files_of_every_name_and_day_are_read_and_the_same_row_is_one(firm: Firm) -> None:
    """A broker that reports all of the day in each file reports nothing twice."""
    reported(firm, "E1,2,4000,30", name="executions_ALPHA_0930.csv")
    reported(firm, "E1,2,4000,30", "E2,3,4000,31", name="executions_ALPHA_1000.csv")
    reported(firm, "E1,4,4000,32", name="2024-06-28/executions_BETA.csv")
    done = allocate(firm, "--by-day")
    assert (done.returncode, "9 of 10" in done.stdout) == (0, True), done
    assert (firm.handoff / "2024-06-28" / "allocations_0001.done").exists()
    assert net(firm) == {"MM": -9}


def test_what_does_not_fit_is_not_booked_and_the_rest_is(firm: Firm) -> None:
    reported(firm, "E1,4,4000,30", "E1,5,4000,31")
    for _ in range(2):
        done = allocate(firm)
        assert (done.returncode, "DOES NOT FIT" in done.stdout) == (13, True), done
        assert not list(firm.handoff.glob("allocations_*"))
    status = firm.does("anna", "status", firm.handoff)
    assert (status.returncode, "E1 was reported as SELL 4 at 4000" in status.stdout) == (13, True)
    text = (firm.handoff / "executions.csv").read_text().replace("E1,", "E2,", 1)
    (firm.handoff / "executions.csv").write_text(text)
    more = "E9,HDG-OTHER,SELL,1,1,2024-06-28T09:40:00-04:00,,\n"
    (firm.handoff / "executions_2.csv").write_text(f"{HEAD}\n{more}")
    done = allocate(firm)
    assert (done.returncode, net(firm)) == (13, {"MM": -9}), "booked, and something does not fit"
    assert "HDG-OTHER came back and was never released" in done.stdout


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("E1,HDG,SELL,,4000,2024-06-28T09:30:00-04:00,,", "executions.csv:2:last_qty"),
        ("E1,HDG,SELL,4,,2024-06-28T09:30:00-04:00,,", "executions.csv:2:last_px"),
        ("E1,HDG,,4,1,2024-06-28T09:30:00-04:00,,", "executions.csv:2:side"),
        ("E1,HDG,SELL,-4,1,2024-06-28T09:30:00-04:00,,", "executions.csv:2:last_qty value='-4'"),
        ("E1,HDG,SELL,1e16,1,2024-06-28T09:30:00-04:00,,", "executions.csv:2:last_qty"),
        ("E1,HDG,SHORT,4,1,2024-06-28T09:30:00-04:00,,", "use one of BUY, SELL, SELL_SHORT"),
        ("E1,HDG,SELL,4,1,2024-06-28T09:30:00,,", "executions.csv:2:time"),
        ("E1,HDG,SELL,4,1,2024-06-28T09:30:00-04:00,FILL,", "use one of TRADE, CORRECT, BUST"),
    ],
)
def test_a_row_that_cannot_be_read_is_3(firm: Firm, line: str, told: str) -> None:
    (firm.handoff / "executions.csv").write_text(f"{HEAD}\n{line}\n")
    for command in ("allocate", "status"):
        done = firm.does("clerk", command, firm.handoff)
        assert (done.returncode, told in done.stderr) == (3, True), done.stderr
    assert not list(firm.handoff.glob("allocations_*"))


def test_what_was_booked_is_kept_whole(shared: Firm) -> None:
    """Changed, lacking, there twice; the last of all is missed by the journal alone."""
    for n, line in enumerate(("E1,10,4000,30", "E2,10,4000,31"), 1):
        reported(shared, line, name=f"executions_{n}.csv")
        assert allocate(shared).returncode == 0
    second = shared.handoff / "allocations_0002.csv"
    text = second.read_text()
    second.write_text(text.replace("SELL", "BUY"))
    assert allocate(shared).returncode == 11
    second.write_text(text)
    first = [shared.handoff / f"allocations_0001.{x}" for x in ("csv", "done")]
    kept = [path.read_bytes() for path in first]
    first[1].unlink()
    assert "not number 1" in allocate(shared).stderr
    for path, data in zip(first, kept, strict=True):
        path.write_bytes(data)
    (shared.handoff / "2024-06-28").mkdir()
    for path in first:
        (shared.handoff / "2024-06-28" / path.name).write_bytes(path.read_bytes())
    assert "twice" in allocate(shared).stderr
    for path in (shared.handoff / "2024-06-28").iterdir():
        path.unlink()
    assert allocate(shared).returncode == 0
    (shared.handoff / "allocations_0002.done").unlink()
    done = allocate(shared)
    assert (done.returncode, "the journal knows allocations_0002.csv" in done.stderr) == (11, True)


def test_one_journal_may_tell_of_two_folders(firm: Firm) -> None:
    """What was booked of one is not missed in the other, by whatever path it is named."""
    other = firm.root / "other"
    assert firm.does("night", "release", firm.root / "runs" / "run", "--to", other).returncode == 9
    other.mkdir()
    reported(firm, "E1,4,4000,30")
    assert allocate(firm).returncode == 0
    assert firm.does("clerk", "allocate", other).returncode == 0
    (firm.handoff / "allocations_0001.done").unlink()
    assert allocate(firm).returncode == 11
    link = firm.root / "link"
    link.symlink_to(firm.handoff)
    assert firm.does("clerk", "allocate", link).returncode == 11


def test_what_was_killed_before_its_done_is_written_over_and_nothing_else_is(firm: Firm) -> None:
    reported(firm, "E1,4,4000,30")
    assert allocate(firm).returncode == 0
    killed = (firm.handoff / "allocations_0001.csv").read_text()
    (firm.handoff / "allocations_0002.csv").write_text(killed)
    reported(firm, "E2,2,4000,31", name="executions_2.csv")
    assert allocate(firm).returncode == 0
    assert [r["quantity"] for r in written(firm, 2)] == ["2"]
    (firm.handoff / "allocations_0003.csv").write_text("somebody's")
    reported(firm, "E3,2,4000,32", name="executions_3.csv")
    assert allocate(firm).returncode == 7
    assert (firm.handoff / "allocations_0003.csv").read_text() == "somebody's"


def test_a_report_that_is_gone_reverses_nothing(shared: Firm) -> None:
    """Only a bust takes back: a broker's file that was moved away, or cut, does not fit."""
    reported(shared, "E1,40,4000,30", "E2,10,4001,31")
    assert allocate(shared).returncode == 0
    for lines in (("E1,40,4000,30",), ()):
        reported(shared, *lines)
        done = allocate(shared)
        assert (done.returncode, "put the executions back" in done.stdout) == (13, True), done
        assert shared.does("anna", "status", shared.handoff).returncode == 13
        assert net(shared) == {"ARB": -19, "MM": -30}
    reported(shared, "E1,40,4000,30", "E2,10,4001,31", "E2,,,40,BUST")
    assert allocate(shared).returncode == 0
    assert net(shared) == {"ARB": -15, "MM": -24}


def test_fills_and_executions_of_one_ticket_do_not_fit(firm: Firm) -> None:
    reported(firm, "E1,4,4000,30")
    fills(firm, f"{ticket(firm, 'hedges')},MM,FUT,-4")
    status = firm.does("anna", "status", firm.handoff)
    assert (status.returncode, "by executions and by fills" in status.stdout) == (13, True)
    assert "4 of 10" in status.stdout, "counted once"


def test_a_fill_stands_in_many_files_and_has_one_set_of_values() -> None:
    head = "fill_id,ticket_id,book_id,instrument_id,quantity,time\n"
    row = "F1,T,MM,FUT,{},2024-06-28T09:30:00-04:00\n"
    same = {
        name: (head + row.format(-4)).encode() for name in ("fills_1.csv", "2024-06-28/fills.csv")
    }
    assert len(executions_in(same).fills) == 1
    with pytest.raises(InputsRefused) as refusal:
        executions_in(same | {"fills_2.csv": (head + row.format(-5)).encode()})
    assert [i.reason for i in refusal.value.issues] == [
        "another file has other values for this fill"
    ]


def test_operations_say_that_they_have_it(firm: Firm) -> None:
    assert "read" not in firm.does("anna", "status", firm.handoff).stdout.splitlines()[0]
    (done,) = firm.handoff.glob("*.done")
    receipt = done.with_suffix(".read")
    receipt.write_bytes(done.read_bytes())
    told = firm.does("anna", "status", firm.handoff)
    assert (told.returncode, told.stdout.splitlines()[0][-6:]) == (0, ", read")
    receipt.write_text("something else")
    told = firm.does("anna", "status", firm.handoff)
    assert (told.returncode, "is no copy of" in told.stdout) == (13, True)


def test_a_release_is_told_by_mail_and_stands_without(tmp_path: Path) -> None:
    """Text and HTML, totals and no ticket; where it cannot be written the release stands, and says so."""
    firm = approved_firm().copied(tmp_path / "firm")
    path = firm.root / "told.eml"
    done = firm.release(firm.root / "runs" / "run", "--mail", path, "--by-day")
    assert done.returncode == 0, done.stderr
    mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["Subject"].startswith(
        "2024-06-27 two-desks: released 1 internal transfers, 1 hedges"
    )
    text, page = (part.get_content() for part in mail.iter_parts())
    for words in (text, page):
        assert "notional_base 6000000.00" in words
        assert "quantity 10" in words
        assert "TRF-" not in words
        assert "60000 ETF" not in words
    assert len(list((firm.handoff / "2024-06-27").glob("*.done"))) == 1
    again = firm.release(firm.root / "runs" / "run", "--mail", tmp_path / "no" / "mail.eml")
    assert (again.returncode, "WARNING the mail was not written" in again.stderr) == (0, True)


def simulated(
    order: Order, reports: Sequence[Report]
) -> tuple[list[dict[str, str]], list[dict[str, Decimal]]]:
    """Every booking, and what each book has after each report."""
    text = "ticket_id,instrument_id,book_id,account_id,side,quantity,step\n" + "".join(
        f"T,X,{b},,{order.side},{abs(q)},{order.step('X')}\n" for b, q in order.legs["X"].items()
    )
    released = Handed({}, {"hedge_allocations": text.encode()})
    past: list[Allocated] = []
    found: list[dict[str, Decimal]] = []
    for n in range(1, len(reports) + 1):
        trades, acks, _ = executed(reports[:n])
        known = Executions(tuple(acks), (), tuple(trades))
        new = list(bookings(released, order, known, standing_bookings(past))) if trades else []
        for k, row in enumerate(new):
            row["booking_id"] = f"{n}-{k}"
        past.append(Allocated("", "", new))
        has = dict.fromkeys(order.legs["X"], Decimal(0))
        for row in (r for a in past for r in a.rows):
            has[row["book_id"]] += Decimal(row["quantity"]) * (
                -1 if row["action"] == "REVERSE" else 1
            )
        found.append(has)
        due = shares(order, trades, known.ended("T") is not None)
        assert has == {b: abs(due[b, "X"]) for b in has}
    return [row for a in past for row in a.rows], found


@pytest.mark.parametrize("seed", range(10))
def test_bookings_follow_drawn_executions(seed: int) -> None:
    """Two hundred sequences a seed, with busts and corrections, one in three without: there no book ever
    gives a unit back, nothing is reversed before the end, and the end has one price.
    """
    for k in range(200):
        rng = np.random.default_rng([11, seed, k])
        legs = {f"B{n}": Decimal(int(rng.integers(1, 60))) for n in range(rng.integers(1, 6))}
        order = Order("T", "X", "BUY", sum(legs.values(), Decimal(0)), {"X": legs})
        reports, plain = drawn(rng, int(order.quantity), k % 3 == 0)
        every, path = simulated(order, reports)
        if plain:
            assert all(b[x] <= a[x] for b, a in pairwise(path) for x in legs)
            ends = {
                r["time"] for r in every if r["price_state"] == "FINAL" and r["action"] == "NEW"
            }
            assert {r["time"] for r in every if r["action"] == "REVERSE"} <= ends
            assert path[-1] == legs
        final = [r for r in every if r["action"] == "NEW" and r["price_state"] == "FINAL"]
        last = {r["price"] for r in final if r["time"] == reports[-1].time.isoformat()}
        assert len(last) <= 1


def drawn(rng: np.random.Generator, whole: int, plain: bool) -> tuple[list[Report], bool]:
    cuts = sorted({0, whole, *rng.integers(1, whole + 1, 5).tolist()})
    found: list[Report] = []
    for a, b in pairwise(cuts):
        found.append(report(f"E{len(found)}", len(found), "TRADE", b - a, rng))
        if not plain and rng.random() < 0.4:
            other = found[int(rng.integers(len(found)))]
            status = str(rng.choice(["BUST", "CORRECT"]))
            size = int(rng.integers(1, max(2, b - a + 1)))
            found.append(report(f"X{len(found)}", len(found), status, size, rng, other.exec_id))
    return found, plain


def report(
    exec_id: str, minute: int, status: str, size: int, rng: np.random.Generator, ref: str = ""
) -> Report:
    time = datetime(2024, 6, 28, 9, tzinfo=UTC) + timedelta(minutes=minute)
    price = Decimal(int(rng.integers(9000, 9100))) / 100
    return Report("", exec_id, status, ref, "T", "", "BUY", Decimal(size), price, time)
