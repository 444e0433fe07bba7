"""A bound far out does not switch off the one beside it, and a scope that holds nothing has a scale."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neutralizer as nz
from neutralizer.domain.trades import nothing
from neutralizer.errors import InputsRefused
from neutralizer.load.scenario import load
from neutralizer.terms import limits
from tests.conftest import SCENARIOS
from tests.tools.firm import in_process

YAML = (SCENARIOS / "two-desks" / "scenario.yaml").read_text()
BIG = (
    "{instrument_id: BIG, asset_class: etf, currency: USD, price: 100, half_spread_bps: 2, "
    "hedge_instrument: yes, specific_volatility: 0"
)
BOUNDS = "lower: -2000000, upper: 2000000"


def written(folder: Path, bounds: str) -> Path:
    """two-desks with other bounds on MM's market exposure."""
    folder.mkdir()
    assert BOUNDS in YAML
    (folder / "scenario.yaml").write_text(YAML.replace(BOUNDS, bounds))
    return folder


def mm_market(folder: Path) -> float:
    rows = (folder / "limits.csv").read_text().splitlines()
    columns = rows[0].split(",")
    row = next(r for r in rows if r.startswith("MM-market,")).split(",")
    return float(row[columns.index("after")])


@pytest.mark.parametrize("lower", ["-1e20", "-9e14", "-1e9"])
def test_the_bound_that_matters_holds_beside_a_far_one(tmp_path: Path, lower: str) -> None:
    case = written(tmp_path / "case", f"lower: {lower}, upper: 2000000")
    done = in_process("run", case, "--out", tmp_path / "run", "-q")
    assert done.returncode == 0, done.stderr
    assert mm_market(tmp_path / "run") <= 2_000_000


@pytest.mark.parametrize("lower", ["-1e20", "-9e14", "-1e9"])
def test_no_tolerance_grows_with_a_bound(tmp_path: Path, lower: str) -> None:
    """Neither the scale nor the slack of the proof is larger than what MM and ARB hold together."""
    s = load(written(tmp_path / "case", f"lower: {lower}, upper: 2000000")).scenario
    k = next(k for k, x in enumerate(s.limits) if x.limit_id == "MM-market")
    assert limits.scales(s)[k] <= 1.1 * s.gross_before
    assert limits.rounding_errors(nothing(s), s)[k] <= 1.1e-12 * s.gross_before


@pytest.mark.parametrize("lot", ["1", "1e6", "1e12", "1e18"])
def test_no_slack_grows_with_a_lot_that_nobody_holds(tmp_path: Path, lot: str) -> None:
    """MM may trade BIG, holds none of it, and ends no better than without it: 10,000,000 is a breach."""
    case = written(tmp_path / "case", BOUNDS)
    text = (case / "scenario.yaml").read_text()
    for before, more in (
        ("  positions:\n", f"    - {BIG}, lot_size: {lot}}}\n"),
        ("    factor_covariance:", "      - {instrument_id: BIG, factor_id: MARKET, loading: 1}\n"),
        ("  limits:\n", "    - {instrument_id: BIG, long_rate: 0.15, short_rate: 0.15}\n"),
    ):
        assert before in text
        text = text.replace(before, more + before, 1)
    (case / "scenario.yaml").write_text(text)
    s = load(case).scenario
    assert limits.rounding_errors(nothing(s), s).max() <= 1.1e-12 * s.gross_before
    done = in_process("run", case, "--out", tmp_path / "run", "-q")
    assert done.returncode == 0, done.stderr
    assert "breaches 3 > 2 > 0" in done.stdout
    assert mm_market(tmp_path / "run") <= 2_000_000


def test_a_tiny_bound_on_what_is_not_held_is_no_scale(tmp_path: Path) -> None:
    """FUT is held by nobody: the scale of a limit on it is a lot of it, not the bound."""
    row = "    - {limit_id: no-FUT, measure: net, scope: firm, target: FUT, upper: 1e-11}\n"
    case = written(tmp_path / "case", BOUNDS)
    text = (case / "scenario.yaml").read_text()
    (case / "scenario.yaml").write_text(text.replace("  limits:\n", "  limits:\n" + row))
    s = load(case).scenario
    k = next(k for k, x in enumerate(s.limits) if x.limit_id == "no-FUT")
    assert limits.scales(s)[k] == pytest.approx(200_000)


def test_a_far_bound_is_absent_and_said(tmp_path: Path) -> None:
    loaded = load(written(tmp_path / "case", "lower: -1e20, upper: 2000000"))
    limit = next(x for x in loaded.scenario.limits if x.limit_id == "MM-market")
    assert limit.lower == -np.inf
    assert any("read as no bound" in w and "-1e20" in w for w in loaded.scenario.warnings)


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ("lower: 2e15", "nothing could keep it"),
        ("upper: -2e15", "nothing could keep it"),
        ("lower: -2e15, upper: 2e15", "the limit has no bound"),
    ],
)
def test_far_bounds_that_say_nothing_are_refused(tmp_path: Path, bounds: str, reason: str) -> None:
    with pytest.raises(InputsRefused) as refused:
        load(written(tmp_path / "case", bounds))
    assert reason in str([*refused.value.issues])


def test_what_nobody_holds_and_must_be_bought_has_the_size_that_is_asked_for() -> None:
    """175,100 shares of a new name: one share was its scale, and a millionth of a share its tolerance."""
    instruments = [
        {"instrument_id": "OLD", "asset_class": "equity", "currency": "USD", "price": 50, "half_spread_bps": 5},
        {"instrument_id": "NEW", "asset_class": "equity", "currency": "USD", "price": 47.71, "half_spread_bps": 10},
    ]  # fmt: skip
    root: Any = {
        "name": "new", "as_of": "2024-06-27T16:00:00-04:00", "base_currency": "USD",
        "books": [{"book_id": "A", "entity": "X"}],
        "instruments": instruments,
        "positions": [{"book_id": "A", "instrument_id": "OLD", "quantity": 9_000_000}],
        "targets": [{"book_id": "A", "instrument_id": "NEW", "trade": 175_100}],
    }  # fmt: skip
    s = nz.scenario(**root).loaded.scenario
    assert limits.scales(s).tolist() == [175_100]
    sold = root | {"targets": [{"book_id": "A", "instrument_id": "NEW", "trade": -175_100}]}
    assert limits.scales(nz.scenario(**sold).loaded.scenario).tolist() == [175_100]
    lower = [{"limit_id": "x", "measure": "position", "scope": "book:A", "target": "NEW", "lower": -1e12, "upper": 10}]  # fmt: skip
    far = {k: v for k, v in root.items() if k != "targets"} | {"limits": lower}
    assert (
        limits.scales(nz.scenario(**far).loaded.scenario).max() < 1e3
    )  # what is only allowed is no size
    soft = [lower[0] | {"lower": 1e12, "upper": None, "kind": "soft", "priority": 2}]
    wished = nz.scenario(**far | {"limits": soft}).loaded.scenario
    assert limits.scales(wished).max() < 1e3  # nor what is never reached
