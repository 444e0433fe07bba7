"""The days to come that today is decided with: what is known to arrive, and what each of them allows.

A path is one way in which they may go. Known flows come on every path; where some are uncertain there are two, on
one of which all of those come and on the other none. Today is common to both.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from neutralizer.domain.arrays import Bools, Floats

if TYPE_CHECKING:
    from neutralizer.domain.scenario import Scenario

CERTAIN, COMES, STAYS = "", "comes", "stays"  # names of paths


@dataclass(frozen=True)
class Day:
    """One day of one path. `scenario`: what that date allows and costs, with the positions that today's become
    when nothing is traded, and with today's entries, so that cash is counted from today on.
    """

    scenario: "Scenario"
    arrives: Floats  # (H,) units that come before anything is decided on it, + long
    paid: Floats  # (P,) cash that comes, in the pool's currency, beside what fully paid flows pay
    stays: Floats  # (H,) 1, or 0 where an instrument has expired by then
    may_rise: Bools  # (H,) whether its mandate lets a position be bought, or received
    may_fall: Bools
    low: Floats  # (H,) between what its mandate holds a position, units; ±inf where it does not
    high: Floats

    @property
    def date(self) -> date:
        """The day on which it trades."""
        return self.scenario.execution_date

    def beyond(self, position: Floats) -> Floats:
        """(H,) what positions (H,) end beyond what their mandates allow, units; 0 inside."""
        found: Floats = np.maximum(np.maximum(self.low - position, position - self.high), 0.0)
        return found

    def reach(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Between what its positions lie, whatever is decided, where those of the day before lie between these."""
        here = self.stays > 0
        low, high = (np.where(here, x, 0.0) + self.arrives for x in (low, high))
        low = np.maximum(np.where(self.may_fall, -np.inf, low), self.low)
        return low, np.minimum(np.where(self.may_rise, np.inf, high), self.high)


@dataclass(frozen=True)
class Path:
    """The days after today, one after the other, and how likely they are."""

    name: str  # CERTAIN where there is one path only
    weight: float
    days: tuple[Day, ...]


@dataclass(frozen=True)
class Horizon:
    """Every path has the same days. `remembered`: whether impact is that of all days together."""

    paths: tuple[Path, ...]
    remembered: bool

    @property
    def stages(self) -> tuple["Stage", ...]:
        """Every day of every path, path by path."""
        found = list[Stage]()
        for path in self.paths:
            before = -1
            for k, day in enumerate(path.days, 1):
                found.append(Stage(len(found), k, before, path, day))
                before = len(found) - 1
        return tuple(found)

    def until(self, day: int) -> "Horizon":
        """The same without the days after the `day`-th from today."""
        return replace(self, paths=tuple(replace(p, days=p.days[:day]) for p in self.paths))

    def within_reach(self, low: Floats, high: Floats) -> "Horizon":
        """The same with each day's holdings between what they can reach, today's lying between these."""
        ends = [(low, high)]

        def reached(stage: Stage) -> Day:
            ends.append(stage.at.reach(*ends[stage.before + 1]))
            s = stage.at.scenario
            held = replace(s.holdings, low=ends[-1][0], high=ends[-1][1])
            return replace(stage.at, scenario=replace(s, holdings=held))

        return self.with_days(reached)

    def with_days(self, changed: "Callable[[Stage], Day]") -> "Horizon":
        """The same with each day as `changed` makes it."""
        days, paths = iter([changed(stage) for stage in self.stages]), list[Path]()
        for path in self.paths:
            paths.append(replace(path, days=tuple(next(days) for _ in path.days)))
        return replace(self, paths=tuple(paths))


@dataclass(frozen=True)
class Stage:
    """A day of a path with its place among all of them; `before`: that of the day before it, -1 for today."""

    number: int
    day: int  # 1 is the first after today
    before: int
    path: Path
    at: Day

    @property
    def weight(self) -> float:
        """How likely it is."""
        return self.path.weight
