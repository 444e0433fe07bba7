"""The solver's own process: light, bounded, and never the end of a run."""

import gc
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csc_array, eye_array

from neutralizer.domain.scenario import Scenario
from neutralizer.errors import NotSolved, TimeIsUp
from neutralizer.program.solvers import child
from neutralizer.program.solvers.clock import left, within
from neutralizer.program.solvers.process import CHILD, _solvers, in_child, sparse_parts
from tests.conftest import ROOT
from tests.tools.command_line import neutralizer

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
        "offset": 0.0,
        "row_lower": np.array([3.0]),
        "row_upper": np.array([np.inf]),
        "lower": np.zeros(1),
        "upper": np.array([9.0]),
        "integer": np.array([True]),
        "start": np.zeros(0),
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
    size = 300_000
    large = task(
        c=np.ones(size),
        a=sparse_parts(-eye_array(size, format="csc")),
        b=-np.ones(size),
        cones=[("nonneg", size, 0.0)],
    )
    with pytest.raises(NotSolved, match="ended with code"):
        in_child(large, 60, 2**20)
    assert in_child(task(), 60, ROOM)["x"] == pytest.approx([1.0], abs=1e-6)  # nor of the next


def test_one_process_serves_many_tasks_and_is_replaced_when_it_is_gone() -> None:
    in_child(task(), 60, ROOM)
    first = _solvers()
    in_child(task(), 60, ROOM)
    assert _solvers() is first
    with pytest.raises(NotSolved, match="ended with code"):
        in_child(task(cones=[("nonneg", 7, 0.0)]), 60, ROOM)
    assert _solvers() is first  # it was the fork's
    first._process.kill()
    first._process.wait()
    assert in_child(task(), 60, ROOM)["x"] == pytest.approx([1.0], abs=1e-6)
    assert _solvers() is not first


def test_each_thread_has_a_process_that_ends_with_it() -> None:
    found = []

    def solved() -> None:
        in_child(task(), 60, ROOM)
        found.append(_solvers()._process)

    thread = threading.Thread(target=solved)
    thread.start()
    thread.join()
    gc.collect()
    assert found[0].wait(10) is not None
    assert found[0].pid != _solvers()._process.pid


def test_a_time_limit_ends_the_run_with_no_answer(
    scenario_named: Callable[[str], Scenario],
) -> None:
    from dataclasses import replace

    from neutralizer.program.solve import solve

    with pytest.raises(NotSolved):
        solve(replace(scenario_named("two-desks"), time_limit=0.001))


def test_a_run_has_one_time_limit_for_all_its_solves(tmp_path: Path) -> None:
    """Each solve had its own: a run of ten could take ten times as long as asked."""
    with within(0.3):
        assert left(60) <= 0.3
        assert left(0.1) <= 0.1
        with within(60):
            assert left(60) <= 0.3, "no part has more than the whole"
        time.sleep(0.31)
        with pytest.raises(TimeIsUp, match=r"solve\.time_limit, 0\.3 s"):
            left(60)
        with pytest.raises(TimeIsUp):
            in_child(task(), 60, ROOM)
    assert left(60) == 60


def test_a_solve_that_meets_the_end_of_the_run_ends_the_run() -> None:
    """And is no answer that something else could be tried after."""
    with within(0.05), pytest.raises(TimeIsUp):
        in_child(task(), 60, ROOM)
    assert not issubclass(TimeIsUp, NotSolved)


def test_the_whole_run_ends_with_5_and_says_what_helps(tmp_path: Path) -> None:
    words = ("run", ROOT / "scenarios" / "equity-desks", "--out", tmp_path / "run", "-q")
    began = time.monotonic()
    done = neutralizer(*words, "--set", "solve.time_limit=0.2s")
    assert (done.returncode, "solve.time_limit=" in done.stderr) == (5, True), done
    assert "--no-baseline" in done.stderr
    assert time.monotonic() - began < 15
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("cells", [0, 10**9])
def test_either_factorisation_gives_the_answer(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block one from so many cells of the factor on: min x + y over x + 2 y >= 2, both at least 0."""
    monkeypatch.setattr(child, "FULL", cells)
    a = csc_array(np.array([[-1.0, -2.0], [-1.0, 0.0], [0.0, -1.0]]))
    answer = child._clarabel(
        task(c=np.ones(2), a=sparse_parts(a), b=np.array([-2.0, 0, 0]), cones=[("nonneg", 3, 0.0)])
    )
    assert answer["status"] == "Solved"
    assert answer["x"] == pytest.approx([0.0, 1.0], abs=1e-6)


def test_a_host_with_thousands_of_descriptors() -> None:
    """`select` knows 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1400:
        pytest.skip("fewer descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1400), hard))
    _solvers().end()
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert in_child(task(), 60, ROOM)["x"] == pytest.approx([1.0], abs=1e-6)
    finally:
        _solvers().end()
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_solve_that_is_given_up_leaves_no_process() -> None:
    """Its fork is in the group that is ended."""
    in_child(task(), 60, ROOM)
    group = _solvers()._process.pid
    with pytest.raises(NotSolved, match="no answer within"):
        in_child(task(), 1e-4, ROOM)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("a process of the group is still there")
