"""Hands a task to the solver's process and waits for it, within time and memory."""

import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

from neutralizer.errors import NotSolved
from neutralizer.program.solvers.child import ANSWERED, ASKED
from neutralizer.program.solvers.clock import left

CHILD = Path(__file__).with_name("child.py")
PIECE = 2**20  # bytes
_HERE = threading.local()  # each thread has a process of its own, which the system ends with it


class _Gone(Exception):
    """The process has ended."""


class _Late(Exception):
    """No answer in time."""


class _Solvers:
    """The process that answers the tasks of one thread."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
            process_group=0,  # with its forks, to be ended together
        )
        self.end = weakref.finalize(self, _ended, self._process)

    def answer(self, name: str, task: bytes, seconds: float) -> tuple[int, bytes]:
        """The code of the task's own process, and its answer or its last words. Raises _Gone, _Late."""
        end = time.monotonic() + seconds
        try:
            self._write(ASKED.pack(name.encode(), len(task)))
            self._write(task)
        except OSError:
            raise _Gone from None
        code, size = ANSWERED.unpack(self._read(ANSWERED.size, end))
        return code, self._read(size, end)

    def _write(self, data: bytes) -> None:
        """All of it, whatever signal comes meanwhile. Raises OSError."""
        assert self._process.stdin is not None
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._process.stdin.fileno(), rest[:PIECE]) :]

    def _read(self, size: int, end: float) -> bytes:
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        ready, found = select.poll(), bytearray()  # any descriptor: a host may have thousands
        ready.register(out, select.POLLIN)
        while len(found) < size:
            if not ready.poll(max(end - time.monotonic(), 0) * 1000):
                raise _Late
            piece = os.read(out, min(size - len(found), PIECE))
            if not piece:
                raise _Gone
            found += piece
        return bytes(found)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """With its forks."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with process:
        pass


def in_child(task: dict[str, Any], seconds: float, memory: int) -> dict[str, Any]:
    """The child's answer. Raises NotSolved when it crashed, ran out of memory, or out of time, TimeIsUp
    where the run has none left.
    """
    allowed, name = left(seconds), str(task["solver"])
    data = pickle.dumps(task | {"memory_limit": memory})
    for again in (True, False):
        solvers = _solvers()
        try:
            code, words = solvers.answer(name, data, allowed)
            break
        except _Late:
            solvers.end()
            left(seconds)
            raise NotSolved(
                f"{name} gave no answer within {seconds:g} s; raise solve.time_limit"
            ) from None
        except _Gone:  # with the thread that began it, or by another's hand
            solvers.end()
            if not again:
                raise NotSolved(f"{name} has no process: it was ended from outside") from None
        except BaseException:
            solvers.end()
            raise
    if code:
        last = words.decode(errors="replace").strip().rpartition("\n")[2]
        raise NotSolved(f"{name} ended with code {code}: {last}")
    answer: dict[str, Any] = pickle.loads(words)
    return answer


def _solvers() -> _Solvers:
    """Of this thread and this process: a fork of ours must not talk to its parent's."""
    found: _Solvers | None = getattr(_HERE, "solvers", None)
    if found is None or found.owner != os.getpid() or not found.end.alive:
        if found is not None and found.owner != os.getpid():
            found.end.detach()
        found = _HERE.solvers = _Solvers()
    return found


def sparse_parts(matrix: Any) -> dict[str, Any]:
    """A csc matrix as plain arrays, sorted and without duplicates."""
    matrix.sum_duplicates()
    return {
        "data": matrix.data,
        "indices": matrix.indices.astype("int64"),
        "indptr": matrix.indptr.astype("int64"),
        "shape": tuple(int(n) for n in matrix.shape),
    }
