"""One solver policy: what is tried, in which order, and what is accepted. Nothing falls back silently:
the solution says which attempt was accepted, and a refusal says what every attempt ended with.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.horizon import Day, Stage
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.simm import Simm
from neutralizer.domain.trades import Trades
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.bound import dual_bound
from neutralizer.program.build import ROOM, Give, Program, build
from neutralizer.program.canonical import Canonical, canonicalise
from neutralizer.program.certificate import (
    GAP,
    Certificate,
    basis_of,
    cost_of,
    given,
    kept,
    price,
    relaxations,
    tolerated,
    violations,
)
from neutralizer.program.conflicts import conflict
from neutralizer.program.conflicts.impossible import impossible
from neutralizer.program.horizon import (
    as_made,
    aside,
    later_given,
    later_violations,
    recovered_days,
)
from neutralizer.program.out_of_scale import out_of_scale
from neutralizer.program.recovered import recovered
from neutralizer.program.solvers import by_blocks, splitting
from neutralizer.program.solvers.conic import run_solver
from neutralizer.terms import dislocation, margin, waiting
from neutralizer.terms.days import Done, paid, states
from neutralizer.terms.decision import BOX


@dataclass(frozen=True)
class Way:
    """One way of handing over the same program: what divides the objective's unit, the room in the limits,
    settings of the solver. `other`: another solver is asked before it, where one fits.
    """

    finer: float = 1.0
    room: float = ROOM
    settings: Mapping[str, Any] = field(default_factory=dict)
    other: bool = False


Solver = Callable[[Canonical, Scenario], dict[str, Any]]
SHORT_STEPS = {"max_step_fraction": 0.9}
UNSCALED = {"equilibrate_enable": False}
ATTEMPTS = (
    Way(other=True),
    Way(10.0),
    Way(1.0, 0.0),
    Way(0.1, ROOM, SHORT_STEPS),
    Way(1.0, ROOM, UNSCALED),
    Way(0.01, ROOM, SHORT_STEPS),
    Way(0.01, 0.0, SHORT_STEPS),
)
RELAXING = (
    Way(1.0, 0.0, other=True),
    Way(100.0, 0.0),
    Way(0.01, 0.0, SHORT_STEPS),
    Way(1.0, 0.0, UNSCALED | SHORT_STEPS),
    Way(1e4, 0.0),
)
_INFEASIBLE = "PrimalInfeasible"  # as the solver says it, which is no proof
ENOUGH = 4  # attempts, where one of them came near
TIE = 1e-4  # transfers only: what moving the whole gross is worth against one scale of excess
SETTLE = 6  # solves towards the concentration that an answer leads to; then only up
INFEASIBLE = 1e-6  # of the limits' scales: a certified relaxation above it


@dataclass(frozen=True)
class Solution:
    """An accepted answer. `objective` is the sum of the cost terms, base currency."""

    trades: Trades
    objective: float
    certificate: Certificate
    canonical: Canonical
    program: Program
    x: Floats
    z: Floats
    solver: dict[str, Any]
    later: Done = ()  # what is done on the stages of the horizon

    @property
    def waiting(self) -> float:
        """What leaving targets for another day costs beside it, base currency."""
        return float(waiting.amounts(self.trades, self.program.decision.scenario).sum())

    @property
    def dislocation(self) -> float:
        """What prices that are out are worth beside it, base currency."""
        return dislocation.credit(self.trades, self.program.decision.scenario)

    @property
    def expected(self) -> float:
        """The cost of all days of the horizon; of today where there is none; base currency."""
        s = self.program.decision.scenario
        return sum(paid(s, self.trades, self.later).values()) if self.later else self.objective

    @property
    def compared(self) -> float:
        """What two answers are compared by: or one that waits more would look cheaper."""
        return self.expected + self.waiting - self.dislocation


def solve(scenario: Scenario) -> Solution:
    """The least-cost answer, with margins computed at the concentration that it leads to. Raises
    Infeasible with the limits in conflict, or NotSolved.
    """
    for k in range(2 * SETTLE):
        found = _solved(scenario)
        settled = _at_its_concentration(found, scenario, last=k >= SETTLE)
        if settled is scenario:
            return found
        scenario = settled
    raise NotSolved(
        "the concentration of a margin by simm did not settle: lower the positions' bounds"
    )


def _at_its_concentration(found: Solution, scenario: Scenario, last: bool) -> Scenario:
    """The same scenario where its margins are computed at the concentration that the answer leads to, today and on
    every later day.
    """
    settled = margin.at_its_concentration(found.trades, scenario, last)
    if scenario.horizon is None:
        return settled
    simm, moved = dict[int, Simm](), False
    for day in states(scenario, found.trades, found.later)[1:]:
        own = margin.at_its_concentration(day.trades, day.begins, last)
        if day.stage is not None:
            simm[day.stage.number] = own.simm
            moved |= own is not day.begins
    if not moved:
        return settled

    def with_its(stage: Stage) -> Day:
        return replace(stage.at, scenario=replace(stage.at.scenario, simm=simm[stage.number]))

    return replace(settled, horizon=scenario.horizon.with_days(with_its))


def _solved(scenario: Scenario) -> Solution:
    tried: list[str] = []
    if impossible(scenario):
        refuse_infeasible(scenario)
    near: list[Solution] = []
    for k, way in enumerate(ATTEMPTS, start=1):
        found = _attempt(scenario, None, way)
        if found.certificate.accepted:
            _refuse_unbounded(found, scenario)
            return found
        tried.append(f"{found.solver['status']}: {found.certificate}")
        near += [found] if found.certificate.near else []
        if near and k >= ENOUGH:
            nearest = min(near, key=lambda x: x.certificate.gap)
            _refuse_unbounded(nearest, scenario)
            return nearest
        if _INFEASIBLE in found.solver["status"] and not any(_INFEASIBLE in x for x in tried[:-1]):
            refuse_infeasible(scenario)
            if scenario.horizon is not None:
                raise NotSolved(
                    "today has a plan, and the days after it have none within their limits"
                )
        if "DualInfeasible" in found.solver["status"]:
            _refuse_unbounded(_attempt(scenario, None, way, boxed=True), scenario)
    refuse_infeasible(scenario)
    raise NotSolved(
        f"no answer passed the certificate in {len(tried)} attempts{out_of_scale(scenario)}: "
        + " | ".join(tried)
    )


def carried_on(scenario: Scenario, made: Trades) -> Solution:
    """What is best done on the days of the horizon when today stands. Raises NotSolved."""
    tried: list[str] = []
    for way in ATTEMPTS:
        found = _attempt(scenario, None, way, made=made)
        if found.certificate.near:
            return found
        tried.append(f"{found.solver['status']}: {found.certificate}")
        if _INFEASIBLE in found.solver["status"]:
            break
    raise NotSolved(
        "no answer for the days after today passed the certificate: " + " | ".join(tried)
    )


def relax(scenario: Scenario, give: Give | None = None, made: Trades | None = None) -> Solution:
    """The least that must be given, accepted on its own certificate: of everything alike where nothing
    else is said. `made`: where today stands. Raises NotSolved.
    """
    give = give or Give.everything(scenario)
    tried: list[str] = []
    for way in RELAXING:
        found = _attempt(scenario, give, way, made=made)
        if found.certificate.accepted:
            return found
        tried.append(f"{found.solver['status']}: {found.certificate}")
    raise NotSolved("no relaxation passed the certificate: " + " | ".join(tried))


def cross_only(scenario: Scenario) -> Solution:
    """The least excess over limits and pools by crossing alone, then the least moved, for a scenario
    held to not worse than before. Raises NotSolved.
    """
    return relax(scenario, Give(np.ones(len(scenario.limits)), no_worse=True, tie=TIE))


def _attempt(
    scenario: Scenario,
    give: Give | None,
    way: Way,
    boxed: bool = False,
    made: Trades | None = None,
) -> Solution:
    stands = None if made is None else as_made(scenario, made)
    program = build(scenario, give, way.room, way.finer, boxed, stands, made is not None)
    canonical = canonicalise(program)

    def judged(answer: dict[str, Any]) -> Solution:
        trades = made or recovered(program.decision, canonical, answer["x"])
        later = recovered_days(program, canonical, answer["x"], scenario, trades, give)
        done = trades, later
        certificate = _certificate(program, canonical, answer, done, scenario, give, made)
        solver = _told(answer, certificate, canonical.unit, way)
        objective, x, z = cost_of(trades, scenario)[0], answer["x"], answer["z"]
        return Solution(trades, objective, certificate, canonical, program, x, z, solver, later)

    refused: dict[str, str] = {}
    other = _other(canonical, scenario) if way.other else None
    if other is not None:
        try:
            first = judged(other(canonical, scenario))
        except NotSolved as error:
            refused = {"refused": str(error)}
        else:
            if first.certificate.accepted:
                return first
            told = first.solver
            refused = {"refused": f"{told['name']}, {told['status']}: {first.certificate}"}
    found = judged(run_solver(canonical, scenario, way.settings))
    return replace(found, solver=found.solver | refused)


def _other(canonical: Canonical, scenario: Scenario) -> Solver | None:
    """The solver that is asked before Clarabel."""
    if splitting.fits(canonical, scenario):
        return splitting.run_splitting
    return by_blocks.run_blocks if by_blocks.fits(canonical, scenario) else None


def _told(
    answer: dict[str, Any], certificate: Certificate, unit: float, way: Way
) -> dict[str, Any]:
    """What the summary says of the solver."""
    told = {k: answer[k] for k in ("name", "version", "status", "iterations", "seconds")}
    return told | {
        "primal_residual": answer["primal_residual"],
        "dual_residual": answer["dual_residual"],
        "gap": certificate.gap,
        "objective_unit": unit,
        "room": way.room,
        "near": certificate.near and not certificate.accepted,
    }


def _certificate(
    program: Program,
    canonical: Canonical,
    answer: dict[str, Any],
    done: tuple[Trades, Done],
    scenario: Scenario,
    give: Give | None,
    made: Trades | None,
) -> Certificate:
    taken, (trades, later) = 0.0, done
    later_found = later_violations(scenario, trades, later, give)
    if give is None:
        found, basis = violations(trades, scenario), basis_of(trades, scenario, later)
        total, allowed = price(trades, scenario, later), GAP * basis
        total -= 0.0 if made is None else aside(made, scenario)
        taken = tolerated(basis, scenario)
    elif give.day:
        found, total = violations(trades, scenario), later_given(scenario, trades, later, give)
        basis = total
        allowed = max(INFEASIBLE, 1e-3 * total)
    else:
        found, total = kept(trades, scenario, give), given(trades, scenario, give)
        basis = total
        allowed = max(INFEASIBLE, 1e-3 * total)
    true_b = canonical.b.copy()
    for row, room in program.room.items():
        true_b[canonical.rows[row]] += room
    unit = canonical.unit
    bound = dual_bound(canonical.with_b(true_b), answer["z"], total / unit) * unit
    found |= later_found
    worst = max(found, key=lambda k: found[k], default="")
    return Certificate(total, bound, basis, allowed, found.get(worst, 0.0), worst, taken)


def _refuse_unbounded(found: Solution, scenario: Scenario) -> None:
    """An answer on the box of 1,000 times the gross before: name the instrument and its rate."""
    reach = np.abs(scenario.holdings.before + found.trades.change) * scenario.holding_notional
    box = BOX * max(scenario.gross_before, found.program.decision.money)
    h = int(reach.argmax()) if len(reach) else 0
    if not len(reach) or reach[h] < 0.999 * box or not found.certificate.near:
        return
    i = scenario.holdings.instrument[h]
    instruments = scenario.instruments
    rates = f"long {instruments.long_financing[i] * 1e4:g} bps, short {instruments.short_financing[i] * 1e4:g} bps"
    raise Infeasible(
        "UNBOUNDED",
        f"the program earns money without end on {instruments.ids[i]} ({rates} a year): correct its "
        "financing, or limit its position",
    )


def refuse_infeasible(scenario: Scenario) -> None:
    """Raises Infeasible when the least relaxation of today is certified above zero, or where it is plain."""
    scenario = replace(scenario, horizon=None)
    held, plain = conflict.as_held(scenario), impossible(scenario)
    try:
        found = relax(held)
    except NotSolved:
        if plain:
            raise conflict.plainly(held, plain) from None
        raise
    if found.certificate.bound > INFEASIBLE:
        needed = relaxations(found.trades, held)
        raise conflict.infeasible(needed, scenario, plain)
    if plain:
        raise conflict.plainly(held, plain)
