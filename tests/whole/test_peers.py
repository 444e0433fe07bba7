"""The comparison with other libraries: its own column, against plain CVXPY and against twenty mistakes."""

import pytest

from benchmarks.peers.bad import MISTAKES, NAMES, Mistake, outcome
from benchmarks.peers.task import arrays, breaches, cost, drawn
from benchmarks.peers.tools import neutralizer, plain_cvxpy


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_plan_costs_what_the_formulas_as_written_say(seed: int) -> None:
    """In lots and within the limits, which the nearest lots need not be."""
    task = drawn(40, seed)
    a, plan, right = arrays(task), neutralizer(task), plain_cvxpy(task)
    assert breaches(a, plan.traded) == 0
    assert breaches(a, 0 * plan.traded) == 2
    assert cost(a, plan.traded) == pytest.approx(cost(a, right.traded), rel=1e-3)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.what)
def test_a_mistake_is_named(mistake: Mistake) -> None:
    assert outcome(neutralizer, drawn(40, 1), mistake) == NAMES
