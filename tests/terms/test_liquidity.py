"""Collateral, cut-offs and value days: cash that is there in time, by numbers that a pencil can check.

One book is long 20 futures of 200,000, which no limit touches: 5 % of 4 million is 200,000 of margin.
"""

import csv
import json
from pathlib import Path

import pytest

from neutralizer.load.scenario import load
from neutralizer.proof import prove
from neutralizer.report.files import parsed
from tests.tools.command_line import neutralizer

SCENARIO = """\
format: 1
name: liquidity
as_of: 2024-06-27T16:00:00-04:00
base_currency: USD
tables:
  books: [{book_id: B, account_id: A}]
  accounts: [{account_id: A, pool_id: P}]
  pools:
    - {pool_id: P, currency: USD, cash: 150000, minimum_balance: 100000, borrow_limit: 1000000, borrow_rate_bps: 720%MORNING%}
    - {pool_id: Q, currency: USD, cash: 900000}
  cash_routes: [%ROUTES%]
  collateral: [%COLLATERAL%]
  instruments:
    - {instrument_id: FUT, asset_class: future, currency: USD, price: 4000, multiplier: 50, payment: margined}
    - {instrument_id: BILL, asset_class: bond, currency: USD, price: 98, payment: fully_paid, lot_size: 100, half_spread_bps: 1}
  positions: [{book_id: B, instrument_id: FUT, quantity: 20}, {book_id: B, instrument_id: BILL, quantity: %HELD%}]
  margin_rates:
    - {instrument_id: FUT, long_rate: 0.05, short_rate: 0.05}
    - {instrument_id: BILL, long_rate: 0, short_rate: 0}
  mandates: [{book_id: "*", selector: "*", may: none}]
costs: {horizon_days: 1}
"""


def run(tmp_path: Path, held: int = 0, **words: str) -> dict[str, list[dict[str, str]]]:
    """The tables of a run that is proven again."""
    folder = write(tmp_path, held, **words)
    out = tmp_path / "run"
    done = neutralizer("run", folder, "--out", out, "-q", "--no-baseline")
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", out).returncode == 0
    found = {}
    for path in out.glob("*.csv"):
        with open(path, newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def write(tmp_path: Path, held: int = 0, **words: str) -> Path:
    folder = tmp_path / "s"
    folder.mkdir()
    text = SCENARIO.replace("%HELD%", str(held))
    for key in ("ROUTES", "COLLATERAL", "MORNING"):
        text = text.replace(f"%{key}%", words.get(key.lower(), ""))
    (folder / "scenario.yaml").write_text(text)
    return folder


HELD = "{pool_id: P, instrument_id: BILL, haircut: 0.02, opportunity_bps: 36}"
APART = HELD.replace("}", ", quantity: 1000}")
ROUTE = "{from_pool: Q, to_pool: P, fee_bps: 1}"


def pool(tables: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return next(row for row in tables["pools"] if row["pool_id"] == "P")


def test_what_is_missing_is_borrowed_without_collateral(tmp_path: Path) -> None:
    """150,000 of cash, 100,000 to keep, 200,000 of margin: 150,000 short, at 7.2 % for a day 30."""
    tables = run(tmp_path)
    assert float(pool(tables)["borrowed"]) == pytest.approx(150_000, abs=0.05)
    assert tables["collateral"] == []
    assert {r["term"]: float(r["amount"]) for r in tables["costs"]}["borrowing"] == 30


def test_bills_stand_in_for_margin_where_they_cost_less(tmp_path: Path) -> None:
    """One counts 96.04: 1,562 of them 150,014.48; a bill costs 36 bps a year, a loan 720."""
    tables = run(tmp_path, 5000, collateral=HELD)
    (row,) = tables["collateral"]
    assert (row["pool_id"], row["instrument_id"], row["available"]) == ("P", "BILL", "5000")
    assert float(row["quantity"]) == 1562
    assert float(row["counted"]) == pytest.approx(1562 * 96.04)
    assert float(pool(tables)["borrowed"]) == 0
    assert float(pool(tables)["collateral"]) == float(row["counted"])
    assert float(pool(tables)["headroom"]) == pytest.approx(14.48)
    cost = {r["term"]: float(r["amount"]) for r in tables["costs"]}["collateral"]
    assert cost == pytest.approx(1562 * 98 * 0.0036 / 360, abs=0.005)


def test_no_more_is_posted_than_there_is(tmp_path: Path) -> None:
    tables = run(tmp_path, 0, collateral=APART)
    assert float(tables["collateral"][0]["quantity"]) == 1000
    assert float(pool(tables)["borrowed"]) == pytest.approx(150_000 - 96_040)


def test_collateral_covers_margin_and_never_the_minimum_balance(tmp_path: Path) -> None:
    """With 40,000 of cash 60,000 are borrowed for the 100,000 to keep, however many bills there are."""
    folder = write(tmp_path, 5000, collateral=HELD)
    text = (folder / "scenario.yaml").read_text().replace("cash: 150000", "cash: 40000")
    (folder / "scenario.yaml").write_text(text)
    done = neutralizer("run", folder, "--out", tmp_path / "run", "-q", "--no-baseline")
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", tmp_path / "run").returncode == 0
    with open(tmp_path / "run" / "pools.csv", newline="") as file:
        row = next(r for r in csv.DictReader(file) if r["pool_id"] == "P")
    assert float(row["borrowed"]) == pytest.approx(60_000)
    assert float(row["collateral"]) >= 200_000


def test_dear_collateral_stays_where_it_is(tmp_path: Path) -> None:
    tables = run(tmp_path, 5000, collateral=HELD.replace("bps: 36", "bps: 3600"))
    assert tables["collateral"] == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("1000,98000.00", "2000,196000.00", "2000 are posted, 1000 are there"),
        ("98000.00", "99000.00", "is not its value"),
        (",BILL,", ",FUT,", "may not be posted"),
    ],
)
def test_a_pledge_that_is_not_right_is_not_proven(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    run(tmp_path, 0, collateral=APART)
    out = tmp_path / "run"
    files = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}
    written = files["collateral.csv"].decode()
    assert old in written
    files["collateral.csv"] = written.replace(old, new).encode()
    assert fault in " ".join(prove(load(tmp_path / "s").scenario, parsed(files)))


@pytest.mark.parametrize(
    ("route", "borrowed", "value_date"),
    [
        (ROUTE, 0.0, "2024-06-27"),
        (ROUTE.replace("}", ", value_days: 1}"), 150_000.0, ""),
        (ROUTE.replace("}", ", cut_off: '15:30'}"), 150_000.0, ""),
        (ROUTE.replace("}", ", cut_off: '16:30'}"), 0.0, "2024-06-27"),
    ],
)
def test_only_what_arrives_today_covers_the_next_morning(
    tmp_path: Path, route: str, borrowed: float, value_date: str
) -> None:
    tables = run(tmp_path, routes=route, morning=", due_next_morning: yes")
    assert float(pool(tables)["borrowed"]) == pytest.approx(borrowed, abs=0.05)
    assert [r["value_date"] for r in tables["cash_transfers"]] == (
        [value_date] if value_date else []
    )
    assert 0 <= float(pool(tables)["next_morning"]) < 1


def test_cash_that_comes_later_is_dated_so(tmp_path: Path) -> None:
    """A Thursday after the cut-off: one business day more than the route's own one, a Monday."""
    late = ROUTE.replace("}", ", value_days: 1, cut_off: '15:59'}")
    tables = run(tmp_path, routes=late)
    assert [r["value_date"] for r in tables["cash_transfers"]] == ["2024-07-01"]
    assert pool(tables)["next_morning"] == ""
    files = {p.name: p.read_bytes() for p in (tmp_path / "run").iterdir() if p.is_file()}
    files["cash_transfers.csv"] = files["cash_transfers.csv"].replace(b"2024-07-01", b"2024-06-28")
    said = " ".join(prove(load(tmp_path / "s").scenario, parsed(files)))
    assert "value_date 2024-06-28 is not 2024-07-01" in said


def test_sale_proceeds_do_not_pay_the_next_morning(tmp_path: Path) -> None:
    """Bills may be sold: that pays the settled rung alone, so the morning borrows."""
    folder = write(tmp_path, 5000, morning=", due_next_morning: yes")
    text = (
        (folder / "scenario.yaml")
        .read_text()
        .replace('selector: "*", may: none}', "selector: FUT, may: none}")
    )
    limit = (
        "  limits: [{limit_id: few, measure: position, scope: 'book:B', target: BILL, upper: 0}]\n"
    )
    (folder / "scenario.yaml").write_text(text.replace("  mandates:", limit + "  mandates:"))
    done = neutralizer("run", folder, "--out", tmp_path / "run", "--json", "--no-baseline")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["costs"]["borrowing"] == 30


BAD = {
    "short": (-100, {"collateral": HELD}, "the pool's accounts are short 100 of it"),
    "margined": (0, {"collateral": HELD.replace("BILL", "FUT")}, "is margined itself"),
    "haircut": (0, {"collateral": HELD.replace("0.02", "2")}, "haircut"),
    "cut-off": (0, {"routes": ROUTE.replace("}", ", cut_off: 4pm}")}, "write the time as hh:mm"),
    "unknown": (0, {"collateral": HELD.replace("P,", "X,")}, "no such pool"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_posted_is_refused(tmp_path: Path, name: str) -> None:
    held, words, reason = BAD[name]
    done = neutralizer("check", write(tmp_path, held, **words))
    assert done.returncode == 3
    assert reason in done.stderr


def test_times_are_at_the_offset_of_as_of(tmp_path: Path) -> None:
    days = load(
        write(tmp_path, routes=ROUTE.replace("}", ", cut_off: '16:00'}"))
    ).scenario.routes.days
    assert days.tolist() == [0]
