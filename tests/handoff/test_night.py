"""A night has one budget and one date, whatever leaves under the order, and however often."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from neutralizer.errors import Tampered
from neutralizer.handoff.standing import Left, StandingOrder, _too_much, left_before
from neutralizer.load.scenario import load
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
    assert "12,000,000.00 together with what 1 other run(s) let leave" in done.stderr
    assert "2 tickets with what 1 other run(s) let leave, the order allows 1" in done.stderr
    assert "already released" in firm.release(first, "--auto", order).stderr


def test_what_left_into_another_folder_is_known_from_the_journal(firm: Firm) -> None:
    order = ordered(firm, order_for(ORDER, "one", "two"))
    first, second = (another(firm, name) for name in ("one", "two"))
    assert firm.release(first, "--auto", order).returncode == 0
    elsewhere = firm.root / "elsewhere"
    elsewhere.mkdir()
    done = firm.does("night", "release", second, "--to", elsewhere, "--auto", order)
    assert (done.returncode, "1 other run(s)" in done.stderr) == (12, True), done


def test_a_line_and_a_manifest_of_one_run_count_once() -> None:
    """Released in two parts, or told twice."""
    words = {"name": "n", "expires": "2199-01-01T00:00:00Z", "scenarios": ["x"], "currency": "USD"}
    words |= {"kinds": ["cash_transfers"], "largest_line": "9", "total": "10", "tickets": "9"}
    order, at = StandingOrder.model_validate(words), "2024-06-27T20:00:00+00:00"
    size = {"under_order": {"total": "6", "tickets": 1}, "business_date": "2024-06-27"}
    one = size | {"standing_order": "n", "run_id": "a"}
    told = [one | {"at": at}, one | {"released_at": at}, one | {"standing_order": "m"}]
    found = left_before(order, [*told, one | {"run_id": "b", "at": at}], "b")
    assert found == {"a": Left("2024-06-27", datetime.fromisoformat(at), Decimal(6), 1)}


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
    words = {"name": "n", "expires": "2199-01-01T00:00:00Z", "scenarios": ["x"], "currency": "USD"}
    words |= {"kinds": ["cash_transfers"], "largest_line": "9", "total": "10", "tickets": "9"}
    order, now = StandingOrder.model_validate(words), datetime.now(UTC)
    before = [Left(day, now - ago, Decimal(6), 1)]
    reasons = list(_too_much(order, {"T": Decimal(5)}, scenario, before, now))
    assert bool(reasons) == counts


@pytest.mark.parametrize(
    "told",
    [
        {"under_order": None},
        {"under_order": {"total": "sNaN", "tickets": 1}},
        {"under_order": {"total": "1", "tickets": "many"}},
        {"under_order": {"total": "1", "tickets": 1}, "released_at": "yesterday"},
    ],
)
def test_a_line_that_cannot_be_read_lets_nothing_leave(told: dict[str, object]) -> None:
    words = {"name": "n", "expires": "2199-01-01T00:00:00Z", "scenarios": ["x"], "currency": "USD"}
    words |= {"kinds": ["cash_transfers"], "largest_line": "9", "total": "10", "tickets": "9"}
    line = {
        "standing_order": "n",
        "run_id": "a",
        "business_date": "2024-06-27",
        "at": "2024-06-27T20:00:00Z",
    }
    with pytest.raises(Tampered, match="cannot be read any more"):
        left_before(StandingOrder.model_validate(words), [line | told], "b")


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
