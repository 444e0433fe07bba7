"""A disk whose N-th call fails."""

import os
from typing import Any

import pytest

from neutralizer.records import folder

NUMBERS = (28, 5, 13)  # no space, input/output, permission


class Broken:
    """Counts the calls of file operations, and fails the N-th."""

    def __init__(self, patch: pytest.MonkeyPatch, fails: int, number: int) -> None:
        self.calls, self.fails, self.error = 0, fails, OSError(number, os.strerror(number))
        for name in ("rename", "fsync", "mkdir", "open", "truncate"):
            patch.setattr(f"os.{name}", self.wrapped(getattr(os, name)))
        patch.setattr("builtins.open", self.wrapped(open, self._writes))
        patch.setattr(folder, "_exchange", self.wrapped(folder._exchange))

    @staticmethod
    def _writes(*words: Any, **options: Any) -> bool:
        return any(letter in str(words[1:2]) for letter in "wa")

    def wrapped(self, function: Any, counts: Any = lambda *a, **k: True) -> Any:
        """The function, which fails when its turn comes."""

        def call(*words: Any, **options: Any) -> Any:
            if counts(*words, **options):
                self.calls += 1
                if self.calls == self.fails:
                    raise self.error
            return function(*words, **options)

        return call
