"""A state on the way, for the terms: positions that others decide, as expressions, and cash as it stands."""

from typing import Any

import cvxpy as cp
import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.decision import Decision
from neutralizer.terms.margin import collateral
from neutralizer.terms.shorts import Shorts


class Reached(Decision):
    """`change` (H,) and `size` (O,) in units, affine or numbers; of `trades` the cash, loans and pledges.
    Mandates say where a position may end, not where it may be on the way.
    """

    def __init__(self, scenario: Scenario, change: Any, size: Any, trades: Trades) -> None:
        super().__init__(scenario)
        s, money = scenario, self.money
        self.change = cp.multiply(s.holding_notional / money, change)
        self.moved = cp.abs(self.change)
        self.size = cp.multiply(s.order_notional / money, size)
        self.cash = cp.Constant(trades.cash * s.pools.fx[s.routes.source] / money)
        self.borrowed = cp.Constant(trades.borrowed * s.pools.fx / money)
        self.pledged = cp.Constant(trades.pledged * collateral.value(s) / money)
        anywhere: Floats = np.full(len(s.holdings.book), np.inf)
        self.shorts = Shorts(self.position, -anywhere, anywhere)

    def rows(self) -> list[Any]:
        """What defines the columns that terms have asked for."""
        return [*self._extra, *self.shorts.constraints]
