"""The integer columns of the rounding program, and the rows that tie the program's own columns to them.

After the program's columns come: lots of coarse orders, steps of coarse holdings, and, for positions
with a fraction below their step, one switch per (giver, receiver): the fraction moves whole or stays.
"""

from dataclasses import dataclass, field

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.lots.grain import Grain
from neutralizer.program.solve import Solution, recovered

WINDOW = 3  # steps, and lots where they are larger
FINE_WINDOW = 20  # of the rounding error, for what is rounded afterwards


@dataclass(frozen=True)
class Whole:
    """An answer: lots of coarse orders, steps of coarse holdings, units of everything."""

    change: Floats
    order: Floats
    steps: Floats
    lots: Floats
    remainder: Floats  # (H,) fractions moved, signed units


@dataclass
class Ties:
    """Sparse rows: value at (row, column); each row = 0, the last `switches` of them <= 1."""

    triples: list[tuple[int, int, float]] = field(default_factory=list)
    rows: int = 0
    switches: int = 0


class Integers:
    """Which columns are integers, within which windows, tied to what."""

    def __init__(
        self,
        solution: Solution,
        grain: Grain,
        scenario: Scenario,
        window: float,
    ) -> None:
        self.solution, self.grain, self.scenario = solution, grain, scenario
        self.orders: Ints = np.flatnonzero(grain.coarse_order)
        self.holdings: Ints = np.flatnonzero(grain.coarse_holding & scenario.may_change)
        self.fractions = self._fractions()
        self.first_order = len(solution.x)
        self.first_step = self.first_order + len(self.orders)
        self.first_switch = self.first_step + len(self.holdings)
        self.size = self.first_switch + len(self.fractions)
        self.low = np.full(self.size, -np.inf)
        self.high = np.full(self.size, np.inf)
        self._windows(window)
        self._keep_near(window)

    def _fractions(self) -> list[tuple[int, int]]:
        row, remainder = self.scenario.orders.row, self.grain.remainder
        may = self.scenario.may_change
        givers = np.flatnonzero((remainder != 0) & may)
        return [
            (int(g), int(r))
            for g in givers
            for r in np.flatnonzero((row == row[g]) & may)
            if r != g
        ]

    def _windows(self, window: float) -> None:
        """A few steps around the continuous answer, at least a few lots of what fills the row."""
        scenario, trades = self.scenario, self.solution.trades
        lot = scenario.tradables.lot[scenario.orders.tradable[self.orders]]
        step = scenario.instruments.step[scenario.holdings.instrument[self.holdings]]
        largest = _largest_lot(scenario)[scenario.orders.row[self.holdings]]
        for at, middle, lots in (
            (self.first_order, trades.order[self.orders] / lot, lot / lot),
            (self.first_step, trades.change[self.holdings] / step, largest / step),
        ):
            reach = window * np.maximum(WINDOW * np.ceil(lots), np.ceil(1e-5 * np.abs(middle)))
            own = slice(at, at + len(middle))
            self.low[own] = np.floor(middle) - reach
            self.high[own] = np.ceil(middle) + reach
        self.low[self.first_switch :], self.high[self.first_switch :] = 0.0, 1.0
        closed = self.first_order + np.flatnonzero(scenario.orders.closed[self.orders])
        self.low[closed], self.high[closed] = 0.0, 0.0

    def _keep_near(self, window: float) -> None:
        """Holds fine holdings near the answer, where the tangents of the cones are true."""
        solution, decision = self.solution, self.solution.program.decision
        reach = FINE_WINDOW * self.grain.error * self.scenario.holding_notional / decision.money
        reach = reach * (window if np.isfinite(window) else 1e6)
        for some, variable in ((decision.risers, decision.rise), (decision.fallers, decision.fall)):
            columns = solution.canonical.columns.get(variable.id)
            if columns is None:
                continue
            fine = ~self.grain.coarse_holding[some]
            middle = solution.x[columns[fine]]
            self.low[columns[fine]] = np.maximum(middle - reach[some[fine]], 0.0)
            self.high[columns[fine]] = np.maximum(middle, 0.0) + reach[some[fine]]

    def ties(self) -> Ties:
        """money of an order = lots; money of a change = steps + fractions; a fraction moves once."""
        found = Ties()
        self._tie_orders(found)
        row_of = self._tie_changes(found)
        money = self.solution.program.decision.money
        for k, (giver, receiver) in enumerate(self.fractions, self.first_switch):
            moved = self.grain.remainder[giver] * self.scenario.holding_notional[giver] / money
            found.triples += [(row_of[giver], k, moved), (row_of[receiver], k, -moved)]
        for giver in sorted({g for g, _ in self.fractions}):
            own = [k for k, (g, _) in enumerate(self.fractions, self.first_switch) if g == giver]
            found.triples += [(found.rows, k, 1.0) for k in own]
            found.rows += 1
            found.switches += 1
        return found

    def _tie_orders(self, found: Ties) -> None:
        scenario, decision = self.scenario, self.solution.program.decision
        columns = self.solution.canonical.columns
        buy, sell = columns.get(decision.buy.id), columns.get(decision.sell.id)
        own = {int(o): k for k, o in enumerate(self.orders, self.first_order)}
        if buy is None or sell is None:
            return
        for o, column in own.items():
            lot = scenario.tradables.lot[scenario.orders.tradable[o]]
            size = float(lot * scenario.order_notional[o] / decision.money)
            found.triples += [(found.rows, int(buy[o]), 1.0), (found.rows, int(sell[o]), -1.0)]
            found.triples.append((found.rows, column, -size))
            found.rows += 1

    def _tie_changes(self, found: Ties) -> dict[int, int]:
        scenario, decision = self.scenario, self.solution.program.decision
        columns = self.solution.canonical.columns
        rise = dict(zip(decision.risers.tolist(), columns.get(decision.rise.id, []), strict=True))
        fall = dict(zip(decision.fallers.tolist(), columns.get(decision.fall.id, []), strict=True))
        own = {int(h): k for k, h in enumerate(self.holdings, self.first_step)}
        row_of: dict[int, int] = {}
        for h, column in own.items():
            row_of[h] = found.rows
            both = ((rise, 1.0), (fall, -1.0))
            found.triples += [(found.rows, int(c[h]), sign) for c, sign in both if h in c]
            step = scenario.instruments.step[scenario.holdings.instrument[h]]
            size = float(step * scenario.holding_notional[h] / decision.money)
            found.triples.append((found.rows, column, -size))
            found.rows += 1
        return row_of

    def whole(self, x: Floats) -> Whole:
        """A solver's x in units, its integers made exact."""
        scenario, solution = self.scenario, self.solution
        trades = recovered(solution.program, solution.canonical, x[: self.first_order])
        change, order = trades.change.copy(), trades.order.copy()
        lots, steps, remainder = np.zeros_like(order), np.zeros_like(change), np.zeros_like(change)
        lots[self.orders] = np.rint(x[self.first_order : self.first_step])
        steps[self.holdings] = np.rint(x[self.first_step : self.first_switch])
        for k, (giver, receiver) in enumerate(self.fractions, self.first_switch):
            if x[k] > 0.5:
                remainder[giver] -= self.grain.remainder[giver]
                remainder[receiver] += self.grain.remainder[giver]
        lot = scenario.tradables.lot[scenario.orders.tradable]
        step = scenario.instruments.step[scenario.holdings.instrument]
        order[self.orders] = (lots * lot)[self.orders]
        change[self.holdings] = (steps * step + remainder)[self.holdings]
        return Whole(change, order, steps, lots, remainder)


def _largest_lot(scenario: Scenario) -> Floats:
    """(rows,) the most units that one lot of any order moves in each conservation row."""
    orders = scenario.orders
    lots = scenario.tradables.lot[orders.tradable]
    sizes = (abs(orders.order_rows) * lots[None, :]).tocoo()
    found = np.ones(orders.order_rows.shape[0])
    found[orders.row] = scenario.instruments.step[scenario.holdings.instrument]
    np.maximum.at(found, sizes.row, sizes.data)
    return found
