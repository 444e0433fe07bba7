"""A cone program, handed to a solver in its child process: Clarabel, or the method by blocks."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.program.canonical import Canonical
from neutralizer.program.solvers.as_second_order import as_second_order, back
from neutralizer.program.solvers.presolve import presolved
from neutralizer.program.solvers.process import in_child, sparse_parts

CLARABEL: dict[str, Any] = {
    "verbose": False,
    "max_threads": 1,
    "max_iter": 300,
    "tol_gap_abs": 1e-9,
    "tol_gap_rel": 1e-10,
    "tol_feas": 1e-11,
}
# Of a program in which nothing may move: the solver knows none without columns, and the certificate judges.
NOTHING: dict[str, Any] = {"status": "Solved", "iterations": 0, "seconds": 0.0, "primal_residual": 0.0, "dual_residual": 0.0}  # fmt: skip


def run_solver(
    canonical: Canonical, scenario: Scenario, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Clarabel's answer to a cone program, in its own rows and columns."""
    asked = {"solver": "clarabel", "settings": CLARABEL | dict(settings or {})}
    return handed(canonical, scenario, asked) | {"version": version("clarabel")}


def handed(canonical: Canonical, scenario: Scenario, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of the solver that is asked, in the program's own rows and columns. Raises NotSolved, TimeIsUp."""
    smaller = presolved(canonical)
    wanted, canonical = smaller.canonical, as_second_order(smaller.canonical)
    task = {
        "c": canonical.c,
        "a": sparse_parts(canonical.a),
        "b": canonical.b,
        "cones": [(c.kind, c.stop - c.start, c.power) for c in canonical.cones],
    }
    answer = (
        in_child(task | dict(asked), scenario.time_limit, scenario.memory_limit)
        if len(canonical.c)
        else NOTHING | {"x": np.zeros(0), "z": np.zeros(canonical.a.shape[0])}
    )
    x, z = np.nan_to_num(answer["x"]), np.nan_to_num(answer["z"])
    answer["x"], answer["z"] = smaller.back(*back(wanted, x, z))
    return answer | {"name": asked["solver"]}
