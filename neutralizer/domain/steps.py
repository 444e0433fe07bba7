"""Many alike things one after the other, told as they are begun, with the time that is left."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
SOON = 2.0  # seconds: what is done sooner needs no forecast


def steps(things: Sequence[Thing], what: str, say: Callable[[str], None]) -> Iterator[Thing]:
    """Each thing, said before it is begun, such as "testing pair 3 of 54, about 40 s left": as long as those
    that are done took on average.
    """
    started = time.monotonic()
    for k, thing in enumerate(things):
        rest = (time.monotonic() - started) / k * (len(things) - k) if k else 0.0
        left = f", about {rest:,.0f} s left" if rest > SOON else ""
        say(f"{what} {k + 1} of {len(things)}{left}")
        yield thing
