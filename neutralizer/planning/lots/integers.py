"""The columns of the rounding program, as deviations from a base that is whole already: the continuous
answer with its coarse lots and steps rounded, counted in those.

So nothing that matters is large or small, whatever the size of a position: a solver takes coefficients
below a threshold for zero, and whole numbers for whole within a tolerance. The program's own columns come
first, then lots of coarse orders, steps of coarse holdings, and, for positions with a fraction below
their step, one switch per (giver, receiver): the fraction moves whole or stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.lots.grain import Grain
from neutralizer.program.horizon import recovered_days
from neutralizer.program.recovered import recovered
from neutralizer.program.solve import Solution
from neutralizer.terms.days import Done

WINDOW = 3  # steps, and lots where they are larger
FINE_WINDOW = 20  # of the rounding error, for what is rounded afterwards
SNAP = 3  # digits below a step: what lies nearer to a half is a tie, on every machine
DUST = 1e-9  # of the gross before: an order below it is what the solver left over


@dataclass(frozen=True)
class Whole:
    """An answer: lots of coarse orders, steps of coarse holdings, units of everything."""

    change: Floats
    order: Floats
    steps: Floats
    lots: Floats
    remainder: Floats  # (H,) fractions moved, signed units
    passed: tuple[tuple[int, int], ...] = ()  # (giver, receiver) of each fraction
    later: Done = ()  # what is then done on the days of the horizon


@dataclass
class Ties:
    """Sparse rows: value at (row, column); each row = 0, the last `switches` of them <= 1."""

    triples: list[tuple[int, int, float]] = field(default_factory=list)
    rows: int = 0
    switches: int = 0


class Integers:
    """Which columns are integers, within which windows, tied to what. `base` (program's columns) is what
    the deviations are from, `unit` what each of them counts; `lots` and `steps` are those of the base.
    """

    def __init__(
        self,
        solution: Solution,
        grain: Grain,
        scenario: Scenario,
        window: float,
        fine: float | None = None,
    ) -> None:
        """`window` is a factor on the windows of integers, `fine` on those of the rest, inf for none."""
        self.solution, self.grain, self.scenario = solution, grain, scenario
        self.orders: Ints = np.flatnonzero(grain.coarse_order)
        self.holdings: Ints = np.flatnonzero(grain.coarse_holding & scenario.may_change)
        self.fractions = self._fractions()
        self.first_order = len(solution.x)
        self.first_step = self.first_order + len(self.orders)
        self.first_switch = self.first_step + len(self.holdings)
        self.size = self.first_switch + len(self.fractions)
        self.lots, self.steps = whole_orders(scenario, solution)[self.orders], self._whole_steps()
        self.base, self.unit = solution.x.copy(), np.ones(self.first_order)
        self._based()
        self.low = np.full(self.size, -np.inf)
        self.high = np.full(self.size, np.inf)
        self._windows(window)
        self._keep_near(window if fine is None else fine)

    def _whole_steps(self) -> Floats:
        step = self.scenario.instruments.step[self.scenario.holdings.instrument]
        return snapped(self.solution.trades.change / step)[self.holdings]

    def _based(self) -> None:
        """The coarse columns of the base, and what they count: a lot or a step, over `money`."""
        for columns, sign, own, count, size in self._coarse():
            self.unit[columns] = size[own]
            self.base[columns] = np.maximum(sign * count[own], 0.0) * size[own]

    def _coarse(self) -> Iterator[tuple[Ints, float, Ints, Floats, Floats]]:
        """(columns, sign, which of the integers they are of, their whole numbers, their sizes)."""
        decision, columns = self.solution.program.decision, self.solution.canonical.columns
        everyone = np.arange(len(self.scenario.orders.tradable))
        for variable, some, sign, integers, count, size in (
            (decision.buy, everyone, 1.0, self.orders, self.lots, self.lot_size),
            (decision.sell, everyone, -1.0, self.orders, self.lots, self.lot_size),
            (decision.rise, decision.risers, 1.0, self.holdings, self.steps, self.step_size),
            (decision.fall, decision.fallers, -1.0, self.holdings, self.steps, self.step_size),
        ):
            if variable.id in columns:
                _, at, own = np.intersect1d(some, integers, return_indices=True)
                yield columns[variable.id][at], sign, own, count, size

    @cached_property
    def lot_size(self) -> Floats:
        """A lot of each coarse order, over `money`."""
        s, money = self.scenario, self.solution.program.decision.money
        lot = s.tradables.lot[s.orders.tradable]
        found: Floats = (lot * s.order_notional / money)[self.orders]
        return found

    @cached_property
    def step_size(self) -> Floats:
        """A step of each coarse holding, over `money`."""
        s, money = self.scenario, self.solution.program.decision.money
        step = s.instruments.step[s.holdings.instrument]
        found: Floats = (step * s.holding_notional / money)[self.holdings]
        return found

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
        for at, base, answer, lots in (
            (self.first_order, self.lots, trades.order[self.orders] / lot, lot / lot),
            (self.first_step, self.steps, trades.change[self.holdings] / step, largest / step),
        ):
            reach = window * np.maximum(WINDOW * np.ceil(lots), np.ceil(1e-5 * np.abs(base)))
            own = slice(at, at + len(base))
            self.low[own] = np.floor(np.minimum(answer, base)) - base - reach
            self.high[own] = np.ceil(np.maximum(answer, base)) - base + reach
        self.low[self.first_switch :], self.high[self.first_switch :] = 0.0, 1.0
        may_buy, may_sell = (
            x[self.orders] for x in (scenario.orders.may_buy, scenario.orders.may_sell)
        )
        own = slice(self.first_order, self.first_step)
        self.high[own] = np.where(may_buy, self.high[own], -self.lots)
        self.low[own] = np.where(may_sell, self.low[own], -self.lots)
        self._close()

    def _close(self) -> None:
        """Holds the columns of closed purchases and sales at nothing, of what is rounded afterwards too."""
        decision, orders = self.solution.program.decision, self.scenario.orders
        for variable, may in ((decision.buy, orders.may_buy), (decision.sell, orders.may_sell)):
            columns = self.solution.canonical.columns.get(variable.id)
            if columns is not None:
                closed = columns[~may]
                self.low[closed] = self.high[closed] = -self.base[closed] / self.unit[closed]

    def _keep_near(self, window: float) -> None:
        """Holds fine holdings near the answer, where the tangents of the cones are true."""
        solution, decision = self.solution, self.solution.program.decision
        reach = FINE_WINDOW * self.grain.error * self.scenario.holding_notional / decision.money
        reach[reach > 0] *= window
        for some, variable in ((decision.risers, decision.rise), (decision.fallers, decision.fall)):
            columns = solution.canonical.columns.get(variable.id)
            if columns is None:
                continue
            fine = ~self.grain.coarse_holding[some]
            self.base[columns[fine]] = np.maximum(self.base[columns[fine]], 0.0)
            self.low[columns[fine]] = -np.minimum(reach[some[fine]], self.base[columns[fine]])
            self.high[columns[fine]] = reach[some[fine]]

    def ties(self) -> Ties:
        """An order's columns = its lots; a change's = steps + fractions; a fraction moves once."""
        found = Ties()
        row_of: dict[int, int] = {}
        for k in range(len(self.orders)):
            found.triples.append((k, self.first_order + k, -1.0))
        for k, h in enumerate(self.holdings.tolist()):
            row_of[h] = len(self.orders) + k
            found.triples.append((row_of[h], self.first_step + k, -1.0))
        found.rows = len(self.orders) + len(self.holdings)
        for columns, sign, own, count, _ in self._coarse():
            first = 0 if count is self.lots else len(self.orders)
            found.triples += [
                (first + k, c, sign) for k, c in zip(own.tolist(), columns.tolist(), strict=True)
            ]
        steps = self.scenario.instruments.step[self.scenario.holdings.instrument]
        for k, (giver, receiver) in enumerate(self.fractions, self.first_switch):
            moved = float(self.grain.remainder[giver] / steps[giver])
            found.triples += [(row_of[giver], k, moved), (row_of[receiver], k, -moved)]
        for some in self._at_most_one():
            found.triples += [(found.rows, self.first_switch + k, share) for k, share in some]
            found.rows += 1
            found.switches += 1
        return found

    def _at_most_one(self) -> Iterator[list[tuple[int, float]]]:
        """(switch, share) of each giver, at most one together: its fraction goes to one receiver, and then
        it receives none, else as many as there are.
        """
        gives, takes = dict[int, list[int]](), dict[int, list[int]]()
        for k, (giver, receiver) in enumerate(self.fractions):
            gives.setdefault(giver, []).append(k)
            takes.setdefault(receiver, []).append(k)
        for giver, own in gives.items():
            others = takes.get(giver, [])
            yield [(k, 1.0) for k in own] + [(k, 1 / len(others)) for k in others]

    def start(self, known: Whole) -> Floats:
        """The deviations that whole numbers found before are, of the integers alone: zero elsewhere."""
        scenario = self.scenario
        lot = scenario.tradables.lot[scenario.orders.tradable]
        step = scenario.instruments.step[scenario.holdings.instrument]
        found = np.zeros(self.size)
        lots, steps = known.order / lot, (known.change - known.remainder) / step
        found[self.first_order : self.first_step] = np.rint(lots[self.orders]) - self.lots
        found[self.first_step : self.first_switch] = np.rint(steps[self.holdings]) - self.steps
        found[self.first_switch :] = [pair in known.passed for pair in self.fractions]
        return found

    def program(self, x: Floats) -> Floats:
        """The program's own columns at a solver's deviations."""
        found: Floats = self.base + self.unit * x[: self.first_order]
        return found

    def whole(self, x: Floats) -> Whole:
        """A solver's deviations in units, the integers made exact."""
        scenario, solution = self.scenario, self.solution
        columns = self.program(x)
        trades = recovered(solution.program.decision, solution.canonical, columns)
        change, order = trades.change.copy(), trades.order.copy()
        lots, steps, remainder = np.zeros_like(order), np.zeros_like(change), np.zeros_like(change)
        lots[self.orders] = self.lots + np.rint(x[self.first_order : self.first_step])
        steps[self.holdings] = self.steps + np.rint(x[self.first_step : self.first_switch])
        on = x[self.first_switch : self.size] > 0.5
        passed = tuple(pair for pair, moves in zip(self.fractions, on, strict=True) if moves)
        for giver, receiver in passed:
            remainder[giver] -= self.grain.remainder[giver]
            remainder[receiver] += self.grain.remainder[giver]
        lot = scenario.tradables.lot[scenario.orders.tradable]
        step = scenario.instruments.step[scenario.holdings.instrument]
        order[self.orders] = (lots * lot)[self.orders]
        change[self.holdings] = (steps * step + remainder)[self.holdings]
        exact = replace(trades, change=change, order=order)
        later = recovered_days(solution.program, solution.canonical, columns, scenario, exact)
        return Whole(change, order, steps, lots, remainder, passed, later)


def snapped(wanted: Floats) -> Floats:
    """The nearest whole numbers; what lies within a thousandth of a half is a half."""
    found: Floats = np.rint(np.round(wanted, SNAP))
    return found


def whole_orders(scenario: Scenario, solution: Solution) -> Floats:
    """(O,) the nearest lots of every order of an answer; none where it is but what the solver left over."""
    order, lot = solution.trades.order, scenario.tradables.lot[scenario.orders.tradable]
    dust = np.abs(order) * scenario.order_notional < DUST * scenario.gross_before
    return np.where(dust, 0.0, snapped(order / lot))


def _largest_lot(scenario: Scenario) -> Floats:
    """(rows,) the most units that one lot of any order moves in each conservation row."""
    orders = scenario.orders
    lots = scenario.tradables.lot[orders.tradable]
    sizes = (abs(orders.order_rows) * lots[None, :]).tocoo()
    found = np.ones(orders.order_rows.shape[0])
    found[orders.row] = scenario.instruments.step[scenario.holdings.instrument]
    np.maximum.at(found, sizes.row, sizes.data)
    return found
