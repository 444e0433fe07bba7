"""Tangents of hand-made cones: they cut off what lies outside, and nothing that lies inside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neutralizer.planning.lots.tangents import Tangents, breaks_a_limit, hidden_cost
from neutralizer.program.canonical import Canonical
from tests.tools.arrays import OWN, flat, program

SELF = [([-1, 0, 0], 0), ([0, -1, 0], 0), ([0, 0, -1], 0)]  # s = x
ROUND = program([1, 0, 0], [("soc", SELF, 0.0)], [OWN] * 3)
POWER = {a: program([2, 0, 0], [("power", SELF, a)], [OWN] * 3) for a in (2 / 3, 0.5)}
CONES = st.sampled_from([ROUND, *POWER.values()])
numbers = st.floats(-10, 10)


def point(canonical: Canonical, second: float, third: float, beyond: float = 0.0) -> np.ndarray:
    """x on the cone over (second, third), or beyond it by the first coordinate."""
    cone = canonical.cones[0]
    if cone.kind == "soc":
        return np.array([np.hypot(second, third) + beyond, second, third])
    top = (abs(third) / second ** (1 - cone.power)) ** (1 / cone.power)
    return np.array([top + beyond, second, third])


def tangents_at(canonical: Canonical, x: np.ndarray) -> Tangents:
    found = Tangents()
    assert found.add(canonical, x) == bool(found.rows)
    return found


def started_at(canonical: Canonical, x: np.ndarray) -> Tangents:
    """One at x and one at the tip of every cone."""
    found = Tangents()
    found.start(canonical, x)
    return found


def beyond(found: Tangents, x: np.ndarray) -> list[float]:
    """What x breaks each row by."""
    return [float((row @ x)[0]) - b for row, b in zip(found.rows, found.bounds, strict=True)]


def test_a_tangent_touches_where_it_is_drawn() -> None:
    """Of t >= |(3, 4)| at 5: t >= 0.6 x + 0.8 y, so (4, 3, 4) breaks it by 1. Of t^(2/3) >= |z|
    with y = 1 at z = 4, t = 8: (2/3) (4/8) t + (1/3) 4 y >= z, so 3 breaks it by (8 - 3) / 3 at the
    same z.
    """
    cut = tangents_at(ROUND, np.array([4.0, 3, 4]))
    assert beyond(cut, np.array([4.0, 3, 4])) == pytest.approx([1])
    assert beyond(cut, np.array([5.0, 3, 4])) == pytest.approx([0], abs=1e-12)
    assert cut.rows[0].toarray() == pytest.approx(np.array([[-1, 0.6, 0.8]]))
    cut = tangents_at(POWER[2 / 3], np.array([3.0, 1, 4]))
    assert beyond(cut, np.array([3.0, 1, 4])) == pytest.approx([5 / 3])
    assert beyond(cut, np.array([8.0, 1, 4])) == pytest.approx([0], abs=1e-12)


@settings(deadline=None)
@given(CONES, st.floats(1e-3, 10), numbers, st.floats(1e-3, 10), numbers, st.floats(0, 10))
def test_a_tangent_cuts_off_what_is_outside_and_nothing_else(
    canonical: Canonical, second: float, third: float, other: float, last: float, above: float
) -> None:
    """Drawn at any point, true at any point on the cone or above it; below the cone the point
    itself goes.
    """
    found = started_at(canonical, point(canonical, second, third))
    inside = point(canonical, other, last, above)
    size = max(1.0, float(np.abs(inside).max()))
    assert all(excess <= 1e-9 * size for excess in beyond(found, inside))
    size = float(np.copysign(max(abs(third), 0.1), third))
    outside = point(canonical, second, size) * np.array([0.99, 1, 1])
    assert max(beyond(tangents_at(canonical, outside), outside)) > 0


@settings(deadline=None)
@given(CONES, st.floats(1e-3, 10), numbers, st.floats(0, 10))
def test_nothing_is_drawn_where_the_cone_holds(
    canonical: Canonical, second: float, third: float, above: float
) -> None:
    x = point(canonical, second, third, above)
    assert not tangents_at(canonical, x).rows


@settings(deadline=None)
@given(st.sampled_from(list(POWER.values())), st.floats(-5, 5), st.floats(-5, 5), numbers)
def test_a_point_without_a_foot_on_the_cone_gives_a_true_tangent_too(
    canonical: Canonical, first: float, second: float, third: float
) -> None:
    """A base below zero, a size of nothing: what is drawn from there is true of the cone all the
    same.
    """
    found = started_at(canonical, np.array([first, second, third]))
    for y, z in ((0.01, 0.0), (1.0, 1.0), (1.0, -1.0), (4.0, -2.0), (1e-6, 1e-3)):
        inside = point(canonical, y, z)
        size = np.abs(found.rows[0].toarray()[0] * inside).max()
        assert beyond(found, inside)[0] <= 1e-12 * max(size, 1.0)


def test_every_cone_has_its_own_columns_and_right_hand_side() -> None:
    """|x - 3| <= 2 and |y + 1| <= 2 as cones; (9, 0) breaks the first alone: x <= 5. At (3, -1), on
    both axes, there is no direction to draw in; at (4, 0) there is, and both are drawn when all are
    asked for.
    """
    first = ("soc", [([0, 0], 2), ([-1, 0], -3)], 0.0)
    second = ("soc", [([0, 0], 2), ([0, -1], 1)], 0.0)
    two = program([0, 0], [flat(([1, 1], 100)), first, second], [20, 20])
    cut = tangents_at(two, np.array([9.0, 0]))
    assert [row.toarray().tolist() for row in cut.rows] == [[[1, 0]]]
    assert cut.bounds == [5]
    every = started_at(two, np.array([4.0, 0]))
    assert [row.toarray().tolist() for row in every.rows] == [
        [[1, 0]],
        [[0, 0]],
        [[0, 1]],
        [[0, 0]],
    ]
    assert every.bounds == [5, 2, 1, 2]
    assert started_at(two, np.array([3.0, -1])).bounds == [2, 2]
    assert not every.add(two, np.array([4.0, 0]))
    assert len(every.rows) == 4


@settings(deadline=None)
@given(CONES, st.floats(1e-3, 10), numbers, numbers, numbers)
def test_what_a_cone_costs_has_a_floor_everywhere(
    canonical: Canonical, second: float, third: float, other: float, last: float
) -> None:
    """Wherever the second and third are, the rows drawn at a start keep the first at zero or above."""
    found = started_at(canonical, point(canonical, second, third))
    assert max(beyond(found, np.array([-1e-3, 1e6 * other, 1e6 * last]))) > 0


def test_a_limit_is_broken_beyond_the_room_that_it_keeps() -> None:
    """A millionth of the bound is kept as room: 5 · 0.5e-6 more is none, 5 · 2e-6 is. What a power
    cone lacks is cost, not a limit.
    """
    for lack, broken in ((0.0, False), (0.5e-6, False), (2e-6, True)):
        assert breaks_a_limit(ROUND, np.array([5 - 5 * lack, 3, 4])) is broken
    assert not breaks_a_limit(POWER[0.5], np.array([0.0, 1, 4]))


def test_a_cost_is_hidden_by_what_its_cone_lacks() -> None:
    """t at 2 a unit, in units of 10: z = 4 needs 8 at y = 1 and 3 leaves 5 · 2 · 10 out; with y =
    1/4 it needs 4² · 4 = 64 at a half. On the cone and above it nothing is hidden.
    """
    priced = {a: Canonical(**{**vars(p), "unit": 10.0}) for a, p in POWER.items()}
    assert hidden_cost(priced[2 / 3], np.array([3.0, 1, -4])) == pytest.approx(100)
    assert hidden_cost(priced[0.5], np.array([60.0, 0.25, 4])) == pytest.approx(80)
    for a, y, z in ((2 / 3, 1.0, 4.0), (0.5, 0.25, -4.0), (0.5, 2.0, 0.0)):
        on = point(POWER[a], y, z)
        assert hidden_cost(priced[a], on) == pytest.approx(0, abs=1e-12)
        assert hidden_cost(priced[a], on + np.array([3.0, 0, 0])) == 0.0
    assert hidden_cost(ROUND, np.array([1.0, 3, 4])) == 0.0
