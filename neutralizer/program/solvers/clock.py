"""The time that one run has for all its solves together."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from neutralizer.errors import TimeIsUp

_END: ContextVar[tuple[float, float] | None] = ContextVar("end of the run", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is solved inside has so many seconds together; a run inside a run has what is left of both."""
    before, end = _END.get(), time.monotonic() + seconds
    token = _END.set((end, seconds) if before is None or end < before[0] else before)
    try:
        yield
    finally:
        _END.reset(token)


def left(most: float) -> float:
    """The seconds that the next solve may take, at most so many. Raises TimeIsUp."""
    found = _END.get()
    if found is None:
        return most
    remaining = found[0] - time.monotonic()
    if remaining <= 0:
        raise TimeIsUp(
            f"the run was not finished within solve.time_limit, {found[1]:g} s for all its solves: allow more "
            "(--set solve.time_limit=1200s), or ask for less (--no-baseline)"
        )
    return min(most, remaining)
