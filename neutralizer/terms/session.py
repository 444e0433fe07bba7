"""What a timetable costs, what it leaves open, and where it is worse on the way than at both ends. No cvxpy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import minor_unit
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import Sent, Slices, Wanted, in_slice, risk_of
from neutralizer.domain.trades import Trades
from neutralizer.terms import limits
from neutralizer.terms.costs import market_impact
from neutralizer.terms.limits.bounds import ROUNDING
from neutralizer.terms.margin import cash

SMALL = 1e-6  # of what a measure sums: not worse. No bound makes it grow; a pool is held to a minor unit of its money


def cost_of(scenario: Scenario, slices: Slices, sent: Sent) -> Floats:
    """(K,) market impact of each slice, base currency."""
    return np.array([
        market_impact.amounts(_ordered(scenario, sent, k), in_slice(scenario, slices, k))["market_impact"].sum()
        for k in range(slices.count)
    ])  # fmt: skip


def most_of(scenario: Scenario, slices: Slices, wanted: Wanted) -> Floats:
    """(T, K) units of each tradable that a slice takes at the pace that was asked for; inf without a cap."""
    cap = np.where(np.isfinite(scenario.tradables.cap), scenario.tradables.cap, 0.0)
    most: Floats = wanted.pace * cap[:, None] * slices.share
    return np.where(np.isfinite(scenario.tradables.cap)[:, None], most, np.inf)


def open_risk(scenario: Scenario, sent: Sent) -> Floats:
    """(K,) daily deviation of the firm from its plan at the end of each slice, base currency."""
    away = risk_of(scenario, sent.order, sent.total) @ np.maximum(1 - sent.done, 0.0)
    found: Floats = np.linalg.norm(away, axis=0)
    return found


def deviation_of(scenario: Scenario, slices: Slices, sent: Sent) -> float:
    """√(Σ duration · variance), base currency."""
    return float(np.sqrt(slices.duration @ open_risk(scenario, sent) ** 2))


def _ordered(scenario: Scenario, sent: Sent, k: int) -> Trades:
    order = np.zeros(len(scenario.orders.tradable))
    order[sent.order] = sent.total * sent.share[:, k]
    none = np.zeros(0)
    return Trades(np.zeros(len(scenario.holdings.book)), order, none, none, none)


@dataclass(frozen=True)
class Held:
    """A limit (its place) or a pool that is to stay within a bound at the end of a slice; upper bounds of a limit
    have sign 1, lower ones −1; a pool's headroom has sign −1. `give`: what it may be exceeded by over its scale.
    """

    slice: int
    limit: int  # −1: a pool
    pool: int  # −1: a limit
    sign: float
    bound: float
    give: float = 0.0


@dataclass(frozen=True)
class Allowed:
    """What each limit and pool may be at the end of a slice: as far out as at the worse of both ends."""

    lower: Floats  # (limits,)
    upper: Floats
    headroom: Floats  # (P,) pool currency


def allowed(scenario: Scenario, plan: Plan) -> Allowed:
    """max(after the night part, after, bound); a soft limit, or one that grows with what is sent, is held by nothing."""
    ends = (plan.after_transfers, plan.trades)
    lower, upper = limits.bounds(scenario)
    found = [limits.amounts(x, scenario) for x in ends]
    free = np.array(
        [bool(x.soft) or x.measure in ("turnover", "external") for x in scenario.limits], dtype=bool
    )
    left = [cash.headroom(x, scenario) for x in ends]
    return Allowed(
        np.where(free, -np.inf, np.minimum(lower, np.minimum(*found))),
        np.where(free, np.inf, np.maximum(upper, np.maximum(*found))),
        np.minimum(np.minimum(*left), 0.0),
    )


def worse(scenario: Scenario, plan: Plan, states: list[Trades]) -> Iterator[tuple[Held, float]]:
    """Each limit and pool that a slice but the last leaves worse than at both ends, and by what, in its own unit."""
    most, unit = allowed(scenario, plan), [float(minor_unit(c)) for c in scenario.pools.currency]
    for k, state in enumerate(states[:-1]):
        value = limits.amounts(state, scenario)
        little = SMALL / ROUNDING * limits.rounding_errors(state, scenario)
        for sign, bound in ((1.0, most.upper), (-1.0, most.lower)):
            over = sign * (value - bound)
            for n in np.flatnonzero(over > little).tolist():
                yield Held(k, n, -1, sign, float(bound[n])), float(over[n])
        short = most.headroom - cash.headroom(state, scenario)
        for p in np.flatnonzero(short > unit).tolist():
            yield Held(k, -1, p, -1.0, float(most.headroom[p])), float(short[p])


def exceeded(scenario: Scenario, plan: Plan, states: list[Trades]) -> list[tuple[str, int, float]]:
    """Of each limit and pool that is worse somewhere its name, the slice where it is the worst, and by what, in its
    own unit.
    """
    found: dict[str, tuple[float, int]] = {}
    for h, over in worse(scenario, plan, states):
        limit, pool = scenario.limits[h.limit], scenario.pools.ids[h.pool] if h.pool >= 0 else ""
        name = f"pool {pool}" if pool else f"{limit.limit_id} {limit.scope}"
        found[name] = max(found.get(name, (0.0, 0)), (over, h.slice))
    return [(name, k, over) for name, (over, k) in sorted(found.items())]
