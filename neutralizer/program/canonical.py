"""Program -> arrays: min c·x + offset, A x + s = b, s in a product of cones; with names kept.

The names come from cvxpy itself: its inverse is asked where each number went, by handing it the
numbers 0, 1, 2, … as a solution and as duals.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import cvxpy as cp
import numpy as np

from neutralizer.domain.arrays import Floats, Ints, Matrix
from neutralizer.terms.rows import Row


@dataclass(frozen=True)
class Cone:
    """A block of rows: kind zero, nonneg, soc or power (with its exponent)."""

    kind: str
    start: int
    stop: int
    power: float = 0.0


@dataclass(frozen=True)
class Canonical:
    """The arrays that a solver, the certificate and the rounding all work on."""

    c: Floats
    offset: float
    a: Matrix  # (rows, columns), csc
    b: Floats
    cones: tuple[Cone, ...]
    columns: dict[int, Ints]  # cvxpy variable id -> columns
    rows: dict[Row, Ints]
    upper: Floats  # (columns,) boxes of the decisions; nan for cvxpy's own variables
    unit: float

    def with_b(self, b: Floats) -> "Canonical":
        """The same with other right-hand sides."""
        return replace(self, b=b)


class Posed(Protocol):
    """What is handed over: a cvxpy problem with names on its constraints, boxes of its variables, and the unit of
    its objective.
    """

    problem: Any
    constraints: dict[Row, Any]
    boxes: list[tuple[Any, Floats]]
    unit: float


def canonicalise(program: Posed) -> Canonical:
    """Asks cvxpy for the cone program once, without building a solver."""
    problem = program.problem
    data, chain, inverse = problem.get_problem_data(
        cp.CLARABEL, solver_opts={"use_quad_obj": False}, ignore_dpp=True
    )
    a, b, c, dims = data["A"], data["b"], data["c"], data["dims"]
    labels = _Labels(np.arange(a.shape[1], dtype=float), np.arange(a.shape[0], dtype=float))
    solution = chain.invert(labels, inverse)
    columns = {
        v.id: np.rint(np.ravel(solution.primal_vars[v.id], order="F")).astype(np.int64)
        for v in problem.variables()
        if v.id in solution.primal_vars
    }
    rows = {
        name: np.rint(np.abs(np.ravel(solution.dual_vars[constraint.id], order="F"))).astype(
            np.int64
        )
        for name, constraint in program.constraints.items()
        if constraint.id in solution.dual_vars
    }
    upper = np.full(a.shape[1], np.nan)
    for variable, most in program.boxes:
        if variable.id in columns:
            upper[columns[variable.id]] = most
    offset = float(inverse[-1][cp.settings.OFFSET]) if cp.settings.OFFSET in inverse[-1] else 0.0
    return Canonical(c, offset, a.tocsc(), b, _cones(dims), columns, rows, upper, program.unit)


class _Labels:
    """Stands where a solver's answer would, with a number on every column and row."""

    status, solve_time, iterations, obj_val = "Solved", 0.0, 0, 0.0

    def __init__(self, x: Floats, z: Floats) -> None:
        self.x, self.z, self.s = x, z, z


def _cones(dims: Any) -> tuple[Cone, ...]:
    sizes = [("zero", dims.zero, 0.0), ("nonneg", dims.nonneg, 0.0)]
    sizes += [("soc", n, 0.0) for n in dims.soc] + [("power", 3, p) for p in dims.p3d]
    cones, start = [], 0
    for kind, size, power in sizes:
        if size:
            cones.append(Cone(kind, start, start + int(size), float(power)))
        start += int(size)
    return tuple(cones)
