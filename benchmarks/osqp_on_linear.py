"""OSQP beside Clarabel on linear programs, at the accuracy that the certificate asks for.

`python -m benchmarks.osqp_on_linear`: the project's scenarios and a generated one of 500 x 10 x 20,
without volatility limits and impact.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import osqp
from scipy.sparse import csc_matrix

from benchmarks.generate import generate
from neutralizer.load.scenario import load
from neutralizer.program.bound import dual_bound
from neutralizer.program.build import build
from neutralizer.program.canonical import Canonical, canonicalise
from neutralizer.program.certificate import FEASIBLE, GAP, basis_of, cost_of, violations
from neutralizer.program.solve import recovered
from neutralizer.program.solvers.conic import run_solver

SCENARIOS = Path(__file__).parent.parent / "scenarios"


def by_osqp(canonical: Canonical) -> tuple[float, str, np.ndarray, np.ndarray]:
    """Seconds, status, x and duals at tight tolerance with polishing."""
    zero = sum(c.stop - c.start for c in canonical.cones if c.kind == "zero")
    low = np.where(np.arange(len(canonical.b)) < zero, canonical.b, -np.inf)
    solver = osqp.OSQP()
    solver.setup(
        P=csc_matrix((len(canonical.c), len(canonical.c))),
        q=canonical.c,
        A=csc_matrix(canonical.a),
        l=low,
        u=canonical.b,
        verbose=False,
        eps_abs=1e-9,
        eps_rel=1e-9,
        max_iter=200_000,
        polishing=True,
    )
    started = time.perf_counter()
    found = solver.solve()
    return time.perf_counter() - started, found.info.status, found.x, found.y


def compare(folder: Path) -> None:
    """Prints certified gaps, violations, and the ratio of the times."""
    scenario = load(folder).scenario
    scenario = replace(
        scenario,
        limits=tuple(x for x in scenario.limits if x.measure != "volatility"),
        costing=replace(scenario.costing, impact_coefficient=0.0),
    )
    program = build(scenario)
    canonical = canonicalise(program)
    assert all(c.kind in ("zero", "nonneg") for c in canonical.cones)
    clarabel = run_solver(canonical, scenario)
    seconds, status, x, y = by_osqp(canonical)
    print(
        f"{folder.name}: OSQP says {status}, its time over Clarabel's {seconds / clarabel['seconds']:.2f}"
    )
    for name, at, z in (("clarabel", clarabel["x"], clarabel["z"]), ("osqp", x, y)):
        trades = recovered(program, canonical, at)
        worst = max(violations(trades, scenario).values())
        cost = sum(cost_of(trades, scenario)) / canonical.unit
        gap = (cost - dual_bound(canonical, z, cost)) / (
            basis_of(trades, scenario) / canonical.unit
        )
        print(
            f"  {name:<9} gap {gap:.1e} ({GAP:.0e} allowed), violation {worst:.1e} ({FEASIBLE:.0e} allowed)"
        )


def main() -> None:
    """Every case."""
    for name in ("two-desks", "equity-desks", "multi-asset"):
        compare(SCENARIOS / name)
    with tempfile.TemporaryDirectory() as made:
        generate(Path(made) / "generated", 500, 10, 20, 1500, 8, 1)
        compare(Path(made) / "generated")


if __name__ == "__main__":
    main()
