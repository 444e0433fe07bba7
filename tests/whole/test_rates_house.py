"""The rates house: durations and key rates against differences of the curve, and what its plan does."""

import csv
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from neutralizer.run import Options, run
from tests.conftest import SCENARIOS

RATES = SCENARIOS / "rates"
TENORS = {"1month": 1 / 12, "3month": 0.25, "6month": 0.5, "1year": 1, "2year": 2, "3year": 3,
          "5year": 5, "7year": 7, "10year": 10, "20year": 20, "30year": 30}  # fmt: skip
KEYS = (2, 5, 10, 30)
NOTE = {
    "T-1.875-MAR22": (1.875, 10),
    "T-2-SEP25": (2.0, 17),
    "T-4.5-SEP36": (4.5, 39),
    "T-3-MAR47": (3.0, 60),
}


def table(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def par(year: float) -> float:
    (row,) = table(RATES / "curve.csv")
    return float(np.interp(year, list(TENORS.values()), [float(row[t]) for t in TENORS]))


def price(coupon: float, halves: int, bump: dict[float, float]) -> float:
    """Per 100 of face, by stripping half-yearly par yields with a bump in basis points at each tenor."""
    years = [k / 2 for k in range(1, halves + 1)]
    yields = [par(y) + np.interp(y, list(bump), list(bump.values())) / 1e4 for y in years]

    def strip(paid: float, rate: float) -> float:
        return paid + (1 - rate / 2 * paid) / (1 + rate / 2)

    annuity = [0.0, *accumulate(yields, strip, initial=0.0)][1:]
    return coupon / 2 * annuity[-1] + 100 * (annuity[-1] - annuity[-2])


def loadings(instrument: str) -> dict[str, float]:
    rows = table(RATES / "loadings.csv")
    return {r["factor_id"]: float(r["loading"]) for r in rows if r["instrument_id"] == instrument}


@pytest.mark.parametrize("name", NOTE)
def test_key_rates_are_differences_of_a_price(name: str) -> None:
    """One basis point each way at one key; ten dollars a point of a unit's price."""
    found = loadings(name)
    for key in KEYS:
        up, down = (price(*NOTE[name], {k: s * (k == key) for k in KEYS}) for s in (1.0, -1.0))
        assert found[f"KR{key:02}"] == pytest.approx(10 * (down - up) / 2, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", NOTE)
def test_key_rates_add_up_to_the_duration(name: str) -> None:
    up, down = (price(*NOTE[name], dict.fromkeys(KEYS, s)) for s in (1.0, -1.0))
    assert sum(loadings(name).values()) == pytest.approx(10 * (down - up) / 2, rel=1e-4)


def test_a_par_swap_gains_its_annuity(tmp_path: Path) -> None:
    """A level fall by a basis point is worth the annuity, to what it changes the annuity by."""
    for years, name in ((2, "SW02"), (10, "SW10"), (30, "SW30")):
        coupon = 100 * par(years)
        annuity = (price(coupon + 1, 2 * years, {0: 0.0}) - 100) / 1
        assert sum(loadings(name).values()) == pytest.approx(1000 * annuity / 100, rel=1e-3)


def test_the_plan_keeps_its_durations_on_the_curve_itself(tmp_path: Path) -> None:
    """Notes alone, revalued whole: what the firm's key rates change by is what the notes traded."""
    run(RATES, tmp_path / "run", Options(baseline=False, report=False))
    before = {
        (r["book_id"], r["instrument_id"]): float(r["quantity"])
        for r in table(RATES / "positions.csv")
    }
    after = {
        (r["book_id"], r["instrument_id"]): float(r["quantity"])
        for r in table(tmp_path / "run" / "positions_next.csv")
    }
    limits = {(r["limit_id"], r["scope"]): r for r in table(tmp_path / "run" / "limits.csv")}
    for key in KEYS:
        moved = sum(
            (after.get(k, 0.0) - before.get(k, 0.0)) * loadings(k[1])[f"KR{key:02}"]
            for k in {*before, *after}
        )
        row = limits[f"firm-kr{key:02}", "firm"]
        assert float(row["after"]) - float(row["before"]) == pytest.approx(moved, abs=0.01)
        assert float(row["lower"]) <= float(row["after"]) <= float(row["upper"])


def test_swaps_give_way_to_futures_and_notes_are_pledged(tmp_path: Path) -> None:
    summary = run(RATES, tmp_path / "run", Options(report=False)).summary
    margin = {r["account_id"]: r for r in table(tmp_path / "run" / "margin_movements.csv")}
    assert (
        float(margin["CCP"]["margin_after"]) <= 9e6 < 17e6 < float(margin["CCP"]["margin_before"])
    )
    (pledge,) = table(tmp_path / "run" / "collateral.csv")
    assert pledge["instrument_id"] == "T-1.25-MAR19"
    (wire,) = table(tmp_path / "run" / "cash_transfers.csv")
    assert float(wire["amount"]) == 5e6
    assert summary.costs["collateral"] > 0
    assert summary.costs.get("borrowing", 0) == 0
    assert summary.saving > 0.4 * summary.stand_alone_cost
