"""Scenario -> Program: one cvxpy problem out of the registered terms."""

from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.terms import costs, dislocation, limits, waiting
from neutralizer.terms.decision import Decision
from neutralizer.terms.margin import cash, collateral
from neutralizer.terms.rows import POOLS, Owner, Row, Side

ROOM = 1e-7  # of a limit's scale: what the solver gets, so that its answer keeps the limit exactly
UNIT = 1e-6  # of the gross before: the objective's unit, so that costs are some tens to thousands
BIG = 1e4  # of a limit's scale: a relaxation never needs more, for the dual bound


@dataclass(frozen=True)
class Give:
    """What may give, at the least total, in place of the cost. `limits`: (limits,) the weight of one
    scale of relaxation, 0 where a limit holds. `no_worse`: only as far as the bounds that hold lie
    beyond the written ones. `tie`: what moving the whole gross weighs against one scale.
    """

    limits: Floats
    pools: bool = True
    no_worse: bool = False
    tie: float = 0.0

    @staticmethod
    def everything(scenario: Scenario) -> "Give":
        """Every limit and every pool, alike."""
        return Give(np.ones(len(scenario.limits)))


@dataclass
class Program:
    """One problem with names on its parts. The objective counts in `unit` (base currency)."""

    problem: Any
    decision: Decision
    constraints: dict[Row, Any]
    unit: float
    boxes: list[tuple[Any, Floats]]
    slacks: dict[Row, Any] = field(default_factory=dict)  # what gives, by the rows it gives in
    weights: dict[Row, Floats] = field(default_factory=dict)  # of the slacks
    limit_rows: dict[Row, Ints] = field(default_factory=dict)  # -> the limits in their order
    room: dict[Row, Floats] = field(
        default_factory=dict
    )  # what the bounds were drawn in by, scaled


def build(
    scenario: Scenario,
    give: Give | None = None,
    room: float = ROOM,
    finer: float = 1.0,
    boxed: bool = False,
    decision: Decision | None = None,
) -> Program:
    """The program of one scenario: the least cost within every limit, or, with `give`, the least that
    must be given. `finer` divides the unit of the objective; `boxed` makes the boxes constraints,
    which are otherwise wide enough never to matter.
    """
    decision = decision or Decision(scenario)
    unit = UNIT * max(scenario.gross_before, decision.money) / finer if give is None else 1 / finer
    program = Program(None, decision, {}, unit, [])
    program.constraints |= _limits(program, scenario, give, room) | _pools(program, scenario, give)
    objective = _cost(program, scenario) if give is None else _given(program, scenario, give)
    program.constraints |= decision.constraints() | collateral.constraints(decision, scenario)
    program.boxes += _boxes(decision, scenario) if give is None else decision.boxes()
    if boxed:
        for k, (variable, most) in enumerate(decision.boxes()):
            some = np.flatnonzero(np.isfinite(most))
            program.constraints[Row(Owner.BOX, index=k)] = variable[some] <= most[some]
    problem = cp.Problem(cp.Minimize(objective), list(program.constraints.values()))
    program.problem = problem
    return program


def _boxes(decision: Decision, scenario: Scenario) -> list[tuple[Any, Floats]]:
    """The decision's own boxes, drawn in to what the limits leave each position: for the dual bound."""
    low, high = limits.reach(scenario)
    h, unit = scenario.holdings, scenario.holding_notional / decision.money
    most = {
        decision.rise.id: np.maximum((high - h.before) * unit, 0.0)[decision.risers],
        decision.fall.id: np.maximum((h.before - low) * unit, 0.0)[decision.fallers],
    }
    return [
        (variable, np.minimum(own, most.get(variable.id, np.inf)))
        for variable, own in decision.boxes()
    ]


def _cost(program: Program, scenario: Scenario) -> Any:
    paid = [cost.expression(program.decision, scenario) for cost in costs.REGISTRY]
    paid += [beside.expression(program.decision, scenario) for beside in (waiting, dislocation)]
    return sum(paid) / program.unit + _penalties(program, scenario)


def _given(program: Program, scenario: Scenario, give: Give) -> Any:
    parts = [program.weights[row] @ slack for row, slack in program.slacks.items()]
    moved = cp.sum(program.decision.moved) * program.decision.money
    tie = give.tie * moved / max(scenario.gross_before, 1e-9)
    return (sum(parts, cp.Constant(0.0)) + tie) / program.unit


def _limits(program: Program, scenario: Scenario, give: Give | None, room: float) -> dict[Row, Any]:
    """One vectorised constraint per measure and side, each row over its limit's scale. What gives is
    held to its written bounds and a slack, the rest to the bounds that hold.
    """
    scale = limits.scales(scenario)
    found: dict[Row, Any] = {}
    gives = np.zeros(len(scenario.limits), dtype=bool) if give is None else give.limits > 0
    held, asked = limits.bounds(scenario), limits.written(scenario)
    before = limits.amounts(nothing(scenario), scenario)
    lower, upper = (np.where(gives, *ends) for ends in zip(asked, held, strict=True))
    gap = np.minimum(
        room * scale, np.where(np.isfinite(upper - lower), (upper - lower) / 4, np.inf)
    )
    free = np.array(
        [bool(scenario.may_change[x.holdings].any()) for x in scenario.limits], dtype=bool
    )
    gap = np.where(free, gap, 0.0)
    for measure, module in limits.REGISTRY.items():
        rows = np.flatnonzero([x.measure == measure for x in scenario.limits])
        if not len(rows):
            continue
        chosen = [scenario.limits[k] for k in rows]
        each = cp.multiply(1 / scale[rows], module.expression(program.decision, scenario, chosen))
        exact = (lower == upper)[rows] & ~gives[rows]
        for side, sign, bound in (
            (Side.UPPER, 1.0, upper),
            (Side.LOWER, -1.0, lower),
            (Side.EXACT, 0.0, upper),
        ):
            inside = exact if side is Side.EXACT else np.isfinite(bound[rows]) & ~exact
            some = np.flatnonzero(inside)
            if not len(some):
                continue
            block, which = Row(Owner.LIMIT, side, measure=measure), rows[some]
            program.limit_rows[block] = which
            program.room[block] = (gap / scale)[which] * abs(sign)
            if side is Side.EXACT:
                found[block] = each[some] == (bound / scale)[which]
                continue
            target = ((sign * bound - gap) / scale)[which]
            with np.errstate(invalid="ignore"):
                beyond = (held[sign > 0] - bound) * sign / scale
            worse = np.maximum(sign * (before - bound), 0) / scale
            slack = _slack(program, block, give, which, beyond[which], worse[which])
            found[block] = sign * each[some] <= target + slack
    return found


def _slack(
    program: Program, row: Row, give: Give | None, which: Ints, beyond: Floats, worse: Floats
) -> Any:
    """What a constraint's rows may exceed their written bounds by, over scale. `beyond`: how far the
    bounds that hold lie beyond the written ones; `worse`: how far the state before does.
    """
    if give is None or not (give.limits[which] > 0).any():
        return 0.0
    some = np.flatnonzero(give.limits[which] > 0)
    slack = cp.Variable(len(some), nonneg=True)
    program.slacks[row] = slack
    program.weights[row] = give.limits[which][some]
    _boxed(program, row, slack, beyond[some] if give.no_worse else 10 * worse[some] + BIG, give)
    place = csr_array((np.ones(len(some)), (some, np.arange(len(some)))), (len(which), len(some)))
    return place @ slack


def _boxed(program: Program, row: Row, slack: Any, most: Floats, give: Give) -> None:
    """A slack's box, for the dual bound; where nothing may end worse, a constraint too."""
    program.boxes.append((slack, most))
    some = np.flatnonzero(np.isfinite(most))
    if give.no_worse and len(some):
        no_worse = Row(Owner.NO_WORSE, row.side, measure=row.measure)
        program.constraints[no_worse] = slack[some] <= most[some]


def _penalties(program: Program, scenario: Scenario) -> Any:
    """Penalty on what improving limits still exceed their written bounds by, in the program's unit."""
    scale, total = limits.scales(scenario), cp.Constant(0.0)
    before = limits.amounts(nothing(scenario), scenario)
    for k, limit in enumerate(scenario.limits):
        if not limit.improve or limit.penalty == 0:
            continue
        each = limits.REGISTRY[limit.measure].expression(program.decision, scenario, [limit])[0]
        for sign, bound in ((1.0, limit.upper), (-1.0, -limit.lower)):
            worse = max(sign * before[k] - bound, 0.0)
            if worse > 0:
                excess = cp.Variable(nonneg=True)
                program.boxes.append((excess, np.array([worse / scale[k]])))
                row = Row(Owner.EXCESS, Side.UPPER if sign > 0 else Side.LOWER, k)
                program.constraints[row] = sign * each / scale[k] <= bound / scale[k] + excess
                total = total + limit.penalty * scale[k] / program.unit * excess
    return total


def _pools(program: Program, scenario: Scenario, give: Give | None) -> dict[Row, Any]:
    """Every pool keeps its floor after margin."""
    if not scenario.pools.ids:
        return {}
    headroom = cash.headroom_expression(program.decision, scenario)
    scale = pool_scales(scenario) / program.decision.money
    short = scenario.pools.shortfall * scenario.pools.fx / program.decision.money / scale
    if give is None or not give.pools:
        return {POOLS: cp.multiply(1 / scale, headroom) + short >= 0}
    slack = cp.Variable(len(scenario.pools.ids), nonneg=True)
    program.slacks[POOLS] = slack
    program.weights[POOLS] = np.ones(len(scenario.pools.ids))
    start = cash.headroom(nothing(scenario), scenario) * scenario.pools.fx / program.decision.money
    worse = np.maximum(-start / scale, 0)
    _boxed(program, POOLS, slack, short if give.no_worse else 10 * worse + BIG, give)
    return {POOLS: cp.multiply(1 / scale, headroom) + slack >= 0}


def pool_scales(scenario: Scenario) -> Floats:
    """(P,) a pool's own scale, base currency: the largest of its cash, floor and margin."""
    pools = scenario.pools
    called = cash.requirements(nothing(scenario), scenario)
    largest = np.maximum.reduce([np.abs(pools.cash), np.abs(pools.minimum_balance), called])
    return np.where(largest > 0, largest * pools.fx, 1.0)
