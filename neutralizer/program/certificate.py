"""What makes an answer acceptable: everything recomputed, in its own unit, beside a lower bound.

A solver's status is not evidence, either way.
"""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.money import minor_unit
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, nothing, position
from neutralizer.program.build import Give, pool_scales
from neutralizer.terms import costs, dislocation, limits, margin, waiting
from neutralizer.terms.days import Done, State, paid, states
from neutralizer.terms.margin import cash, collateral

FEASIBLE = 1e-6  # of each thing's own scale
GAP = 1e-5  # of the cost beyond its constant part
BELOW = 100  # of the gap allowed: how far below the bound what is feasible to FEASIBLE may cost
NEAR = 1e-4  # of it: taken where no attempt comes nearer, and told
CENTS = 1e-6  # of the gross before, in minor units: likewise


@dataclass(frozen=True)
class Certificate:
    """`cost` and `bound` in base currency (elastic programs: in scales); `worst` over its scale."""

    cost: float
    bound: float
    basis: float  # what relative gaps refer to
    allowed: float
    worst: float
    worst_name: str
    tolerated: float = 0.0  # the gap that is taken where no attempt comes nearer

    @property
    def gap(self) -> float:
        """cost − bound; far below zero the program and the numbers are not of the same thing."""
        return self.cost - self.bound

    @property
    def _sound(self) -> bool:
        least = -BELOW * max(self.allowed, self.tolerated)
        return self.worst <= FEASIBLE and self.gap >= min(least, 0.0)

    @property
    def accepted(self) -> bool:
        """Feasible to FEASIBLE and as cheap as the bound to GAP."""
        return self._sound and self.gap <= self.allowed

    @property
    def near(self) -> bool:
        """Feasible, and as cheap as the bound to what is tolerated."""
        return self._sound and self.gap <= max(self.allowed, self.tolerated)

    def __str__(self) -> str:
        gap = f"gap {self.gap:.3g} of {self.allowed:.3g} allowed"
        return (
            f"{gap}, largest violation {self.worst:.3g} of its scale ({self.worst_name or 'none'})"
        )


def cost_of(trades: Trades, scenario: Scenario, later: Done = ()) -> tuple[float, float]:
    """(sum of the cost terms, what is minimised beside it: penalties on improving limits, waiting, and what
    prices that are out are worth), base currency; margin as the program computes it, for the bound is the program's.
    With `later`, what is done on the days of the horizon, as expected over all of them.
    """
    days = _days(scenario, trades, later)
    cost = sum(
        (paid(scenario, trades, later) if later else costs.totals(trades, scenario)).values()
    )
    aside = sum(_beside(trades, scenario).values())
    for day in days:
        s = day.begins
        above = s.accounts.funding_rate @ margin.overstated(day.trades, s)
        cost += day.weight * float(above) * s.costing.years
        aside += day.weight * limits.penalty(day.trades, s, later=day.stage is not None)
    return cost, aside


def _days(scenario: Scenario, trades: Trades, later: Done) -> list[State]:
    """Today, and with `later` every day of the horizon."""
    return states(scenario, trades, later) if later else [State(None, scenario, trades)]


def _beside(trades: Trades, scenario: Scenario) -> dict[str, float]:
    """What is minimised with the costs and paid by nobody, base currency."""
    waits = float(waiting.amounts(trades, scenario).sum())
    return {waiting.TERM: waits, dislocation.TERM: -dislocation.credit(trades, scenario)}


def price(trades: Trades, scenario: Scenario, later: Done = ()) -> float:
    """All that is paid and penalised, base currency: what the program minimises."""
    return sum(cost_of(trades, scenario, later))


def basis_of(trades: Trades, scenario: Scenario, later: Done = ()) -> float:
    """What the trades change in cost, term by term, base currency: the constant part left out. At
    least 1e-6 of the gross before, so that the gap allowed is never below what doubles can show.
    """
    changed = 0.0
    for day in _days(scenario, trades, later):
        still = nothing(day.begins)
        before, after = (
            costs.totals(x, day.begins) | _beside(x, day.begins) for x in (still, day.trades)
        )
        changed += day.weight * sum(abs(after[term] - before[term]) for term in after)
    return max(changed, 1e-6 * scenario.gross_before, 1e-6)


def tolerated(basis: float, scenario: Scenario) -> float:
    """The gap that is taken where no attempt comes nearer: base currency."""
    cents = float(minor_unit(scenario.base_currency)) * CENTS * scenario.gross_before
    return max(NEAR * basis, cents)


def violations(trades: Trades, scenario: Scenario) -> dict[str, float]:
    """Everything a plan must keep today, by name: what it is exceeded by over its own scale."""
    return limits_and_pools(trades, scenario, scenario) | own_bounds(trades, scenario)


def limits_and_pools(trades: Trades, begins: Scenario, held: Scenario) -> dict[str, float]:
    """Of a day that begins so, held to the bounds, and over the scales, of `held`."""
    after = limits.amounts(trades, begins)
    beyond = limits.beyond(after, *limits.bounds(held)) / limits.scales(held)
    found = {f"{x.limit_id} {x.scope}": float(v) for x, v in zip(held.limits, beyond, strict=True)}
    left = cash.headroom(trades, begins) + held.pools.shortfall
    short = np.maximum(-left, 0) * held.pools.fx / pool_scales(held)
    return found | {f"pool {p}": float(v) for p, v in zip(held.pools.ids, short, strict=True)}


def own_bounds(trades: Trades, scenario: Scenario) -> dict[str, float]:
    """Mandates, conservation, participation, routes, loans, pledges; equalities of units over half a step."""
    h, orders, after = scenario.holdings, scenario.orders, position(scenario, trades)
    scale = np.maximum(np.abs(h.before), scenario.tradables.lot[h.instrument])
    outside = np.maximum(np.maximum(h.low - after, after - h.high), 0) / scale
    apart = orders.change_rows @ trades.change - orders.order_rows @ trades.order
    step = np.ones(len(apart))
    step[orders.row] = scenario.instruments.step[h.instrument]
    traded = np.bincount(
        orders.tradable, weights=np.abs(trades.order), minlength=len(scenario.tradables.ids)
    )
    cap = np.where(np.isfinite(scenario.tradables.cap), scenario.tradables.cap, np.inf)
    over = np.maximum(traded - cap, 0) / np.maximum(np.where(np.isfinite(cap), cap, 1), 1e-300)
    routes = np.maximum(trades.cash - scenario.routes.capacity, 0) / np.maximum(
        np.where(np.isfinite(scenario.routes.capacity), scenario.routes.capacity, 1), 1.0
    )
    limit = scenario.pools.borrow_limit
    loans = np.maximum(trades.borrowed - limit, 0) / np.maximum(limit, 1.0)
    there = collateral.available(trades, scenario)
    pledged = np.maximum(trades.pledged - there, 0) / np.maximum(np.abs(there), 1.0)
    return {
        "mandates": float(outside.max(initial=0)),
        "conservation": float((np.abs(apart) / (step / 2)).max(initial=0)) * FEASIBLE,
        "participation": float(over[scenario.tradables.cap > 0].max(initial=0)),
        "cash routes": float(routes.max(initial=0)),
        "borrowing": float(loans.max(initial=0)),
        "pledges": float(pledged.max(initial=0)),
    }


def given(trades: Trades, scenario: Scenario, give: Give) -> float:
    """What an answer gives, by weight, with the tie: the objective of a program that may give."""
    relaxed = relaxations(trades, scenario)
    weights = weights_of(scenario, give)
    moved = float(scenario.holding_notional @ np.abs(trades.change))
    tie = give.tie * moved / max(scenario.gross_before, 1e-9)
    return tie + sum(float(weights[name]) * share for name, share in relaxed.items())


def weights_of(scenario: Scenario, give: Give) -> dict[str, float]:
    """What one scale of each limit and pool weighs, by name."""
    limits_ = zip(scenario.limits, give.limits.tolist(), strict=True)
    found = {f"{x.limit_id} {x.scope}": float(w) for x, w in limits_}
    return found | {f"pool {p}": float(give.pools) for p in scenario.pools.ids}


def kept(trades: Trades, scenario: Scenario, give: Give) -> dict[str, float]:
    """The violations of what may not give."""
    found = violations(trades, scenario)
    return found if give.no_worse else without_given(found, scenario, give)


def without_given(found: dict[str, float], scenario: Scenario, give: Give) -> dict[str, float]:
    """The same without the limits and pools that give."""
    gone = {
        f"{x.limit_id} {x.scope}"
        for x, weight in zip(scenario.limits, give.limits, strict=True)
        if weight > 0
    }
    gone |= {f"pool {p}" for p in scenario.pools.ids if give.pools}
    return {name: v for name, v in found.items() if name not in gone}


def relaxations(
    trades: Trades, scenario: Scenario, held: Scenario | None = None
) -> dict[str, float]:
    """What each limit and pool is exceeded by over its scale; only those that are. `held`: whose bounds and
    scales they are, where a later day begins otherwise.
    """
    held = held or scenario
    beyond = limits.beyond(limits.amounts(trades, scenario), *limits.written(held))
    shares = (beyond / limits.scales(held)).tolist()
    found = {f"{x.limit_id} {x.scope}": v for x, v in zip(held.limits, shares, strict=True)}
    short = np.maximum(-cash.headroom(trades, scenario), 0) * held.pools.fx / pool_scales(held)
    found |= {f"pool {p}": float(v) for p, v in zip(held.pools.ids, short, strict=True)}
    return {k: v for k, v in found.items() if v > 0}
