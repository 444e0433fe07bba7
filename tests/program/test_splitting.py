"""OSQP first where a scenario asks for it: certified like any answer, and Clarabel where it is refused."""

import json
from pathlib import Path

import pytest

import neutralizer as nz
from neutralizer.program.certificate import violations
from neutralizer.program.solve import solve
from neutralizer.program.solvers import splitting
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer

ASKED = {"solve": {"solver": "osqp"}}
FLAT = ASKED | {"costs": {"impact_coefficient": 0}}


def test_a_linear_program_is_answered_by_it() -> None:
    """The funds have no volatility limit; without impact nothing of theirs is curved."""
    flat = nz.read(SCENARIOS / "funds").with_settings(**FLAT)
    scenario = flat.loaded.scenario
    found = solve(scenario)
    right = solve(flat.with_settings(solve={"solver": "auto"}).loaded.scenario)
    assert (found.solver["name"], right.solver["name"]) == ("osqp", "clarabel")
    assert found.certificate.accepted
    assert "refused" not in found.solver
    assert max(violations(found.trades, scenario).values()) <= 1e-6
    assert found.objective == pytest.approx(right.objective, rel=2e-5)


def test_what_is_curved_is_not_handed_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "run_splitting", None)
    found = solve(nz.read(SCENARIOS / "equity-desks").with_settings(**ASKED).loaded.scenario)
    assert found.solver["name"] == "clarabel"
    assert "refused" not in found.solver


def test_a_refused_answer_is_said_and_replaced(tmp_path: Path) -> None:
    """Two desks: it meets its iteration limit, whatever they are."""
    words = (
        "run",
        SCENARIOS / "two-desks",
        "--out",
        tmp_path / "out",
        "--set",
        "solve.solver=osqp",
    )
    done = neutralizer(*words, "--set", "costs.impact_coefficient=0")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["solver"]["name"] == "clarabel"
    assert summary["solver"]["refused"].startswith("osqp, maximum iterations reached: gap ")
    assert summary["objective"] == 260.0
