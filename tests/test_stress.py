"""Shocks and stressed risk models: what limits on them do to a plan. The firm is long 4 million of the
market, of which every limit here leaves so much that a pencil can say how much.
"""

import csv
import shutil
from pathlib import Path

import pytest

from tests.conftest import SCENARIOS
from tests.test_cli import neutralizer

NORMAL = "factor_covariance: [{factor_id: MARKET, MARKET: 0.0001}]"
CRASH = (
    "models: {crash: {factor_covariance: [{factor_id: MARKET, MARKET: 0.0009}], specific_scale: 2}}"
)
VOLATILITY = "measure: volatility, scope: firm, upper: 20000"
SHOCKS = """shocks:
    - {shock_id: down, factor_id: MARKET, move: -0.1}
    - {shock_id: up, factor_id: MARKET, move: 0.05}
    - {shock_id: day1, factor_id: MARKET, move: -0.02, shock_set: past}
    - {shock_id: day2, factor_id: MARKET, move: -0.01, shock_set: past}
    - {shock_id: day3, factor_id: MARKET, move: 0.01, shock_set: past}
    - {shock_id: day4, factor_id: MARKET, move: 0.04, shock_set: past}
  mandates:"""


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """two-desks with words exchanged in its scenario.yaml."""
    folder = tmp_path / "s"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / "scenario.yaml").write_text(text)
    return folder


def decided(tmp_path: Path, *changes: tuple[str, str]) -> dict[str, str]:
    """The row of the firm's limit in limits.csv, of a run that is proven again."""
    out = tmp_path / "run"
    done = neutralizer("run", changed(tmp_path, *changes), "--out", out, "-q", "--no-baseline")
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", out).returncode == 0
    with open(out / "limits.csv", newline="") as file:
        return {row["limit_id"]: row for row in csv.DictReader(file)}["firm-volatility"]


def test_a_volatility_limit_holds_under_each_model(tmp_path: Path) -> None:
    """3 % a day in the crash: 20,000 hold 666,667 of the 4 million; 17 futures of 200,000 go."""
    row = decided(tmp_path, (NORMAL, f"{NORMAL}\n    {CRASH}"))
    assert float(row["before"]) == pytest.approx(0.03 * 4e6)
    assert float(row["after"]) <= 20_000
    assert float(row["after"]) > 0.03 * 466_667


def test_a_volatility_limit_may_name_its_model(tmp_path: Path) -> None:
    named = VOLATILITY.replace("upper", "target: normal, upper")
    row = decided(tmp_path, (NORMAL, f"{NORMAL}\n    {CRASH}"), (VOLATILITY, named))
    assert (float(row["before"]), float(row["after"])) == (40_000, 20_000)


@pytest.mark.parametrize(
    ("measure", "target", "upper", "before", "most"),
    [
        ("stress_loss", "", 150_000, 0.1 * 4e6, 1.5e6),
        ("stress_loss", "down", 150_000, 0.1 * 4e6, 1.5e6),
        ("stress_loss", "set:past", 30_000, 0.02 * 4e6, 1.5e6),
        ("expected_shortfall", "past:0.5", 22_500, 0.015 * 4e6, 1.5e6),
        ("expected_shortfall", "past:0.6", 25_500, (0.02 + 0.6 * 0.01) / 1.6 * 4e6, 25_500 / 0.01625),
        ("var", "0.99", 46_527, 2.3263479 * 40_000, 46_527 / 0.023263479),
    ],
)  # fmt: skip
def test_a_limit_on_the_tail(
    measure: str, target: str, upper: float, before: float, most: float, tmp_path: Path
) -> None:
    """`most`: of the market, what the limit leaves; it binds to a future of 200,000."""
    limit = f"measure: {measure}, scope: firm, target: '{target}', upper: {upper}"
    row = decided(tmp_path, ("mandates:", SHOCKS), (VOLATILITY, limit))
    assert float(row["before"]) == pytest.approx(before, rel=1e-6)
    assert float(row["after"]) <= upper
    assert float(row["after"]) >= upper * (1 - 2e5 / most)
    assert row["binding"] == "yes"


def test_an_instrument_s_own_move_beats_its_factors(tmp_path: Path) -> None:
    """The ETF alone falls by a fifth: the future, which shares its factor, does not move."""
    own = "shocks: [{shock_id: s, instrument_id: ETF, move: -0.2}]\n  mandates:"
    limit = "measure: stress_loss, scope: firm, target: s, upper: 400000"
    row = decided(tmp_path, ("mandates:", own), (VOLATILITY, limit))
    assert float(row["before"]) == pytest.approx(0.2 * 4e6)
    assert float(row["after"]) == pytest.approx(400_000)
