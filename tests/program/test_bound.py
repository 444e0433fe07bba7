"""A bound from any duals: never above the truth, and the truth itself from the right ones.

Programs are written by hand as arrays (arrays.py).
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csc_array

from neutralizer.program.bound import _column_boxes, dual_bound
from neutralizer.program.canonical import Canonical
from tests.tools.arrays import OWN, flat, program

ROOT = np.sqrt(13.0)
seeds = st.integers(0, 2**32 - 1)


def boxes(canonical: Canonical, target: float) -> tuple[np.ndarray, np.ndarray]:
    return _column_boxes(canonical, canonical.a.tocsr(), target)


COVER = program([1, 2], [flat(([-1, -1], -1))], [10, 10], offset=5)  # x + y >= 1
DISTANCE = program(  # t >= |(x - 3, y - 4)| with x and y at most 1: the corner (1, 1), √13 away
    [1, 0, 0],
    [("soc", [([-1, 0, 0], 0), ([0, -1, 0], -3), ([0, 0, -1], -4)], 0.0)],
    [OWN, 1, 1],
)
IMPACT = program(  # t^(2/3) >= |x - 3| with x at most 1: 2^1.5
    [1, 0], [("power", [([-1, 0], 0), ([0, 0], 1), ([0, -1], -3)], 2 / 3)], [OWN, 1]
)


def test_the_right_dual_gives_the_optimum_and_the_constant() -> None:
    """x + 2y over x + y >= 1 costs 1 at x = 1; one more asked for costs 1 more: the dual is 1."""
    assert dual_bound(COVER, np.array([1.0]), 100.0) == pytest.approx(1 + 5, rel=1e-15)


@pytest.mark.parametrize(
    ("z", "target", "bound"),
    [
        (0.0, 100.0, 0.0),  # nothing is asked: x = y = 0
        (0.5, 100.0, 0.5),
        (1.5, 100.0, 1.5 - 0.5 * 10),  # what is asked is paid at 0.5 too much, for all of x's box
        (1.5, 3.0 + 5.0, 1.5 - 0.5 * 3),  # but an answer that costs 3 holds no more than 3 of x
        (3.0, 100.0, 3 - 2 * 10 - 1 * 10),
        (-7.0, 100.0, 0.0),  # not a dual at all: moved to 0
    ],
)
def test_a_wrong_dual_costs_what_its_residual_can_do(z: float, target: float, bound: float) -> None:
    """-b z + (1 - z) x + (2 - z) y, at their worst: x = 10 where 1 - z < 0, y = 10 where 2 < z."""
    assert dual_bound(COVER, np.array([z]), target) == pytest.approx(bound + 5, rel=1e-15)


def test_an_equality_has_a_dual_of_either_sign() -> None:
    """3x with x = 2 costs 6: -b z + (3 + z) x at z = -3 is 6. With -x = -2 the sign turns."""
    equal = program([3], [("zero", [([1], 2)], 0.0)], [10])
    turned = program([3], [("zero", [([-1], -2)], 0.0)], [10])
    assert dual_bound(equal, np.array([-3.0]), 100.0) == pytest.approx(6, rel=1e-15)
    assert dual_bound(turned, np.array([3.0]), 100.0) == pytest.approx(6, rel=1e-15)


def test_an_error_in_the_last_digits_is_taken_out_of_a_lower_bounds_dual() -> None:
    """x with -x <= 0, box 1e9, dual 1 + 1e-6: the residual -1e-6 would cost 1000, out of the dual
    of x >= 0 it costs nothing. x >= 1 has b = -1 and pays for it: its dual stays, and so does the
    cost.
    """
    for end, bound in ((0.0, 0.0), (-1.0, 1 + 1e-6 - 1000)):
        one = program([1], [flat(([-1], end))], [1e9])
        assert dual_bound(one, np.array([1 + 1e-6]), 1e12) == pytest.approx(bound, rel=1e-6)


@pytest.mark.parametrize(
    ("canonical", "z", "optimum"),
    [
        (DISTANCE, [1, 2 / ROOT, 3 / ROOT], ROOT),  # the unit vector from the corner to (3, 4)
        (IMPACT, [1, np.sqrt(2), np.sqrt(4.5)], 2**1.5),  # largest 2v - w with w = 4 v³ / 27
    ],
)
def test_the_right_dual_of_a_cone_gives_the_optimum(
    canonical: Canonical, z: list[float], optimum: float
) -> None:
    """Distance: (3 · 2 + 4 · 3 - 2 - 3) / √13 = √13. Impact: 3v - w - v = 2√4.5 - √2 = 2√2."""
    assert dual_bound(canonical, np.array(z), 100.0) == pytest.approx(optimum, rel=1e-12)


@settings(deadline=None)
@given(
    st.sampled_from([(DISTANCE, ROOT), (IMPACT, 2**1.5)]),
    st.lists(st.floats(-50, 50), min_size=3, max_size=3),
    st.floats(0, 100),
)
def test_no_dual_of_a_cone_lifts_the_bound_above_the_optimum(
    case: tuple[Canonical, float], z: list[float], dearer: float
) -> None:
    """Whatever z is, it is moved into the dual cone first: for (0, 1, 0) that is (1, 1, 0)."""
    canonical, optimum = case
    assert dual_bound(canonical, np.array(z), optimum + dearer) <= optimum + 1e-12


def drawn(rng: np.random.Generator) -> tuple[Canonical, np.ndarray]:
    """A feasible program in x, sizes u >= |x - p| and a defined w = q · x, with u below a limit."""
    n, m = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    x0, upper = rng.uniform(0, 1, n), rng.uniform(1, 3, n)
    p, q, a = rng.normal(size=n), rng.normal(size=n), rng.normal(size=(m, n))
    no, eye, of_w = np.zeros((n, n)), np.eye(n), np.zeros((m + 4 * n, 1))
    x_and_u = np.block([[a, np.zeros((m, n))], [eye, -eye], [-eye, -eye], [no, eye], [-eye, no]])
    most = [a @ x0 + rng.uniform(0, 1, m), p, -p, np.abs(x0 - p) + rng.uniform(0, 0.5, n), 0 * x0]
    rows = list(zip(np.hstack([x_and_u, of_w]).tolist(), np.concatenate(most), strict=True))
    equal = ("zero", [([*q, *np.zeros(n), -1.0], 0.0)], 0.0)
    c = [*rng.normal(size=n), *rng.uniform(0.1, 2, n), rng.normal()]
    return program(c, [equal, flat(*rows)], [*upper, *[OWN] * (n + 1)], rng.normal()), upper


def answered(canonical: Canonical, upper: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Another solver's answer, its objective and its duals in our signs."""
    a, own = canonical.a.toarray(), len(canonical.c) - len(upper)
    ends = [(0, u) for u in upper] + [(None, None)] * own
    found = linprog(canonical.c, a[1:], canonical.b[1:], a[:1], canonical.b[:1], ends)
    assert found.success
    z = -np.concatenate([found.eqlin.marginals, found.ineqlin.marginals])
    return found.x, found.fun + canonical.offset, z


@settings(deadline=None, max_examples=80)
@given(seeds, st.sampled_from([1e-6, 1e-2, 1.0, 100.0]), st.floats(0, 5))
def test_no_dual_lifts_the_bound_above_what_another_solver_finds(
    seed: int, error: float, dearer: float
) -> None:
    """The right duals give its optimum; wrong ones by any error, less. None gives more."""
    rng = np.random.default_rng(seed)
    canonical, upper = drawn(rng)
    _, optimum, z = answered(canonical, upper)
    assert dual_bound(canonical, z, optimum + dearer) == pytest.approx(optimum, abs=1e-7)
    wrong = z + error * rng.normal(size=len(z))
    assert dual_bound(canonical, wrong, optimum + dearer) <= optimum + 1e-7


@settings(deadline=None, max_examples=80)
@given(seeds, st.floats(0, 5))
def test_a_box_that_is_drawn_in_keeps_the_optimum(seed: int, dearer: float) -> None:
    canonical, upper = drawn(np.random.default_rng(seed))
    x, optimum, _ = answered(canonical, upper)
    low, high = boxes(canonical, optimum + dearer)
    assert (low <= x + 1e-7).all()
    assert (x <= high + 1e-7).all()
    assert np.isfinite([low, high]).all()


def test_boxes_are_drawn_in_to_what_can_be() -> None:
    """x in [0, 4]; w = 2x - 3 in [-3, 5]; u >= w and u >= -w: at least -3 and, at an optimum, the
    larger of 5 and 3. Where u <= 2, w lies in [-2, 2].
    """
    zero = ("zero", [([2.0, -1.0, 0.0], 3.0)], 0.0)
    sizes = flat(([0, 1, -1], 0), ([0, -1, -1], 0))
    wide = program([0, 0, 1], [zero, sizes], [4, OWN, OWN])
    low, high = boxes(wide, 100.0)
    assert low.tolist() == pytest.approx([0, -3, -3])
    assert high.tolist() == pytest.approx([4, 5, 5])
    limited = program([0, 0, 1], [zero, flat(*sizes[1], ([0, 0, 1], 2))], [4, OWN, OWN])
    low, high = boxes(limited, 100.0)
    assert (low[1], high[1]) == pytest.approx((-2, 2), abs=1e-7)
    assert high[2] == pytest.approx(2, abs=1e-7)


def test_the_top_of_a_cone_is_as_wide_as_what_it_covers() -> None:
    """Distance: at most |(3, 4)| = 5. Impact: at most 3^1.5; half of it where it counts twice."""
    assert boxes(DISTANCE, 100.0)[1][0] == pytest.approx(5, rel=1e-15)
    assert boxes(IMPACT, 100.0)[1][0] == pytest.approx(3**1.5, rel=1e-15)
    a = IMPACT.a.toarray()
    a[0, 0] = -2
    twice = replace(IMPACT, a=csc_array(a))
    assert boxes(twice, 100.0)[1][0] == pytest.approx(3**1.5 / 2, rel=1e-15)


SQUARE = program(  # x = 2 and q >= x² as (q + 1)/2 >= |(x, (q - 1)/2)|, at 3 a unit of q: 12
    [3, 0],
    [
        ("zero", [([0, 1], 2)], 0.0),
        ("soc", [([-0.5, 0], 0.5), ([0, -1], 0), ([-0.5, 0], -0.5)], 0.0),
    ],
    [OWN, 10],
)


def test_a_column_without_end_is_bounded_by_what_it_costs() -> None:
    """No row closes q, but a plan that costs 30 has no q above 10. At the optimum the cone's rows
    are (2.5, 2, 1.5), so z = 6 (2.5, -2, -1.5) leaves q nothing, and -12 for x = 2 gives 24 - 12 =
    12. With 0.2 more in front q's residual is -0.1, at worst -1, and 0.1 goes in b: 10.9; at a plan
    of 12, 11.5.
    """
    low, high = boxes(SQUARE, 30.0)
    assert (low[0], high[0]) == (0, pytest.approx(10))
    z = np.array([-12.0, 15.0, -12.0, -9.0])
    assert dual_bound(SQUARE, z, 30.0) == pytest.approx(12, rel=1e-14)
    z[1] += 0.2
    assert dual_bound(SQUARE, z, 30.0) == pytest.approx(10.9, rel=1e-12)
    assert dual_bound(SQUARE, z, 12.0) == pytest.approx(11.5, rel=1e-12)


def test_what_is_paid_elsewhere_leaves_a_column_less() -> None:
    """3q and 1 of y at least 4 (its row), constant 2: a plan of 30 leaves q (30 - 2 - 4) / 3 = 8,
    or with y a gain of 5 at most (in [0, 5] at -1) (30 - 2 + 5) / 3 = 11.
    """
    for gain, most in ((False, 8.0), (True, 11.0)):
        rows = [([0, 0, 0], 0.0)] if gain else [([0, 0, -1], -4.0)]
        c = [3.0, 0.0, -1.0 if gain else 1.0]
        soc = [([-0.5, 0, 0], 0.5), ([0, -1, 0], 0.0), ([-0.5, 0, 0], -0.5)]
        some = program(c, [flat(*rows), ("soc", soc, 0.0)], [OWN, 10, 5], offset=2)
        assert boxes(some, 30.0)[1][0] == pytest.approx(most, rel=1e-8)


def test_nothing_is_promised_of_a_column_that_nothing_bounds() -> None:
    """y is free and costs nothing: its residual is worth anything, unless there is none."""
    free = program([1, 0], [("zero", [([1, 1], 3), ([0, 0], 0)], 0.0)], [4, OWN])
    endless = replace(free, a=csc_array([[0.0, 0.0], [1.0, 0.0]]))
    assert dual_bound(endless, np.array([1.0, 0.0]), 100.0) == -3.0
    loose = program([1, 0, 0], [("zero", [([1, 1, 1], 3)], 0.0)], [4, OWN, OWN])
    assert dual_bound(loose, np.array([0.0]), 100.0) == 0.0
    assert dual_bound(loose, np.array([0.5]), 100.0) == -np.inf


def test_an_epigraph_is_left_open_while_a_row_that_holds_it_up_is() -> None:
    """e >= 0 and e >= f, f >= x >= 1: e is not nothing because its first row says no more. Its box holds
    the optimum, and no dual leads to a bound above it.
    """
    rows = [([0, -1, 0], 0), ([0, -1, 1], 0), ([1, 0, -1], 0), ([-1, 0, 0], -1)]
    chain = program([0, 1, 0], [flat(*rows)], [10, OWN, OWN])
    low, high = boxes(chain, 100.0)
    assert (low <= 1).all()
    assert (high >= 1).all()
    for z in ([0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]):
        assert dual_bound(chain, np.array(z, dtype=float), 100.0) <= 1 + 1e-12


TWO_CONES = program(  # t >= |x - 9| and t >= |x - 3| with x at most 1: 8
    [1, 0],
    [("soc", [([-1, 0], 0), ([0, -1], -9)], 0.0), ("soc", [([-1, 0], 0), ([0, -1], -3)], 0.0)],
    [OWN, 1],
)
CONE_AND_ROW = program(  # t >= |x - 9| and t >= 2
    [1, 0], [flat(([-1, 0], -2)), ("soc", [([-1, 0], 0), ([0, -1], -9)], 0.0)], [OWN, 1]
)


@pytest.mark.parametrize(("held_twice", "optimum"), [(TWO_CONES, 8.0), (CONE_AND_ROW, 8.0)])
def test_what_two_things_hold_up_is_not_closed_by_one(
    held_twice: Canonical, optimum: float
) -> None:
    """Its box holds the optimum, and no dual leads to a bound above it."""
    low, high = boxes(held_twice, 100.0)
    assert low[0] <= optimum <= high[0]
    for seed in range(20):
        z = np.random.default_rng(seed).normal(size=held_twice.a.shape[0])
        assert dual_bound(held_twice, z, 100.0) <= optimum + 1e-9
