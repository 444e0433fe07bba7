"""--repair-psd: a covariance that is not positive semidefinite is repaired where that is asked for, and told."""

import json
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.asked import Asked
from neutralizer.load.resolved.risk import correlation_spectrum, root_of
from neutralizer.load.scenario import load
from neutralizer.load.written.inputs import Square
from neutralizer.load.written.table import Raw
from tests.tools.command_line import neutralizer
from tests.tools.world import Change, refusal, write

REPAIR = ("checks.repair_psd=yes",)
MARKET_AND_EURO = "0.0001,0.00001\nEURO,0.00001"
INDEFINITE: Change = (
    "factor_covariance.csv",
    MARKET_AND_EURO,
    MARKET_AND_EURO.replace("0.00001", "0.0001"),
)
WARNING = (
    "WARNING factor_covariance.csv:2:EURO value='0.0001' not positive semidefinite: eigenvalue -0.414, "
    "carried by MARKET, EURO: repaired, most the correlation with MARKET, from 1.414 to 1; estimate it anew"
)


def square(matrix: np.ndarray) -> Square:
    ids = tuple(f"F{k}" for k in range(len(matrix)))
    return Square(Raw("covariance", "c.csv", ("id", *ids), [], []), ids, matrix)


def drawn(seed: int, size: int) -> np.ndarray:
    """A symmetric matrix of any signs with variances of many sizes."""
    rng = np.random.default_rng(seed)
    half = rng.uniform(-1, 1, (size, size))
    found = np.triu(half, 1) + np.triu(half, 1).T + np.eye(size)
    deviation = 10 ** rng.uniform(-6, 2, size)
    return found * np.outer(deviation, deviation)


def test_it_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "s", INDEFINITE)
    (told,) = refusal(path)
    assert told.endswith("; estimate it anew, or let --repair-psd repair it")
    loaded = load(path, REPAIR)
    assert str(loaded.warnings[0]) == WARNING
    assert WARNING in loaded.scenario.warnings


def test_it_is_what_clipping_by_hand_gives(tmp_path: Path) -> None:
    """Two factors of a correlation above one move together, each as much as before."""
    s = load(write(tmp_path / "s", INDEFINITE), REPAIR).scenario
    root = s.risk.factor_root
    assert root is not None
    one = np.sqrt(0.0001 * 0.00005)  # factors by name: EURO, MARKET
    assert root @ root.T == pytest.approx(np.array([[0.00005, one], [one, 0.0001]]), rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_variances_stay_and_no_eigenvalue_is_below_zero(seed: int) -> None:
    written = drawn(seed, 2 + seed % 9)
    root = root_of(square(written))
    corrected = root @ root.T
    assert np.diag(corrected) == pytest.approx(np.diag(written), rel=1e-12)
    _, eigenvalues, _ = correlation_spectrum(square(corrected))
    assert eigenvalues[0] >= -1e-12


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_what_needs_no_repair_is_not_touched(tmp_path: Path, scale: float) -> None:
    low_rank = np.outer([1.0, 2.0, -3.0], [1.0, 2.0, -3.0]) * scale
    root = root_of(square(low_rank))
    assert root.shape == (3, 1)
    assert root @ root.T == pytest.approx(low_rank, rel=1e-12)
    plain, asked = (load(write(tmp_path / "s"), o) for o in ((), REPAIR))
    assert asked.warnings == ()
    assert np.array_equal(plain.scenario.risk.factor_root, asked.scenario.risk.factor_root)


def test_a_stressed_model_is_repaired_too(tmp_path: Path) -> None:
    model = (
        "models: {crash: {factor_covariance: [{factor_id: MARKET, MARKET: 1e-4, EURO: 3e-4}, "
        "{factor_id: EURO, MARKET: 3e-4, EURO: 1e-4}]}}"
    )
    named = "factor_covariance: factor_covariance.csv"
    path = write(tmp_path / "s", ("scenario.yaml", named, f"{named}, {model}"))
    where = "ERROR scenario.yaml:9 tables.risk.models.crash.factor_covariance.0.MARKET value='1e-4'"
    assert refusal(path)[0].startswith(where)
    assert any("from 3 to 1" in str(w) for w in load(path, REPAIR).warnings)


@pytest.mark.parametrize(
    "change",
    [
        ("factor_covariance.csv", "EURO,0.00001", "EURO,0.0001"),
        ("factor_covariance.csv", "0.00005", "-0.00005"),
        ("factor_covariance.csv", "0.00005", "nan"),
    ],
)
def test_nothing_else_is_repaired(tmp_path: Path, change: Change) -> None:
    """An asymmetric pair, a negative variance, no number: nobody knows what was meant."""
    done = neutralizer("check", write(tmp_path / "s", change), "--repair-psd")
    assert done.returncode == 3


def test_a_run_says_so_and_is_proven_with_it(tmp_path: Path) -> None:
    path, out = write(tmp_path / "s", INDEFINITE), tmp_path / "run"
    words = ("run", path, "--out", out, "--no-baseline", "-q", "--no-report")
    assert neutralizer(*words).returncode == 3
    done = neutralizer(*words, "--repair-psd")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"]["set"] == list(REPAIR)
    assert WARNING in json.loads((out / "summary.json").read_text())["findings"]
    assert neutralizer("verify", out).returncode == 0
    assert load(path, REPAIR).run_id(Asked()) != load(write(tmp_path / "t"), REPAIR).run_id(Asked())
    checked = neutralizer("check", path, "--repair-psd")
    assert (checked.returncode, checked.stderr) == (0, WARNING + "\n")
