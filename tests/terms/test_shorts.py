"""Short parts of positions: no column where mandates leave one sign, one column however many terms ask."""

from typing import Any

import cvxpy as cp
import numpy as np
import pytest
from scipy.sparse import csr_array

from neutralizer.program.build import build
from neutralizer.terms.shorts import Shorts
from tests.tools.small import solved

LONG, SHORT, FREE, HEDGE = range(4)  # positions of 3, -2, and two that may be anything
LOW, HIGH = np.array([0, -2, -np.inf, -np.inf]), np.array([3, 0, np.inf, np.inf])


def shorts() -> tuple[Any, Shorts]:
    position = cp.Variable(4)
    return position, Shorts(position, LOW, HIGH)


def rows(*sums: tuple[int, ...]) -> csr_array:
    found = np.zeros((len(sums), 4))
    for k, own in enumerate(sums):
        found[k, list(own)] = 1
    return csr_array(found)


@pytest.mark.parametrize("x", [[3, -2, 5, 1], [0, 0, -4, 2], [1, -1, 0, -7]])
def test_the_least_of_the_columns_is_the_short_part(x: list[float]) -> None:
    position, found = shorts()
    own = rows((LONG,), (SHORT,), (FREE,), (LONG, SHORT), (FREE, HEDGE), ())
    part = found.of(own)
    problem = cp.Problem(cp.Minimize(cp.sum(part)), [position == x, *found.constraints])
    problem.solve(solver=cp.CLARABEL)
    assert part.value == pytest.approx(np.maximum(-(own @ np.array(x)), 0), abs=1e-6)


def test_a_known_sign_needs_no_column() -> None:
    position, found = shorts()
    part = found.of(rows((LONG,), (SHORT,)))
    position.value = np.array([3.0, -2.0, 0.0, 0.0])
    assert part.value.tolist() == [0, 2]
    assert not found.parts


def test_a_row_is_one_column_whoever_asks() -> None:
    """Twice in one question, and again in the next beside a new one: two columns in all."""
    _, found = shorts()
    first = found.of(rows((FREE,), (FREE,)))
    assert [column.size for column, _ in found.parts] == [1]
    again = found.of(rows((HEDGE,), (FREE,)))
    assert [column.size for column, _ in found.parts] == [1, 1]
    found.parts[0][0].value, found.parts[1][0].value = np.array([4.0]), np.array([9.0])
    assert (first.value.tolist(), again.value.tolist()) == ([4, 4], [9, 4])


def test_margin_and_cash_share_their_columns() -> None:
    """Two desks: what the account holds of the ETF and of the future are two columns, which margin and what is
    paid for both ask for.
    """
    s, _ = solved()
    decision = build(s).decision
    assert [column.size for column, _ in decision.shorts.parts] == [len(s.entries.account)] == [2]
