"""The short part of positions, max(−x, 0), which gross, long and short limits, margin, cash and financing are made
of: |x| = x + 2 x⁻ and x⁺ = x + x⁻.

Where mandates leave a position one sign its short part is nothing, or the position itself; elsewhere it is
one column, however many terms ask for it.
"""

from typing import Any

import cvxpy as cp
import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Ints, Matrix


class Shorts:
    """Short parts of sums of positions that lie in [low, high] (H,), in the unit of `position`."""

    def __init__(self, position: Any, low: Floats, high: Floats) -> None:
        self._position, self._low, self._high = position, low, high
        # a row's cells -> which variable, and where in it
        self._place: dict[bytes, tuple[int, int]] = {}
        # columns, and the positions whose short parts they are
        self.parts: list[tuple[Any, Any]] = []
        self._least: list[Floats] = []  # what those positions are at least

    def of(self, rows: Matrix) -> Any:
        """(rows,) max(−rows @ position, 0), where every cell of `rows` is 0 or 1: affine, and to be used
        only where less of it is better or allowed more.
        """
        rows = csr_array(rows)
        least, most = rows @ self._low, rows @ self._high
        below, open_ = np.flatnonzero(most <= 0), np.flatnonzero((least < 0) & (most > 0))
        found = -(chosen(below, len(least)) @ (rows[below] @ self._position))
        keys = [
            rows.indices[a:b].tobytes() for a, b in zip(rows.indptr, rows.indptr[1:], strict=False)
        ]
        self._add(rows, [k for k in open_.tolist() if keys[k] not in self._place], keys)
        for n, (column, _) in enumerate(self.parts):
            own = [(k, self._place[keys[k]][1]) for k in open_ if self._place[keys[k]][0] == n]
            if own:
                at, where = np.array(own).T
                picked = csr_array((np.ones(len(at)), (at, where)), (len(least), column.size))
                found = found + picked @ column
        return found

    def boxes(self) -> list[tuple[Any, Floats]]:
        """(column, upper bound of each element): no short part is larger than its position can be short."""
        return [
            (column, np.maximum(-least, 0.0))
            for (column, _), least in zip(self.parts, self._least, strict=True)
        ]

    @property
    def constraints(self) -> list[Any]:
        """What makes every column at least the short part of its position; less is better."""
        return [column + position >= 0 for column, position in self.parts]

    def _add(self, rows: Matrix, new: list[int], keys: list[bytes]) -> None:
        """One variable for those rows that nobody asked for before."""
        new = list({keys[k]: k for k in new}.values())
        if not new:
            return
        column = cp.Variable(len(new), nonneg=True)
        self._place |= {keys[k]: (len(self.parts), at) for at, k in enumerate(new)}
        self.parts.append((column, rows[new] @ self._position))
        self._least.append(rows[new] @ self._low)


def chosen(some: Ints, count: int) -> Matrix:
    """(count, len(some)) puts values in their places."""
    return csr_array((np.ones(len(some)), (some, np.arange(len(some)))), shape=(count, len(some)))
