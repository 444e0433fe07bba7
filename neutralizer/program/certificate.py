"""What makes an answer acceptable: everything recomputed, in its own unit, and a lower bound on cost.

A solver's status is not evidence. The bound is Lagrange's: for duals z in the dual cone every x in
the box has c·x >= −b·z + Σ_j min over the box of (c + Aᵀz)_j x_j, so that residuals cost what they
can do at most, and nothing is taken on trust (Boyd and Vandenberghe, Convex Optimization, ch. 5).
"""

from dataclasses import dataclass

import numpy as np

from neutralizer import costs, limits
from neutralizer.domain.scenario import Floats, Scenario
from neutralizer.domain.trades import Trades, nothing, position
from neutralizer.margin import cash
from neutralizer.program.build import pool_scales
from neutralizer.program.canonical import Canonical, Cone

FEASIBLE = 1e-6  # of each thing's own scale
GAP = 1e-5  # of the cost beyond its constant part


@dataclass(frozen=True)
class Certificate:
    """`cost` and `bound` in base currency (elastic programs: in scales); `worst` over its scale."""

    cost: float
    bound: float
    basis: float  # what relative gaps refer to
    allowed: float
    worst: float
    worst_name: str

    @property
    def gap(self) -> float:
        """cost − bound, never below zero by more than rounding."""
        return self.cost - self.bound

    @property
    def accepted(self) -> bool:
        """Feasible to FEASIBLE and as cheap as the bound to GAP."""
        return self.worst <= FEASIBLE and self.gap <= self.allowed

    def __str__(self) -> str:
        gap = f"gap {self.gap:.3g} of {self.allowed:.3g} allowed"
        return (
            f"{gap}, largest violation {self.worst:.3g} of its scale ({self.worst_name or 'none'})"
        )


def cost_of(trades: Trades, scenario: Scenario) -> tuple[float, float]:
    """(sum of the cost terms, penalties on improving limits), base currency."""
    return sum(costs.totals(trades, scenario).values()), limits.penalty(trades, scenario)


def basis_of(trades: Trades, scenario: Scenario) -> float:
    """What the trades change in cost, term by term, base currency: the constant part left out. At
    least 1e-6 of the gross before, so that the gap allowed is never below what doubles can show.
    """
    before = costs.totals(nothing(scenario), scenario)
    after = costs.totals(trades, scenario)
    changed = sum(abs(after[term] - before[term]) for term in after)
    return max(changed, 1e-6 * scenario.gross_before, 1e-6)


def violations(trades: Trades, scenario: Scenario, worse_allowed: bool = False) -> dict[str, float]:
    """Everything a plan must keep, by name: what it is exceeded by over its own scale. Where
    `worse_allowed`, what is in breach before may stay so, no worse.
    """
    lower, upper = limits.bounds(scenario)
    after = limits.amounts(trades, scenario)
    start = nothing(scenario)
    short_before = np.minimum(cash.headroom(start, scenario), 0.0) * worse_allowed
    if worse_allowed:
        before = limits.amounts(start, scenario)
        lower, upper = np.minimum(lower, before), np.maximum(upper, before)
    beyond = np.maximum(np.maximum(after - upper, lower - after), 0) / limits.scales(scenario)
    found = {
        f"{x.limit_id} {x.scope}": float(v) for x, v in zip(scenario.limits, beyond, strict=True)
    }
    short = np.maximum(short_before - cash.headroom(trades, scenario), 0) * scenario.pools.fx
    short = short / pool_scales(scenario)
    found |= {f"pool {p}": float(v) for p, v in zip(scenario.pools.ids, short, strict=True)}
    return found | _own_bounds(trades, scenario)


def _own_bounds(trades: Trades, scenario: Scenario) -> dict[str, float]:
    """Mandates, conservation, participation, routes, loans; equalities of units over half a step."""
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
    return {
        "mandates": float(outside.max(initial=0)),
        "conservation": float((np.abs(apart) / (step / 2)).max(initial=0)) * FEASIBLE,
        "participation": float(over[scenario.tradables.cap > 0].max(initial=0)),
        "cash routes": float(routes.max(initial=0)),
        "borrowing": float(loans.max(initial=0)),
    }


def dual_bound(canonical: Canonical, z: Floats, target: float) -> float:
    """A lower bound on c·x + offset over all feasible x whose objective is at most `target`."""
    z = _in_dual_cone(canonical.cones, z)
    low, high = _column_boxes(canonical, target)
    reduced = canonical.c + canonical.a.T @ z
    with np.errstate(invalid="ignore"):
        worst = np.minimum(reduced * low, reduced * high)
    return float(-canonical.b @ z + np.sum(np.where(reduced == 0, 0.0, worst))) + canonical.offset


def _in_dual_cone(cones: tuple[Cone, ...], z: Floats) -> Floats:
    """z with every block moved into its dual cone, which costs the bound at most what it was out by."""
    z = z.copy()
    for cone in cones:
        part = z[cone.start : cone.stop]
        if cone.kind == "nonneg":
            np.maximum(part, 0, out=part)
        elif cone.kind == "soc":
            part[0] = max(part[0], float(np.linalg.norm(part[1:])))
        elif cone.kind == "power":
            a = cone.power
            part[:2] = np.maximum(part[:2], 0)
            most = (part[0] / a) ** a * (part[1] / (1 - a)) ** (1 - a)
            part[2] = np.clip(part[2], -most, most)
    return z


def _column_boxes(canonical: Canonical, target: float) -> tuple[Floats, Floats]:
    """Where each column lies at an optimum. Decisions have boxes; a column of cvxpy's own is either
    defined by an equality or the top of an epigraph, which at an optimum touches what it covers. What
    is left is bounded by its cost: no better answer spends more than `target`.
    """
    low = np.where(np.isnan(canonical.upper), np.nan, 0.0)
    high = canonical.upper.copy()
    rows = canonical.a.tocsr()
    for _ in range(6):
        open_before = int(np.isnan(low).sum())
        if open_before == 0:
            break
        for cone in canonical.cones:
            _close_cone(cone, rows, canonical.b, low, high)
        if int(np.isnan(low).sum()) == open_before:
            break
    unknown = np.isnan(low)
    # what is left and paid for is the top of a square (risk charge, quadratic impact): not negative
    low[unknown] = np.where(canonical.c[unknown] > 0, 0.0, -np.inf)
    high[unknown] = np.inf
    return _bounded_by_cost(canonical, low, high, target)


def _close_cone(cone: Cone, rows: object, b: Floats, low: Floats, high: Floats) -> None:
    """Bounds the open columns of one block from what is known of the others."""
    block = rows[cone.start : cone.stop]  # type: ignore[index]
    is_open = np.isnan(low)
    count = (abs(block) > 0).astype(float) @ is_open
    if cone.kind in ("zero", "nonneg"):
        _close_rows(block, b[cone.start : cone.stop], count, cone.kind, is_open, low, high)
    else:
        _close_epigraph(block, b[cone.start : cone.stop], cone, is_open, low, high)


def _interval(block: object, low: Floats, high: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Least and largest b − A x over the closed columns."""
    positive, negative = block.maximum(0), block.minimum(0)  # type: ignore[attr-defined]
    lo, hi = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=0.0)
    return b - (positive @ hi + negative @ lo), b - (positive @ lo + negative @ hi)


def _close_rows(
    block: object,
    b: Floats,
    count: Floats,
    kind: str,
    is_open: Floats,
    low: Floats,
    high: Floats,
) -> None:
    single = np.flatnonzero(count == 1)
    if not len(single):
        return
    part = block[single].tocoo()  # type: ignore[index]
    least, most = _interval(block[single], low, high, b[single])  # type: ignore[index]
    mine = is_open[part.col]
    r, c, v = part.row[mine], part.col[mine], part.data[mine]
    below = v < 0
    if kind == "zero":  # v x = rest
        first, second = least[r] / v, most[r] / v
        low[c], high[c] = np.minimum(first, second), np.maximum(first, second)
        return
    # rest − v x >= 0 with v < 0 means x >= −rest/|v|: at an optimum x is the largest of those
    r, c, v = r[below], c[below], v[below]
    floor = np.full(len(low), -np.inf)
    top = np.full(len(low), -np.inf)
    np.maximum.at(floor, c, most[r] / v)
    np.maximum.at(top, c, least[r] / v)
    touched = np.unique(c)
    low[touched], high[touched] = floor[touched], np.maximum(top, floor)[touched]


def _close_epigraph(
    block: object, b: Floats, cone: Cone, is_open: Floats, low: Floats, high: Floats
) -> None:
    """t >= ‖v‖ or t^a >= |v| with t alone in the first row: t lies between zero and the largest size."""
    first = block[[0]].tocoo()  # type: ignore[index]
    if len(first.data) != 1 or not is_open[first.col[0]] or b[0] != 0:
        return
    rest = (abs(block[1:]) > 0).astype(float) @ is_open  # type: ignore[index]
    if rest.any():
        return
    least, most = _interval(block[1:], low, high, b[1:])  # type: ignore[index]
    size = np.maximum(np.abs(least), np.abs(most))
    top = float(np.linalg.norm(size)) if cone.kind == "soc" else float(size[-1] ** (1 / cone.power))
    low[first.col[0]], high[first.col[0]] = 0.0, top / abs(first.data[0])


def _bounded_by_cost(
    canonical: Canonical, low: Floats, high: Floats, target: float
) -> tuple[Floats, Floats]:
    """c_j x_j <= target − offset − what the other columns cost at least."""
    c = canonical.c
    with np.errstate(invalid="ignore"):
        least = np.where(c == 0, 0.0, np.minimum(c * low, c * high))
    if not np.isfinite(least).all():
        return low, high
    spare = target - canonical.offset - least.sum()
    paid = c > 0
    ceiling = np.full(len(c), np.inf)
    ceiling[paid] = (least[paid] + max(spare, 0.0)) / c[paid]
    return low, np.minimum(high, np.maximum(ceiling, low))
