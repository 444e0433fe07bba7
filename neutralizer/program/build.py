"""Scenario -> Program: one cvxpy problem out of the registered terms."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cvxpy as cp
import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.horizon import Stage
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.terms import costs, dislocation, limits, waiting
from neutralizer.terms.costs import market_impact
from neutralizer.terms.days import remembers, stages_of, with_orders_of
from neutralizer.terms.decision import Decision
from neutralizer.terms.later import Later, Together
from neutralizer.terms.margin import cash, collateral
from neutralizer.terms.rows import FALL, POOLS, RISE, Owner, Row, Side

ROOM = 1e-7  # of a limit's scale: what the solver gets, so that its answer keeps the limit exactly
UNIT = 1e-6  # of the gross before: the objective's unit, so that costs are some tens to thousands
BIG = 1e4  # of a limit's scale: a relaxation never needs more, for the dual bound


@dataclass(frozen=True)
class Give:
    """What may give, at the least total, in place of the cost. `limits`: (limits,) the weight of one
    scale of relaxation, 0 where a limit holds. `no_worse`: only as far as the bounds that hold lie
    beyond the written ones. `tie`: what moving the whole gross weighs against one scale. `day`: of which
    day they are, 0 for today; of a later one `mandates` give too.
    """

    limits: Floats
    pools: bool = True
    no_worse: bool = False
    tie: float = 0.0
    day: int = 0
    mandates: bool = False

    @staticmethod
    def everything(scenario: Scenario) -> "Give":
        """Every limit and every pool, alike."""
        return Give(np.ones(len(scenario.limits)))


@dataclass(frozen=True)
class Part:
    """A day of the program: today, or a stage of its horizon. `give`: what gives on it."""

    decision: Decision
    give: Give | None
    stage: Stage | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario that its decisions are made in."""
        return self.decision.scenario

    @property
    def number(self) -> int:
        """Of the stage; -1 for today."""
        return -1 if self.stage is None else self.stage.number

    @property
    def weight(self) -> float:
        """How likely it is."""
        return 1.0 if self.stage is None else self.stage.weight


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
    limit_rows: dict[Row, Ints] = field(default_factory=dict)  # -> today's limits in their order
    later_rows: dict[Row, Ints] = field(default_factory=dict)  # -> those of a stage
    room: dict[Row, Floats] = field(
        default_factory=dict
    )  # what the bounds were drawn in by, scaled
    later: tuple[Part, ...] = ()  # the stages of the horizon


def build(
    scenario: Scenario,
    give: Give | None = None,
    room: float = ROOM,
    finer: float = 1.0,
    boxed: bool = False,
    decision: Decision | None = None,
    made: bool = False,
) -> Program:
    """The program of one scenario and of the days of its horizon: the least cost within every limit, or, with
    `give`, the least that must be given. `finer` divides the unit of the objective; `boxed` makes the boxes
    constraints, which are otherwise wide enough never to matter. `decision`: today's, where it is another than the
    scenario's own; `made`: it stands, and only the days after it are decided.
    """
    decided = decision or Decision(scenario)
    unit = UNIT * max(scenario.gross_before, decided.money) / finer if give is None else 1 / finer
    program = Program(None, decided, {}, unit, [])
    today = Part(decided, give if give is None or give.day == 0 else None)
    program.later = _later(scenario, decided, give)
    days = (*(() if made else (today,)), *program.later)
    for part in days:
        program.constraints |= _limits(program, part, room) | _pools(program, part)
    objective = _cost(program, days) if give is None else _given(program, scenario, give)
    for part in days:  # last, since terms ask for columns that they define
        _define(program, part, give is None)
    if boxed:
        for k, (variable, most) in enumerate(decided.boxes()):
            some = np.flatnonzero(np.isfinite(most))
            program.constraints[Row(Owner.BOX, index=k)] = variable[some] <= most[some]
    problem = cp.Problem(cp.Minimize(objective), list(program.constraints.values()))
    program.problem = problem
    return program


def _later(scenario: Scenario, today: Decision, give: Give | None) -> tuple[Part, ...]:
    """The stages, each set out from the one before; where something gives, none after its day."""
    found = list[Part]()
    for stage in stages_of(scenario):
        before = today if stage.before < 0 else found[stage.before].decision
        own = give if give is not None and give.day == stage.day else None
        found.append(Part(Later(stage.at, before), own, stage))
    return tuple(found)


def _define(program: Program, part: Part, priced: bool) -> None:
    """What holds a day's decisions themselves, and the boxes of its columns."""
    rows = part.decision.constraints() | collateral.constraints(part.decision, part.scenario)
    if part.give is not None and part.give.mandates:
        rows |= _giving_mandates(program, part, rows)
    program.constraints |= {replace(row, stage=part.number): each for row, each in rows.items()}
    program.boxes += _boxes(part.decision, part.scenario) if priced else part.decision.boxes()


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


def _cost(program: Program, days: Sequence[Part]) -> Any:
    """What every day is expected to cost, and what is minimised beside it, in the program's unit."""
    total = cp.Constant(0.0)
    remembered = remembers(program.decision.scenario)
    for part in days:
        decision, scenario = part.decision, part.scenario
        terms = [x for x in costs.REGISTRY if not (remembered and x is market_impact)]
        paid = sum(x.expression(decision, scenario) for x in (*terms, waiting, dislocation))
        total = total + part.weight * (paid / program.unit + _penalties(program, part))
    if remembered:
        total = total + _remembered(program) / program.unit
    return total


def _remembered(program: Program) -> Any:
    """The impact of what all days of a path trade together, as expected: it decays more slowly than that."""
    scenario, found = program.decision.scenario, cp.Constant(0.0)
    for path in scenario.horizon.paths if scenario.horizon else ():
        later = [p.decision.gross for p in program.later if p.stage and p.stage.path is path]
        whole = Together(program.decision, sum(later, program.decision.gross))
        every = with_orders_of(scenario, path)
        found = found + path.weight * market_impact.expression(whole, every)
    return found


def _given(program: Program, scenario: Scenario, give: Give) -> Any:
    parts = [program.weights[row] @ slack for row, slack in program.slacks.items()]
    moved = cp.sum(program.decision.moved) * program.decision.money
    tie = give.tie * moved / max(scenario.gross_before, 1e-9)
    return (sum(parts, cp.Constant(0.0)) + tie) / program.unit


def _limits(program: Program, part: Part, room: float) -> dict[Row, Any]:
    """One vectorised constraint per measure and side, each row over its limit's scale. What gives is
    held to its written bounds and a slack, the rest to the bounds that hold.
    """
    scenario, give = part.scenario, part.give
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
        each = cp.multiply(1 / scale[rows], module.expression(part.decision, scenario, chosen))
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
            block = Row(Owner.LIMIT, side, measure=measure, stage=part.number)
            which = rows[some]
            (program.limit_rows if part.stage is None else program.later_rows)[block] = which
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
        no_worse = replace(row, owner=Owner.NO_WORSE)
        program.constraints[no_worse] = slack[some] <= most[some]


def _penalties(program: Program, part: Part) -> Any:
    """Penalty on what improving limits exceed their written bounds by, in the program's unit: of today those that
    do so before, of a later day whichever will.
    """
    scenario, total = part.scenario, cp.Constant(0.0)
    scale, before = limits.scales(scenario), limits.amounts(nothing(scenario), scenario)
    for k, limit in enumerate(scenario.limits):
        if not limit.improve or limit.penalty == 0:
            continue
        module = limits.REGISTRY[limit.measure]
        each = module.expression(part.decision, scenario, [limit])[0]
        for sign, bound in ((1.0, limit.upper), (-1.0, -limit.lower)):
            worse = max(sign * before[k] - bound, 0.0)
            most = worse / scale[k] if part.stage is None else 10 * worse / scale[k] + BIG
            if np.isfinite(bound) and most > 0:
                excess = cp.Variable(nonneg=True)
                program.boxes.append((excess, np.array([most])))
                side = Side.UPPER if sign > 0 else Side.LOWER
                row = Row(Owner.EXCESS, side, k, stage=part.number)
                program.constraints[row] = sign * each / scale[k] <= bound / scale[k] + excess
                total = total + limit.penalty * scale[k] / program.unit * excess
    return total


def _pools(program: Program, part: Part) -> dict[Row, Any]:
    """Every pool keeps its floor after margin."""
    scenario, give, money = part.scenario, part.give, program.decision.money
    if not scenario.pools.ids:
        return {}
    pools = replace(POOLS, stage=part.number)
    headroom = cash.headroom_expression(part.decision, scenario)
    scale = pool_scales(scenario) / money
    short = scenario.pools.shortfall * scenario.pools.fx / money / scale
    if give is None or not give.pools:
        return {pools: cp.multiply(1 / scale, headroom) + short >= 0}
    slack = cp.Variable(len(scenario.pools.ids), nonneg=True)
    program.slacks[pools] = slack
    program.weights[pools] = np.ones(len(scenario.pools.ids))
    start = cash.headroom(nothing(scenario), scenario) * scenario.pools.fx / money
    worse = np.maximum(-start / scale, 0)
    _boxed(program, pools, slack, short if give.no_worse else 10 * worse + BIG, give)
    return {pools: cp.multiply(1 / scale, headroom) + slack >= 0}


def _giving_mandates(program: Program, part: Part, rows: dict[Row, Any]) -> dict[Row, Any]:
    """What mandates hold positions to on a later day, with what it gives."""
    found = {}
    for name in (RISE, FALL):
        if name in rows:
            position, cap = rows[name].args
            slack, row = cp.Variable(cap.size, nonneg=True), replace(name, stage=part.number)
            program.slacks[row], program.weights[row] = slack, np.ones(cap.size)
            program.boxes.append((slack, np.full(cap.size, BIG)))
            found[name] = position <= cap + slack
    return found


def pool_scales(scenario: Scenario) -> Floats:
    """(P,) a pool's own scale, base currency: the largest of its cash, floor and margin."""
    pools = scenario.pools
    called = cash.requirements(nothing(scenario), scenario)
    largest = np.maximum.reduce([np.abs(pools.cash), np.abs(pools.minimum_balance), called])
    return np.where(largest > 0, largest * pools.fx, 1.0)
