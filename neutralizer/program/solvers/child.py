"""The solver's own process: tasks on stdin, answers on stdout, each task in a fork of its own.

Run as a script: it imports numpy and the solvers, of which `blocks` beside it is ours, and never cvxpy nor anything
else of this package. What is loaded once serves every task, while a crash, a hang or a memory hunger of a solver is that of the fork, which ends with it.

A task is its solver's name, 8 bytes, the length of its pickle, 8 bytes, and the pickle; an answer is the code that
the fork ended with, the length of what follows, and a pickle, or after a failure its last words.
"""

import importlib
import os
import pickle
import struct
import sys
import tempfile
import time
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np

ASKED, ANSWERED = struct.Struct("<8sQ"), struct.Struct("<iQ")
MODULES = {"blocks": "blocks", "clarabel": "clarabel", "highs": "highspy", "osqp": "osqp"}
WORDS = 2000  # bytes of what a fork said last

# Cells of the factor from which on blocks pay: a step of faer takes 1.5 times as long as one of qdldl at
# 480,000 cells and three times as long below, two thirds at 860,000 and a fifteenth at 3,500,000.
FULL = 600_000


def main() -> None:
    """Answers task after task, until nobody asks any more."""
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a solver's library prints is never in an answer
    _ends_with_its_parent()
    while head := asked.read(ASKED.size):
        name, size = ASKED.unpack(head)
        importlib.import_module(MODULES[name.rstrip(b"\0").decode()])
        code, words = _forked(asked.read(size))
        answers.write(ANSWERED.pack(code, len(words)))
        answers.write(words)
        answers.flush()


def _forked(task: bytes) -> tuple[int, bytes]:
    """The code that a fork ends with, and its answer or its last words."""
    out, into = os.pipe()
    with _scratch() as said:
        process = os.fork()
        if process == 0:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            _answer(task, into)
        os.close(into)
        with os.fdopen(out, "rb") as found:
            answer = found.read()
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        said.seek(max(said.seek(0, os.SEEK_END) - WORDS, 0))
        return code, said.read() if code else answer


def _scratch() -> BinaryIO:
    """What a fork says is kept in memory where the system offers that: no full disk stands in the way of a solve."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("said"), "w+b")
    return tempfile.TemporaryFile()


def _answer(data: bytes, into: int) -> None:
    """The fork: keeps the limits of the task, writes the answer, and ends."""
    code = 1
    try:
        _ends_with_its_parent()
        task = pickle.loads(data)
        _bind(task["memory_limit"])
        started = time.perf_counter()
        solvers = {"blocks": _blocks, "clarabel": _clarabel, "highs": _highs, "osqp": _osqp}
        answer = solvers[task["solver"]](task)
        answer["seconds"] = time.perf_counter() - started
        with os.fdopen(into, "wb") as out:
            pickle.dump(answer, out)
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _bind(memory: int) -> None:
    """Limits the memory."""
    import resource

    most = resource.getrlimit(resource.RLIMIT_AS)[1]  # as `ulimit -v` left it
    if most != resource.RLIM_INFINITY:
        memory = min(memory, most)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _ends_with_its_parent() -> None:
    """Where the system offers that."""
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


def _blocks(task: dict[str, Any]) -> dict[str, Any]:
    from blocks import solved  # type: ignore[import-not-found]
    from scipy.sparse import csc_array

    a = task["a"]
    rows = csc_array((a["data"], a["indices"], a["indptr"]), a["shape"])
    answer: dict[str, Any] = solved(task["c"], rows, task["b"], task["cones"])
    return answer


def _osqp(task: dict[str, Any]) -> dict[str, Any]:
    import osqp
    from scipy.sparse import csc_matrix  # the only form that it takes

    a = task["a"]
    rows = csc_matrix((a["data"], a["indices"], a["indptr"]), a["shape"])
    flat = csc_matrix((a["shape"][1], a["shape"][1]))
    solver = osqp.OSQP()
    solver.setup(flat, task["c"], rows, task["lower"], task["upper"], **task["settings"])
    found = solver.solve()
    return {
        "x": np.array(found.x),
        "z": np.array(found.y),
        "status": str(found.info.status),
        "iterations": int(found.info.iter),
        "primal_residual": float(found.info.prim_res),
        "dual_residual": float(found.info.dual_res),
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
