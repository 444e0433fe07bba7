"""A band narrower than a step is held to half a step: of what may move it, when that is little, and said."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from neutralizer.handoff.standing import StandingOrder, beyond
from neutralizer.load.scenario import load
from neutralizer.records.finished import finished
from neutralizer.records.writing import csv_rows
from neutralizer.terms import limits
from tests.conftest import SCENARIOS
from tests.tools.command_line import Done, neutralizer
from tests.tools.small import two_desks

LOT = (
    "hedge_instrument: yes, specific_volatility: 0, settlement_days: 1}",
    "hedge_instrument: yes, lot_size: 100000, specific_volatility: 0, settlement_days: 1}",
)
APART = (
    "- {group_id: house, books: [ARB, MM]}",
    "- {group_id: house, books: [ARB]}\n    - {group_id: other, books: [MM]}",
)
SMALL = ("quantity: -60000}", "quantity: -49999}"), ("quantity: 100000}", "quantity: 49999}")
ARB = "lower: -1000000, upper: 1000000,"
FIRM = 'scope: "book:ARB", target: MARKET, '
WIDE = ("lower: -2000000, upper: 2000000,", "upper: 9e9,")


def half(*changes: tuple[str, str], limit: str = "ARB-market") -> float:
    s = two_desks(*changes)
    k = next(k for k, x in enumerate(s.limits) if x.limit_id == limit)
    return float(limits.half_steps(s)[k])


def band(lower: str, upper: str, more: str = "") -> tuple[str, str]:
    return ARB, f"lower: {lower}, upper: {upper},{more}"


def test_the_step_is_that_of_a_transfer_where_the_holding_may_cross() -> None:
    """One share of 100; alone it can be moved by a lot of 10,000,000 only."""
    assert half(LOT, band("-20", "20")) == 50
    assert half(LOT, band("-1000000", "1000000")) == 0
    assert half(LOT, APART, band("-1000000", "1000000")) == 5_000_000
    assert half(LOT, APART, band("-9000000", "9000000")) == 0


def test_what_crosses_within_its_scope_does_not_move_it() -> None:
    """A contract of 200,000 is what moves the firm; a share that crosses moves it by nothing."""
    whole = (FIRM, "scope: firm, target: MARKET, ")
    assert half(LOT, whole, band("-50000", "50000")) == 100_000


@pytest.mark.parametrize(
    ("edge", "allowed"), [("250001", True), ("249999", False), ("1", False), ("0", False)]
)
def test_half_a_step_is_at_most_ten_bands(edge: str, allowed: bool) -> None:
    """Of 2 x 250,000 = 500,000 ten are half of 10,000,000; a thousandth of what ARB holds is 6,000."""
    assert half(LOT, APART, band(f"-{edge}", edge)) == (5_000_000 if allowed else 0)
    assert half(LOT, APART, band(f"-{edge}", edge, " to_a_lot: yes,")) == 5_000_000


def test_half_a_step_is_at_most_a_thousandth_of_what_is_held() -> None:
    """A share of 100 beside 6,000,000: nobody has to ask for that."""
    assert half(APART, band("0", "0")) == 50
    assert half(APART, ("quantity: -60000}", "quantity: -499}"), band("0", "0")) == 0


def test_a_band_far_narrower_than_a_lot_is_refused_and_says_what_helps(tmp_path: Path) -> None:
    """±1 beside a lot of ten million: it ended at -4,999,900, OK."""
    done = _run(tmp_path, "")
    assert done.returncode == 4
    assert "`to_a_lot: yes` holds to half a step: ARB-market" in done.stderr
    assert not (tmp_path / "run").exists()


def _run(tmp_path: Path, allowed: str) -> Done:
    text = (SCENARIOS / "two-desks" / "scenario.yaml").read_text()
    for old, new in (LOT, APART, *SMALL, band("-1", "1", allowed), WIDE):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "scenario.yaml").write_text(text)
    return neutralizer("run", tmp_path / "case", "--out", tmp_path / "run", "-q", "--no-baseline")


def test_what_is_held_to_a_lot_is_a_breach_and_a_finding(tmp_path: Path) -> None:
    assert _run(tmp_path, " to_a_lot: yes,").returncode == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["breaches"]["after"] == 1
    (said,) = [f for f in summary["findings"] if f.startswith("HELD TO A LOT")]
    assert "ARB-market book:ARB ends at -4.9999e+06, 4.9999e+06 beyond its bound" in said
    rows = csv_rows((tmp_path / "run" / "limits.csv").read_bytes())[1]
    assert [r["status"] for r in rows if r["limit_id"] == "ARB-market"] == ["OK_TO_A_LOT"]
    assert neutralizer("verify", tmp_path / "run").returncode == 0


def test_what_is_held_to_a_lot_never_leaves_at_night(tmp_path: Path) -> None:
    """Whichever findings the order accepts."""
    assert _run(tmp_path, " to_a_lot: yes,").returncode == 0
    run = finished(tmp_path / "run")
    words = {"name": "nights", "expires": "2199-01-01T00:00:00Z", "scenarios": ["two-desks"]}
    words |= {"kinds": ["cash_transfers"], "currency": "USD", "tickets": "9"}
    order = StandingOrder.model_validate(words | {"largest_line": "1", "total": "1"})
    scenario = load(tmp_path / "case").scenario
    waits = list(beyond(order, scenario, run, {}, [], datetime.now(UTC)))
    assert waits[-1] == "limit ARB-market book:ARB is held to half a step only"
