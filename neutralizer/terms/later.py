"""A later day of the horizon as the program sees it: its decisions set out from what the day before ends with.
What it comes to in numbers is in `days`.
"""

from functools import cached_property
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.horizon import Day
from neutralizer.domain.scenario import Scenario
from neutralizer.terms.decision import Decision, capped
from neutralizer.terms.margin import cash
from neutralizer.terms.rows import FALL, RISE, Row


class Later(Decision):
    """The decisions of a day; the state before them is an expression: position[d] = stays · position[d−1] +
    arrives + change[d]. Shapes and units are those of `Decision`, and `money` is today's.
    """

    def __init__(self, day: Day, previous: Decision) -> None:
        self.day, self.previous = day, previous
        super().__init__(day.scenario)
        unit = day.scenario.holding_notional / self.money
        self._before = _share_of(day.stays, previous.position) + day.arrives * unit

    def _typical(self) -> float:
        return self.previous.money

    def _movers(self) -> tuple[Ints, Ints]:
        return np.flatnonzero(self.day.may_rise), np.flatnonzero(self.day.may_fall)

    @cached_property
    def entry_before(self) -> Any:
        """(N,) what each account held at the end of the day before."""
        return self.previous.entry

    @cached_property
    def opening(self) -> Any:
        """(P,) what the day before ends with, without its loans, and what is paid in."""
        comes = self.day.paid * self.scenario.pools.fx / self.money
        return cash.final_expression(self.previous, self.previous.scenario) + comes

    @cached_property
    def routed_before(self) -> Any:
        """(P,) what cash routes brought on the days before."""
        return cash.routed_so_far(self.previous, self.previous.scenario)

    def _mandates(self) -> dict[Row, Any]:
        """A position that may only be reduced ends between zero and what it is when nothing is traded."""
        unit = self.scenario.holding_notional / self.money
        return capped(RISE, self.position, self.day.high * unit) | capped(
            FALL, -self.position, -self.day.low * unit
        )

    def _room(self, most: float) -> tuple[Floats, Floats]:
        """Within what each position lies on both days."""
        low, high = self._ends(self.scenario, most)
        was_low, was_high = self._ends(self.previous.scenario, most)
        unit = self.scenario.holding_notional / self.money
        start_low = self.day.stays * was_low + self.day.arrives * unit
        start_high = self.day.stays * was_high + self.day.arrives * unit
        return np.maximum(high - start_low, 0.0), np.maximum(start_high - low, 0.0)

    def _ends(self, scenario: Scenario, most: float) -> tuple[Floats, Floats]:
        h, unit = scenario.holdings, scenario.holding_notional / self.money
        box = most + np.abs(h.before * unit)
        return np.maximum(h.low * unit, -box), np.minimum(h.high * unit, box)


class Together(Decision):
    """Today's decision with the (T,) volume of several days, for market impact: nothing else may be asked of it."""

    def __init__(self, today: Decision, gross: Any) -> None:
        self.scenario, self.money = today.scenario, today.money
        self.gross = gross


def _share_of(share: Floats, position: Any) -> Any:
    """(H,) a share of each position; the positions themselves where all of it stays."""
    import cvxpy as cp

    return position if np.all(share == 1) else cp.multiply(share, position)
