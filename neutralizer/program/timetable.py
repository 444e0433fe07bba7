"""When each order is sent: market impact against what the market may do to what is still open.

    min  Σ_k impact_k(sent in k) + weigh(Σ_k duration_k · ‖R · open_k‖²)
    s.t. open_0 = order >= open_1 >= … >= open_K = 0,  gross_t,k <= pace · cap_t · share_t,k

impact_k is the term of the program, with the volume of the slice; open_k what is left at its end, as in Almgren and
Chriss, Optimal Execution of Portfolio Transactions (2000). Where states on the way are to be held, what they are
exceeded by over their scales is least first, then the cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cvxpy as cp
import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import (
    Sent,
    Slices,
    Wanted,
    active,
    by_volume,
    fills_of,
    in_slice,
    risk_of,
    with_the_hedges,
)
from neutralizer.errors import NotSolved
from neutralizer.program.bound import dual_bound
from neutralizer.program.build import pool_scales
from neutralizer.program.canonical import canonicalise
from neutralizer.program.certificate import tolerated
from neutralizer.program.solvers.conic import run_solver
from neutralizer.terms import limits
from neutralizer.terms.costs import market_impact
from neutralizer.terms.margin import cash
from neutralizer.terms.reached import Reached
from neutralizer.terms.rows import Owner, Row
from neutralizer.terms.session import Held, cost_of, deviation_of, most_of

GAP = 1e-4  # of the cost of slicing by volume and the deviation: what an answer may be dearer than the bound
TIE = 1e-6  # of it: what going with the volume is worth where several orders of one thing could change places
ROOM = 1e-9  # of a held state's scale
WIDE = 2.0  # of an order: never reached, for the bound
FAR = 1e4  # of it: nothing is exceeded by more, for the bound
INFEASIBLE = "PrimalInfeasible"  # as the solver says it
ATTEMPTS: tuple[dict[str, Any], ...] = (
    {},
    {"max_step_fraction": 0.9},
    {"max_step_fraction": 0.9, "equilibrate_enable": False},
)


@dataclass(frozen=True)
class Timed:
    """An answer: what is sent when, what it costs before lots, and how much cheaper another might be."""

    sent: Sent
    cost: float  # impact, base currency
    deviation: float  # √(Σ duration · variance), base currency
    gap: float
    total: float  # what is minimised: impact, and what is open as weighed
    held: tuple[Held, ...] = ()

    @property
    def given(self) -> float:
        """The most that a held state is exceeded by, over its scale."""
        return max((h.give for h in self.held), default=0.0)


@dataclass
class _Problem:
    """A problem with its parts, as `canonicalise` takes it."""

    problem: Any
    constraints: dict[Row, Any]
    unit: float
    boxes: list[tuple[Any, Floats]] = field(default_factory=list)


def timed(
    scenario: Scenario,
    plan: Plan,
    slices: Slices,
    wanted: Wanted,
    held: Sequence[Held] = (),
    booked: Floats | None = None,
) -> Timed:
    """The least weighed cost, with the held states exceeded by the least, what is booked with the hedges being `booked`
    (K,) as far as that by the end of each slice. Raises NotSolved.
    """
    return _Timetable(scenario, plan, slices, wanted, booked).solve(tuple(held))


class _Timetable:
    def __init__(
        self, scenario: Scenario, plan: Plan, slices: Slices, wanted: Wanted, booked: Floats | None
    ) -> None:
        self.s, self.plan, self.slices, self.wanted = scenario, plan, slices, wanted
        self.order, self.total = active(plan)
        self.tradable: Ints = scenario.orders.tradable[self.order]
        self.volume = by_volume(slices, self.tradable, wanted.open)
        t = scenario.tradables
        self.timed = ~np.isnan(t.adv[self.tradable]) & (t.volatility[self.tradable] > 0)
        self.closed = (slices.share[self.tradable] == 0) | ~wanted.open[None, :]
        _, where, count = np.unique(self.tradable, return_inverse=True, return_counts=True)
        self.several = np.flatnonzero((count > 1)[where])  # orders of one tradable
        self.risk = risk_of(scenario, self.order, self.total)
        self.booked = np.zeros(slices.count) if booked is None else booked
        baseline = Sent(self.order, self.total, self.volume, self.booked)
        self.size = cost_of(scenario, slices, baseline).sum() + deviation_of(
            scenario, slices, baseline
        )
        self.unit = max(self.size, 1e-9 * scenario.gross_before, 1e-9) / 100

    def solve(self, held: tuple[Held, ...]) -> Timed:
        """With the held states as asked; where that cannot be, exceeded by the least. Raises NotSolved."""
        try:
            return self._answer(tuple(replace(h, give=ROOM) for h in held))
        except NotSolved:
            if not held:
                raise
        more = np.maximum(self._exceeded(held), 0.0) * (1 + 1e-6) + ROOM
        return self._answer(
            tuple(replace(h, give=float(x)) for h, x in zip(held, more, strict=True))
        )

    def _answer(self, held: tuple[Held, ...]) -> Timed:
        """Of several ways of handing it over the cheapest answer, held against the best bound. Raises NotSolved."""
        part = self._share()
        canonical = canonicalise(self._posed(part, held, None))
        least, best, bound = np.inf, self.volume, -np.inf
        for settings in ATTEMPTS:
            answer = run_solver(canonical, self.s, settings)
            if INFEASIBLE in answer["status"]:
                break
            share = self._recovered(answer["x"][canonical.columns[part.id]])
            total = self._total(share)
            bound = max(bound, dual_bound(canonical, answer["z"], total / self.unit) * self.unit)
            best, least = (share, total) if total < least else (best, least)
            if least - bound <= max(GAP * max(self.size, least), tolerated(0.0, self.s)):
                return self._timed(best, max(least - bound, 0.0), held)
        raise NotSolved(
            f"no timetable within {GAP:g} of the optimum: the best costs {least:.6g}, none costs less than {bound:.6g}"
        )

    def _timed(self, share: Floats, gap: float, held: tuple[Held, ...]) -> Timed:
        sent = Sent(self.order, self.total, share, self.booked)
        paid = float(cost_of(self.s, self.slices, sent).sum())
        away = deviation_of(self.s, self.slices, sent)
        return Timed(sent, paid, away, gap, paid + self._weighed(away), held)

    def _total(self, share: Floats) -> float:
        """What is minimised, base currency."""
        found = self._timed(share, 0.0, ())
        tied = share[self.several] - self.volume[self.several]
        return float(found.total + TIE * self.size * np.sum(tied**2))

    def _exceeded(self, held: tuple[Held, ...]) -> Floats:
        """What held states are exceeded by over their scales, in the least total."""
        slack = cp.Variable(len(held), nonneg=True)
        canonical = canonicalise(self._posed(self._share(), held, slack))
        found: Floats = run_solver(canonical, self.s)["x"][canonical.columns[slack.id]]
        return found

    def _share(self) -> Any:
        """(J, K) what part of each order is sent in each slice: columns of their own, which are not negative, so that
        the dual bound knows what a power that is not used may give back.
        """
        return cp.Variable((len(self.order), self.slices.count), nonneg=True)

    def _posed(self, share: Any, held: tuple[Held, ...], slack: Any) -> "_Problem":
        still = cp.Variable(share.shape)  # what is open at the end of each slice
        before = cp.hstack([np.ones((len(self.order), 1)), still[:, :-1]])
        states = _States(
            self.s, self.plan, self.slices, self.order, self.total, share, still, self.booked
        )
        rows = [still == before - share, still[:, -1] == 0, *self._rows(share)]
        rows += [
            states.row(h)
            <= h.bound * h.sign / states.scale(h) + (h.give if slack is None else slack[n])
            for n, h in enumerate(held)
        ]
        unit = self.unit if slack is None else 1.0
        cost = self._cost(states, share, still) if slack is None else cp.sum(slack)
        rows += states.defined()
        problem = cp.Problem(cp.Minimize(cost / unit), rows)
        boxes = [(share, np.full(share.size, WIDE)), *states.boxes()]
        boxes += [] if slack is None else [(slack, np.full(len(held), FAR))]
        named = {Row(Owner.EXPOSURE, index=n): row for n, row in enumerate(rows)}
        return _Problem(problem, named, unit, boxes)

    def _rows(self, share: Any) -> list[Any]:
        """Nothing is sent where it may not be, no faster than the pace, and what has no impact goes with the volume."""
        rows = []
        fixed, closed = np.flatnonzero(~self.timed), self.closed & self.timed[:, None]
        if len(fixed):
            rows.append(share[fixed] == self.volume[fixed])
        if closed.any():
            rows.append(share[np.nonzero(closed)] == 0)
        cap = most_of(self.s, self.slices, self.wanted)
        for t in np.unique(self.tradable[self.timed]).tolist():
            own = np.flatnonzero((self.tradable == t) & self.timed)
            if np.isfinite(cap[t]).all():
                units = np.abs(self.total[own])
                some = np.flatnonzero(~self.closed[own[0]])
                rows.append(
                    (units / units.sum()) @ share[own][:, some] <= cap[t, some] / units.sum()
                )
        return rows

    def _cost(self, states: "_States", share: Any, still: Any) -> Any:
        impact = sum(
            (
                market_impact.expression(states.of(k), states.scenario(k))
                for k in range(self.slices.count)
            ),
            cp.Constant(0.0),
        )
        return impact + self._away(still) + self._tie(share)

    def _away(self, still: Any) -> Any:
        """The weight of what may happen to what is open."""
        scaled = (self.risk / self.unit) @ still @ np.diag(np.sqrt(self.slices.duration))
        if not (self.risk.shape[0] and self._weighed(1.0)):
            return cp.Constant(0.0)
        if self.wanted.risk_aversion is None:
            return self.wanted.deviations * self.unit * cp.norm(cp.vec(scaled, order="F"))
        return self.wanted.risk_aversion * self.unit**2 * cp.sum_squares(scaled)

    def _weighed(self, deviation: float) -> float:
        if self.wanted.risk_aversion is None:
            return self.wanted.deviations * deviation
        return self.wanted.risk_aversion * deviation**2

    def _tie(self, share: Any) -> Any:
        """Among several orders of one tradable the one that goes with the volume."""
        if not len(self.several):
            return cp.Constant(0.0)
        return TIE * self.size * cp.sum_squares(share[self.several] - self.volume[self.several])

    def _recovered(self, found: Floats) -> Floats:
        """(J, K) shares that are none below zero and sum to one, of the solver's."""
        share = np.maximum(found.reshape(self.volume.shape, order="F"), 0.0)
        share = np.where(self.closed, 0.0, share)
        total = share.sum(axis=1, keepdims=True)
        share = np.divide(share, total, out=self.volume.copy(), where=total > 0)
        return np.where(self.timed[:, None], share, self.volume)


class _States:
    """The state at the end of each slice, for the terms of the program."""

    def __init__(
        self,
        s: Scenario,
        plan: Plan,
        slices: Slices,
        order: Ints,
        total: Floats,
        share: Any,
        still: Any,
        booked: Floats,
    ) -> None:
        self.s, self.plan, self.slices = s, plan, slices
        self.order, self.total, self.share, self.still, self.booked = (
            order,
            total,
            share,
            still,
            booked,
        )
        self.fills = fills_of(s, plan, order)
        self.known: dict[int, Reached] = {}
        self.scales = limits.scales(s)
        self.pool_scales = pool_scales(s)

    def scenario(self, k: int) -> Scenario:
        return in_slice(self.s, self.slices, k)

    def of(self, k: int) -> Reached:
        """Positions as they are at the end of a slice, and what is sent in it."""
        if k not in self.known:
            night = self.plan.after_transfers
            moved, cash = with_the_hedges(self.plan)
            change = night.change + self.fills @ (1 - self.still[:, k]) + moved * self.booked[k]
            spread = np.zeros((len(self.s.orders.tradable), len(self.order)))
            spread[self.order, np.arange(len(self.order))] = np.abs(self.total)
            start, ways = self.s.holdings.before + night.change, self.fills.toarray()
            low, high = (
                start + f(ways, 0).sum(axis=1) + f(moved, 0) for f in (np.minimum, np.maximum)
            )
            size = spread @ self.share[:, k]
            sent = night.cash + cash * self.booked[k]
            self.known[k] = Reached(self.scenario(k), change, size, sent, night, low, high)
        return self.known[k]

    def scale(self, h: Held) -> float:
        if h.limit >= 0:
            return float(self.scales[h.limit])
        return float(self.pool_scales[h.pool] / self.s.pools.fx[h.pool])

    def row(self, h: Held) -> Any:
        """Scalar: what is held over its scale."""
        state = self.of(h.slice)
        if h.limit >= 0:
            limit = self.s.limits[h.limit]
            measure = limits.REGISTRY[limit.measure]
            return h.sign * measure.expression(state, self.s, [limit])[0] / self.scale(h)
        left = cash.headroom_expression(state, self.s)[h.pool]
        return -left * state.money / float(self.pool_scales[h.pool])

    def boxes(self) -> list[tuple[Any, Floats]]:
        return [box for state in self.known.values() for box in state.boxes()]

    def defined(self) -> list[Any]:
        return [row for state in self.known.values() for row in state.rows()]
