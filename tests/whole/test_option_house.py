"""The index option house: its numbers against differences of a price, and its plan revalued whole."""

import csv
from pathlib import Path

import numpy as np
import pytest

from neutralizer.load.scenario import load
from neutralizer.prepare.scan_arrays import black
from neutralizer.run import Options, run
from tests.conftest import SCENARIOS

OPTIONS = SCENARIOS / "options"
INDEX, MULTIPLIER = 5500.0, 50
STEP = 1e-3  # of the index


def table(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def priced(row: dict[str, str], index: float = INDEX, wider: float = 0.0) -> float:
    """One contract, at the smile's volatility and so much more."""
    kind, strike, years = row["kind"], float(row["strike"]), float(row["years"])
    points = black(kind, index, strike, years, float(row["volatility"]) + wider, 0.0)[0]
    return MULTIPLIER * float(points)


def test_delta_gamma_and_vega_are_the_differences_of_a_price() -> None:
    loadings = {
        (x["instrument_id"], x["factor_id"]): float(x["loading"])
        for x in table(OPTIONS / "loadings.csv")
    }
    for row in table(OPTIONS / "options.csv"):
        low, mid, high = (priced(row, INDEX * (1 + k * STEP)) for k in (-1, 0, 1))
        percent = 0.01 / STEP
        found = {
            "DELTA": (high - low) / 2 * percent,
            "GAMMA": (high - 2 * mid + low) * percent**2,
            "VEGA": (priced(row, wider=1e-4) - priced(row, wider=-1e-4)) / 2 * 100,
        }
        for factor, loading in found.items():
            assert loadings[row["instrument_id"], factor] == pytest.approx(loading, rel=2e-3)


def test_the_plan_keeps_its_limits_when_everything_is_revalued(tmp_path: Path) -> None:
    """Delta, gamma and vega of the firm after, from prices of the positions that were written."""
    run(OPTIONS, tmp_path / "run", Options(baseline=False, report=False))
    terms = {x["instrument_id"]: x for x in table(OPTIONS / "options.csv")}

    def worth(index: float, wider: float = 0.0) -> float:
        each = (
            (terms.get(x["instrument_id"]), float(x["quantity"]))
            for x in table(tmp_path / "run" / "positions_next.csv")
        )
        return sum(n * (priced(t, index, wider) if t else MULTIPLIER * index) for t, n in each)

    up, now, down = worth(INDEX * 1.01), worth(INDEX), worth(INDEX * 0.99)
    assert abs(up - down) / 2 <= 250_000 * 1.01
    assert up - 2 * now + down >= -60_000 * 1.01
    assert abs(worth(INDEX, 1e-4) - worth(INDEX, -1e-4)) * 50 <= 150_000 * 1.01


def test_vega_passes_inside_and_the_crash_is_bought_outside(tmp_path: Path) -> None:
    summary = run(OPTIONS, tmp_path / "run", Options(report=False, shock="crash")).summary
    moved = table(tmp_path / "run" / "internal_transfers.csv")
    assert moved
    quantity = {x["instrument_id"]: 0.0 for x in moved}
    for x in moved:
        assert x["to_book"] == "STRUCT"
        quantity[x["instrument_id"]] += float(x["quantity"])
    at_the_index = sum(q for i, q in quantity.items() if i.endswith("5500-SEP25"))
    assert at_the_index > 0.95 * sum(quantity.values())
    assert summary.saving > 0.5 * summary.stand_alone_cost
    assert summary.shock.survives
    limits = {x["limit_id"]: x for x in table(tmp_path / "run" / "limits.csv")}
    loss = float(limits["firm-stress"]["after"])
    assert loss == pytest.approx(summary.shock.loss, abs=0.01)
    assert 0.99 * 20e6 <= loss <= 20e6


def test_scan_arrays_of_the_scenario_are_those_of_the_command() -> None:
    """Each point is the loss of one contract, whole, at the moved price and volatility."""
    scan = load(OPTIONS).scenario.scan
    rows = {x["instrument_id"]: x for x in table(OPTIONS / "scan_arrays.csv")}
    for row in table(OPTIONS / "options.csv"):
        up = priced(row, INDEX + 320, 0.05)  # the margin, 16,000, is 320 points
        losses = [float(v) for k, v in rows[row["instrument_id"]].items() if k[1:].isdigit()]
        assert np.min(np.abs(np.array(losses) - (priced(row) - up))) < 0.01 * MULTIPLIER
    assert scan.loss.shape[1] == 16
