"""Scan arrays and shocks that are built, against arithmetic of their own."""

import csv
from pathlib import Path

import numpy as np
import pytest

from neutralizer.load.scenario import load
from neutralizer.prepare.scan_arrays import black
from tests.tools.command_line import neutralizer

OPTIONS = """\
instrument_id,underlying_id,kind,strike,years,volatility,volatility_range
CALL,FUT,call,4000,0.25,0.2,0.05
PUT,FUT,put,4000,0.25,0.2,0.05
"""
GREEKS = (
    "instrument_id,underlying_id,delta,gamma,vega,volatility_range\nCALL,FUT,0.5,0.001,700,0.05\n"
)
SCENARIO = """\
format: 1
name: options
as_of: 2024-06-27T16:00:00-04:00
base_currency: USD
tables:
  books: [{book_id: B, account_id: A}]
  accounts: [{account_id: A, pool_id: P}]
  pools: [{pool_id: P, currency: USD, cash: 1e8}]
  instruments:
    - {instrument_id: FUT, asset_class: future, currency: USD, price: 4000, multiplier: 50, payment: margined, underlying: IDX, half_spread_bps: 1}
    - {instrument_id: CALL, asset_class: option, currency: USD, price: 160, multiplier: 50, payment: fully_paid, underlying: IDX, half_spread_bps: 1}
    - {instrument_id: PUT, asset_class: option, currency: USD, price: 160, multiplier: 50, payment: fully_paid, underlying: IDX, half_spread_bps: 1}
  positions: [{book_id: B, instrument_id: FUT, quantity: 10}, {book_id: B, instrument_id: CALL, quantity: -10}, {book_id: B, instrument_id: PUT, quantity: 5}]
  margin_rates:
    - {instrument_id: FUT, per_unit: 12000}
    - {instrument_id: CALL, per_unit: 0}
    - {instrument_id: PUT, per_unit: 0}
"""
MOVES = np.repeat(np.array([0, 1, -1, 2, -2, 3, -3]), 2) / 3


def built(tmp_path: Path, options: str) -> dict[str, dict[str, str]]:
    """scan_arrays.csv by instrument."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "scenario.yaml").write_text(SCENARIO)
    (tmp_path / "options.csv").write_text(options)
    words = ("arrays", "s", "--out", "t", "--options", "options.csv", "--spread-charge", "0.1")
    done = neutralizer(*words, "--short-option-minimum", "0.02", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "t" / "scan_arrays.csv", newline="") as file:
        return {row["instrument_id"]: row for row in csv.DictReader(file)}


def points(row: dict[str, str]) -> np.ndarray:
    return np.array([float(row[f"s{k + 1}"]) for k in range(16)])


def test_a_future_loses_its_margin_at_the_ends(tmp_path: Path) -> None:
    future = points(built(tmp_path, OPTIONS)["FUT"])
    assert future[:14] == pytest.approx(-MOVES * 12_000)
    assert future[14:] == pytest.approx([-12_000, 12_000])  # a third of three ranges
    with open(tmp_path / "t" / "scan_groups.csv", newline="") as file:
        (group,) = csv.DictReader(file)
    assert (group["product_group"], group["spread_charge"]) == ("IDX", "1200")
    assert group["short_option_minimum"] == "240"


def test_a_call_less_a_put_is_the_future(tmp_path: Path) -> None:
    """Parity holds at every point of price and volatility, for losses and for delta."""
    rows = built(tmp_path, OPTIONS)
    straight = points(rows["CALL"]) - points(rows["PUT"])
    assert straight == pytest.approx(points(rows["FUT"]), rel=1e-8, abs=1e-6)
    assert float(rows["CALL"]["delta"]) - float(rows["PUT"]["delta"]) == pytest.approx(1.0)


def test_greeks_are_a_parabola(tmp_path: Path) -> None:
    """Point 1: no move, volatility up five points: 50 · 700 · 0.05 gained; point 11: 240 index points up."""
    call = points(built(tmp_path, GREEKS)["CALL"])
    assert call[0] == pytest.approx(-50 * 700 * 0.05)
    assert call[10] == pytest.approx(-50 * (0.5 * 240 + 0.001 * 240**2 / 2 + 700 * 0.05))


def test_black_has_the_delta_of_its_differences() -> None:
    for kind in ("call", "put"):
        up, down = (black(kind, 100 + h, 95.0, 0.5, 0.3, 0.02)[0] for h in (1e-4, -1e-4))
        delta = black(kind, 100.0, 95.0, 0.5, 0.3, 0.02)[1]
        assert (up - down) / 2e-4 == pytest.approx(delta, rel=1e-7)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (OPTIONS.replace("CALL,FUT", "CALL,IDX"), "options.csv:2:underlying_id value='IDX' no such instrument"),
        (OPTIONS.replace("CALL,FUT", "CALL,PUT"), "options.csv:2:underlying_id value='PUT' no margin rate"),
        (OPTIONS.replace("call,4000", ",4000"), "options.csv:2:instrument_id value='CALL' not one way to value it"),
        (OPTIONS.replace("0.25,0.2,0.05\nPUT", "0.25,-0.2,0.05\nPUT"), "options.csv:2:volatility value='-0.2'"),
    ],
)  # fmt: skip
def test_option_terms_that_cannot_be_used(tmp_path: Path, options: str, said: str) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "scenario.yaml").write_text(SCENARIO)
    (tmp_path / "options.csv").write_text(options)
    words = ("arrays", "s", "--out", "t", "--options", "options.csv", "--spread-charge", "0.1")
    done = neutralizer(*words, cwd=tmp_path)
    assert done.returncode == 3
    assert said in done.stderr
    assert not (tmp_path / "t").exists()


def history(tmp_path: Path, days: int = 60, gap: bool = False) -> np.ndarray:
    """Writes prices of two instruments; the second is twice as wild in the last third."""
    rng = np.random.default_rng(2)
    wild = np.where(np.arange(days) > 2 * days // 3, 0.02, 0.01)
    moves = np.stack([rng.normal(0, 0.01, days), rng.normal(0, 1, days) * wild], axis=1)
    prices = 100 * np.cumprod(1 + moves, axis=0)
    dates = np.arange(np.datetime64("2024-06-27") - days + 1, np.datetime64("2024-06-28"))
    lines = [f"{d},{a!r},{'' if gap else repr(float(b))}" for d, (a, b) in zip(dates, prices.astype(float).tolist(), strict=True)]  # fmt: skip
    (tmp_path / "prices.csv").write_text("day,ETF,FUT\n" + "\n".join(lines) + "\n")
    return np.asarray(prices[1:] / prices[:-1] - 1)


def shocks(tmp_path: Path, *words: str) -> list[dict[str, str]]:
    done = neutralizer(
        "shocks", "scenarios/two-desks", "--history", tmp_path / "prices.csv", *words
    )
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(done.stdout.splitlines()))


def test_past_days_are_shocks(tmp_path: Path) -> None:
    moves = history(tmp_path)
    rows = shocks(tmp_path, "--name", "past")
    assert len(rows) == 2 * len(moves)
    etf = [float(r["move"]) for r in rows if r["instrument_id"] == "ETF"]
    assert etf == pytest.approx(moves[:, 0].tolist(), rel=1e-6)
    assert {r["shock_set"] for r in rows} == {"past"}
    assert rows[-1]["shock_id"] == "past.2024-06-27"


def test_the_worst_days_are_those_that_cost_most(tmp_path: Path) -> None:
    moves = history(tmp_path)
    scenario = load(Path("scenarios/two-desks")).scenario
    h = scenario.holdings
    units = np.bincount(h.instrument, weights=h.before, minlength=2)
    gains = moves @ (units * scenario.instruments.notional)
    found = {r["shock_id"] for r in shocks(tmp_path, "--worst", "5")}
    days = np.arange(np.datetime64("2024-06-27") - len(moves) + 1, np.datetime64("2024-06-28"))
    assert found == {str(days[k]) for k in np.argsort(gains)[:5]}


def test_filtered_days_have_today_s_volatility(tmp_path: Path) -> None:
    """The wild third is the present: calm days are made wilder, so that the whole is nearly as wild."""
    moves = history(tmp_path, 600)
    rows = shocks(tmp_path, "--filtered")
    future = np.array([float(r["move"]) for r in rows if r["instrument_id"] == "FUT"])
    assert np.std(future[:300]) > 1.5 * np.std(moves[:300, 1])


def test_a_history_with_gaps_is_refused(tmp_path: Path) -> None:
    history(tmp_path, gap=True)
    done = neutralizer("shocks", "scenarios/two-desks", "--history", tmp_path / "prices.csv")
    assert done.returncode == 3
    assert "prices.csv 0 whole days up to 2024-06-27" in done.stderr
    (tmp_path / "prices.csv").write_text("day,ETF\n2024-01-02,1\n")
    done = neutralizer("shocks", "scenarios/two-desks", "--history", tmp_path / "prices.csv")
    assert "prices.csv:1 no prices for FUT; add a column" in done.stderr
    (tmp_path / "prices.csv").write_text("day,ETF,FUT\n2024-01-03,1,2\n2024-01-02,1,x\n")
    done = neutralizer("shocks", "scenarios/two-desks", "--history", tmp_path / "prices.csv")
    assert "prices.csv:3:FUT value='x' not a number" in done.stderr
    assert "prices.csv:3:day value='2024-01-02' not after the day before" in done.stderr
