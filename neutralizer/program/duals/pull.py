"""What each limit, pool and cost pulls at each decision by: the optimum's stationarity, taken apart.

At an optimum every column's cost and rows balance: c + Aᵀz = 0. A row that a limit or a pool stands
for belongs to it; a row that only defines a number (an exposure, an absolute value, a volatility)
belongs to whom that number serves, in the shares of their duals: the chain rule, carried out by the
duals themselves, so that kinks need no choice (Boyd and Vandenberghe, Convex Optimization, ch. 5.5).
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array

from neutralizer.domain.arrays import Bools, Floats, Ints, Matrix
from neutralizer.domain.horizon import Stage
from neutralizer.domain.scenario import Scenario
from neutralizer.program.solve import Solution
from neutralizer.terms import waiting
from neutralizer.terms.days import stages_of
from neutralizer.terms.rows import FALL, RISE, Owner, Row

COST, PARTICIPATION, MANDATE, ROUTE, DISLOCATION, OTHER = range(-6, 0)  # beside limits and pools
BESIDE = {
    Owner.DISLOCATION: DISLOCATION,
    Owner.PARTICIPATION: PARTICIPATION,
    Owner.MANDATE: MANDATE,
    Owner.ROUTE_CAPACITY: ROUTE,
}


@dataclass(frozen=True)
class Pulls:
    """(columns, owners) in base currency per base currency of notional. Owners are the limits, the
    pools, the targets as far as they wait, limits and pools of each later day, then cost, participation,
    mandate, route capacity, prices that are out, and what is left.
    """

    matrix: Matrix
    rise: Ints  # (H,) column of each holding's rise, -1 where it cannot
    fall: Ints
    buy: Ints  # (O,)
    sell: Ints
    cash: Ints  # (R,)
    limits: int

    def of(self, columns: Ints, weights: Floats) -> Floats:
        """(owners,) weighted sum over some columns; a column that is not there pulls at nothing."""
        there = columns >= 0
        found: Floats = weights[there] @ self.matrix[columns[there]].toarray()
        return found


def pulls(solution: Solution, scenario: Scenario) -> Pulls:
    """Takes apart an accepted answer."""
    canonical, decision = solution.canonical, solution.program.decision
    count = first_later(scenario) + sum(map(_size, stages_of(scenario))) - COST
    owner = _direct(solution, scenario, count)
    paid = _paid(solution, scenario, count)
    share = _shares(solution, owner, paid, count)
    z = diags_array(solution.z)
    scale = canonical.unit / decision.money
    matrix = csr_array((canonical.a.T @ z @ share + paid) * scale)

    def columns(variable: object, places: Ints | None, size: int) -> Ints:
        found = np.full(size, -1, dtype=np.int64)
        its = canonical.columns.get(variable.id)  # type: ignore[attr-defined]
        if its is not None:
            found[np.arange(size) if places is None else places] = its
        return found

    held, orders = len(scenario.holdings.book), len(scenario.orders.tradable)
    return Pulls(
        matrix,
        columns(decision.rise, decision.risers, held),
        columns(decision.fall, decision.fallers, held),
        columns(decision.buy, None, orders),
        columns(decision.sell, None, orders),
        columns(decision.cash, None, len(scenario.routes.source)),
        len(scenario.limits),
    )


def first_later(scenario: Scenario) -> int:
    """Where the limits and pools of the later days begin among the owners, stage by stage."""
    return first_target(scenario) + len(scenario.targets.holding)


def _size(stage: Stage) -> int:
    """How many owners a later day has."""
    return len(stage.at.scenario.limits) + len(stage.at.scenario.pools.ids)


def first_target(scenario: Scenario) -> int:
    """Where the targets begin among the owners."""
    return len(scenario.limits) + len(scenario.pools.ids)


def _paid(solution: Solution, scenario: Scenario, count: int) -> Matrix:
    """(columns, owners) the objective's own coefficients: a target's waiting, and else costs."""
    canonical, decision, t = solution.canonical, solution.program.decision, scenario.targets
    size, first = len(canonical.c), first_target(scenario)
    column, target, value = list[Ints](), list[Ints](), list[Floats]()
    moved = waiting.slope(scenario) / scenario.holding_notional[t.holding]
    for variable, places, sign in (
        (decision.rise, decision.risers, 1.0),
        (decision.fall, decision.fallers, -1.0),
    ):
        its = canonical.columns.get(variable.id)
        where = np.full(len(scenario.holdings.book), -1, dtype=np.int64)
        if its is not None:
            where[places] = its
        some = np.flatnonzero((where[t.holding] >= 0) & (moved != 0))
        column.append(where[t.holding[some]])
        target.append(some)
        value.append(sign * moved[some] * decision.money / canonical.unit)
    for variable, _, which in decision.missed:
        its = canonical.columns[variable.id]
        column.append(its)
        target.append(which)
        value.append(canonical.c[its])
    place = (np.concatenate(column), first + np.concatenate(target))
    waits = csr_array((np.concatenate(value), place), shape=(size, count))
    rest = canonical.c - np.asarray(waits.sum(axis=1)).ravel()
    own = csr_array((rest, (np.arange(size), np.full(size, count + COST))), shape=(size, count))
    return csr_array(own + waits)


def _direct(solution: Solution, scenario: Scenario, count: int) -> Ints:
    """(rows,) the owner of each row that stands for somebody; `count` where it only defines."""
    canonical, program = solution.canonical, solution.program
    owner = np.full(canonical.a.shape[0], count, dtype=np.int64)
    stages, sizes = stages_of(scenario), [0]
    sizes += [_size(stage) for stage in stages]
    starts = first_later(scenario) + np.cumsum(sizes)
    for row, places in canonical.rows.items():
        first, s = 0, scenario
        if row.stage >= 0:
            first, s = int(starts[row.stage]), stages[row.stage].at.scenario
        if row.owner is Owner.LIMIT:
            rows = program.limit_rows if row.stage < 0 else program.later_rows
            owner[places] = first + rows[row]
        elif row.owner is Owner.POOLS:
            owner[places] = first + len(s.limits) + np.arange(len(places))
        elif row.owner is Owner.EXCESS:
            owner[places] = first + row.index
        elif row.owner not in (Owner.EXPOSURE, Owner.SHORT, Owner.WAITING):
            owner[places] = count + BESIDE.get(row.owner, OTHER)
    for row, holdings in ((RISE, program.decision.risers), (FALL, program.decision.fallers)):
        _to_targets(solution, scenario, row, holdings, owner)
    defines = (abs(canonical.a) > 0).astype(float) @ np.isnan(canonical.upper) > 0
    flat = np.zeros(len(owner), dtype=bool)
    for cone in canonical.cones:
        flat[cone.start : cone.stop] = cone.kind in ("zero", "nonneg")
    return np.where((owner == count) & flat & ~defines, count + OTHER, owner)  # own bounds


def _to_targets(solution: Solution, scenario: Scenario, row: Row, some: Ints, owner: Ints) -> None:
    """The end of a mandate that is a target which may wait belongs to the target: what pulls there is how
    much less than its waiting the last unit is worth.
    """
    places = solution.canonical.rows.get(row)
    if places is None or not scenario.targets.waits.any():
        return
    t, h = scenario.targets, scenario.holdings
    of = np.full(len(h.book), -1, dtype=np.int64)
    of[t.holding[t.waits]] = np.flatnonzero(t.waits)
    room = (h.high - h.before) if row == RISE else (h.before - h.low)
    held = some[np.isfinite(room[some])]
    own = of[held] >= 0
    owner[places[own]] = first_target(scenario) + of[held][own]


def _shares(solution: Solution, owner: Ints, paid: Matrix, count: int) -> Matrix:
    """(rows, owners) whose row each is, in shares that add up to one."""
    canonical = solution.canonical
    rows = canonical.a.shape[0]
    known = np.flatnonzero(owner < count)
    share = csr_array((np.ones(len(known)), (known, owner[known])), shape=(rows, count))
    exposures = [places for row, places in canonical.rows.items() if row.owner is Owner.EXPOSURE]
    later = np.concatenate(exposures) if exposures else np.zeros(0, dtype=np.int64)
    defined = np.setdiff1d(np.flatnonzero(owner == count), later)
    inner = np.isnan(canonical.upper)
    decision = solution.program.decision
    days = (decision, *(part.decision for part in solution.program.later))
    own = {column.id for day in days for column, _ in day.shorts.parts}
    own |= {column.id for column, _, _ in decision.missed}
    named = [places for name, places in canonical.columns.items() if name not in own]
    inner[np.concatenate(named)] = False
    share = share + _through(solution, share, inner, defined, paid)
    outer = np.isnan(canonical.upper) & ~inner
    return share + _through(solution, share, outer, later, paid)


def _through(
    solution: Solution, share: Matrix, columns: Bools, defined: Ints, paid: Matrix
) -> Matrix:
    """(rows, owners) of rows that define some columns, by who uses those columns."""
    canonical, z = solution.canonical, solution.z
    inside = np.flatnonzero(columns)
    uses = canonical.a[:, inside].T @ diags_array(z) @ share
    uses = csr_array(uses + paid[inside])
    total = np.asarray(uses.sum(axis=1)).ravel()
    size = np.asarray(abs(uses).sum(axis=1)).ravel()
    some = np.abs(total) > 1e-9 * np.maximum(size, 1e-300)
    weight = diags_array(np.divide(1.0, total, out=np.zeros_like(total), where=some)) @ uses
    return _row_of(solution, inside, defined) @ weight


def _row_of(solution: Solution, inside: Ints, defined: Ints) -> Matrix:
    """(rows, columns) which column each defining row defines; a cone's rows go with its top."""
    canonical = solution.canonical
    a = canonical.a.tocsr()
    place = np.full(a.shape[1], -1, dtype=np.int64)
    place[inside] = np.arange(len(inside))
    column = np.full(a.shape[0], -1, dtype=np.int64)
    for r in defined.tolist():
        own = place[a.indices[a.indptr[r] : a.indptr[r + 1]]]
        own = own[own >= 0]
        column[r] = own[0] if len(own) else -1
    for cone in canonical.cones:
        if cone.kind not in ("zero", "nonneg"):
            found = column[cone.start : cone.stop]
            column[cone.start : cone.stop] = found.max(initial=-1)
    there = np.flatnonzero(column >= 0)
    return csr_array((np.ones(len(there)), (there, column[there])), shape=(a.shape[0], len(inside)))
