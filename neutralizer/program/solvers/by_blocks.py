"""A large cone program, handed to the method by blocks in its child process."""

from typing import Any

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.version import VERSION
from neutralizer.program.canonical import Canonical
from neutralizer.program.solvers.as_second_order import as_second_order, back, is_second_order
from neutralizer.program.solvers.presolve import presolved
from neutralizer.program.solvers.process import in_child, sparse_parts

NAME = "blocks"
LARGE = 15_000  # rows from which it is asked first: benchmarks/BLOCKS.md


def fits(canonical: Canonical, scenario: Scenario) -> bool:
    """Whether it is asked: where a scenario names it or the program is large, and has second-order cones only."""
    large = scenario.solver == "auto" and len(canonical.b) >= LARGE
    asked = (large or scenario.solver == NAME) and len(canonical.c) > 0
    return asked and is_second_order(canonical)


def run_blocks(canonical: Canonical, scenario: Scenario) -> dict[str, Any]:
    """Its answer in the program's own rows and columns. Raises NotSolved, also where the rows fall into no blocks."""
    smaller = presolved(canonical)
    wanted, canonical = smaller.canonical, as_second_order(smaller.canonical)
    task = {
        "solver": NAME,
        "c": canonical.c,
        "a": sparse_parts(canonical.a),
        "b": canonical.b,
        "cones": [(c.kind, c.stop - c.start, c.power) for c in canonical.cones],
    }
    answer = in_child(task, scenario.time_limit, scenario.memory_limit)
    x, z = np.nan_to_num(answer["x"]), np.nan_to_num(answer["z"])
    answer["x"], answer["z"] = smaller.back(*back(wanted, x, z))
    return answer | {"name": NAME, "version": VERSION}
