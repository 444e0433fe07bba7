"""The cvxpy variables, and what follows from them.

Every variable is money: unit notional times units, counted in `money` (base currency), so that all
are of order 1. Signed amounts are split into their two directions, which makes sizes linear.
"""

from functools import cached_property
from typing import Any

import cvxpy as cp
import numpy as np
from scipy.sparse import csr_array, diags_array

from neutralizer.domain.arrays import Floats, Ints, Matrix
from neutralizer.domain.scenario import Scenario
from neutralizer.terms.rows import (
    BORROW_LIMIT,
    CLOSED_PURCHASES,
    CLOSED_SALES,
    CONSERVATION,
    FALL,
    PARTICIPATION,
    PLEDGE_LIMIT,
    RISE,
    ROUTE_CAPACITY,
    Owner,
    Row,
)
from neutralizer.terms.shorts import Shorts, chosen

BOX = 1000.0  # every position stays within this many times the gross before


class Decision:
    """What the program decides. Shapes: change (H,), order (O,), cash (R,), borrowed (P,),
    pledged (C,).
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        holdings, orders = scenario.holdings, scenario.orders
        self.money = self._typical()
        self.risers, self.fallers = self._movers()
        self.rise = cp.Variable(len(self.risers), nonneg=True)
        self.fall = cp.Variable(len(self.fallers), nonneg=True)
        self.buy = cp.Variable(len(orders.tradable), nonneg=True)
        self.sell = cp.Variable(len(orders.tradable), nonneg=True)
        self.cash = cp.Variable(len(scenario.routes.source), nonneg=True)  # base, as sent
        self.borrowed = cp.Variable(len(scenario.pools.ids), nonneg=True)  # base
        self.pledged = cp.Variable(len(scenario.collateral.pool), nonneg=True)  # base, at value
        self._before: Any = holdings.before * scenario.holding_notional / self.money
        self._extra: list[Any] = []
        self.lost: list[Any] = []  # rows that say what of prices that are out is not made use of
        self.missed: list[tuple[Any, Any, Ints]] = []  # of targets: column, what it covers, which

    def _typical(self) -> float:
        """What everything is counted in."""
        return typical_holding(self.scenario)

    def _movers(self) -> tuple[Ints, Ints]:
        """Which holdings may rise, and which may fall."""
        h = self.scenario.holdings
        return np.flatnonzero(h.high > h.before), np.flatnonzero(h.low < h.before)

    @cached_property
    def change(self) -> Any:
        """(H,) change of each holding."""
        return self._spread(self.risers) @ self.rise - self._spread(self.fallers) @ self.fall

    @cached_property
    def moved(self) -> Any:
        """(H,) |change|."""
        return self._spread(self.risers) @ self.rise + self._spread(self.fallers) @ self.fall

    @cached_property
    def position(self) -> Any:
        """(H,) position after."""
        return self._before + self.change

    @cached_property
    def size(self) -> Any:
        """(O,) |order|."""
        return self.buy + self.sell

    @cached_property
    def gross(self) -> Any:
        """(T,) what all groups together trade of each tradable."""
        tradable = self.scenario.orders.tradable
        return _sum_rows(tradable, len(self.scenario.tradables.ids)) @ self.size

    @cached_property
    def entry_rows(self) -> Matrix:
        """(N, H) sums the holdings of each account instrument by instrument."""
        found = self.scenario.holdings.entry
        held = np.flatnonzero(found >= 0)
        count = len(self.scenario.entries.account)
        return csr_array((np.ones(len(held)), (found[held], held)), shape=(count, len(found)))

    @cached_property
    def entry(self) -> Any:
        """(N,) what each account holds of each instrument after."""
        return self.entry_rows @ self.position

    @cached_property
    def entry_before(self) -> Any:
        """(N,) what each account holds of each instrument before."""
        entries = self.scenario.entries
        notional = self.scenario.instruments.notional[entries.instrument]
        return entries.before * notional / self.money

    @property
    def opening(self) -> Any:
        """(P,) cash that is there before anything is decided, base over `money`."""
        return self.scenario.pools.cash * self.scenario.pools.fx / self.money

    @property
    def routed_before(self) -> Any:
        """(P,) what cash routes have brought since today began, base over `money`."""
        return np.zeros(len(self.scenario.pools.ids))

    @cached_property
    def shorts(self) -> Shorts:
        """Short parts of sums of positions, of which mandates may leave no question."""
        h, unit = self.scenario.holdings, self.scenario.holding_notional / self.money
        return Shorts(self.position, h.low * unit, h.high * unit)

    def netting(self, holdings: Ints) -> Matrix:
        """(I', H) sums some holdings instrument by instrument; rows only for instruments among them."""
        which = self.scenario.holdings.instrument[holdings]
        _, row = np.unique(which, return_inverse=True)
        shape = (row.max(initial=-1) + 1, len(self.scenario.holdings.book))
        return csr_array((np.ones(len(row)), (row, holdings)), shape=shape)

    @cached_property
    def cells(self) -> Ints:
        """(H,) cell of each holding: its book and account. Every scope is a union of cells."""
        h = self.scenario.holdings
        code = h.book * (len(self.scenario.accounts.ids) + 1) + h.account
        found: Ints = np.unique(code, return_inverse=True)[1]
        return found

    @cached_property
    def exposure(self) -> Any:
        """(cells, K) factor exposure of each cell over `exposure_scale`: a variable of its own, so that
        bounds on it are boxes and its dual is the price of the factor.
        """
        cells, risk = self.cells, self.scenario.risk
        variable = cp.Variable((cells.max(initial=-1) + 1, len(risk.factors)))
        total = _sum_rows(cells, variable.shape[0])
        for k in range(len(risk.factors)):
            weight = self.loading[:, k] / self.exposure_scale[k]
            self._extra.append(variable[:, k] == (total @ diags_array(weight)) @ self.position)
        return variable

    @cached_property
    def loading(self) -> Floats:
        """(H, K) factor exposure of `money` of each holding."""
        h = self.scenario.holdings.instrument
        return self.scenario.risk.exposure[h] / self.scenario.holding_notional[:, None] * self.money

    @cached_property
    def exposure_scale(self) -> Floats:
        """(K,) the largest loading of each factor, so that exposures are of order 1 too."""
        largest: Floats = np.abs(self.loading).max(axis=0, initial=0)
        return np.where(largest > 0, largest, 1.0)

    def positive(self, beyond: Any, targets: Ints) -> Any:
        """(len(targets),) max(beyond, 0) of some targets, as a column of its own."""
        column = cp.Variable(len(targets), nonneg=True)
        self.missed.append((column, beyond, targets))
        return column

    def unused(self, most: Any, used: Any) -> Any:
        """max(most − used, 0), element by element, as a column of its own: most − this is min(used, most)."""
        column = cp.Variable(used.shape, nonneg=True)
        self.lost.append(column >= most - used)
        return column

    def in_cells(self, holdings: Ints) -> Floats | None:
        """(cells,) 0/1 when the holdings are whole cells, else None."""
        inside = np.zeros(len(self.cells), dtype=bool)
        inside[holdings] = True
        count = self.cells.max(initial=-1) + 1
        some = np.bincount(self.cells, weights=inside, minlength=count)
        whole = some == np.bincount(self.cells, minlength=count)
        return (some > 0).astype(float) if bool((whole | (some == 0)).all()) else None

    def factor_exposure(self, holdings: Ints, factor: int) -> Any:
        """Scalar: exposure of a scope to one factor, factor units."""
        whole = self.in_cells(holdings)
        if whole is None:
            weight = np.zeros(len(self.cells))
            weight[holdings] = self.loading[holdings, factor]
            return weight @ self.position
        return self.exposure_scale[factor] * (whole @ self.exposure[:, factor])

    def deviations(self, holdings: Ints, model: int = 0) -> Any:
        """Vector whose norm, times `money`, is the daily volatility of a scope's netted position."""
        risk = self.scenario.models[model]
        net = self.netting(holdings)
        which = np.unique(self.scenario.holdings.instrument[holdings])
        if risk.dense_root is not None:
            return (risk.dense_root[:, which] @ net) @ self.position
        own = diags_array(risk.specific[which]) @ net @ self.position
        root = np.zeros((0, 0)) if risk.factor_root is None else risk.factor_root
        whole = self.in_cells(holdings)
        if whole is None:
            inside = np.zeros(len(self.cells))
            inside[holdings] = 1 / self.money
            common = (root.T @ (self.loading * inside[:, None]).T) @ self.position
        else:
            common = (root.T * self.exposure_scale / self.money) @ (self.exposure.T @ whole)
        return (
            cp.hstack([common, own[np.flatnonzero(risk.specific[which])]]) if len(which) else common
        )

    def charged(self, called: Any) -> Any:
        """(A,) what margin takes from the pools, of what the accounts are called for: all of it."""
        return called

    @cached_property
    def unexplained(self) -> Any:
        """(rows,) what a group's books change by in total beyond what it trades outside: to be zero."""
        scenario, orders = self.scenario, self.scenario.orders
        unit = diags_array(_row_notional(scenario))
        changes = unit @ orders.change_rows @ diags_array(1 / scenario.holding_notional)
        fills = unit @ orders.order_rows @ diags_array(1 / scenario.order_notional)
        return changes @ self.change - fills @ (self.buy - self.sell)

    def constraints(self) -> dict[Row, Any]:
        """Conservation, mandates, participation, routes, borrowing; exposure where it is used."""
        scenario = self.scenario
        orders, tradables = scenario.orders, scenario.tradables
        found = {CONSERVATION: self.unexplained == 0} | self._mandates()
        ordered = np.unique(orders.tradable)
        cap = tradables.cap * tradables.notional / self.money
        found |= capped(
            PARTICIPATION,
            self.gross,
            np.where(np.isin(np.arange(len(cap)), ordered), cap, np.inf),
        )
        found |= capped(CLOSED_PURCHASES, self.buy, np.where(orders.may_buy, np.inf, 0.0))
        found |= capped(CLOSED_SALES, self.sell, np.where(orders.may_sell, np.inf, 0.0))
        fx = scenario.pools.fx[scenario.routes.source]
        found |= capped(ROUTE_CAPACITY, self.cash, scenario.routes.capacity * fx / self.money)
        limit = scenario.pools.borrow_limit * scenario.pools.fx / self.money
        found |= capped(BORROW_LIMIT, self.borrowed, limit)
        found |= capped(PLEDGE_LIMIT, self.pledged, self._given())
        found |= {Row(Owner.EXPOSURE, index=k): row for k, row in enumerate(self._extra)}
        missed = [column >= beyond for column, beyond, _ in self.missed]
        found |= {Row(Owner.WAITING, index=k): row for k, row in enumerate(missed)}
        found |= {Row(Owner.DISLOCATION, index=k): row for k, row in enumerate(self.lost)}
        defined = self.shorts.constraints
        return found | {Row(Owner.SHORT, index=k): row for k, row in enumerate(defined)}

    def _mandates(self) -> dict[Row, Any]:
        """No position rises or falls beyond its mandate."""
        h, unit = self.scenario.holdings, self.scenario.holding_notional / self.money
        rise, fall = (h.high - h.before) * unit, (h.before - h.low) * unit
        return capped(RISE, self.rise, rise[self.risers]) | capped(
            FALL, self.fall, fall[self.fallers]
        )

    def boxes(self) -> list[tuple[Any, Floats]]:
        """(variable, upper bound of each element), lower bounds being zero: positions within
        BOX times the gross before, for orders too; cash and loans likewise.
        """
        scenario = self.scenario
        most = BOX * max(scenario.gross_before, self.money) / self.money
        rise, fall = self._room(most)
        t = scenario.tradables
        order = np.minimum(most, (t.cap * t.notional / self.money)[scenario.orders.tradable])
        cash = np.minimum(
            most, scenario.routes.capacity * scenario.pools.fx[scenario.routes.source] / self.money
        )
        loan = scenario.pools.borrow_limit * scenario.pools.fx / self.money
        which = scenario.collateral.instrument
        each = scenario.instruments.value[which] / scenario.instruments.notional[which]
        return [
            (self.rise, rise[self.risers]),
            (self.fall, fall[self.fallers]),
            (self.buy, order),
            (self.sell, order),
            (self.cash, cash),
            (self.borrowed, loan),
            (self.pledged, np.minimum(self._given(), most * each)),
        ]

    def _room(self, most: float) -> tuple[Floats, Floats]:
        """(H,) twice: what each holding may rise and fall by, within `most` of zero."""
        h, unit = self.scenario.holdings, self.scenario.holding_notional / self.money
        box = most + np.abs(h.before * unit)
        return np.minimum(box, (h.high - h.before) * unit), np.minimum(
            box, (h.before - h.low) * unit
        )

    def _given(self) -> Floats:
        """(C,) what a pool may pledge apart from what its accounts hold, over `money`; inf: that."""
        c = self.scenario.collateral
        given = c.quantity * self.scenario.instruments.value[c.instrument] / self.money
        return np.where(np.isnan(given), np.inf, given)

    def _spread(self, some: Ints) -> Matrix:
        return chosen(some, len(self.scenario.holdings.book))


def typical_holding(scenario: Scenario) -> float:
    """The mean size of what is held before, base currency; at least one unit of it."""
    held = int(np.count_nonzero(scenario.holdings.before))
    return max(scenario.gross_before / max(held, 1), 1.0)


def _sum_rows(row: Ints, count: int) -> Matrix:
    return csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=(count, len(row)))


def _row_notional(scenario: Scenario) -> Floats:
    """Unit notional of the instrument of each conservation row."""
    found = np.ones(scenario.orders.change_rows.shape[0])
    found[scenario.orders.row] = scenario.holding_notional
    return found


def capped(row: Row, expression: Any, cap: Floats) -> dict[Row, Any]:
    """{row: expression <= cap} on the elements that have one."""
    some = np.flatnonzero(np.isfinite(cap))
    return {row: expression[some] <= cap[some]} if len(some) else {}
