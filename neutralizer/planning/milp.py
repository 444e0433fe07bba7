"""The rounding program: the arrays of the solved program, with integers, and its cones as tangents.

Whatever term the program learns, the rounding knows: it works on the same rows and columns.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from neutralizer.domain.scenario import Bools, Floats, Scenario
from neutralizer.planning.grain import Grain
from neutralizer.program.canonical import Cone
from neutralizer.program.process import in_child, sparse_parts
from neutralizer.program.solve import Solution

NODES = 60
PREMIUM = 5e-4  # of the cost: where the search may stop
WINDOW = 3  # steps, and lots where they are larger
FINE_WINDOW = 20  # of the rounding error, for what is rounded afterwards
CONE_TOLERANCE = 1e-9  # of the cone's own size: where a tangent is added
CONE_ROOM = 1e-6  # of the cone's own size: where the rounding may stop, since limits keep that room
ROUNDS = 5


@dataclass
class Rounding:
    """Tangents gathered so far, shared by every attempt."""

    solution: Solution
    grain: Grain
    scenario: Scenario
    tangents: list[tuple[Any, float]] = field(default_factory=list)
    seconds: float = 0.0
    nodes: int = 0
    proven: bool = True  # whether the last "none found" was a proof


@dataclass(frozen=True)
class Whole:
    """An answer: lots of coarse orders, steps of coarse holdings, units of everything."""

    change: Floats
    order: Floats
    steps: Floats
    lots: Floats
    remainder: Floats  # (H,) fractions moved, signed units


def start(solution: Solution, grain: Grain, scenario: Scenario) -> Rounding:
    """The rounding of one solution, with the tangents at its own point."""
    rounding = Rounding(solution, grain, scenario)
    add_tangents(rounding, solution.x, everywhere=True)
    return rounding


def add_tangents(rounding: Rounding, x: Floats, everywhere: bool = False) -> float:
    """Adds a tangent to every cone that x violates (or to every cone); the largest violation in rows."""
    canonical, worst = rounding.solution.canonical, 0.0
    s = canonical.b - canonical.a @ x
    for cone in canonical.cones:
        if cone.kind not in ("soc", "power"):
            continue
        part = s[cone.start : cone.stop]
        lack = _lack(cone, part)
        if everywhere or lack > CONE_TOLERANCE * max(1.0, float(np.abs(part).max())):
            worst = max(worst, lack)
            normal = _normal(cone, part)
            if normal is not None:
                block = canonical.a[cone.start : cone.stop]
                row = csr_array(normal[None, :]) @ block
                rounding.tangents.append((row, float(normal @ canonical.b[cone.start : cone.stop])))
    return worst


def _lack(cone: Cone, s: Floats) -> float:
    if cone.kind == "soc":
        return float(np.linalg.norm(s[1:]) - s[0])
    top = max(s[0], 0.0) ** cone.power * max(s[1], 0.0) ** (1 - cone.power)
    return float(abs(s[2]) - top)


def _normal(cone: Cone, s: Floats) -> Floats | None:
    """A vector of the dual cone that touches the cone where s stands: normal · s >= 0 for all of it."""
    if cone.kind == "soc":
        size = float(np.linalg.norm(s[1:]))
        return None if size == 0 else np.concatenate([[1.0], -s[1:] / size])
    z, a = max(abs(s[2]), 1e-9), cone.power
    t = (z / max(s[1], 1e-9) ** (1 - a)) ** (1 / a)
    return np.array([a * z / t, (1 - a) * z / max(s[1], 1e-9), -np.sign(s[2]) or -1.0])


def attempt(
    rounding: Rounding,
    b: Floats,
    loose: dict[int, float],
    window: float,
    zeros: tuple[Bools, Bools],
) -> Whole | None:
    """Solves with integers, adding tangents until the cones hold; None where there is no answer.

    b: right-hand sides with the rooms drawn in; loose: equality rows that may miss by so much;
    window: factor on the window, inf for none; zeros: orders and holdings that are held at nothing.
    """
    problem = _Problem(rounding, b, loose, window, zeros)
    for _ in range(ROUNDS):
        answer = problem.solve()
        rounding.seconds += answer["seconds"]
        rounding.nodes += max(answer["nodes"], 0)
        if answer["x"] is None:
            rounding.proven = answer["status"] == "Infeasible"
            return None
        x = answer["x"][: len(rounding.solution.x)]
        before = len(rounding.tangents)
        add_tangents(rounding, x)
        if len(rounding.tangents) == before or not _matters(rounding, x):
            break
    return problem.whole(answer["x"])


def _matters(rounding: Rounding, x: Floats) -> bool:
    """Whether a violated cone breaks a limit, or hides more than a hundredth of the premium allowed."""
    canonical = rounding.solution.canonical
    s = canonical.b - canonical.a @ x
    hidden = 0.0
    for cone in canonical.cones:
        part = s[cone.start : cone.stop]
        if cone.kind == "soc" and _lack(cone, part) > CONE_ROOM * max(abs(part[0]), 1e-9):
            return True
        if cone.kind == "power":
            top = (abs(part[2]) / max(part[1], 1e-12) ** (1 - cone.power)) ** (1 / cone.power)
            column = canonical.a[[cone.start]].indices[0]
            hidden += max(top - part[0], 0.0) * abs(canonical.c[column])
    return hidden * canonical.unit > 0.01 * PREMIUM * rounding.solution.certificate.basis


def _largest_lot(scenario: Scenario) -> Floats:
    """(rows,) the most units that one lot of any order moves in each conservation row."""
    orders = scenario.orders
    lots = scenario.tradables.lot[orders.tradable]
    sizes = (abs(orders.order_rows) * lots[None, :]).tocoo()
    found = np.ones(orders.order_rows.shape[0])
    found[orders.row] = scenario.instruments.step[scenario.holdings.instrument]
    np.maximum.at(found, sizes.row, sizes.data)
    return found


class _Problem:
    """Columns: those of the program, then lots of coarse orders, steps of coarse holdings, fractions."""

    def __init__(
        self,
        rounding: Rounding,
        b: Floats,
        loose: dict[int, float],
        window: float,
        zeros: tuple[Bools, Bools],
    ) -> None:
        self.rounding, self.b, self.loose, self.window = rounding, b, loose, window
        self.scenario, self.grain = rounding.scenario, rounding.grain
        self.orders = np.flatnonzero(self.grain.coarse_order)
        self.holdings = np.flatnonzero(self.grain.coarse_holding & self.scenario.may_change)
        self.fractions = self._fractions()
        self.base = len(rounding.solution.x)
        self.size = self.base + len(self.orders) + len(self.holdings) + len(self.fractions)
        self.low = np.full(self.size, -np.inf)
        self.high = np.full(self.size, np.inf)
        self._windows(window, zeros)
        self.ties, self.tie_rows = self._ties(zeros)

    def _fractions(self) -> list[tuple[int, int]]:
        """(giver, receiver): the fraction of a position below its step moves whole or not at all."""
        row, remainder = self.scenario.orders.row, self.grain.remainder
        may = self.scenario.may_change
        givers = np.flatnonzero((remainder != 0) & may)
        return [
            (int(g), int(r))
            for g in givers
            for r in np.flatnonzero((row == row[g]) & may)
            if r != g
        ]

    def _windows(self, window: float, zeros: tuple[Bools, Bools]) -> None:
        scenario, trades = self.scenario, self.rounding.solution.trades
        lot = scenario.tradables.lot[scenario.orders.tradable[self.orders]]
        step = scenario.instruments.step[scenario.holdings.instrument[self.holdings]]
        largest = _largest_lot(scenario)[scenario.orders.row[self.holdings]]
        spans = (
            (trades.order[self.orders] / lot, zeros[0][self.orders], np.ones(len(lot))),
            (trades.change[self.holdings] / step, zeros[1][self.holdings], largest / step),
        )
        at = self.base
        for middle, nothing, lots in spans:
            reach = window * np.maximum(WINDOW * np.ceil(lots), np.ceil(1e-5 * np.abs(middle)))
            self.low[at : at + len(middle)] = np.where(nothing, 0, np.floor(middle) - reach)
            self.high[at : at + len(middle)] = np.where(nothing, 0, np.ceil(middle) + reach)
            at += len(middle)
        self.low[at:], self.high[at:] = 0.0, 1.0
        self._keep_near(window)

    def _keep_near(self, window: float) -> None:
        """Holds fine holdings near the answer, where the tangents of the cones are true."""
        solution, decision = self.rounding.solution, self.rounding.solution.program.decision
        reach = FINE_WINDOW * self.grain.error * self.scenario.holding_notional / decision.money
        reach = reach * (window if np.isfinite(window) else 1e6)
        for some, variable in ((decision.risers, decision.rise), (decision.fallers, decision.fall)):
            columns = solution.canonical.columns.get(variable.id)
            if columns is None:
                continue
            fine = ~self.grain.coarse_holding[some]
            middle = solution.x[columns[fine]]
            self.low[columns[fine]] = np.maximum(middle - reach[some[fine]], 0.0)
            self.high[columns[fine]] = np.maximum(middle, 0.0) + reach[some[fine]]

    def _ties(self, zeros: tuple[Bools, Bools]) -> tuple[Any, int]:
        """Rows that tie the program's columns to the integers, = 0."""
        scenario, decision = self.scenario, self.rounding.solution.program.decision
        columns = self.rounding.solution.canonical.columns
        triples: list[tuple[int, int, float]] = []
        buy, sell = columns[decision.buy.id], columns[decision.sell.id]
        rise = dict(zip(decision.risers.tolist(), columns.get(decision.rise.id, []), strict=True))
        fall = dict(zip(decision.fallers.tolist(), columns.get(decision.fall.id, []), strict=True))
        row = 0
        own = {int(o): self.base + k for k, o in enumerate(self.orders)}
        zero_orders = set(np.flatnonzero(zeros[0]).tolist())
        for o in sorted(own.keys() | zero_orders):
            triples += [(row, int(buy[o]), 1.0), (row, int(sell[o]), -1.0)]
            if o in own:
                t = scenario.orders.tradable[o]
                lot = scenario.tradables.lot[t] * scenario.tradables.notional[t] / decision.money
                triples.append((row, own[o], -float(lot)))
            row += 1
        steps = {int(h): self.base + len(self.orders) + k for k, h in enumerate(self.holdings)}
        first = self.base + len(self.orders) + len(self.holdings)
        zero_holdings = set((np.flatnonzero(zeros[1] & scenario.may_change)).tolist())
        rows_of: dict[int, int] = {}
        for h in sorted(steps.keys() | zero_holdings):
            rows_of[h] = row
            triples += [(row, int(c[h]), v) for c, v in ((rise, 1.0), (fall, -1.0)) if h in c]
            if h in steps:
                step = scenario.instruments.step[scenario.holdings.instrument[h]]
                notional = scenario.holding_notional[h] / decision.money
                triples.append((row, steps[h], -float(step * notional)))
            row += 1
        for k, (giver, receiver) in enumerate(self.fractions):
            moved = self.grain.remainder[giver] * scenario.holding_notional[giver] / decision.money
            triples += [(rows_of[giver], first + k, moved), (rows_of[receiver], first + k, -moved)]
        for giver in sorted({g for g, _ in self.fractions}):
            triples += [
                (row, first + k, 1.0) for k, (g, _) in enumerate(self.fractions) if g == giver
            ]
            row += 1
        return triples, row

    def solve(self) -> dict[str, Any]:
        """One run of HiGHS in the child."""
        canonical, scenario = self.rounding.solution.canonical, self.scenario
        linear = np.concatenate(
            [np.arange(c.start, c.stop) for c in canonical.cones if c.kind in ("zero", "nonneg")]
        )
        equal = np.concatenate(
            [
                np.full(c.stop - c.start, c.kind == "zero")
                for c in canonical.cones
                if c.kind in ("zero", "nonneg")
            ]
        )
        b = self.b[linear]
        slackened = np.array([self.loose.get(int(r), 0.0) for r in linear])
        r, c, v = zip(*self.ties, strict=True) if self.ties else ((), (), ())
        ties = coo_array((list(v), (list(r), list(c))), shape=(self.tie_rows, self.size))
        cut_rows = [row for row, _ in self.rounding.tangents]
        cut_b = np.array([bound for _, bound in self.rounding.tangents])
        parts = [canonical.a[linear], *([vstack(cut_rows)] if cut_rows else [])]
        program = csr_array(vstack(parts))
        program.resize((program.shape[0], self.size))
        givers = len({g for g, _ in self.fractions})
        tie_high = np.where(np.arange(self.tie_rows) >= self.tie_rows - givers, 1.0, 0.0)
        lower = np.concatenate(
            [
                np.where(equal, b - slackened, -np.inf),
                np.full(len(cut_b), -np.inf),
                np.zeros(self.tie_rows),
            ]
        )
        upper = np.concatenate([b + np.where(equal, slackened, 0.0), cut_b, tie_high])
        cost = np.concatenate([canonical.c, np.zeros(self.size - self.base)])
        spare = self.rounding.solution.certificate.basis / canonical.unit
        task = {
            "solver": "highs",
            "c": cost,
            "a": sparse_parts(csc_array(vstack([program, ties]))),
            "row_lower": lower,
            "row_upper": upper,
            "lower": self.low,
            "upper": self.high,
            "integer": np.arange(self.size) >= self.base,
            "settings": {
                "output_flag": False,
                "threads": 1,
                "random_seed": 0,
                "mip_max_nodes": NODES if np.isfinite(self.window) else 50 * NODES,
                "mip_rel_gap": 0.0,
                "mip_abs_gap": PREMIUM * spare,
                "mip_feasibility_tolerance": 1e-9,
                "primal_feasibility_tolerance": 1e-9,
                "time_limit": 0.8 * scenario.time_limit,
            },
        }
        return in_child(task, scenario.time_limit, scenario.memory_limit)

    def whole(self, x: Floats) -> Whole:
        """The answer in units, its integers made exact."""
        scenario, solution = self.scenario, self.rounding.solution
        from neutralizer.program.solve import recovered

        trades = recovered(solution.program, solution.canonical, x[: self.base])
        change, order = trades.change.copy(), trades.order.copy()
        lots, steps = np.zeros(len(order)), np.zeros(len(change))
        remainder = np.zeros(len(change))
        lots[self.orders] = np.rint(x[self.base : self.base + len(self.orders)])
        at = self.base + len(self.orders)
        steps[self.holdings] = np.rint(x[at : at + len(self.holdings)])
        for k, (giver, receiver) in enumerate(self.fractions):
            if x[at + len(self.holdings) + k] > 0.5:
                remainder[giver] -= self.grain.remainder[giver]
                remainder[receiver] += self.grain.remainder[giver]
        order[self.orders] = (
            lots[self.orders] * scenario.tradables.lot[scenario.orders.tradable[self.orders]]
        )
        step = scenario.instruments.step[scenario.holdings.instrument]
        own = self.holdings
        change[own] = steps[own] * step[own] + remainder[own]
        return Whole(change, order, steps, lots, remainder)
