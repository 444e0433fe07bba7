"""A command in a process of its own that is hit by a signal at its N-th call to the disk."""

import os
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neutralizer.cli.main import main
from neutralizer.records import folder

CALLS = ("rename", "fsync", "mkdir", "open", "truncate", "unlink", "rmdir", "close", "replace")
NOWHERE = 10**9


@dataclass(frozen=True)
class Ended:
    """How it ended: the exit code (minus the signal that killed it), the calls it made, what it said."""

    code: int
    calls: int
    said: str


def struck(
    words: Sequence[object], at: int = NOWHERE, *signals: int, after: bool = False, out: str = ""
) -> Ended:
    """Forks, so that what is patched here is patched there. The signals come one at each call from the
    N-th on, before it or `after` it. What it says goes to a file, or to what is named by `out`.
    """
    with tempfile.TemporaryDirectory() as folder:
        talk, count = Path(folder, "talk.txt"), Path(folder, "calls.txt")
        talk.touch()
        count.write_text("0")
        with warnings.catch_warnings():  # of threads: the runner's, which the child does not use
            warnings.simplefilter("ignore")
            child = os.fork()
        if child == 0:
            _child([str(w) for w in words], out or str(talk), count, _Trap(at, signals, after))
        _, status = os.waitpid(child, 0)
        return Ended(os.waitstatus_to_exitcode(status), int(count.read_text()), talk.read_text())


def _child(words: list[str], talk: str, count: Path, trap: "_Trap") -> None:
    code = 99
    try:
        out = os.open(talk, os.O_WRONLY)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        sys.argv = ["neutralizer", *words]
        trap.set()
        main()
    except SystemExit as done:
        code = int(done.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        trap.at = NOWHERE
        count.write_text(str(trap.calls))
        os._exit(code)


class _Trap:
    def __init__(self, at: int, signals: Sequence[int], after: bool) -> None:
        self.at, self.signals, self.after, self.calls = at, list(signals), after, 0

    def set(self) -> None:
        for name in CALLS:
            setattr(os, name, self._wrapped(getattr(os, name)))
        shutil.rmtree = self._wrapped(shutil.rmtree)  # type: ignore[assignment]
        folder._exchange = self._wrapped(folder._exchange)

    def _wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **options: Any) -> Any:
            self.calls += 1
            hit = self.calls >= self.at and self.signals
            if hit and not self.after:
                os.kill(os.getpid(), self.signals.pop(0))
            found = function(*words, **options)
            if hit and self.after:
                os.kill(os.getpid(), self.signals.pop(0))
            return found

        return call
