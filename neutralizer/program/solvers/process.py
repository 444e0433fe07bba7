"""Hands a task to the solver's process and waits for it, within time and memory."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from neutralizer.errors import NotSolved
from neutralizer.program.solvers.clock import left

CHILD = Path(__file__).with_name("child.py")


def in_child(task: dict[str, Any], seconds: float, memory: int) -> dict[str, Any]:
    """The child's answer. Raises NotSolved when it crashed, ran out of memory, or out of time, TimeIsUp
    where the run has none left.
    """
    allowed = left(seconds)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        try:
            out, talk = process.communicate(pickle.dumps(task | {"memory_limit": memory}), allowed)
        except subprocess.TimeoutExpired:
            left(seconds)
            raise NotSolved(
                f"{task['solver']} gave no answer within {seconds:g} s; raise solve.time_limit"
            ) from None
        finally:
            process.kill()
    if process.returncode:
        last = talk.decode(errors="replace").strip().rpartition("\n")[2]
        raise NotSolved(f"{task['solver']} ended with code {process.returncode}: {last}")
    answer: dict[str, Any] = pickle.loads(out)
    return answer


def sparse_parts(matrix: Any) -> dict[str, Any]:
    """A csc matrix as plain arrays, sorted and without duplicates."""
    matrix.sum_duplicates()
    return {
        "data": matrix.data,
        "indices": matrix.indices.astype("int64"),
        "indptr": matrix.indptr.astype("int64"),
        "shape": tuple(int(n) for n in matrix.shape),
    }
