"""What a scenario is held against, beside the reports in it."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from neutralizer.domain.record import NO_WAIVERS, Waivers


@dataclass(frozen=True)
class Against:
    """What a scenario is held against, beside the reports in it."""

    live: timedelta | None = None  # how far as_of may lie from the clock
    day: date | None = None  # the business date that it must be of
    previous: Path | None = None  # the folder of an earlier run
    handoff: Path | None = None  # what operations wrote back
    waivers: Waivers = NO_WAIVERS


NOTHING_ELSE = Against()
