"""Runs that begin with what each book wants to trade."""

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest

from benchmarks.fund_days import write
from neutralizer.errors import Infeasible, ProofFailed
from neutralizer.load.scenario import load
from neutralizer.report.page import render
from neutralizer.run import Options, Outcome, run
from neutralizer.verify import verify
from tests.conftest import SCENARIOS

Row = dict[str, str]
WISHES = """\
format: 1
name: wishes
as_of: 2024-06-27T16:00:00-04:00
base_currency: USD
tables:
  books: [{book_id: A, entity: F}, {book_id: B, entity: F}, {book_id: C, entity: F}]
  instruments:
    - {instrument_id: X, asset_class: equity, currency: USD, price: 100, half_spread_bps: 5}
    - {instrument_id: Y, asset_class: equity, currency: USD, price: 50, half_spread_bps: 30}
    - {instrument_id: Z, asset_class: equity, currency: USD, price: 10, half_spread_bps: 30}
  positions:
    - {book_id: A, instrument_id: X, quantity: 1000}
    - {book_id: B, instrument_id: X, quantity: 500}
    - {book_id: B, instrument_id: Y, quantity: 500}
  targets:
    - {book_id: A, instrument_id: X, trade: -400, owner: Anna}
    - {book_id: B, instrument_id: X, target: 800}
    - {book_id: C, instrument_id: Y, trade: 300, may_wait: yes, waiting_bps: 10}
    - {book_id: B, instrument_id: Y, trade: -200, may_wait: yes, waiting_bps: 10}
    - {book_id: C, instrument_id: Z, trade: 1000, may_wait: yes, waiting_bps: 40}
  crossing_groups: [{group_id: house, books: [A, B, C]}]
costs: {booking_fee_bps: 0.1}
"""


def made(tmp_path: Path, *changes: tuple[str, str], **options: float) -> Outcome:
    text = WISHES
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder = tmp_path / "wishes"
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(text)
    return run(folder, tmp_path / "run", Options(replace=True, **options))


def table(outcome: Outcome, name: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(outcome.files[name].decode())))


def wishes(outcome: Outcome) -> dict[str, tuple[str, ...]]:
    columns = ("crossed", "ordered", "left", "waiting", "why")
    return {
        f"{r['book_id']} {r['instrument_id']}": tuple(r[c] for c in columns)
        for r in table(outcome, "targets.csv")
    }


def test_solved_by_hand(tmp_path: Path) -> None:
    """X: 300 cross, 100 are sold at 5 bps. Y: 200 cross, for the rest 10 bps to wait are less than 30.1
    to buy. Z is bought: 40 to wait.
    """
    found = made(tmp_path)
    assert wishes(found) == {
        "A X": ("-300", "-100", "0", "0.00", ""),
        "B X": ("300", "0", "0", "0.00", ""),
        "B Y": ("-200", "0", "0", "0.00", ""),
        "C Y": ("200", "0", "100", "5.00", "cost"),
        "C Z": ("0", "1000", "0", "0.00", ""),
    }
    s = found.summary
    assert (s.plan_cost, s.waiting.plan, s.stand_alone_cost, s.waiting.stand_alone) == (
        36.0, 5.0, 65.8, 25.0,
    )  # fmt: skip
    assert s.saving == pytest.approx(65.8 + 25 - 36 - 5)
    assert (s.wishes.wanted, s.wishes.met, s.wishes.waiting) == (5, 4, 1)
    assert s.breaches.before == 0, "a wish is no breach"
    assert not any("never held" in text for text in s.findings)
    assert {r["book_id"]: r["difference"] for r in table(found, "books.csv")} == {
        "A": "-15.00", "B": "-24.90", "C": "-9.90",
    }  # fmt: skip
    assert verify(tmp_path / "run").run_id == s.run_id
    page = render(found.files).decode()
    assert "4 of 5 targets are met" in page
    assert "dearer today than to wait" in page


def test_reasons_and_prices_name_targets_and_no_mandate(tmp_path: Path) -> None:
    found = made(tmp_path)
    served = {(r["ticket_id"][:3], r["limit_id"]) for r in table(found, "reasons.csv")}
    assert served == {
        *(("HDG", "target-C-Z"), ("HDG", "target-A-X"), ("TRF", "target-A-X")),
        *(("TRF", "target-B-X"), ("TRF", "target-C-Y"), ("TRF", "target-B-Y")),
    }
    prices = {r["limit_id"]: float(r["shadow_price"]) for r in table(found, "limits.csv")}
    assert prices["target-A-X"] == pytest.approx(100 * 5.1e-4, rel=1e-4)
    assert prices["target-B-X"] == pytest.approx(100 * 4.9e-4, rel=1e-4)
    assert table(found, "shadow_prices.csv") == []


def test_transfers_only_never_pass_a_target_and_serve_what_waits(tmp_path: Path) -> None:
    found = made(tmp_path, transfers_only=True)
    assert [(k, v[0], v[2]) for k, v in wishes(found).items()] == [
        *(("A X", "-300", "-100"), ("B X", "300", "0"), ("B Y", "-200", "0")),
        *(("C Y", "200", "100"), ("C Z", "0", "1000")),
    ]
    assert verify(tmp_path / "run").run_id == found.summary.run_id


def test_a_tolerance_is_used_where_it_is_cheaper_and_lots_need_it(tmp_path: Path) -> None:
    lots = (
        ("price: 100,", "price: 100, lot_size: 50,"),
        ("trade: -400, owner", "trade: -410, tolerance: 20, owner"),
    )
    assert wishes(made(tmp_path, *lots))["A X"][:3] == ("-300", "-100", "0")


def test_what_no_plan_meets_is_named_with_its_owner(tmp_path: Path) -> None:
    cap = ("half_spread_bps: 5}", "half_spread_bps: 5, adv: 1000, max_participation: 0.05}")
    with pytest.raises(Infeasible) as refusal:
        made(tmp_path, cap)
    told = {(r["kind"], r["limit_id"], r.get("owner")) for r in refusal.value.conflicts}
    assert ("limit", "target-A-X", "Anna") in told
    assert ("participation", "X") in {(r["kind"], r["limit_id"]) for r in refusal.value.conflicts}


def test_a_forged_wish_is_told(tmp_path: Path) -> None:
    """What waits is computed from inputs and tickets, whatever targets.csv says."""
    made(tmp_path)
    path = tmp_path / "run" / "targets.csv"
    manifest = tmp_path / "run" / "manifest.json"
    path.write_text(path.read_text().replace(",5.00,cost", ",0.00,cost"))
    told = json.loads(manifest.read_text())
    told["outputs"]["targets.csv"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told))
    with pytest.raises(ProofFailed, match=r"waiting '0\.00' is written"):
        verify(tmp_path / "run")


def test_six_funds() -> None:
    found = run(SCENARIOS / "funds", None, Options(dry_run=True, report=False))
    s = found.summary
    assert s.wishes.wanted == 122
    assert s.saving == pytest.approx(
        s.stand_alone_cost + s.waiting.stand_alone - s.objective - s.waiting.objective, abs=0.02
    )
    assert s.saving > 0.3 * (s.stand_alone_cost + s.waiting.stand_alone)
    assert {r["why"] for r in table(found, "targets.csv") if r["left"] != "0"} == {"cost", "GROWTH"}


def test_what_six_real_funds_traded_on_one_day(shared: Path, tmp_path: Path) -> None:
    """197 rows of targets, and no limit or mandate beside them."""
    data = shared.parent / "data" / "positions_ark"
    if not data.is_dir():
        pytest.skip("the fund holdings are not beside this checkout")
    folder = tmp_path / "funds"
    count = write(folder, data, shared / "funds-2021-04-14" / "instruments.csv")
    assert count == len(load(folder).scenario.limits) == 197
    found = run(folder, tmp_path / "run", Options())
    s = found.summary
    assert (s.wishes.wanted, s.wishes.met) == (count, count)
    assert s.crossed_notional > 0
    assert s.saving > 0
    assert verify(tmp_path / "run").run_id == s.run_id


ONLY_A = (
    """    - {book_id: B, instrument_id: X, target: 800}
    - {book_id: C, instrument_id: Y, trade: 300, may_wait: yes, waiting_bps: 10}
    - {book_id: B, instrument_id: Y, trade: -200, may_wait: yes, waiting_bps: 10}
    - {book_id: C, instrument_id: Z, trade: 1000, may_wait: yes, waiting_bps: 40}
""",
    "",
)
LOTS = ("half_spread_bps: 5}", "half_spread_bps: 5, lot_size: 50}")


def after(outcome: Outcome, book: str, instrument: str) -> float:
    (row,) = (
        r
        for r in table(outcome, "positions_after.csv")
        if (r["book_id"], r["instrument_id"]) == (book, instrument)
    )
    return float(row["quantity_after"])


@pytest.mark.parametrize("trade", ["0", "-0"])
def test_nothing_to_do_is_a_plan(tmp_path: Path, trade: str) -> None:
    """Every target is where its position is: nothing may move, and nothing does."""
    outcome = made(tmp_path, ONLY_A, ("trade: -400, owner: Anna", f"trade: {trade}"))
    assert table(outcome, "hedges.csv") == []
    assert outcome.summary.plan_cost == 0


def test_a_target_is_never_farther_than_before(tmp_path: Path) -> None:
    """A is 10 from its target of 800 and may miss it by 50; a soft limit pulls it further."""
    limit = "  limits: [{limit_id: more, measure: position, scope: 'book:A', target: X, lower: 900, kind: soft}]\n"
    outcome = made(
        tmp_path,
        ONLY_A,
        LOTS,
        ("quantity: 1000}", "quantity: 790}"),
        ("trade: -400, owner: Anna", "target: 800, tolerance: 50"),
        ("  crossing_groups", limit + "  crossing_groups"),
    )
    assert abs(after(outcome, "A", "X") - 800) <= 10


def test_a_target_that_is_let_out_is_not_passed(tmp_path: Path) -> None:
    """`--relax` softens the target's limit, not the mandate that its row is."""
    limit = (
        "  limits: [{limit_id: less, measure: position, scope: 'book:A', target: X, upper: 450}]\n"
    )
    changes = (ONLY_A, LOTS, ("  crossing_groups", limit + "  crossing_groups"))
    assert after(made(tmp_path, *changes, relax=1.0), "A", "X") == 600


def test_the_best_effort_keeps_what_it_may_not_make_worse(tmp_path: Path) -> None:
    """In lots of 100 B's 250 can be missed by 50 on either side; 300 would be beyond what it may end at."""
    outcome = made(
        tmp_path,
        (
            ONLY_A[0],
            "    - {book_id: B, instrument_id: X, trade: 150}\n",
        ),
        ("half_spread_bps: 5}", "half_spread_bps: 5, lot_size: 100}"),
        ("instrument_id: X, quantity: 500}", "instrument_id: X, quantity: 100}"),
        (
            "  crossing_groups",
            "  limits: [{limit_id: less, measure: position, scope: 'book:A', target: X, upper: 590}]\n  crossing_groups",
        ),
        best_effort=True,
    )
    assert 100 <= after(outcome, "B", "X") <= 250


def test_whole_lots_of_transfers_only_are_compared_with_like(tmp_path: Path) -> None:
    """The program that looks for the least excess has no cost to compare with."""
    found = made(tmp_path, transfers_only=True).summary
    assert abs(found.rounding["premium"]) < 0.01
    assert not found.rounding["dear"]


@pytest.mark.parametrize(
    ("limit", "change", "why"),
    [
        ("measure: position, scope: 'book:A', target: X, lower: 650", ("", ""), "kept"),
        ("measure: gross, scope: 'book:B', upper: 1e9", ("half_spread_bps: 5}", "half_spread_bps: 5, adv: 1000, max_participation: 0.1}"), "participation"),
    ],
)  # fmt: skip
def test_why_a_target_that_must_be_met_is_not(
    tmp_path: Path, limit: str, change: tuple[str, str], why: str
) -> None:
    """By the best effort: what one lot more would be beyond, and never that it is dearer than to wait."""
    changes = [
        ONLY_A,
        ("  crossing_groups", f"  limits: [{{limit_id: kept, {limit}}}]\n  crossing_groups"),
    ]
    changes += [change] if change[0] else []
    outcome = made(tmp_path, *changes, best_effort=True)
    (row,) = (r for r in table(outcome, "targets.csv") if r["book_id"] == "A")
    assert float(row["left"]) < 0
    assert row["why"] == why


def test_one_line_says_what_waiting_costs(tmp_path: Path) -> None:
    from neutralizer.report.terminal import one_line

    changes = (("waiting_bps: 10}\n    - {book_id: B, instrument_id: Y", "waiting_bps: 1}\n    - {book_id: B, instrument_id: Y"),)  # fmt: skip
    outcome = made(tmp_path, *changes)
    waits = outcome.summary.waiting.plan
    assert (" waiting, alone " in one_line(outcome.summary)) == bool(waits)
    assert waits
