"""The solver's own process: one pickled task on stdin, one pickled answer on stdout.

Run as a script: it imports numpy and one solver, never cvxpy and nothing of this package, so that it
starts fast and a crash, a hang or a memory hunger of the solver is its own.
"""

import os
import pickle
import sys
import time
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np

# Cells of the factor from which on blocks pay: a step of faer takes 1.5 times as long as one of qdldl at
# 480,000 cells and three times as long below, two thirds at 860,000 and a fifteenth at 3,500,000.
FULL = 600_000


def main() -> None:
    """Reads the task, keeps its limits, writes the answer."""
    task = pickle.load(sys.stdin.buffer)
    out = _own_stdout()
    _bind(task["memory_limit"])
    started = time.perf_counter()
    answer = {"clarabel": _clarabel, "highs": _highs}[task["solver"]](task)
    answer["seconds"] = time.perf_counter() - started
    with out:
        pickle.dump(answer, out)


def _own_stdout() -> BinaryIO:
    """The answer's stream; what a solver's library prints goes to stderr, and never into the answer."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _bind(memory: int) -> None:
    """Limits the memory, and dies with the parent where the system offers that."""
    import resource

    most = resource.getrlimit(resource.RLIMIT_AS)[1]  # as `ulimit -v` left it
    if most != resource.RLIM_INFINITY:
        memory = min(memory, most)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _sparse(parts: dict[str, Any]) -> Any:
    """What the solvers read of a scipy csc matrix, without importing scipy."""
    return SimpleNamespace(nnz=len(parts["data"]), has_canonical_format=True, **parts)


def _clarabel(task: dict[str, Any]) -> dict[str, Any]:
    import clarabel

    kinds = {
        "zero": clarabel.ZeroConeT,
        "nonneg": clarabel.NonnegativeConeT,
        "soc": clarabel.SecondOrderConeT,
    }
    cones = [
        clarabel.PowerConeT(power) if kind == "power" else kinds[kind](size)
        for kind, size, power in task["cones"]
    ]
    settings = clarabel.DefaultSettings()
    for name, value in task["settings"].items():
        setattr(settings, name, value)
    size = len(task["c"])
    empty = {
        "data": np.zeros(0),
        "indices": np.zeros(0, dtype=np.int64),
        "indptr": np.zeros(size + 1, dtype=np.int64),
        "shape": (size, size),
    }
    program = (_sparse(empty), task["c"], _sparse(task["a"]), task["b"], cones)
    settings.direct_solve_method = "qdldl"
    solver = clarabel.DefaultSolver(*program, settings)
    if solver.get_info().linsolver.nnzL > FULL:
        settings.direct_solve_method = "faer"
        solver = clarabel.DefaultSolver(*program, settings)
    found = solver.solve()
    return {
        "x": np.array(found.x),
        "z": np.array(found.z),
        "status": str(found.status),
        "iterations": int(found.iterations),
        "primal_residual": float(found.r_prim),
        "dual_residual": float(found.r_dual),
    }


def _highs(task: dict[str, Any]) -> dict[str, Any]:
    import highspy

    model = highspy.HighsModel()
    lp = model.lp_
    a = task["a"]
    lp.num_row_, lp.num_col_ = a["shape"]
    lp.offset_ = task["offset"]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = task["c"], task["lower"], task["upper"]
    lp.row_lower_, lp.row_upper_ = task["row_lower"], task["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = a["shape"]
    lp.a_matrix_.start_, lp.a_matrix_.index_ = a["indptr"], a["indices"]
    lp.a_matrix_.value_ = a["data"]
    if task["integer"].any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(k)] for k in task["integer"]]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in task["settings"].items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    if len(task["start"]):
        columns = np.flatnonzero(task["integer"][: len(task["start"])]).astype(np.int32)
        solver.setSolution(len(columns), columns, task["start"][columns])
    solver.run()
    info, solution = solver.getInfo(), solver.getSolution()
    feasible = info.primal_solution_status == 2
    return {
        "x": np.array(solution.col_value) if feasible else None,
        "status": solver.modelStatusToString(solver.getModelStatus()),
        "iterations": int(info.simplex_iteration_count),
        "nodes": int(getattr(info, "mip_node_count", 0)),
        "bound": float(
            info.mip_dual_bound if task["integer"].any() else info.objective_function_value
        ),
    }


if __name__ == "__main__":
    main()
