"""OSQP beside Clarabel: at the accuracy of the certificate on linear programs, and at 1e-3 as a sketch of any.

`python -m benchmarks.osqp [--write]`: the project's scenarios and a generated one of 500 x 10 x 20. Linear: without
volatility limits and impact, cold, then with another booking fee from the answer before. As a sketch: a quadratic
model around the certified optimum (a cone is its tangent there, curved by its dual; the 3/2 power a parabola through
nothing and the optimum), put into one workspace for case after case, warm started.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import osqp
from scipy.sparse import block_array, csc_matrix, csr_array, diags_array, eye_array, vstack

from benchmarks.generate import generate
from neutralizer.domain.cases import TO, Change
from neutralizer.domain.scenario import Scenario
from neutralizer.face import read
from neutralizer.program.bound import dual_bound
from neutralizer.program.build import build
from neutralizer.program.canonical import Canonical, Cone, canonicalise
from neutralizer.program.certificate import FEASIBLE, GAP, basis_of, cost_of, violations
from neutralizer.program.recovered import recovered
from neutralizer.program.solve import solve
from neutralizer.program.solvers.conic import run_solver
from neutralizer.program.solvers.splitting import SETTINGS, is_flat

SCENARIOS = Path(__file__).parent.parent / "scenarios"
PAGE = Path(__file__).with_name("OSQP.md")
LEAST = 0.02  # of a program's unit: the size around which the impact of what is not traded is drawn
CASES = (("spread", "0.5"), ("spread", "2"), ("impact", "0.5"), ("impact", "2"), ("adv", "0.7"))
Lines = list[str]


def workspace(p: Any, q: Any, a: Any, low: Any, high: Any, **settings: Any) -> Any:
    """OSQP with a program set up."""
    solver = osqp.OSQP()
    solver.setup(csc_matrix(p), q, csc_matrix(a), low, high, verbose=False, **settings)
    return solver


def timed(solver: Any) -> tuple[float, Any]:
    """Seconds and the answer."""
    started = time.perf_counter()
    found = solver.solve()
    return time.perf_counter() - started, found


def flat(scenario: Scenario, fee: float) -> tuple[Scenario, Any, Canonical]:
    """Without what is curved, at so many times its booking fee."""
    costing = replace(scenario.costing, impact_coefficient=0.0)
    costing = replace(costing, booking_fee=fee * costing.booking_fee)
    limits = tuple(x for x in scenario.limits if x.measure != "volatility")
    scenario = replace(scenario, limits=limits, costing=costing)
    program = build(scenario)
    return scenario, program, canonicalise(program)


def linear(name: str, scenario: Scenario) -> Lines:
    """Certified gaps, violations, and the ratios of the times."""
    (one, program, canonical), (_, _, other) = flat(scenario, 1.0), flat(scenario, 1.5)
    assert is_flat(canonical)
    clarabel = run_solver(canonical, one)
    zero = sum(c.stop - c.start for c in canonical.cones if c.kind == "zero")
    low = np.where(np.arange(len(canonical.b)) < zero, canonical.b, -np.inf)
    none = csc_matrix((len(canonical.c), len(canonical.c)))
    settings = SETTINGS | {"max_iter": 200_000}
    settings.pop("verbose")
    solver = workspace(none, canonical.c, canonical.a, low, canonical.b, **settings)
    seconds, found = timed(solver)
    lines = [f"{name}: OSQP {found.info.status}, {seconds / clarabel['seconds']:.2f} times as long"]
    for label, x, z in (("clarabel", clarabel["x"], clarabel["z"]), ("osqp", found.x, found.y)):
        trades = recovered(program.decision, canonical, x)
        worst, basis = max(violations(trades, one).values()), basis_of(trades, one)
        cost = sum(cost_of(trades, one)) / canonical.unit
        gap = (cost - dual_bound(canonical, z, cost)) / (basis / canonical.unit)
        lines.append(
            f"  {label:<9} gap {gap:.1e} ({GAP:.0e} allowed), violation {worst:.1e} ({FEASIBLE:.0e} allowed)"
        )
    solver.update(q=other.c)
    warm, again = timed(solver)
    lines.append(
        f"  another fee, warm: {again.info.status}, {warm / seconds:.2f} times as long as cold"
    )
    return lines


@dataclass(frozen=True)
class Curve:
    """½ weight ‖rows·x + …‖² of new columns: matrix of the old ones, of the new ones, constants, weights."""

    old: Any
    new: Any
    constant: Any
    weights: Any


def tangent(canonical: Canonical, cone: Cone, x: Any, z: Any) -> tuple[Any, float, Curve]:
    """(row, bound) of a cone at x, and its curvature there."""
    a, b = csr_array(canonical.a), canonical.b
    slack, head = b - a @ x, a[[cone.start]]
    (column,) = head.indices
    alone = a[:, [column]].nnz == 1
    weight = canonical.c[column] / -head.data[0] if alone else z[cone.start]
    rest = slice(cone.start + 1, cone.stop)
    if cone.kind == "power":
        size = max(abs(slack[cone.stop - 1]), LEAST)
        row, constant = a[[cone.stop - 1]], b[cone.stop - 1]
        slope = size**0.5 / 2
        curve = Curve(row, eye_array(1), [constant], [weight / size**0.5])
        return head - slope * row, b[cone.start] - slope * constant, curve
    length = float(np.linalg.norm(slack[rest]))
    unit = slack[rest] / length
    along = csr_array((unit @ a[rest])[None, :])
    count = len(unit)
    new = block_array([[eye_array(count), csr_array(unit[:, None])], [None, eye_array(1)]])
    weights = [weight / length] * count + [0.0]  # across the cone; along it there is none
    constant = np.append(b[rest], unit @ b[rest])
    curve = Curve(vstack([a[rest], along]), new, constant, weights)
    return head - along, b[cone.start] - unit @ b[rest], curve


def model(canonical: Canonical, x: Any, z: Any) -> tuple[Any, ...]:
    """p, q, a, low, high: the quadratic model around x."""
    rows, low, high, curves = [], [], [], list[Curve]()
    for cone in canonical.cones:
        own = slice(cone.start, cone.stop)
        if cone.kind in ("zero", "nonneg"):
            rows.append(csr_array(canonical.a)[own])
            high.append(canonical.b[own])
            low.append(high[-1] if cone.kind == "zero" else np.full(len(high[-1]), -np.inf))
        else:
            row, bound, curve = tangent(canonical, cone, x, z)
            rows.append(row)
            low.append([-np.inf])
            high.append([bound])
            curves.append(curve)
    size, weights = len(canonical.c), np.concatenate([c.weights for c in curves])
    new = [[None] * k + [c.new] + [None] * (len(curves) - k - 1) for k, c in enumerate(curves)]
    below = [vstack([c.old for c in curves]), block_array(new)]
    a = block_array([[vstack(rows), None], below])
    constant = [np.asarray(c.constant) for c in curves]
    p = diags_array(np.append(np.zeros(size), weights))
    q = np.append(canonical.c, np.zeros(len(weights)))
    return p, q, a, np.concatenate([*low, *constant]), np.concatenate([*high, *constant])


def sketches(name: str, folder: Path) -> Lines:
    """Each case's error against its certified optimum, its worst violation, and the ratio of the times."""
    whole, lines = read(folder), Lines()
    base = solve(whole.loaded.scenario)
    p, q, a, low, high = model(base.canonical, base.x, base.z)
    solver = workspace(p, q, a, low, high, eps_abs=1e-3, eps_rel=1e-3, max_iter=20_000)
    solver.solve()
    size = len(base.canonical.c)
    for assumed, value in CASES:
        try:
            other = whole.changed([Change(f"assume.{assumed}", TO, value)]).loaded.scenario
        except ValueError:
            continue
        right, program = solve(other), build(other)
        canonical = canonicalise(program)
        p, q, a, low, high = (x for x in model(canonical, base.x, base.z))
        solver.update(Px=csc_matrix(p).data, q=q, Ax=csc_matrix(a).data, l=low, u=high)
        seconds, found = timed(solver)
        trades = recovered(program.decision, canonical, found.x[:size])
        worst = max(violations(trades, other).values())
        error = cost_of(trades, other)[0] / right.objective - 1
        ratio = seconds / right.solver["seconds"]
        lines.append(
            f"  {assumed} x {value:<4} cost {error:+.1e}, violation {worst:.1e}, {ratio:.2f} times as long as Clarabel"
        )
    return [f"{name}: OSQP at 1e-3 on a quadratic model, warm", *lines]


def main() -> None:
    """Every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into benchmarks/OSQP.md")
    write, lines = parser.parse_args().write, Lines()
    with tempfile.TemporaryDirectory() as made:
        generated = Path(made) / "generated"
        generate(generated, 500, 10, 20, 1500, 8, 1)
        folders = [SCENARIOS / x for x in ("two-desks", "equity-desks", "multi-asset", "funds")]
        for folder in (*folders, generated):
            lines += linear(folder.name, read(folder).loaded.scenario)
        for folder in (*folders[1:], generated):
            lines += sketches(folder.name, folder)
    text = "\n".join(lines)
    print(text)
    if write:
        command = "`python -m benchmarks.osqp --write`"
        PAGE.write_text(f"# OSQP beside Clarabel\n\nMade by {command}.\n\n```\n{text}\n```\n")


if __name__ == "__main__":
    sys.exit(main())
