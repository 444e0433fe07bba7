"""The rounding program: the arrays of the solved program, with integers, and its cones as tangents.

Whatever term the program learns, the rounding knows: it works on the same rows and columns. Columns are
counted in lots and steps and every row is brought to a largest coefficient of one, so that what HiGHS
takes for zero is nothing that matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, diags_array, hstack, vstack

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.lots.grain import Grain
from neutralizer.planning.lots.integers import Integers, Whole
from neutralizer.planning.lots.tangents import Tangents, breaks_a_limit, hidden_cost
from neutralizer.program.solve import Solution
from neutralizer.program.solvers.process import in_child, sparse_parts

NODES = 60
MORE = 10  # times as many, where there is no window
OUT_OF_TIME = "Time limit reached"
LONG, SLOW = 5.0, 0.05  # seconds, and seconds a column: many times what so many nodes take
NARROW = 1e-9  # the solver's tolerance on rows and whole numbers, with which it may run in circles
WIDE = 1e-6  # its own, for what it did not answer in time
LAST_NODES = 3000  # where the first found nothing and no proof that there is nothing
PREMIUM = 5e-4  # of the cost: where the search may stop
ROUNDS = 5  # of tangents
SHARE = 1 / 6  # of the time of a run, for one search: a guard, which the nodes come long before
SMALLEST = 1e-12  # of the largest coefficient of its row: what the solver does not take for zero
LAST_DIGITS = 8 * np.finfo(float).eps  # of what a row sums: what its right-hand side may be out by
THE_COST = 1e-2  # what all that is paid weighs where limits give, beside one step that one gives
GIVEN = 1e-4  # of a step: where the search for the least given may stop


@dataclass
class Rounding:
    """What every attempt at one solution shares."""

    solution: Solution
    grain: Grain
    scenario: Scenario
    tangents: Tangents = field(default_factory=Tangents)
    tolerance: float = NARROW
    seconds: float = 0.0
    nodes: int = 0
    proven: bool = False  # whether the last "none found" was a proof: no window, no room
    bound: float = -np.inf  # what no whole lots cost less than, where the last attempt proved one
    known: Whole | None = None  # the cheapest so far, from which a search without a window sets out


@dataclass(frozen=True)
class Slack:
    """What a row may give: a step in the row's own unit, what one weighs, and how many it may give beyond its
    bound; of an equality, above and below.
    """

    step: float
    weight: float
    above: float = np.inf
    below: float = np.inf


@dataclass(frozen=True)
class Wanted:
    """What one attempt asks for: the program's right-hand sides with the rooms drawn in; equality rows
    that may miss by so much; factors on the windows of integers and of the rest, inf for none; whether any
    room is drawn in; rows that may give.
    """

    b: Floats
    loose: Mapping[int, float]
    window: float
    fine: float | None = None
    drawn: bool = False
    gives: Mapping[int, Slack] = field(default_factory=dict)


def start(solution: Solution, grain: Grain, scenario: Scenario) -> Rounding:
    """The rounding of one solution, with the tangents at its own point."""
    rounding = Rounding(solution, grain, scenario)
    rounding.tangents.start(solution.canonical, solution.x)
    return rounding


def attempt(rounding: Rounding, wanted: Wanted) -> Whole | None:
    """Solves with integers, adding tangents until the cones hold; None where there is no answer."""
    solution, scenario = rounding.solution, rounding.scenario
    integers = Integers(solution, rounding.grain, scenario, wanted.window, wanted.fine)
    endless = np.isinf(wanted.window) and np.isinf(np.inf if wanted.fine is None else wanted.fine)
    whole = endless and not wanted.drawn and not wanted.gives
    nodes = NODES if np.isfinite(wanted.window) else MORE * NODES
    for _ in range(ROUNDS):
        task, exact = _task(rounding, integers, wanted)
        if endless and rounding.known is not None:
            task["start"] = integers.start(rounding.known)
        answer = _answer(rounding, task, nodes)
        if answer["x"] is None and answer["status"] == OUT_OF_TIME:
            rounding.tolerance = task["settings"]["mip_feasibility_tolerance"] = WIDE
            answer = _answer(rounding, task, nodes)
        if answer["x"] is None and answer["status"] not in ("Infeasible", OUT_OF_TIME):
            answer = _answer(rounding, task, LAST_NODES)
        if whole and exact:
            rounding.bound = max(rounding.bound, answer["bound"] * solution.canonical.unit)
        if answer["x"] is None:
            everything = bool(rounding.grain.coarse_holding.all()) and whole
            rounding.proven = bool(answer["status"] == "Infeasible" and everything and exact)
            return None
        x = integers.program(answer["x"])
        if not rounding.tangents.add(solution.canonical, x) or not _matters(rounding, x):
            break
    return integers.whole(answer["x"])


def _answer(rounding: Rounding, task: dict[str, Any], nodes: int) -> dict[str, Any]:
    scenario = rounding.scenario
    task["settings"]["mip_max_nodes"] = nodes
    answer = in_child(task, scenario.time_limit, scenario.memory_limit)
    rounding.seconds += answer["seconds"]
    rounding.nodes += max(answer["nodes"], 0)
    return answer


def _matters(rounding: Rounding, x: Floats) -> bool:
    """Whether a violated cone breaks a limit, or hides a hundredth of the premium allowed."""
    canonical, basis = rounding.solution.canonical, rounding.solution.certificate.basis
    return breaks_a_limit(canonical, x) or hidden_cost(canonical, x) > 0.01 * PREMIUM * basis


def _task(rounding: Rounding, integers: Integers, wanted: Wanted) -> tuple[dict[str, Any], bool]:
    """What HiGHS is handed: the linear rows, the tangents, the ties; and whether it sees them all."""
    solution, scenario = rounding.solution, rounding.scenario
    canonical = solution.canonical
    rows, lower, upper, exact = _rows(rounding, integers, wanted)
    given = 2 * len(wanted.gives)
    cost = np.append(canonical.c * integers.unit, np.zeros(integers.size - integers.first_order))
    paid = solution.certificate.basis / canonical.unit
    weights = np.repeat([slack.weight for slack in wanted.gives.values()], 2)
    most = [end for slack in wanted.gives.values() for end in (slack.above, slack.below)]
    task = {
        "solver": "highs",
        "c": np.append(cost * (THE_COST / paid if given else 1.0), weights),
        "offset": float(canonical.c @ integers.base) + canonical.offset,
        "a": sparse_parts(csc_array(rows)),
        "row_lower": lower,
        "row_upper": upper,
        "lower": np.append(integers.low, np.zeros(given)),
        "upper": np.append(integers.high, most),
        "integer": np.isin(
            np.arange(rows.shape[1]), np.arange(integers.first_order, integers.size)
        ),
        "start": np.zeros(0),
        "settings": {
            "output_flag": False,
            "threads": 1,
            "random_seed": 0,
            "small_matrix_value": SMALLEST,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": GIVEN if given else PREMIUM * paid,
            "mip_feasibility_tolerance": rounding.tolerance,
            "primal_feasibility_tolerance": 1e-9,
            "time_limit": min(SHARE * scenario.time_limit, LONG + SLOW * rows.shape[1]),
        },
    }
    return task, exact


def _rows(
    rounding: Rounding, integers: Integers, wanted: Wanted
) -> tuple[Any, Floats, Floats, bool]:
    """The matrix, the bounds of its rows, and whether no coefficient is too small to be seen."""
    canonical, tangents = rounding.solution.canonical, rounding.tangents
    flat = [c for c in canonical.cones if c.kind in ("zero", "nonneg")]
    linear = np.concatenate([np.arange(c.start, c.stop) for c in flat])
    equal = np.concatenate([np.full(c.stop - c.start, c.kind == "zero") for c in flat])
    cuts = len(tangents.bounds)
    matrix = csr_array(vstack([canonical.a[linear], *tangents.rows]))
    b = np.concatenate([wanted.b[linear], np.array(tangents.bounds, dtype=float)])
    equal = np.append(equal, np.zeros(cuts, dtype=bool))
    loose = np.append([wanted.loose.get(int(r), 0.0) for r in linear], np.zeros(cuts))
    rest = b - matrix @ integers.base
    digits = LAST_DIGITS * (abs(matrix) @ np.abs(integers.base) + np.abs(b))
    counted = csr_array(matrix @ diags_array(integers.unit))
    size = abs(counted).max(axis=1).toarray().ravel()
    one = 1 / np.where(size > 0, size, 1.0)
    counted = csr_array(diags_array(one) @ counted)
    out = (loose + digits) * one
    lower = np.where(equal, rest * one - out, -np.inf)
    upper = rest * one + out
    counted.resize((counted.shape[0], integers.size))
    ties = _tied(integers)
    switch = np.arange(ties.shape[0]) >= len(integers.orders) + len(integers.holdings)
    rows = vstack([counted, ties])
    gives = _giving(wanted, linear, equal, one, rows.shape[0])
    return (
        hstack([rows, gives]),
        np.append(lower, np.where(switch, -np.inf, 0.0)),
        np.append(upper, np.where(switch, 1.0, 0.0)),
        _seen(counted),
    )


def _tied(integers: Integers) -> Any:
    ties = integers.ties()
    r, c, v = zip(*ties.triples, strict=True) if ties.triples else ((), (), ())
    return coo_array((list(v), (list(r), list(c))), shape=(ties.rows, integers.size))


def _giving(wanted: Wanted, linear: Any, equal: Bools, one: Floats, count: int) -> Any:
    """Two columns for each row that gives: above its bound and, of an equality, below."""
    place = {int(r): k for k, r in enumerate(linear)}
    cells = []
    for n, (row, slack) in enumerate(wanted.gives.items()):
        k = place[row]
        cells.append((k, 2 * n, -slack.step * one[k]))
        cells.append((k, 2 * n + 1, slack.step * one[k] if equal[k] else 0.0))
    r, c, v = zip(*cells, strict=True) if cells else ((), (), ())
    return coo_array((list(v), (list(r), list(c))), shape=(count, 2 * len(wanted.gives)))


def _seen(counted: Any) -> bool:
    """Whether no coefficient is so small beside the largest of its row that a solver may drop it."""
    sizes = np.abs(counted.data)
    return not len(sizes) or bool(sizes[sizes > 0].min() > 2 * SMALLEST)
