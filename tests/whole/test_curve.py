"""The commodity curve: its model, its tables, a roll in lots through the listed spread, and the day on which it trades."""

import csv
import io
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from neutralizer.errors import ProofFailed
from neutralizer.load.scenario import load
from neutralizer.run import Options, Outcome, run
from neutralizer.studies.schedule import Asked, schedule, verify_schedule
from tests.conftest import ROOT, SCENARIOS

CURVE = SCENARIOS / "curve"
PROFILE = ROOT / "examples" / "curve" / "profile.csv"
KAPPA, SHORT, LONG, RHO, LAMBDA, DRIFT = 1.49, 0.286, 0.145, 0.300, 0.157, 0.0115
CHI, XI = 0.09, np.log(74.0)
INSTRUMENTS = list(csv.DictReader(io.StringIO((CURVE / "instruments.csv").read_text())))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    out = tmp_path_factory.mktemp("curve") / "run"
    return run(CURVE, out, Options(report=False, baseline=False)), out


def table(outcome: Outcome, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(outcome.files[name].decode())))


def test_the_tables_are_what_build_writes(tmp_path: Path) -> None:
    shutil.copy(CURVE / "build.py", tmp_path)
    subprocess.run([sys.executable, str(tmp_path / "build.py")], check=True)
    for path in tmp_path.glob("*.csv"):
        assert path.read_bytes() == (CURVE / path.name).read_bytes(), path.name
    assert len(list(tmp_path.glob("*.csv"))) == 5


def test_a_future_is_the_expected_spot_price_under_the_model() -> None:
    """E[exp(χ + ξ)] in T years, from the two means, variances and the covariance, drawn 400,000 times."""
    rng = np.random.default_rng(1)
    for row in INSTRUMENTS[:13:4]:
        years = (date.fromisoformat(row["expiry"]) - date(2024, 6, 12)).days / 365
        fades = np.exp(-KAPPA * years)
        means = [fades * CHI - (1 - fades) * LAMBDA / KAPPA, XI + DRIFT * years]
        short = SHORT**2 * (1 - fades**2) / (2 * KAPPA)
        both = RHO * SHORT * LONG * (1 - fades) / KAPPA
        drawn = rng.multivariate_normal(means, [[short, both], [both, LONG**2 * years]], 400_000)
        spot = np.exp(drawn.sum(axis=1))
        error = spot.std() / 400_000**0.5
        assert abs(float(row["price"]) - spot.mean()) < 4 * error + 0.006


def test_a_contract_moves_with_the_first_factor_as_far_as_it_has_not_faded() -> None:
    s = load(CURVE).scenario
    assert s.risk.factors[:2] == ("LONG", "SHORT")
    expiry = {r["instrument_id"]: r["expiry"] for r in INSTRUMENTS}
    years = [
        (date.fromisoformat(expiry[i]) - date(2024, 6, 12)).days / 365 for i in s.instruments.ids
    ]
    loading = s.risk.exposure[:, :2] / s.instruments.notional[:, None]
    assert loading[:, 1] == pytest.approx(np.exp(-KAPPA * np.array(years)), abs=1e-6)
    assert loading[:, 0] == pytest.approx(1.0)
    assert s.risk.factor_root is not None
    daily = (s.risk.factor_root @ s.risk.factor_root.T)[:2, :2] * 252
    assert daily == pytest.approx(
        np.array([[LONG**2, RHO * SHORT * LONG], [RHO * SHORT * LONG, SHORT**2]]), rel=1e-6
    )


def test_half_of_the_front_is_left_and_the_spread_carries_the_rest(
    done: tuple[Outcome, Path],
) -> None:
    """Two business days are left: 14 June is the last, Juneteenth none."""
    found, _ = done
    held = {(r["limit_id"], r["scope"]): r for r in table(found, "limits.csv")}
    assert held["roll-CRDN24", "book:INDEX"]["after"] == "2100"
    assert float(held["roll-CRDN24", "book:PRODUCERS"]["after"]) >= -450
    orders = {r["instrument_id"]: float(r["quantity"]) for r in table(found, "hedges.csv")}
    assert orders["CRDN24-Q24"] > orders["CRDN24"] > 0
    assert all(r["status"].startswith("OK") for r in held.values())
    after = {
        (r["book_id"], r["instrument_id"]): float(r["quantity_after"])
        for r in table(found, "positions_after.csv")
    }
    assert after["INDEX", "CRDQ24"] > 3_000  # into the next contract, though it may only reduce


def test_buckets_of_expiry_are_factors_without_variance(done: tuple[Outcome, Path]) -> None:
    rows = {r["factor_id"]: r for r in table(done[0], "risk.csv")}
    assert rows["tenor-1m"]["variance_before"] == ""
    assert rows["SHORT"]["variance_before"] != ""
    held = next(r for r in table(done[0], "limits.csv") if r["limit_id"] == "house-tenors")
    total = sum(abs(float(rows[f"tenor-{t}"]["exposure_after"])) for t in ("1m", "3m", "6m", "1y"))
    assert float(held["after"]) == pytest.approx(total, abs=0.02)


def test_the_day_on_which_it_trades(done: tuple[Outcome, Path], tmp_path: Path) -> None:
    """Orders that wait for the transfers of phase 2 do not wait for the end of the day."""
    out = tmp_path / "day"
    told = schedule(done[1], PROFILE.read_bytes(), out, Asked(), lambda text: None)
    assert told["phase_2_with_slice"] == 2
    weighed = told["impact"] + 0.1 * told["deviation"]
    assert weighed < told["by_volume"]["impact"] + 0.1 * told["by_volume"]["deviation"]
    assert told["before_lots"]["gap"] <= 1e-4 * weighed
    assert verify_schedule(out) == told
    text = (out / "schedule.json").read_text()
    (out / "schedule.json").write_text(
        text.replace('"phase_2_with_slice": 2', '"phase_2_with_slice": 11')
    )
    with pytest.raises(ProofFailed):  # something is worse then, and no finding says so
        verify_schedule(out)
