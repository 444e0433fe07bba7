"""What is said of many alike things: which is begun, and how long the rest may take."""

from collections.abc import Callable

import pytest

from neutralizer.domain import steps as module
from neutralizer.domain.steps import steps


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds that have passed."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, seconds)


def test_the_rest_takes_as_long_as_what_is_done_took(clock: Callable[[float], None]) -> None:
    """Two of four took 60 s: the other two take another 60; the first has no forecast."""
    said: list[str] = []
    for k, _ in enumerate(steps("abcd", "reading release", said.append)):
        clock(30.0 * (k + 1))
    assert said == [
        "reading release 1 of 4",
        "reading release 2 of 4, about 90 s left",
        "reading release 3 of 4, about 60 s left",
        "reading release 4 of 4, about 30 s left",
    ]


def test_what_is_soon_done_has_no_forecast(clock: Callable[[float], None]) -> None:
    """A second that is left is not worth a word."""
    said: list[str] = []
    for _ in steps("ab", "testing pair", said.append):
        clock(1.0)
    assert said == ["testing pair 1 of 2", "testing pair 2 of 2"]
