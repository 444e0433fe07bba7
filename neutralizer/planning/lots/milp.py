"""The rounding program: the arrays of the solved program, with integers, and its cones as tangents.

Whatever term the program learns, the rounding knows: it works on the same rows and columns.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.lots.grain import Grain
from neutralizer.planning.lots.integers import Integers, Whole
from neutralizer.planning.lots.tangents import Tangents, breaks_a_limit, hidden_cost
from neutralizer.program.solve import Solution
from neutralizer.program.solvers.process import in_child, sparse_parts

NODES = 60
MORE = 50  # times as many, where the first found nothing and no proof that there is nothing
LAST_NODES = 3000  # where there is no window any more
PREMIUM = 5e-4  # of the cost: where the search may stop
ROUNDS = 5  # of tangents
SHARE = 1 / 6  # of the time of a run, for one search: a guard, which the nodes come long before


@dataclass
class Rounding:
    """What every attempt at one solution shares."""

    solution: Solution
    grain: Grain
    scenario: Scenario
    tangents: Tangents = field(default_factory=Tangents)
    seconds: float = 0.0
    nodes: int = 0
    proven: bool = False  # whether the last "none found" was a proof: no window, no room


def start(solution: Solution, grain: Grain, scenario: Scenario) -> Rounding:
    """The rounding of one solution, with the tangents at its own point."""
    rounding = Rounding(solution, grain, scenario)
    rounding.tangents.add(solution.canonical, solution.x, everywhere=True)
    return rounding


def attempt(
    rounding: Rounding,
    b: Floats,
    loose: dict[int, float],
    window: float,
) -> Whole | None:
    """Solves with integers, adding tangents until the cones hold; None where there is no answer.

    b: right-hand sides with the rooms drawn in; loose: equality rows that may miss by so much;
    window: factor on the window, inf for none.
    """
    solution, scenario = rounding.solution, rounding.scenario
    integers = Integers(solution, rounding.grain, scenario, window)
    nodes = NODES if np.isfinite(window) else LAST_NODES
    for _ in range(ROUNDS):
        answer = _answer(rounding, integers, b, loose, nodes)
        if answer["x"] is None and answer["status"] != "Infeasible" and np.isfinite(window):
            answer = _answer(rounding, integers, b, loose, MORE * nodes)
        if answer["x"] is None:
            everything = bool(rounding.grain.coarse_holding.all()) and not np.isfinite(window)
            rounding.proven = answer["status"] == "Infeasible" and everything
            return None
        x = answer["x"][: len(solution.x)]
        if not rounding.tangents.add(solution.canonical, x) or not _matters(rounding, x):
            break
    return integers.whole(answer["x"])


def _answer(
    rounding: Rounding, integers: Integers, b: Floats, loose: dict[int, float], nodes: int
) -> dict[str, Any]:
    scenario = rounding.scenario
    task = _task(rounding, integers, b, loose, nodes)
    answer = in_child(task, scenario.time_limit, scenario.memory_limit)
    rounding.seconds += answer["seconds"]
    rounding.nodes += max(answer["nodes"], 0)
    return answer


def _matters(rounding: Rounding, x: Floats) -> bool:
    """Whether a violated cone breaks a limit, or hides a hundredth of the premium allowed."""
    canonical, basis = rounding.solution.canonical, rounding.solution.certificate.basis
    return breaks_a_limit(canonical, x) or hidden_cost(canonical, x) > 0.01 * PREMIUM * basis


def _task(
    rounding: Rounding, integers: Integers, b: Floats, loose: dict[int, float], nodes: int
) -> dict[str, Any]:
    """What HiGHS is handed: the linear rows, the tangents, the ties."""
    solution, scenario = rounding.solution, rounding.scenario
    canonical = solution.canonical
    rows, lower, upper = _rows(rounding, integers, b, loose)
    return {
        "solver": "highs",
        "c": np.concatenate([canonical.c, np.zeros(integers.size - integers.first_order)]),
        "a": sparse_parts(csc_array(rows)),
        "row_lower": lower,
        "row_upper": upper,
        "lower": integers.low,
        "upper": integers.high,
        "integer": np.arange(integers.size) >= integers.first_order,
        "settings": {
            "output_flag": False,
            "threads": 1,
            "random_seed": 0,
            "mip_max_nodes": nodes,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": PREMIUM * solution.certificate.basis / canonical.unit,
            "mip_feasibility_tolerance": 1e-9,
            "primal_feasibility_tolerance": 1e-9,
            "time_limit": SHARE * scenario.time_limit,
        },
    }


def _rows(
    rounding: Rounding, integers: Integers, b: Floats, loose: dict[int, float]
) -> tuple[Any, Floats, Floats]:
    """The matrix and the bounds of its rows."""
    canonical, tangents = rounding.solution.canonical, rounding.tangents
    flat = [c for c in canonical.cones if c.kind in ("zero", "nonneg")]
    linear = np.concatenate([np.arange(c.start, c.stop) for c in flat])
    equal = np.concatenate([np.full(c.stop - c.start, c.kind == "zero") for c in flat])
    slack = np.where(equal, [loose.get(int(r), 0.0) for r in linear], 0.0)
    program = csr_array(vstack([canonical.a[linear], *tangents.rows]))
    program.resize((program.shape[0], integers.size))
    ties = integers.ties()
    r, c, v = zip(*ties.triples, strict=True) if ties.triples else ((), (), ())
    tied = coo_array((list(v), (list(r), list(c))), shape=(ties.rows, integers.size))
    cuts = np.array(tangents.bounds)
    switch = np.arange(ties.rows) >= ties.rows - ties.switches
    lower = [
        np.where(equal, b[linear] - slack, -np.inf),
        np.full(len(cuts), -np.inf),
        np.zeros(ties.rows),
    ]
    upper = [b[linear] + slack, cuts, np.where(switch, 1.0, 0.0)]
    return vstack([program, tied]), np.concatenate(lower), np.concatenate(upper)
