"""What one unit of relief would save: the duals, in base currency per unit of the measure.

A row of the program is sign · measure / scale <= bound / scale, so its dual over its scale, in the
unit of the objective, is the slope of the optimum in the bound (Boyd and Vandenberghe, ch. 5.6).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.program.build import pool_scales
from neutralizer.program.solve import Solution
from neutralizer.terms import limits
from neutralizer.terms.days import stages_of
from neutralizer.terms.rows import (
    BORROW_LIMIT,
    FALL,
    PARTICIPATION,
    POOLS,
    RISE,
    ROUTE_CAPACITY,
    Row,
)

KINDS = ("pool", "borrowing", "route", "participation", "mandate")
NOTHING = 1e-6  # of what the trades cost: a price whose whole limit is worth less is shown as zero


@dataclass(frozen=True)
class Price:
    """What one `unit` more of something other than a limit saves, base currency, > 0; `bound` is how
    much of it there is.
    """

    kind: str  # pool, borrowing, route, participation, mandate
    name: str
    book: str
    instrument: str
    unit: str
    bound: float
    price: float

    @property
    def worth(self) -> float:
        """Of the whole bound, base currency: what is short at all, first."""
        return self.price * abs(self.bound)


def shadow_prices(solution: Solution, scenario: Scenario) -> Floats:
    """(limits,) >= 0; of a limit that is held exactly, what relief on its dearer side saves."""
    scale, canonical = limits.scales(scenario), solution.canonical
    found = np.zeros(len(scenario.limits))
    for row, which in solution.program.limit_rows.items():
        duals = np.abs(solution.z[canonical.rows[row]]) * canonical.unit / scale[which]
        np.add.at(found, which, duals)
    return np.where(found * scale > NOTHING * solution.certificate.basis, found, 0.0)


def later_prices(solution: Solution, scenario: Scenario) -> Floats:
    """The same of the limits and then the pools of each later day, stage by stage, as expected today."""
    canonical, found = solution.canonical, list[Floats]()
    for stage in stages_of(scenario):
        s = stage.at.scenario
        scale, base = limits.scales(s), pool_scales(s) / s.pools.fx
        own, pools = np.zeros(len(s.limits)), np.zeros(len(s.pools.ids))
        for row, which in solution.program.later_rows.items():
            if row.stage == stage.number:
                np.add.at(own, which, np.abs(solution.z[canonical.rows[row]]) / scale[which])
        rows = canonical.rows.get(replace(POOLS, stage=stage.number))
        if rows is not None:
            pools = solution.z[rows] / base
        small = NOTHING * solution.certificate.basis / canonical.unit
        found.append(np.where(own * scale > small, own, 0.0) * canonical.unit)
        found.append(np.where(pools * base > small, pools, 0.0) * canonical.unit)
    return np.concatenate(found) if found else np.zeros(0)


def pool_prices(solution: Solution, scenario: Scenario) -> Floats:
    """(P,) >= 0, base currency per unit of the pool's own."""
    rows = solution.canonical.rows.get(POOLS)
    if rows is None:
        return np.zeros(len(scenario.pools.ids))
    scale = pool_scales(scenario)
    worth = solution.z[rows] * solution.canonical.unit
    return np.where(
        worth > NOTHING * solution.certificate.basis, worth / scale * scenario.pools.fx, 0.0
    )


def other_prices(solution: Solution, scenario: Scenario) -> list[Price]:
    """Of pools, loans, routes, participation caps and mandates: those above nothing, by kind, those
    that are worth most first.
    """
    found = [*_cash_prices(solution, scenario), *_trading_prices(solution, scenario)]
    return sorted(found, key=lambda p: (KINDS.index(p.kind), -round(p.worth, 2), p.name))


def _cash_prices(solution: Solution, s: Scenario) -> Iterator[Price]:
    pools, routes = s.pools, s.routes
    for p in np.flatnonzero(pool_prices(solution, s)).tolist():
        price, floor = float(pool_prices(solution, s)[p]), float(pools.minimum_balance[p])
        yield Price("pool", pools.ids[p], "", "", pools.currency[p], floor, price)
    for p, bound, price in _duals(solution, BORROW_LIMIT, pools.borrow_limit, pools.fx):
        yield Price("borrowing", pools.ids[p], "", "", pools.currency[p], bound, price)
    fx = pools.fx[routes.source]
    for r, bound, price in _duals(solution, ROUTE_CAPACITY, routes.capacity, fx):
        source, target = int(routes.source[r]), int(routes.target[r])
        name = f"{pools.ids[source]}>{pools.ids[target]}"
        yield Price("route", name, "", "", pools.currency[source], bound, price)


def _trading_prices(solution: Solution, s: Scenario) -> Iterator[Price]:
    t, h, decision = s.tradables, s.holdings, solution.program.decision
    ordered = np.isin(np.arange(len(t.ids)), s.orders.tradable)
    cap = np.where(ordered, t.cap, np.inf)
    wishes = set(s.targets.holding.tolist())
    for k, bound, price in _duals(solution, PARTICIPATION, cap, t.notional):
        yield Price("participation", t.ids[k], "", t.ids[k], "unit", bound, price)
    for name, some, room in (
        (RISE, decision.risers, h.high - h.before),
        (FALL, decision.fallers, h.before - h.low),
    ):
        for k, bound, price in _duals(solution, name, room[some], s.holding_notional[some]):
            held = int(some[k])
            if held in wishes:  # the end of a target, and no mandate that could be changed
                continue
            book, instrument = s.books.ids[h.book[held]], s.instruments.ids[h.instrument[held]]
            yield Price("mandate", f"{book} {instrument}", book, instrument, "unit", bound, price)


def _duals(
    solution: Solution, row: Row, bound: Floats, base: Floats
) -> Iterator[tuple[int, float, float]]:
    """(place, bound, price) of the rows of a cap in money; `base`: base currency of one unit of its own."""
    rows: Ints | None = solution.canonical.rows.get(row)
    if rows is None:
        return
    money = solution.program.decision.money
    for k, place in zip(np.flatnonzero(np.isfinite(bound)).tolist(), rows.tolist(), strict=True):
        price = float(solution.z[place]) * solution.canonical.unit / money * float(base[k])
        if price * float(bound[k]) > NOTHING * solution.certificate.basis:
            yield k, float(bound[k]), price
