"""Currency exposure, conversion and minor units, by numbers that a pencil can check.

A dollar house holds 100,000 of a stock at 250 pence: 250,000 pounds, 312,500 dollars at 1.25. A limit lets it
keep 62,500 dollars of sterling.
"""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from neutralizer.load.scenario import load
from tests.tools.command_line import neutralizer

SCENARIO = """\
format: 1
name: currencies
as_of: 2024-06-27T16:00:00+01:00
base_currency: USD
tables:
  books: [{book_id: B, account_id: A}]
  accounts: [{account_id: A, pool_id: P, model: none}]
  pools: [{pool_id: P, currency: USD, cash: 1000000}]
  fx: [{currency: GBP, rate: 1.25, half_spread_bps: 4}, {currency: EUR, rate: 1.1, half_spread_bps: 2}]
  instruments:
    - {instrument_id: TEA, asset_class: equity, currency: GBX, price: 250, half_spread_per_unit: 0.5, specific_volatility: 0}
    - {instrument_id: GBPUSD, asset_class: fx, currency: USD, underlying: GBP, price: 1.25, multiplier: 1, lot_size: 1000, payment: margined, half_spread_bps: 0.5, specific_volatility: 0}
    - {instrument_id: EURGBP, asset_class: fx, currency: GBP, underlying: EUR, price: 0.88, multiplier: 1, payment: margined, half_spread_bps: 1, specific_volatility: 0}
  positions: [{book_id: B, instrument_id: TEA, quantity: 100000}]
  risk:
    units: daily_fraction
    factors: [{factor_id: STERLING, currency: GBP}, {factor_id: EURO, currency: EUR}, {factor_id: TEA}]
    loadings: [{instrument_id: TEA, factor_id: TEA, loading: 1}]
    factor_covariance:
      - {factor_id: STERLING, STERLING: 0.00004, EURO: 0, TEA: 0}
      - {factor_id: EURO, STERLING: 0, EURO: 0.00003, TEA: 0}
      - {factor_id: TEA, STERLING: 0, EURO: 0, TEA: 0.0002}
  mandates: [{book_id: B, selector: "*", may: trade}]
  limits:
    - {limit_id: sterling, measure: factor_exposure, scope: firm, target: STERLING, lower: -62500, upper: 62500}
    - {limit_id: euro, measure: factor_exposure, scope: firm, target: EURO, lower: 0, upper: 0}
costs: {booking_fee_bps: 0}
"""


def write(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    folder, text = tmp_path / "s", SCENARIO
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    folder.mkdir()
    (folder / "scenario.yaml").write_text(text)
    return folder


def run(tmp_path: Path, *changes: tuple[str, str]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The summary and the hedges of a run that is proven again."""
    out = tmp_path / "run"
    done = neutralizer("run", write(tmp_path, *changes), "--out", out, "-q", "--no-baseline")
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", out).returncode == 0
    with open(out / "hedges.csv", newline="") as file:
        hedges = list(csv.DictReader(file))
    return json.loads((out / "summary.json").read_text()), hedges


def test_loadings_of_currencies_follow_from_the_instruments(tmp_path: Path) -> None:
    """Base currency per unit: a pair gains with what it buys and loses with what it is paid in."""
    s = load(write(tmp_path)).scenario
    found = {
        (i, f): s.risk.exposure[a, b]
        for a, i in enumerate(s.instruments.ids)
        for b, f in enumerate(s.risk.factors)
    }
    assert found["TEA", "STERLING"] == pytest.approx(3.125)
    assert found["GBPUSD", "STERLING"] == pytest.approx(1.25)
    assert found["EURGBP", "EURO"] == pytest.approx(1.1)
    assert found["EURGBP", "STERLING"] == pytest.approx(-1.1)
    assert found["GBPUSD", "EURO"] == found["TEA", "EURO"] == 0


def test_a_written_loading_beats_the_one_that_follows(tmp_path: Path) -> None:
    row = "{instrument_id: TEA, factor_id: STERLING, loading: 0.4}"
    s = load(write(tmp_path, ("loading: 1}]", f"loading: 1}}, {row}]"))).scenario
    assert s.risk.exposure[s.instruments.ids.index("TEA"), 1] == pytest.approx(0.4 * 3.125)


def test_the_cheapest_carrier_hedges_the_currency(tmp_path: Path) -> None:
    """The forward costs 0.5 bps; selling the stock 20 bps, and 4 more to convert: 200,000 pounds sold."""
    summary, hedges = run(tmp_path)
    assert [(h["instrument_id"], h["side"], h["quantity"]) for h in hedges] == [
        ("GBPUSD", "SELL", "200000")
    ]
    assert summary["costs"]["half_spread"] == pytest.approx(12.5)
    assert summary["costs"].get("conversion", 0) == 0


def test_spot_hedges_as_the_forward_does(tmp_path: Path) -> None:
    """Paid in full, in an account whose short proceeds are free: the same 200,000 pounds sold."""
    spot = ("lot_size: 1000, payment: margined", "lot_size: 1000, payment: fully_paid")
    _, hedges = run(tmp_path, spot, ("model: none", "model: none, short_proceeds: free"))
    assert [(h["instrument_id"], h["quantity"]) for h in hedges] == [("GBPUSD", "200000")]


def test_what_is_sold_in_pence_settles_in_pounds_and_is_converted(tmp_path: Path) -> None:
    """Without the forward 80,000 shares go: 200,000 pounds, 250,000 dollars, converted at 4 bps."""
    summary, hedges = run(tmp_path, ('selector: "*", may: trade', "selector: TEA, may: reduce"))
    (line,) = hedges
    assert (line["instrument_id"], line["side"], line["quantity"]) == ("TEA", "SELL", "80000")
    assert (line["currency"], line["reference_price"]) == ("GBP", "2.5")
    assert float(line["notional_base"]) == 250_000
    assert summary["costs"]["conversion"] == pytest.approx(100)
    assert summary["costs"]["half_spread"] == pytest.approx(80_000 * 0.005 * 1.25)


def test_a_pool_of_the_currency_converts_nothing(tmp_path: Path) -> None:
    pool = ("currency: USD, cash", "currency: GBP, cash")
    summary, _ = run(tmp_path, pool, ('selector: "*", may: trade', "selector: TEA, may: reduce"))
    assert summary["costs"].get("conversion", 0) == 0


BAD = {
    "a factor of units": (
        "currency: GBP}, {f",
        "currency: GBP, basis: unit}, {f",
        "the factor counts units",
    ),
    "the base currency": (
        "currency: EUR}, {f",
        "currency: USD}, {f",
        "the base currency does not move",
    ),
    "a pool in pence": (
        "currency: USD, cash",
        "currency: GBX, cash",
        "a minor unit; hold the pool in GBP",
    ),
    "pence without pounds": (
        "{currency: GBP, rate: 1.25, half_spread_bps: 4}, ",
        "",
        "no rate for this currency",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_makes_no_sense_is_refused(tmp_path: Path, name: str) -> None:
    old, new, reason = BAD[name]
    done = neutralizer("check", write(tmp_path, (old, new)))
    assert done.returncode == 3
    assert reason in done.stderr
