"""From a folder of prices to tables that a scenario runs on."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neutralizer.errors import InputsRefused
from neutralizer.load.scenario import load
from neutralizer.prepare.estimate.choose import chosen
from neutralizer.prepare.estimate.estimate import Estimate, estimated
from neutralizer.prepare.estimate.facts import facts_of
from neutralizer.prepare.history.folder import read_past
from neutralizer.studies import inflate
from tests.conftest import ROOT, SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.past import frame, normal, panel_from, write

TWO = SCENARIOS / "two-desks"


def quiet(text: str) -> None:
    """Says nothing."""


def history(folder: Path, days: int = 400, after: int = 0) -> Path:
    """Of ETF and FUT, and days after 2024-06-27 if asked for."""
    prices = frame(normal(2, days, seed=1, correlation=0.9), ["ETF", "FUT"])
    later = frame(5 * normal(2, max(after, 1), seed=2), ["ETF", "FUT"]).iloc[1:]
    later.index = pd.bdate_range("2024-06-28", periods=len(later))
    return write(folder, pd.concat([prices, later.iloc[:after]]))


@pytest.fixture
def estimate(tmp_path: Path) -> Path:
    out = tmp_path / "estimate"
    done = neutralizer(
        "estimate", history(tmp_path / "h"), "--scenario", TWO, "--out", out, "--method", "ledoit-wolf"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "ledoit-wolf, from 400 days to 2024-06-27 of 2 instruments\n  asked for"
    )
    assert max(map(len, done.stdout.splitlines())) <= 80
    return out


def with_tables(tmp_path: Path, estimate: Path) -> Path:
    """two-desks on a dense covariance, as tables.yaml says."""
    folder = tmp_path / "desks"
    shutil.copytree(TWO, folder)
    for name in ("covariance.csv", "measured.csv"):
        shutil.copy(estimate / name, folder)
    text = (folder / "scenario.yaml").read_text()
    text = text.replace("    factor_covariance: [{factor_id: MARKET, MARKET: 0.0001}]     # 1 % a day\n", "    covariance: covariance.csv\n  measured: measured.csv\n")  # fmt: skip
    (folder / "scenario.yaml").write_text(text)
    return folder


def test_the_tables_are_of_a_scenario(tmp_path: Path, estimate: Path) -> None:
    names = {p.name for p in estimate.iterdir()}
    assert names == {
        "covariance.csv",
        "measured.csv",
        "tables.yaml",
        "quality.json",
        "quality.html",
    }
    found = load(with_tables(tmp_path, estimate)).scenario
    root = found.risk.dense_root
    assert root is not None
    told = json.loads((estimate / "quality.json").read_text())
    assert np.sqrt((root**2).sum(axis=0)) == pytest.approx([0.01, 0.01], rel=0.15)
    assert found.tradables.volatility == pytest.approx([x["volatility"] for x in told["instruments"]], rel=1e-4)  # fmt: skip
    assert told["method"] == "ledoit-wolf"
    assert told["methods"][0]["days"] == 200
    assert neutralizer("check", tmp_path / "desks").returncode == 0


def test_tomorrow_is_not_looked_at(tmp_path: Path, estimate: Path) -> None:
    """The history goes on after the scenario's day with quite other returns: not a byte is another."""
    more = tmp_path / "more"
    other = history(tmp_path / "later", after=100)
    assert len((other / "prices.csv").read_text().splitlines()) == 502
    done = neutralizer(
        "estimate", other, "--scenario", TWO, "--out", more, "--method", "ledoit-wolf"
    )
    assert done.returncode == 0, done.stderr
    for path in sorted(estimate.iterdir()):
        assert (more / path.name).read_bytes() == path.read_bytes(), path.name


def test_an_earlier_day_may_be_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = neutralizer("estimate", history(tmp_path / "h"), "--scenario", TWO, "--out", out, "--method", "sample", "--as-of", "2024-01-31")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "quality.json").read_text())["last_day"] == "2024-01-31"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--method", "ledoit"], 3, "not a method for these"),
        (["--method", "pca-5"], 3, "not a method for these"),
        (["--as-of", "2023-01-10"], 3, "20 returns other than 0"),
        (["--as-of", "10.1.2023"], 2, "--as-of"),
    ],
)
def test_what_cannot_be_estimated_is_refused(tmp_path: Path, words: list[str], code: int, said: str) -> None:  # fmt: skip
    out = tmp_path / "out"
    done = neutralizer("estimate", history(tmp_path / "h"), "--scenario", TWO, "--out", out, *words)
    assert done.returncode == code
    assert said in done.stderr
    assert not out.exists()


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, estimate: Path) -> None:
    before = {p.name: p.read_bytes() for p in estimate.iterdir()}
    done = neutralizer("estimate", tmp_path / "h", "--scenario", TWO, "--out", estimate)
    assert done.returncode == 7
    assert {p.name: p.read_bytes() for p in estimate.iterdir()} == before


def of_two_desks(tmp_path: Path, method: str, days: int = 700) -> Estimate:
    past = read_past(history(tmp_path / "h", days), facts_of(TWO).day)
    return estimated(past, facts_of(TWO), method, quiet)


def test_few_days_and_what_borrows_are_said(tmp_path: Path) -> None:
    prices = frame(normal(1, 300), ["ETF"])
    past = read_past(write(tmp_path / "h", prices), facts_of(TWO).day)
    found = estimated(past, facts_of(TWO), "ledoit-wolf", quiet)
    assert found.warnings == ("FUT has 0 returns: it borrows the risk of everything else",)
    assert [x.days for x in found.measured] == [300, 0]


def test_units_are_the_scenario_s(tmp_path: Path) -> None:
    text = (TWO / "scenario.yaml").read_text().replace("daily_fraction", "annual_percent")
    (tmp_path / "scenario.yaml").write_text(text)
    facts = facts_of(tmp_path)
    found = estimated(read_past(history(tmp_path / "h"), facts.day), facts, "sample", quiet)
    from neutralizer.prepare.estimate.tables import files

    rows = [row.split(",") for row in files(found)["covariance.csv"].decode().splitlines()]
    assert float(rows[1][1]) == pytest.approx(found.covariance.matrix[0, 0] * 252 * 100**2)


def test_each_method_is_told_as_it_is_begun() -> None:
    said: list[str] = []
    found = chosen(panel_from(normal(4, 330)), said.append)
    assert said[0].startswith("comparing method 1 of ")
    assert len(said) >= len(found.judged)
    assert found.method in [x.method for x in found.judged]
    assert found.why.endswith("days tell a bias roughly")


class Line:
    """A study whose bias falls with what is grown."""

    def __init__(self, found: Estimate, at_none: float) -> None:
        self.found, self.at_none = found, at_none

    def bias(self, dates: list[int], amount: float) -> float:
        return self.at_none / (1 + amount)


@pytest.mark.parametrize(("at_none", "amount"), [(0.8, 0.0), (1.0, 0.0), (1.3, 0.3), (2.5, 0.9)])
def test_it_grows_until_the_bias_is_one_and_never_shrinks(tmp_path: Path, at_none: float, amount: float) -> None:  # fmt: skip
    found = of_two_desks(tmp_path, "sample", 100)
    grown, before, after = inflate._fit(Line(found, at_none), [])
    assert grown == pytest.approx(amount, abs=0.02)
    assert before == at_none
    assert after == pytest.approx(max(1.0, at_none / 1.9) if at_none > 1 else at_none, abs=0.011)


def test_books_of_the_program_on_past_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate, "DAYS", 6)
    monkeypatch.setattr(inflate, "FEWEST", 3)
    found = of_two_desks(tmp_path, "ewma-21")
    study = inflate.inflated(TWO, (), found, quiet)
    first, second = study.halves
    assert first.days + second.days > 60
    assert 0.5 < second.before < 2
    assert first.after <= max(first.before, 1.01)
    again = inflate.inflated(TWO, (), found, quiet)
    assert again.halves == study.halves


def test_grown_correlations_keep_their_variances(tmp_path: Path) -> None:
    found = of_two_desks(tmp_path, "sample").covariance
    grown = inflate.grown(found, 0.2).matrix
    assert np.diag(grown) == pytest.approx(np.diag(found.matrix))
    assert grown[0, 1] == pytest.approx(0.8 * found.matrix[0, 1])


def test_without_the_library_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "skfolio", None)
    with pytest.raises(InputsRefused) as refused:
        of_two_desks(tmp_path, "sample")
    assert "pip install 'neutralizer[estimate]'" in str(refused.value.issues[0])


def test_real_prices_are_forecast_within_a_tenth() -> None:
    """20 stocks of skfolio's, 1,250 days: the bias of random and of hedged books."""
    from skfolio.datasets import load_sp500_dataset

    from neutralizer.prepare.estimate.walk_forward import judged

    returns = load_sp500_dataset().pct_change().iloc[-1600:].to_numpy()
    found = judged("ledoit-wolf", panel_from(returns))
    assert found is not None
    assert found.days >= 1000
    assert found.is_fair


def test_the_example_s_prices_are_the_package_s(tmp_path: Path) -> None:
    """build.py would write what is there."""
    from skfolio.datasets import load_factors_dataset, load_sp500_dataset

    prices = load_sp500_dataset().join(load_factors_dataset(), how="inner").loc[:"2022-12-28"]
    there = pd.read_csv(ROOT / "examples" / "history" / "history" / "prices.csv", index_col=0)
    assert np.allclose(there, prices.iloc[-757:].sort_index(axis=1).round(3))
