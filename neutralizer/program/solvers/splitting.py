"""A linear program, handed to OSQP in its child process: an operator splitting (Stellato and others, OSQP, Mathematical
Programming Computation 12, 2020).
"""

from importlib.metadata import version
from typing import Any

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.program.canonical import Canonical
from neutralizer.program.solvers.presolve import presolved
from neutralizer.program.solvers.process import in_child, sparse_parts

NAME = "osqp"
SETTINGS: dict[str, Any] = {
    "verbose": False,
    "eps_abs": 1e-9,
    "eps_rel": 1e-9,
    "max_iter": 20_000,
    "polishing": True,
}


def is_flat(canonical: Canonical) -> bool:
    """Whether the program has columns, and nothing in it is curved."""
    return bool(len(canonical.c)) and all(x.kind in ("zero", "nonneg") for x in canonical.cones)


def fits(canonical: Canonical, scenario: Scenario) -> bool:
    """Whether the scenario asks for it, and it can answer."""
    return scenario.solver == NAME and is_flat(canonical)


def run_splitting(canonical: Canonical, scenario: Scenario) -> dict[str, Any]:
    """OSQP's answer to a linear program, in its own rows and columns."""
    smaller = presolved(canonical)
    flat = smaller.canonical
    exact = np.zeros(len(flat.b), dtype=bool)
    for cone in flat.cones:
        exact[cone.start : cone.stop] = cone.kind == "zero"
    task = {
        "solver": NAME,
        "c": flat.c,
        "a": sparse_parts(flat.a),
        "lower": np.where(exact, flat.b, -np.inf),
        "upper": flat.b,
        "settings": SETTINGS,
    }
    answer = in_child(task, scenario.time_limit, scenario.memory_limit)
    x, z = np.nan_to_num(answer["x"]), np.nan_to_num(answer["z"])
    answer["x"], answer["z"] = smaller.back(x, z)
    return answer | {"name": NAME, "version": version(NAME)}
