"""A state on the way, for the terms: positions that others decide, as expressions, and cash as it stands."""

from typing import Any

import cvxpy as cp

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.decision import Decision
from neutralizer.terms.margin import collateral
from neutralizer.terms.shorts import Shorts


class Reached(Decision):
    """`change` (H,) and `size` (O,) in units and `cash` (R,) sent, affine or numbers; of `trades` loans and pledges.
    `low` and `high` (H,) units: between what each position lies. Mandates say where it may end, not where it may be
    on the way.
    """

    def __init__(
        self,
        scenario: Scenario,
        change: Any,
        size: Any,
        cash: Any,
        trades: Trades,
        low: Floats,
        high: Floats,
    ) -> None:
        super().__init__(scenario)
        s, money = scenario, self.money
        self.change = cp.multiply(s.holding_notional / money, change)
        self.moved = cp.abs(self.change)
        self.size = cp.multiply(s.order_notional / money, size)
        self.cash = cp.multiply(s.pools.fx[s.routes.source] / money, cash)
        self.borrowed = cp.Constant(trades.borrowed * s.pools.fx / money)
        self.pledged = cp.Constant(trades.pledged * collateral.value(s) / money)
        unit = s.holding_notional / money
        self._low = low * unit
        self.shorts = Shorts(self.position, self._low, high * unit)

    def rows(self) -> list[Any]:
        """What defines the columns that terms have asked for."""
        return [*self._extra, *self.shorts.constraints]

    def boxes(self) -> list[tuple[Any, Floats]]:
        """(column, upper bound of each element) of the short parts that terms have asked for."""
        return self.shorts.boxes()
