"""The smaller program and the second-order form say what the whole one says.

Programs are written by hand as arrays (arrays.py), or come from drawn firms.
"""

from collections.abc import Callable

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.program.bound import dual_bound
from neutralizer.program.build import build
from neutralizer.program.canonical import canonicalise
from neutralizer.program.solvers.as_second_order import as_second_order, back
from neutralizer.program.solvers.conic import run_solver
from neutralizer.program.solvers.presolve import presolved
from tests.tools.arrays import OWN, flat, program

POWER = program(  # t^(2/3) y^(1/3) >= x with y = 8 and x >= 3: t = (27 / 8)^½
    [1, 0, 0],
    [
        flat(([0, 0, -1], -3)),
        ("power", [([-1, 0, 0], 0), ([0, -1, 0], 0), ([0, 0, -1], 0)], 2 / 3),
        ("zero", [([0, 1, 0], 8)], 0.0),
    ],
    [OWN, 10, 10],
)


def test_a_column_between_nothing_and_nothing_goes_with_its_rows() -> None:
    """x is held at nothing, y is not: 2x + y >= 1 keeps y alone."""
    held = program([3, 1], [flat(([-2, -1], -1), ([1, 0], 0), ([-1, 0], 0), ([0, -1], 0))], [5, 5])
    found = presolved(held)
    assert found.columns.tolist() == [False, True]
    assert found.rows.tolist() == [True, False, False, True]
    x, z = found.back(np.array([1.0]), np.array([1.0, 0.0]))
    assert x.tolist() == [0, 1]
    assert z.tolist() == [1, 0, 0, 0]


def test_an_epigraph_that_nothing_asks_for_goes_and_what_it_covers_stays() -> None:
    """m >= x and m >= -x without a price and without a cap is no constraint on x; with a cap it is."""
    rows = [([1, -1], 0), ([-1, -1], 0), ([-1, 0], -1)]
    loose = presolved(program([1, 0], [flat(*rows)], [9, OWN]))
    assert loose.columns.tolist() == [True, False]
    assert loose.rows.tolist() == [False, False, True]
    capped = presolved(program([1, 0], [flat(*rows, ([0, 1], 5))], [9, OWN]))
    assert capped.columns.all()
    assert capped.rows.all()


def test_a_chain_of_epigraphs_goes_whole_with_its_cone() -> None:
    """top >= m, m >= |(x, y)|: once the top is free, so is what it covers."""
    rows = flat(([0, 0, 1, -1], 0))
    cone = ("soc", [([0, 0, -1, 0], 0), ([-1, 0, 0, 0], 0), ([0, -1, 0, 0], 0)], 0.0)
    found = presolved(program([1, 1, 0, 0], [rows, cone], [9, 9, OWN, OWN]))
    assert found.columns.tolist() == [True, True, False, False]
    assert not found.rows.any()


def test_a_power_as_two_cones_of_three() -> None:
    """One column more, six rows for three; at t = (27/8)^½, y = 8, x = 3 a w fits, and at less none does."""
    form = as_second_order(POWER)
    assert form.a.shape == (POWER.a.shape[0] + 3, POWER.a.shape[1] + 1)
    assert [c.stop - c.start for c in form.cones if c.kind == "soc"] == [3, 3]

    def fits(t: float) -> bool:
        w = np.sqrt(3.0 * 8.0)
        s = form.b - form.a @ np.array([t, 8.0, 3.0, w])
        cones = [s[c.start : c.stop] for c in form.cones if c.kind == "soc"]
        return all(np.linalg.norm(v[1:]) <= v[0] * (1 + 1e-12) for v in cones)

    least = np.sqrt(27 / 8)
    assert fits(least)
    assert not fits(0.99 * least)


def test_duals_of_the_two_cones_are_duals_of_the_power() -> None:
    """A pair of vectors of the second-order cone leads to one of the power's dual cone, and to the same
    product with what the power's rows hold.
    """
    draw = np.random.default_rng(0)
    form = as_second_order(POWER)
    for _ in range(100):
        pair = draw.normal(size=(2, 3))
        pair[:, 0] = np.linalg.norm(pair[:, 1:], axis=1) * draw.uniform(1, 2, size=2)
        pair[1, 2] = (pair[0, 1] - pair[0, 0]) / 2  # what w asks for: its column sums to nothing
        pair[1, 0] = max(pair[1, 0], float(np.linalg.norm(pair[1, 1:])))
        z = np.concatenate([np.zeros(2), pair.ravel()])
        _, found = back(POWER, np.zeros(4), z)
        power = next(c for c in POWER.cones if c.kind == "power")
        t, y, x = found[power.start : power.stop]
        a = power.power
        assert t >= 0
        assert y >= -1e-12
        assert -x <= (t / a) ** a * (max(y, 0) / (1 - a)) ** (1 - a) + 1e-9
        assert form.a.T[:3] @ z == pytest.approx(POWER.a.T @ found)


@pytest.mark.parametrize("name", ["multi-asset", "equity-desks"])
def test_a_shipped_program_has_one_optimum_in_every_form(
    name: str, scenario_named: Callable[[str], Scenario]
) -> None:
    """Solved as it is handed over, cost and bound of the whole program meet."""
    scenario = scenario_named(name)
    canonical = canonicalise(build(scenario))
    smaller = presolved(canonical)
    assert smaller.canonical.a.shape[1] <= canonical.a.shape[1]
    answer = run_solver(canonical, scenario)
    cost = float(canonical.c @ answer["x"]) + canonical.offset
    assert dual_bound(canonical, answer["z"], cost) == pytest.approx(cost, rel=1e-4)
