"""A night has one budget and one date, whatever leaves under the order, and however often."""

import hashlib
import json
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused, Tampered
from neutralizer.handoff.standing import Left, StandingOrder, _too_much, left_before
from neutralizer.load.scenario import load
from neutralizer.records import one_file
from tests.tools.firm import ORDER, SILENT, Firm, approved_firm, ordered, tonight

LARGE = ORDER.replace("total: 6000000", "total: 100000000").replace("tickets: 1", "tickets: 9")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm, with nothing released."""
    return approved_firm().copied(tmp_path / "firm")


def another(firm: Firm, name: str, *changes: tuple[str, str]) -> Path:
    """A run of a scenario of another name, of tonight."""
    case = tonight(firm.root / name, ("name: two-desks", f"name: {name}"), *changes)
    return firm.run(case, *SILENT, out=f"run-{name}")


def order_for(text: str, *names: str) -> str:
    return text.replace("[two-desks]", f"[{', '.join(names)}]")


def test_what_left_before_counts(firm: Firm) -> None:
    """Three scenarios of one position: each alone is within the order, together they were three times it."""
    order = ordered(firm, order_for(ORDER, "one", "two"))
    first, second = (another(firm, name) for name in ("one", "two"))
    assert firm.release(first, "--auto", order).returncode == 0
    done = firm.release(second, "--auto", order)
    assert done.returncode == 12
    assert "12,000,000.00 together with what 1 release(s) before let leave" in done.stderr
    assert "2 tickets with what 1 release(s) before let leave, the order allows 1" in done.stderr
    assert "already released" in firm.release(first, "--auto", order).stderr


def test_what_left_into_another_folder_is_known_from_the_journal(firm: Firm) -> None:
    order = ordered(firm, order_for(ORDER, "one", "two"))
    first, second = (another(firm, name) for name in ("one", "two"))
    assert firm.release(first, "--auto", order).returncode == 0
    elsewhere = firm.root / "elsewhere"
    elsewhere.mkdir()
    done = firm.does("night", "release", second, "--to", elsewhere, "--auto", order)
    assert (done.returncode, "1 release(s) before" in done.stderr) == (12, True), done


def order_of(total: str = "10", tickets: str = "9") -> StandingOrder:
    words = {"name": "n", "expires": "2199-01-01T00:00:00Z", "scenarios": ["x"], "currency": "USD"}
    words |= {"kinds": ["cash_transfers"], "largest_line": "9", "total": total, "tickets": tickets}
    return StandingOrder.model_validate(words)


AT = "2024-06-27T20:00:00+00:00"
SIZE = {"under_order": {"total": "6", "tickets": 1}, "business_date": "2024-06-27"}
ONE = SIZE | {"standing_order": "n", "run_id": "a", "released_at": AT}


def test_a_line_and_a_manifest_of_one_release_count_once() -> None:
    """The larger of what they say; another part of the same run is another release."""
    small = {"under_order": {"total": "0", "tickets": 0}}
    later = {"released_at": "2024-06-27T20:00:00.000001+00:00"}
    told = [ONE, ONE | small, ONE | later, ONE | {"standing_order": "m"}, ONE | {"run_id": "b"}]
    left = Left("2024-06-27", datetime.fromisoformat(AT), Decimal(6), 1)
    found = left_before(order_of(), told)
    assert len(found) == 3
    assert found.count(left) == 2
    assert left_before(order_of(), reversed(told[:2])) == [left]


def test_a_budget_that_is_not_used_up_is_left(firm: Firm) -> None:
    order = ordered(firm, order_for(LARGE, "one", "two"))
    for name in ("one", "two"):
        done = firm.release(another(firm, name), "--auto", order)
        assert done.returncode == 0, done.stderr
    told = [json.loads(p.read_bytes()) for p in firm.handoff.glob("*_auto.json")]
    assert [t["under_order"] for t in told] == [{"total": "6000000", "tickets": 1}] * 2


DAYS = (
    (timedelta(hours=1), "2024-06-27", True),
    (timedelta(hours=23), "2024-06-26", True),  # before midnight: two budgets in one night
    (timedelta(hours=25), "2024-06-27", True),
    (timedelta(hours=25), "2024-06-26", False),
)


@pytest.mark.parametrize(("ago", "day", "counts"), DAYS)
def test_a_budget_is_of_a_date_and_of_any_24_hours(ago: timedelta, day: str, counts: bool) -> None:
    scenario = load(Path("scenarios/two-desks")).scenario
    order, now = order_of(), datetime.now(UTC)
    before = [Left(day, now - ago, Decimal(6), 1)]
    reasons = list(_too_much(order, {"T": Decimal(5)}, scenario, before, now))
    assert bool(reasons) == counts


BAD = (
    {"under_order": None},
    {"under_order": {"total": "sNaN", "tickets": 1}},
    {"under_order": {"total": "-100", "tickets": 1}},
    {"under_order": {"total": "1", "tickets": "many"}},
    {"under_order": {"total": "1", "tickets": -1}},
    {"under_order": {"total": "1", "tickets": float("inf")}},
    {"released_at": "yesterday"},
    {"released_at": "2024-06-27T20:00:00"},
    {"business_date": 5},
)


@pytest.mark.parametrize("told", BAD)
def test_a_line_that_cannot_be_read_lets_nothing_leave(told: dict[str, object]) -> None:
    with pytest.raises(Tampered, match="cannot be read any more"):
        left_before(order_of(), [ONE | told])


def test_each_part_of_a_run_counts_and_has_its_own_name(firm: Firm) -> None:
    """Under another text of the same order: the second part had taken the first one's place."""
    first = ordered(firm, ORDER.replace(", cash_transfers]", "]"))
    run = firm.run(tonight(firm.root / "t"), *SILENT, out="t")
    assert firm.release(run, "--auto", first).returncode == 0
    shutil.rmtree(firm.root / "order.yaml.approvals")
    second = ordered(firm, ORDER.replace("[internal_transfers, cash", "[cash"))
    assert firm.release(run, "--auto", second).returncode == 0
    done = sorted(n.rpartition("_")[2] for n in firm.names() if n.endswith(".done"))
    assert done == ["auto.done", "auto2.done"]
    page = firm.does("anna", "status", firm.handoff)
    assert (page.returncode, "ETF" in page.stdout) == (0, True)
    for name in ("anna", "ben"):
        assert firm.approves(name, run).returncode == 0
    assert "internal_transfers_phase1" not in firm.release(run).stdout, "it has left already"


def test_a_part_that_fails_takes_nothing_of_another_with_it(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ordered(firm, ORDER.replace(", cash_transfers]", "]"))
    run = firm.run(tonight(firm.root / "t"), *SILENT, out="t")
    assert firm.release(run, "--auto", order).returncode == 0
    before = firm.names()
    for name in ("anna", "ben"):
        assert firm.approves(name, run).returncode == 0
    whole = one_file.put

    def full(path: Path, data: bytes, **how: bool) -> None:
        if path.name.endswith(".done"):
            raise OSError(28, "No space left on device")
        whole(path, data, **how)

    monkeypatch.setattr(one_file, "put", full)
    assert firm.release(run).returncode == 9
    assert firm.names() == before


def test_what_somebody_else_put_there_is_neither_replaced_nor_removed(firm: Firm) -> None:
    run = firm.root / "runs" / "run"
    stem = json.loads((run / "manifest.json").read_bytes())["run_id"]
    path = firm.handoff / f"neutralizer_hedges_20240627_{stem}_v1.csv"
    path.write_text("mine")
    done = firm.release(run)
    assert (done.returncode, path.name in done.stderr) == (7, True), done
    assert firm.names() == [path.name]
    assert path.read_text() == "mine"


def test_the_same_run_leaves_into_one_folder_only(firm: Firm) -> None:
    order = ordered(firm, LARGE)
    run, elsewhere = firm.run(tonight(firm.root / "t"), *SILENT, out="t"), firm.root / "elsewhere"
    elsewhere.mkdir()
    assert firm.release(run, "--auto", order).returncode == 0
    done = firm.does("night", "release", run, "--to", elsewhere, "--auto", order)
    assert done.returncode == 12
    assert "internal_transfers_phase1 of this run left before" in done.stderr
    assert "already released" in firm.release(run, "--auto", order).stderr


def test_nothing_older_leaves_into_another_folder(firm: Firm) -> None:
    order, elsewhere = ordered(firm, LARGE), firm.root / "elsewhere"
    elsewhere.mkdir()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    day = ("name: two-desks", f"name: two-desks\nbusiness_date: {tomorrow}")
    later = firm.run(tonight(firm.root / "later", day), *SILENT, out="later")
    for name in ("anna", "ben"):
        assert firm.approves(name, later).returncode == 0
    assert firm.does("night", "release", later, "--to", elsewhere).returncode == 0
    done = firm.release(firm.run(tonight(firm.root / "t"), *SILENT, out="t"), "--auto", order)
    assert (done.returncode, f"{tomorrow} of two-desks has left already" in done.stderr) == (
        12,
        True,
    )


def test_a_release_without_an_end_in_the_journal_may_have_let_leave(firm: Firm) -> None:
    """It runs still, was killed, or its last line was cut off."""
    order = ordered(firm, order_for(LARGE, "one", "two"))
    first, second = (another(firm, name) for name in ("one", "two"))
    assert firm.release(first, "--auto", order).returncode == 0
    lines = (firm.journal / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (firm.journal / "journal.jsonl").write_bytes(b"".join(lines[:-1]))
    head = hashlib.sha256(lines[-2][:-1]).hexdigest()
    (firm.journal / "journal.head").write_text(f"{len(lines) - 1} {head}\n")
    elsewhere = firm.root / "elsewhere"
    elsewhere.mkdir()
    for _ in range(2):
        done = firm.does("night", "release", second, "--to", elsewhere, "--auto", order)
        assert (done.returncode, "its end is not in the journal" in done.stderr) == (12, True), done


@pytest.mark.parametrize("offset", ["+23:59", "-23:59", "+14:01", "-12:01"])
def test_an_offset_that_no_clock_has_is_refused(tmp_path: Path, offset: str) -> None:
    """It made tomorrow, or yesterday, of today."""
    case = tonight(tmp_path / "t")
    text = (case / "scenario.yaml").read_text()
    (case / "scenario.yaml").write_text(text.replace("+00:00", offset, 1))
    with pytest.raises(InputsRefused) as refused:
        load(case)
    assert "write an offset from -12:00 to +14:00" in str(refused.value.issues[0])


def test_yesterday_does_not_leave_tonight(firm: Firm) -> None:
    """The same positions left three times under three dates, an older one after a newer."""
    order = ordered(firm, LARGE)
    old = firm.run(Path("scenarios/two-desks"), *SILENT, out="old")
    done = firm.release(old, "--auto", order)
    assert done.returncode == 12
    assert "it is of 2024-06-27, and today is" in done.stderr
    assert "the order lets leave what is at most 12 h old" in done.stderr
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    day = ("name: two-desks", f"name: two-desks\nbusiness_date: {tomorrow}")
    later = firm.run(tonight(firm.root / "later", day), *SILENT, out="later")
    assert f"it is of {tomorrow}, and today is" in firm.release(later, "--auto", order).stderr
    assert firm.names() == []


def test_as_of_is_within_the_age_that_the_order_states(firm: Firm) -> None:
    order = ordered(firm, LARGE + "as_of_age: 0s\n")
    run = firm.run(tonight(firm.root / "t"), *SILENT, out="t")
    done = firm.release(run, "--auto", order)
    assert (done.returncode, "at most 0 h old" in done.stderr) == (12, True), done


def test_nothing_older_leaves_after_what_is_newer(firm: Firm) -> None:
    """A person released tomorrow's already."""
    order = ordered(firm, LARGE)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    day = ("name: two-desks", f"name: two-desks\nbusiness_date: {tomorrow}")
    later = firm.run(tonight(firm.root / "later", day), *SILENT, out="later")
    for name in ("anna", "ben"):
        assert firm.approves(name, later).returncode == 0
    assert firm.release(later).returncode == 0
    run = firm.run(tonight(firm.root / "t"), *SILENT, out="t")
    done = firm.release(run, "--auto", order)
    assert (done.returncode, f"{tomorrow} of two-desks has left already" in done.stderr) == (
        12,
        True,
    )


def test_what_is_still_open_has_to_be_in_the_inputs(firm: Firm) -> None:
    """The evening before left 60,000 that nobody booked: tonight's run counts them a second time."""
    assert firm.release(firm.root / "runs" / "run").returncode == 0
    order = ordered(firm, LARGE)
    run = firm.run(tonight(firm.root / "t"), *SILENT, out="t")
    done = firm.release(run, "--auto", order)
    assert done.returncode == 12
    assert "ARB ETF: 60000 were released and are open, open_orders has 0" in done.stderr


def test_an_order_names_the_findings_that_nobody_has_to_read(firm: Firm) -> None:
    case = tonight(firm.root / "t")
    run = firm.run(case, out="loud")
    strict = ordered(firm, LARGE.replace("accept: [no caps of the firm]\n", ""))
    said = firm.release(run, "--auto", strict).stderr
    assert "a person must read: no caps of the firm hold here" in said
    assert "a person must read: no market impact" in said
    shutil.rmtree(firm.root / "order.yaml.approvals")
    kind = ordered(firm, LARGE.replace("accept: [", "accept: [no market impact for want, "))
    assert firm.release(run, "--auto", kind).returncode == 0
    order = firm.root / "order.yaml"
    order.write_text(LARGE.replace("accept: [no caps", 'accept: ["", no caps'))
    assert firm.release(run, "--auto", order).returncode == 3, "everything begins with nothing"
