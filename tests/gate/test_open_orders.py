"""What was released and is not filled yet counts: the same risk is never hedged twice."""

import json
from pathlib import Path

import pytest

from neutralizer.gate import checked
from neutralizer.load.scenario import load
from tests.tools.command_line import Done
from tests.tools.desks import desks, rows
from tests.tools.firm import in_process


def open_orders(*rows: str) -> tuple[str, str]:
    return "  risk:\n", f"  open_orders: [{', '.join(rows)}]\n  risk:\n"


def run(folder: Path, out: Path, *words: object) -> Done:
    done = in_process("run", folder, "--out", out, "-q", "--no-baseline", *words)
    if done.returncode == 0:
        assert in_process("verify", out).returncode == 0
    return done


def test_what_is_on_its_way_is_not_hedged_again(tmp_path: Path) -> None:
    """Last night's plan was released whole, nothing has come back yet: today asks for nothing."""
    all_of_it = open_orders(
        "{book_id: MM, instrument_id: ETF, quantity: -60000}",
        "{book_id: ARB, instrument_id: ETF, quantity: 60000}",
        "{book_id: MM, instrument_id: FUT, quantity: -10, ticket_id: HDG-1}",
    )
    done = run(desks(tmp_path / "s", all_of_it), tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "0 transfers 0 | 0 orders 0" in done.stdout
    after = {
        (r["book_id"], r["instrument_id"]): r for r in rows(tmp_path / "run/positions_after.csv")
    }
    assert after["MM", "ETF"]["quantity_before"] == "40000"
    assert after["MM", "FUT"]["quantity_after"] == "-10"


def test_half_of_a_fill_leaves_half_to_hedge(tmp_path: Path) -> None:
    """Five of ten contracts are still open: both together are what was wanted."""
    half = open_orders("{book_id: MM, instrument_id: FUT, quantity: -5}")
    assert run(desks(tmp_path / "s", half), tmp_path / "run").returncode == 0
    (hedge,) = rows(tmp_path / "run/hedges.csv")
    assert (hedge["side"], hedge["quantity"]) == ("SELL", "5")


def test_cash_of_what_is_on_its_way_has_not_flowed(tmp_path: Path) -> None:
    """An ETF bought and not yet filled will take its price out of the pool."""
    bought = open_orders("{book_id: MM, instrument_id: ETF, quantity: 1000}")
    s = load(desks(tmp_path / "s", bought)).scenario
    assert run(tmp_path / "s", tmp_path / "run").returncode == 0
    (pool,) = rows(tmp_path / "run/pools.csv")
    plain = run(desks(tmp_path / "t"), tmp_path / "plain")
    assert plain.returncode == 0
    (before,) = rows(tmp_path / "plain/pools.csv")
    assert float(pool["balance_before"]) == float(before["balance_before"])
    assert float(s.holdings.pending.sum()) == 1000
    assert pool["outflow"] != before["outflow"]


def test_reports_are_of_what_is_held(tmp_path: Path) -> None:
    """The book's own report does not know of open orders."""
    report = (
        "{book_id: MM, entity: BD, account_id: PB, description: Market maker",
        "{book_id: MM, entity: BD, account_id: PB, reported_market_value: 10000000, description: Market maker",
    )
    half = open_orders("{book_id: MM, instrument_id: ETF, quantity: -50000}")
    checked(desks(tmp_path / "s", report, half))


def test_what_is_not_there_yet_is_sold_short(tmp_path: Path) -> None:
    """ETFs that were bought and have not come cannot be sold long."""
    etf_only = ('{book_id: MM, selector: "*", may: trade}', '{book_id: MM, selector: "asset_class:etf", may: trade}')  # fmt: skip
    few = ("quantity: 100000}", "quantity: 61000}")
    coming = open_orders("{book_id: MM, instrument_id: ETF, quantity: 39000}")
    assert run(desks(tmp_path / "all", etf_only), tmp_path / "long").returncode == 0
    assert [h["side"] for h in rows(tmp_path / "long/hedges.csv")] == ["SELL"]
    assert run(desks(tmp_path / "few", etf_only, few, coming), tmp_path / "short").returncode == 0
    sides = {h["side"]: h["quantity"] for h in rows(tmp_path / "short/hedges.csv")}
    assert sides == {"SELL": "1000", "SELL_SHORT": "19000"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{book_id: MX, instrument_id: ETF, quantity: 1}", "tables.open_orders.0.book_id value='MX' no such book"),
        ("{book_id: MM, instrument_id: ETX, quantity: 1}", "tables.open_orders.0.instrument_id value='ETX' no such instrument"),
        ("{book_id: MM, instrument_id: ETF}", "tables.open_orders.0.quantity required column is missing"),
        ("{book_id: MM, instrument_id: ETF, quantity: 1}, {book_id: MM, instrument_id: ETF, quantity: 2}", "duplicate key MM/ETF/"),
        ("{book_id: MM, instrument_id: ETF, quantity: 1e29}", "out of range; it must be at most 1e+15"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused(tmp_path: Path, row: str, reason: str) -> None:
    done = run(desks(tmp_path / "s", open_orders(row)), tmp_path / "run")
    assert done.returncode == 3
    assert reason in done.stderr


def test_two_orders_of_one_pair_add_up(tmp_path: Path) -> None:
    two = open_orders(
        "{book_id: MM, instrument_id: FUT, quantity: -5, ticket_id: A}",
        "{book_id: MM, instrument_id: FUT, quantity: -5, ticket_id: B}",
    )
    assert run(desks(tmp_path / "s", two), tmp_path / "run").returncode == 0
    assert rows(tmp_path / "run/hedges.csv") == []
    assert json.loads((tmp_path / "run/summary.json").read_text())["lines"]["orders"] == 0
