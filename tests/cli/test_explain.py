"""`explain` says why, within 80 columns, of runs, refusals and scenarios."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from neutralizer.comparisons.baseline import stand_alone
from neutralizer.domain.orders import with_groups
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, InputsRefused, Tampered
from neutralizer.explain import barriers, explain
from neutralizer.program.solve import solve
from neutralizer.records.writing import csv_rows
from neutralizer.run import Options, run
from neutralizer.studies.openings import openings
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer


def silent(text: str) -> None:
    """Says nothing."""


def narrow(text: str) -> str:
    """The text, none of whose lines is wider than 80."""
    assert max(map(len, text.splitlines())) <= 80
    return text


@pytest.fixture(scope="module")
def jammed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """two-desks with a volatility that no hedge reaches under its caps."""
    path = tmp_path_factory.mktemp("jam") / "two-desks"
    shutil.copytree(SCENARIOS / "two-desks", path)
    yaml = (path / "scenario.yaml").read_text()
    row = "    - {limit_id: still, measure: turnover, scope: firm, upper: 1000, owner: risk}\n"
    (path / "scenario.yaml").write_text(yaml.replace("  limits:\n", "  limits:\n" + row))
    return path


@pytest.mark.parametrize("name", ["two-desks", "equity-desks", "multi-asset"])
def test_a_run_is_explained(name: str, tmp_path: Path) -> None:
    run(SCENARIOS / name, tmp_path / "run", Options(baseline=False, report=False))
    page = narrow(explain(tmp_path / "run", (), None, silent))
    assert "limits that cost" in page
    for file in ("hedges.csv", "internal_transfers.csv", "cash_transfers.csv"):
        for row in csv_rows((tmp_path / "run" / file).read_bytes())[1][:3]:
            line = narrow(explain(tmp_path / "run", (), row["ticket_id"], silent))
            assert "residual" in line
    assert narrow(explain(SCENARIOS / name, (), None, silent)) == page


def test_a_refusal_is_explained_from_its_folder_and_from_the_scenario(
    jammed: Path, tmp_path: Path
) -> None:
    with pytest.raises(Infeasible) as refusal:
        run(jammed, tmp_path / "run", Options(baseline=False))
    assert {r["kind"] for r in refusal.value.conflicts} >= {"limit"}
    page = narrow(explain(tmp_path / "run", (), None, silent))
    assert page == narrow(explain(tmp_path / "run.refused", (), None, silent))
    assert "conflict 1" in page
    assert "still" in page
    assert "alone it must give" in page
    assert "conflict 1" in narrow(explain(jammed, (), None, silent))


def test_the_best_effort_says_so_everywhere(jammed: Path, tmp_path: Path) -> None:
    outcome = run(jammed, tmp_path / "run", Options(baseline=False, best_effort=True))
    assert outcome.summary.status == "best_effort"
    assert outcome.summary.relaxed.limits
    assert any(f.startswith("NOT KEPT") for f in outcome.summary.findings)
    rows = csv_rows(outcome.files["limits.csv"])[1]
    exceeded = [r for r in rows if r["relaxed_by"] == "--best-effort"]
    assert exceeded
    for row in exceeded:
        still = float(row["after"]) == pytest.approx(float(row["before"]))
        assert row["status"] == ("BREACH" if still else "IMPROVED")
    assert neutralizer("verify", tmp_path / "run").stdout.startswith("LIMITS NOT KEPT")


def test_relax_is_a_run_of_its_own(jammed: Path, tmp_path: Path) -> None:
    outcome = run(jammed, tmp_path / "run", Options(baseline=False, relax=1.0))
    assert outcome.summary.status == "relaxed"
    rows = csv_rows(outcome.files["limits.csv"])[1]
    assert {r["relaxed_by"] for r in rows} == {"", "--relax 1"}


def test_nothing_to_explain_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputsRefused):
        explain(tmp_path, (), None, silent)
    run(SCENARIOS / "two-desks", tmp_path / "run", Options(baseline=False, report=False))
    with pytest.raises(InputsRefused):
        explain(tmp_path / "run", (), "HDG-0", silent)
    with (tmp_path / "run" / "limits.csv").open("a") as out:
        out.write("x\n")
    with pytest.raises(Tampered):
        explain(tmp_path / "run", (), None, silent)


def test_barriers_are_priced_by_solving_again(scenario_named: Callable[[str], Scenario]) -> None:
    """Two desks that may not cross: merged they save what the baseline says, and moved as much."""
    scenario = scenario_named("two-desks")
    apart = with_groups(scenario, scenario.books.ids)
    saved = stand_alone(scenario).cost - solve(scenario).objective  # type: ignore[operator]
    found = openings(apart, silent)
    assert {o.change for o in found} == {
        "all groups of one owner merged",
        "ARB moved to MM",
        "MM moved to ARB",
    }
    assert all(o.saving == pytest.approx(saved, rel=1e-4) for o in found)
    page = narrow(barriers(SCENARIOS / "two-desks", (), silent))
    assert page == "no barrier stands between books of one owner"
