"""Scenario -> Program: one cvxpy problem out of the registered terms."""

from dataclasses import dataclass, field
from typing import Any, Literal

import cvxpy as cp
import numpy as np

from neutralizer import costs, limits
from neutralizer.decision import Decision
from neutralizer.domain.scenario import Floats, Ints, Scenario
from neutralizer.domain.trades import nothing
from neutralizer.margin import cash

ROOM = 1e-7  # of a limit's scale: what the solver gets, so that its answer keeps the limit exactly
UNIT = 1e-6  # of the gross before: the objective's unit, so that costs are some tens to thousands
TIE = 1e-4  # transfers only: what moving the whole gross is worth against one scale of excess
BIG = 1e4  # of a limit's scale: a relaxation never needs more, for the dual bound
Aim = Literal["cost", "elastic", "transfers"]


@dataclass
class Program:
    """One problem with names on its parts. The objective counts in `unit` (base currency)."""

    problem: Any
    decision: Decision
    constraints: dict[str, Any]
    unit: float
    boxes: list[tuple[Any, Floats]]
    slacks: dict[str, Any] = field(default_factory=dict)  # elastic: by name of the constraint
    limit_rows: dict[str, Ints] = field(default_factory=dict)  # constraint -> limits in its order
    room: dict[str, Floats] = field(
        default_factory=dict
    )  # what the bounds were drawn in by, scaled


def build(
    scenario: Scenario,
    aim: Aim = "cost",
    room: float = ROOM,
    finer: float = 1.0,
    boxed: bool = False,
) -> Program:
    """The program of one scenario.

    aim cost: least cost within every limit; elastic: least Σ relaxation / scale of limits and pools,
    whose answer is zero exactly where the cost program has one; transfers: the same, nothing ending
    worse than before, for a scenario that may not order outside. `finer` divides the unit of the objective; `boxed` makes
    the boxes constraints, which are otherwise wide enough never to matter.
    """
    decision = Decision(scenario)
    unit = UNIT * max(scenario.gross_before, decision.money) / finer if aim == "cost" else 1 / finer
    program = Program(None, decision, {}, unit, [])
    program.constraints |= _limits(program, scenario, aim, room) | _pools(program, scenario, aim)
    paid = [cost.expression(decision, scenario) for cost in costs.REGISTRY] if aim == "cost" else []
    program.constraints |= decision.constraints()
    program.boxes += decision.boxes()
    if boxed:
        for k, (variable, most) in enumerate(decision.boxes()):
            some = np.flatnonzero(np.isfinite(most))
            program.constraints[f"box_{k}"] = variable[some] <= most[some]
    if aim == "cost":
        objective = sum(paid) / program.unit + _penalties(program, scenario)
    else:
        objective = sum((cp.sum(s) for s in program.slacks.values()), cp.Constant(0.0)) / unit
    if aim == "transfers":
        moved = cp.sum(decision.moved) * decision.money / max(scenario.gross_before, 1e-9)
        objective += TIE / unit * moved
    problem = cp.Problem(cp.Minimize(objective), list(program.constraints.values()))
    program.problem = problem
    return program


def _limits(program: Program, scenario: Scenario, aim: Aim, room: float) -> dict[str, Any]:
    """One vectorised constraint per measure and side, each row over its limit's scale."""
    scale, found = limits.scales(scenario), {}
    lower, upper = limits.bounds(scenario) if aim == "cost" else limits.written(scenario)
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
        exact = (lower == upper)[rows] if aim == "cost" else np.zeros(len(rows), dtype=bool)
        for side, sign, bound in (
            ("upper", 1.0, upper),
            ("lower", -1.0, lower),
            ("exact", 0.0, upper),
        ):
            inside = exact if side == "exact" else np.isfinite(bound[rows]) & ~exact
            some = np.flatnonzero(inside)
            if not len(some):
                continue
            name, which = f"{measure}_{side}", rows[some]
            program.limit_rows[name] = which
            program.room[name] = (gap / scale)[which] * abs(sign)
            if side == "exact":
                found[name] = each[some] == (bound / scale)[which]
                continue
            slack = _slack(program, scenario, name, which, sign, aim, scale)
            target = ((sign * bound - gap) / scale)[which]
            found[name] = sign * each[some] <= target + slack
    return found


def _slack(
    program: Program,
    scenario: Scenario,
    name: str,
    which: Ints,
    sign: float,
    aim: Aim,
    scale: Floats,
) -> Any:
    """What a constraint's rows may exceed their bounds by, over scale: zero, an excess or a relaxation."""
    limit = [scenario.limits[k] for k in which]
    before = limits.amounts(nothing(scenario), scenario)[which]
    written = np.array([x.upper if sign > 0 else -x.lower for x in limit])
    worse = np.maximum(sign * before - written, 0) / scale[which]
    if aim == "cost":
        return 0.0
    slack = cp.Variable(len(which), nonneg=True)
    program.slacks[name] = slack
    most = worse if aim == "transfers" else 10 * worse + BIG
    program.boxes.append((slack, most))
    if aim == "transfers":
        program.constraints[f"{name}_not_worse"] = slack <= worse
    return slack


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
                name = f"excess_{k}_{'upper' if sign > 0 else 'lower'}"
                program.constraints[name] = sign * each / scale[k] <= bound / scale[k] + excess
                total = total + limit.penalty * scale[k] / program.unit * excess
    return total


def _pools(program: Program, scenario: Scenario, aim: Aim) -> dict[str, Any]:
    """Every pool keeps its floor after margin."""
    if not scenario.pools.ids:
        return {}
    headroom = cash.headroom_expression(program.decision, scenario)
    scale = pool_scales(scenario) / program.decision.money
    if aim == "cost":
        return {"pools": cp.multiply(1 / scale, headroom) >= 0}
    slack = cp.Variable(len(scenario.pools.ids), nonneg=True)
    program.slacks["pools"] = slack
    start = cash.headroom(nothing(scenario), scenario) * scenario.pools.fx / program.decision.money
    worse = np.maximum(-start / scale, 0)
    program.boxes.append((slack, worse if aim == "transfers" else 10 * worse + BIG))
    if aim == "transfers":
        program.constraints["pools_not_worse"] = slack <= worse
    return {"pools": cp.multiply(1 / scale, headroom) + slack >= 0}


def pool_scales(scenario: Scenario) -> Floats:
    """(P,) a pool's own scale, base currency: the largest of its cash, floor and margin."""
    pools = scenario.pools
    called = cash.requirements(nothing(scenario), scenario)
    largest = np.maximum.reduce([np.abs(pools.cash), np.abs(pools.minimum_balance), called])
    return np.where(largest > 0, largest * pools.fx, 1.0)
