"""The restricted list and what may be borrowed, on two desks that a pencil can follow.

MM is long 100,000 of the ETF at 100, ARB short 60,000; 6 million cross, MM sells ten futures of 200,000.
"""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from neutralizer.load.scenario import load
from neutralizer.proof import prove
from neutralizer.report.files import parsed
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer


def write(tmp_path: Path, *tables: str, more: tuple[tuple[str, str], ...] = ()) -> Path:
    """two-desks with more tables."""
    folder = tmp_path / "s"
    tmp_path.mkdir(exist_ok=True)
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    for old, new in (
        ("  mandates:\n", "".join(f"  {t}\n" for t in tables) + "  mandates:\n"),
        *more,
    ):
        assert old in text, old
        text = text.replace(old, new)
    (folder / "scenario.yaml").write_text(text)
    return folder


def run(folder: Path) -> tuple[dict[str, Any], list[tuple[str, ...]], dict[tuple[str, str], float]]:
    """The summary, the transfers and the positions after of a run that is proven again."""
    out = folder.parent / "run"
    done = neutralizer("run", folder, "--out", out, "-q", "--no-baseline")
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", out).returncode == 0
    with open(out / "internal_transfers.csv", newline="") as file:
        moved = [
            (r["instrument_id"], r["from_book"], r["to_book"], r["quantity"])
            for r in csv.DictReader(file)
        ]
    with open(out / "positions_next.csv", newline="") as file:
        held = {
            (r["book_id"], r["instrument_id"]): float(r["quantity"]) for r in csv.DictReader(file)
        }
    return json.loads((out / "summary.json").read_text()), moved, held


def test_without_restrictions_six_million_cross(tmp_path: Path) -> None:
    _, moved, _ = run(write(tmp_path))
    assert moved == [("ETF", "MM", "ARB", "60000")]


def test_what_may_not_cross_is_traded_outside(tmp_path: Path) -> None:
    """For ARB alone: it buys 50,000 back on its own, MM sells futures for 40,000."""
    rows = "restricted: [{selector: ETF, book_id: ARB, no_cross: yes, description: quiet period}]"
    summary, moved, held = run(write(tmp_path, rows))
    assert moved == []
    assert held["ARB", "ETF"] == pytest.approx(-10_000)
    assert summary["external_notional"] > 5e6


def test_what_may_not_be_bought_is_sold_and_never_rises(tmp_path: Path) -> None:
    """ARB may not buy the ETF: its market limit cannot be kept, and the refusal says so."""
    folder = write(tmp_path, "restricted: [{selector: ETF, book_id: ARB, no_buy: yes}]")
    done = neutralizer("run", folder, "--out", tmp_path / "run", "-q")
    assert done.returncode == 4
    assert "ARB-market" in done.stderr
    assert "mandates leave factor_exposure" in done.stderr or "ARB" in done.stderr


def test_what_may_not_be_sold_is_hedged_otherwise(tmp_path: Path) -> None:
    """MM keeps its ETF and sells futures; ARB buys outside."""
    _, moved, held = run(
        write(tmp_path, "restricted: [{selector: ETF, book_id: MM, no_sell: yes}]")
    )
    assert moved == []
    assert held["MM", "ETF"] == 100_000
    assert held["MM", "FUT"] < 0


@pytest.mark.parametrize(
    ("dates", "crosses"),
    [
        ("from: 2024-06-28", True),
        ("to: 2024-06-26", True),
        ("from: 2024-06-27, to: 2024-06-27", False),
        ("from: 2024-01-01", False),
    ],
)
def test_a_restriction_holds_on_its_days(tmp_path: Path, dates: str, crosses: bool) -> None:
    rows = f"restricted: [{{selector: 'asset_class:etf', no_cross: yes, {dates}}}]"
    assert bool(run(write(tmp_path, rows))[1]) == crosses


def test_a_transfer_of_what_is_restricted_is_not_proven(tmp_path: Path) -> None:
    run(write(tmp_path / "free"))
    rows = "restricted: [{selector: ETF, book_id: ARB, no_cross: yes}]"
    barred = load(write(tmp_path / "barred", rows)).scenario
    files = {p.name: p.read_bytes() for p in (tmp_path / "free" / "run").iterdir() if p.is_file()}
    assert "ARB may not cross ETF: it is restricted" in " ".join(prove(barred, parsed(files)))


@pytest.mark.parametrize(
    ("book", "word", "fault"),
    [
        ("ARB", "no_sell", ""),
        ("MM", "no_buy", ""),
        ("ARB", "no_buy", "ARB ETF: 0 breaks the mandate (-inf to -60000)"),
        ("MM", "no_sell", "MM ETF: 40000 breaks the mandate (100000 to inf)"),
    ],
)
def test_what_is_free_otherwise_may_move_one_way(
    tmp_path: Path, book: str, word: str, fault: str
) -> None:
    """MM gives ARB 60,000: that keeps what MM may not buy and ARB may not sell, and nothing else."""
    run(write(tmp_path / "free"))
    files = {p.name: p.read_bytes() for p in (tmp_path / "free" / "run").iterdir() if p.is_file()}
    rows = f"restricted: [{{selector: ETF, book_id: {book}, {word}: yes}}]"
    folder = write(tmp_path / "held", rows)
    held = load(folder).scenario
    faults = [x for x in prove(held, parsed(files)) if "mandate" in x]
    assert faults == ([fault] if fault else [])
    if not fault:
        assert run(folder)[2]["MM", "ETF"] == 40_000


SHORT = (
    (
        "book_id: MM, instrument_id: ETF, quantity: 100000",
        "book_id: MM, instrument_id: ETF, quantity: 10000",
    ),
)


def test_no_shorter_than_may_be_borrowed(tmp_path: Path) -> None:
    """The account is short 50,000; 20,000 may be borrowed, at 360 bps a year for one day."""
    rows = "borrow: [{instrument_id: ETF, available: 20000, fee_bps: 360}]"
    summary, _, held = run(write(tmp_path, rows, more=SHORT))
    short = -sum(x for (_, i), x in held.items() if i == "ETF")
    assert short == pytest.approx(20_000)
    assert summary["costs"]["borrow_fee"] == pytest.approx(short * 100 * 0.036 / 360)
    with open(tmp_path / "run" / "limits.csv", newline="") as file:
        row = next(r for r in csv.DictReader(file) if r["limit_id"] == "borrow-ETF")
    assert (row["scope"], row["owner"], row["binding"]) == (
        "account:PB",
        "securities lending",
        "yes",
    )
    assert float(row["before"]) == -50_000
    assert float(row["shadow_price"]) > 0


def test_a_dear_borrow_is_given_back(tmp_path: Path) -> None:
    """At 2,000 % a year a day's fee is above the spread of buying the ETF and selling the future."""
    rows = "borrow: [{instrument_id: ETF, available: 60000, fee_bps: 200000}]"
    held = run(write(tmp_path, rows, more=SHORT))[2]
    assert -sum(x for (_, i), x in held.items() if i == "ETF") < 1000


BAD = {
    "nothing": (
        "restricted: [{selector: ETF}]",
        "restricts nothing; write yes under no_buy, no_sell, no_cross",
    ),
    "dates": (
        "restricted: [{selector: ETF, no_buy: yes, from: 2024-06-27, to: 2024-06-01}]",
        "before 2024-06-27",
    ),
    "selector": ("restricted: [{selector: 'sector:tech', no_buy: yes}]", "selects nothing"),
    "book": ("restricted: [{selector: ETF, book_id: MX, no_buy: yes}]", "no such book"),
    "twice": (
        "restricted: [{selector: ETF, no_buy: yes}, {selector: ETF, no_sell: yes}]",
        "duplicate key",
    ),
    "margined": (
        "borrow: [{instrument_id: FUT, available: 10}]",
        "is margined; nothing has to be borrowed",
    ),
    "negative": ("borrow: [{instrument_id: ETF, available: -10}]", "available"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_makes_no_sense_is_refused(tmp_path: Path, name: str) -> None:
    rows, reason = BAD[name]
    done = neutralizer("check", write(tmp_path, rows))
    assert done.returncode == 3
    assert reason in done.stderr
