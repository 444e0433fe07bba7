"""The solver's own process: light, bounded, and never the end of a run."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csc_array

from neutralizer.domain.scenario import Scenario
from neutralizer.errors import NotSolved
from neutralizer.program.solvers.process import CHILD, in_child, sparse_parts

ROOM = 4 * 2**30


def task(**changes: object) -> dict[str, object]:
    """min x over x >= 1, as a cone program."""
    return {
        "solver": "clarabel",
        "c": np.array([1.0]),
        "a": sparse_parts(csc_array(np.array([[-1.0]]))),
        "b": np.array([-1.0]),
        "cones": [("nonneg", 1, 0.0)],
        "settings": {"verbose": False},
    } | changes


def test_an_answer_comes_back() -> None:
    assert in_child(task(), 60, ROOM)["x"] == pytest.approx([1.0], abs=1e-6)


def test_the_child_imports_neither_cvxpy_nor_this_package() -> None:
    code = (
        f"import sys, runpy; sys.path.insert(0, ''); runpy.run_path({str(CHILD)!r}, run_name='child')\n"
        "import clarabel, highspy\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('cvxpy', 'neutralizer', 'pandas')]\n"
        "print(bad)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "[]"


def test_what_a_solver_prints_is_not_in_its_answer() -> None:
    """HiGHS 1.16 prints a banner whatever output_flag says; here it prints all it has."""
    whole = {
        "solver": "highs",
        "c": np.array([1.0]),
        "a": sparse_parts(csc_array(np.array([[2.0]]))),
        "row_lower": np.array([3.0]),
        "row_upper": np.array([np.inf]),
        "lower": np.zeros(1),
        "upper": np.array([9.0]),
        "integer": np.array([True]),
        "settings": {"output_flag": True},
    }
    assert in_child(whole, 60, ROOM)["x"] == pytest.approx([2.0])


def test_a_crash_is_not_solved() -> None:
    with pytest.raises(NotSolved, match="ended with code"):
        in_child(task(cones=[("nonneg", 7, 0.0)]), 60, ROOM)


def test_time_is_limited() -> None:
    with pytest.raises(NotSolved, match="no answer within"):
        in_child(task(), 0.001, ROOM)


def test_memory_is_limited() -> None:
    with pytest.raises(NotSolved):
        in_child(task(), 60, 2**20)


def test_a_time_limit_ends_the_run_with_no_answer(
    scenario_named: Callable[[str], Scenario],
) -> None:
    from dataclasses import replace

    from neutralizer.program.solve import solve

    with pytest.raises(NotSolved):
        solve(replace(scenario_named("two-desks"), time_limit=0.001))
