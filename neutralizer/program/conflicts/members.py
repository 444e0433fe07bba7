"""Everything that can be in a plan's way, each under a name of its own: limits, pool floors, loans,
margin, mandates, participation, cash routes, and the barriers between crossing groups.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cvxpy as cp
import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.orders import orders_of
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.program.build import Program
from neutralizer.program.canonical import Canonical
from neutralizer.terms.decision import Decision, capped
from neutralizer.terms.rows import (
    BARRIERS,
    BORROW_LIMIT,
    CROSSINGS,
    FALL,
    MARGIN,
    PARTICIPATION,
    POOLS,
    RISE,
    ROUTE_CAPACITY,
    Row,
)


@dataclass(frozen=True)
class Member:
    """Who is in the way. `rows` of the canonical program hold it; without them it is lifted."""

    kind: str  # limit, pool, borrowing, margin, mandate, participation, route, barrier
    name: str
    scope: str
    measure: str
    target: str
    rows: tuple[int, ...]
    unit: str = ""
    limit: Limit | None = None
    index: int = -1  # on the axis of its kind

    @property
    def key(self) -> str:
        """Name and scope: the same name may stand in several scopes."""
        return f"{self.name} {self.scope}"

    @property
    def gives(self) -> bool:
        """Whether it is a bound that can give a little; the others are there or not."""
        return self.kind in ("limit", "pool")


class OpenDecision(Decision):
    """The decisions of a scenario in which nothing is barred; what bars stands in rows of its own."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(opened(scenario))
        self.barred = scenario
        parties = scenario_parties(self.scenario)
        self.walls: Ints = np.flatnonzero(parties >= 0)  # rows that could cross with another group
        self.across = cp.Variable(len(self.walls))
        self.posted = cp.Variable(len(scenario.accounts.ids), nonneg=True)
        self._called: Any = None

    def charged(self, called: Any) -> Any:
        """(A,) what is posted: at least what is called, where that is asked."""
        self._called = called
        return self.posted

    @cached_property
    def unexplained(self) -> Any:
        """(rows,) with what crosses between groups taken out."""
        count = len(self.walls)
        shape = (self.scenario.orders.change_rows.shape[0], count)
        place = csr_array((np.ones(count), (self.walls, np.arange(count))), shape=shape)
        return super().unexplained - place @ self.across

    def constraints(self) -> dict[Row, Any]:
        """The decision's own, and the bars by name."""
        barred, money = self.barred, self.money
        h, n = barred.holdings, barred.holding_notional / money
        low, high = mandates(barred)
        found = super().constraints()
        found |= capped(RISE, self.rise, ((high - h.before) * n)[self.risers])
        found |= capped(FALL, self.fall, ((h.before - low) * n)[self.fallers])
        found |= capped(PARTICIPATION, self.gross, self.caps())
        if len(self.walls):
            instrument = scenario_parties(self.scenario)[self.walls]
            kinds, row = np.unique(instrument, return_inverse=True)
            shape = (len(kinds), len(row))
            total = csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=shape)
            found |= {CROSSINGS: total @ self.across == 0, BARRIERS: self.across == 0}
        if self._called is not None:
            found[MARGIN] = self._called <= self.posted
        return found

    def caps(self) -> Floats:
        """(T,) the most that all groups may order of each tradable, money; inf where nothing says."""
        t, ordered = self.barred.tradables, np.unique(self.scenario.orders.tradable)
        caps = np.full(len(t.ids), np.inf)
        caps[ordered] = (t.cap * t.notional / self.money)[ordered]
        return caps


def mandates(scenario: Scenario) -> tuple[Floats, Floats]:
    """(H,) twice: between what mandates leave each position; none where a target is held by its limit."""
    h, t = scenario.holdings, scenario.targets
    held = np.zeros(len(h.book), dtype=bool)
    held[t.holding[~t.waits]] = True
    return np.where(held, -np.inf, h.low), np.where(held, np.inf, h.high)


def opened(scenario: Scenario) -> Scenario:
    """The same scenario with every mandate and every participation cap lifted, but for what a central
    book only passes on.
    """
    t, h = scenario.tradables, scenario.holdings
    passes = (
        np.isin(h.book, list(scenario.books.via.values())) & (h.before == 0) & (h.low == h.high)
    )
    free = np.where(passes, 0.0, np.inf)
    holdings = replace(h, low=-free, high=free)
    tradables = replace(t, cap=np.where(np.isnan(t.half_spread), 0.0, np.inf))
    everything = np.ones(len(h.book), dtype=bool)
    orders = orders_of(scenario.books, holdings, tradables, everything)
    return replace(scenario, holdings=holdings, tradables=tradables, orders=orders)


def scenario_parties(scenario: Scenario) -> Ints:
    """(rows,) the instrument of each conservation row that could cross with another group's, else -1."""
    orders, h = scenario.orders, scenario.holdings
    instrument = np.full(orders.change_rows.shape[0], -1, dtype=np.int64)
    instrument[orders.row] = h.instrument
    count = np.bincount(instrument, minlength=len(scenario.instruments.ids))
    eligible = np.array(scenario.tradables.cross_eligible, dtype=bool)[instrument]
    eligible[orders.row[h.barred]] = False
    return np.where(eligible & (count[instrument] > 1), instrument, -1)


def members_of(
    program: Program, decision: OpenDecision, canonical: Canonical, scenario: Scenario
) -> list[Member]:
    """Every member of a program over an OpenDecision."""
    rows, found = canonical.rows, []
    of_limit: dict[int, list[int]] = {}
    for block, which in program.limit_rows.items():
        for k, row in zip(which.tolist(), rows[block].tolist(), strict=True):
            of_limit.setdefault(k, []).append(row)
    for k, its in sorted(of_limit.items()):
        x = scenario.limits[k]
        found.append(
            Member("limit", x.limit_id, x.scope, x.measure, x.target, tuple(its), "", x, k)
        )
    found += _of_pools(rows, scenario)
    return [*found, *_bars(rows, decision)]


def _of_pools(rows: dict[Row, Ints], s: Scenario) -> Iterator[Member]:
    for p, row in enumerate(rows.get(POOLS, ())):
        name = s.pools.ids[p]
        own = (int(row),)
        yield Member(
            "pool", name, f"pool:{name}", "minimum_balance", "", own, s.pools.currency[p], None, p
        )
    lends = np.flatnonzero(s.pools.borrow_limit > 0)
    loans = np.flatnonzero(np.isfinite(s.pools.borrow_limit))
    for p, row in zip(loans.tolist(), rows.get(BORROW_LIMIT, ()), strict=True):
        if p in lends:
            name = s.pools.ids[p]
            unit = s.pools.currency[p]
            yield Member(
                "borrowing", name, f"pool:{name}", "borrow_limit", "", (int(row),), unit, None, p
            )
    capped_routes = np.flatnonzero(np.isfinite(s.routes.capacity))
    for r, row in zip(capped_routes.tolist(), rows.get(ROUTE_CAPACITY, ()), strict=True):
        source, target = s.pools.ids[s.routes.source[r]], s.pools.ids[s.routes.target[r]]
        name = f"{source}>{target}"
        unit = s.pools.currency[s.routes.source[r]]
        yield Member("route", name, f"pool:{source}", "capacity", "", (int(row),), unit, None, r)


def _bars(rows: dict[Row, Ints], decision: OpenDecision) -> Iterator[Member]:
    s = decision.barred
    for a, row in enumerate(rows.get(MARGIN, ())):
        name = s.accounts.ids[a]
        yield Member(
            "margin", name, f"account:{name}", "initial_margin", "", (int(row),), "", None, a
        )
    caps = np.flatnonzero(np.isfinite(decision.caps()))
    for t, row in zip(caps.tolist(), rows.get(PARTICIPATION, ()), strict=True):
        name = s.tradables.ids[t]
        yield Member(
            "participation", name, "firm", "max_participation", name, (int(row),), "", None, t
        )
    of_holding: dict[int, list[int]] = {}
    h, (low, high) = s.holdings, mandates(s)
    for block, side, room in (
        (RISE, decision.risers, high - h.before),
        (FALL, decision.fallers, h.before - low),
    ):
        finite = side[np.isfinite(room[side])]
        for k, row in zip(finite.tolist(), rows.get(block, ()), strict=True):
            of_holding.setdefault(k, []).append(int(row))
    for k, its in sorted(of_holding.items()):
        book, instrument = s.books.ids[h.book[k]], s.instruments.ids[h.instrument[k]]
        name = f"{book} {instrument}"
        yield Member(
            "mandate", name, f"book:{book}", "mandate", instrument, tuple(its), "", None, k
        )
    yield from _walls(rows, decision)


def _walls(rows: dict[Row, Ints], decision: OpenDecision) -> Iterator[Member]:
    """One barrier per group: all its rows that could cross with another's."""
    s, of_group = decision.scenario, dict[str, list[int]]()
    first = np.zeros(s.orders.change_rows.shape[0], dtype=np.int64)
    first[s.orders.row] = s.holdings.book
    for wall, row in zip(decision.walls.tolist(), rows.get(BARRIERS, ()), strict=True):
        of_group.setdefault(s.books.group[first[wall]], []).append(int(row))
    for group, its in sorted(of_group.items()):
        yield Member("barrier", group, f"group:{group}", "crossing_group", "", tuple(its))
