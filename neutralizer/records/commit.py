"""The moment from which what a command wrote stands: whoever asks it to stop after that is late.

A command line hands what asks it to stop to `COMMIT.late`; used as a library nothing here is asked and
nothing of the process is touched.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

OPEN, HELD, STANDS = "open", "held", "stands"
ONE_WISH = 5.0  # seconds within which a second signal asks for what is under way


class Commit:
    """Of one command of one process."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another command."""
        self._state = OPEN
        self._asked: int | None = None  # the signal that waits
        self._ending = -ONE_WISH  # when the command was told to end

    @property
    def stands(self) -> bool:
        """Whether what was to be written is there: the command has succeeded, whatever comes."""
        return self._state == STANDS

    def late(self, signal: int) -> bool:
        """Whether a signal comes too late, has to wait, or asks again for what is under way."""
        if self._state == HELD:
            self._asked = signal
        elif self._state == OPEN and time.monotonic() - self._ending >= ONE_WISH:
            self._ending = time.monotonic()
            return False
        return True

    def stand(self) -> None:
        """It is there already."""
        self._state = STANDS

    @contextmanager
    def made(self) -> Iterator[None]:
        """The one step by which everything appears. It has no half: a signal waits for it, and is answered
        only where the step failed.
        """
        with self.held():
            yield
            self.stand()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Work that is not to be cut in two, as tidying up: a signal waits for its end."""
        if self._state != OPEN:
            yield
            return
        self._state = HELD
        try:
            yield
        finally:
            if self._state == HELD:
                self._state = OPEN
                if self._asked is not None:
                    asked, self._asked = self._asked, None
                    self._ending = time.monotonic()
                    raise SystemExit(128 + asked)


COMMIT = Commit()
