"""The rows that tie parts together, C: zero rows, flat rows and tails of A as they are; for each large second-order
cone the row qᵀA, which turns with every step; and heads.
"""

import numpy as np
from scipy.sparse import coo_array, csr_array

from .cones import Cones, Floats, Ints, Scaling
from .parts import Rows

LARGEST = 4000  # rows that are still solved densely
ROW = 1e-8  # the weight of a zero row, which has none of its own


class TooDense(Exception):
    """The border is not few rows."""


class Border:
    """C, its pattern fixed."""

    def __init__(self, a: csr_array, cones: Cones, rows: Rows) -> None:
        """Raises TooDense."""
        self.cones, self.rows = cones, rows
        self.duals = np.concatenate(rows.apart[:2])  # A's rows whose duals are solved for here
        apart = np.concatenate(rows.apart)
        first, large = len(apart), len(rows.large)
        last = first + large
        self.size, self.positive = last + len(rows.heads), last
        if self.size > LARGEST:
            raise TooDense(f"{self.size} rows tie the parts together")
        still = coo_array(a[np.append(apart, rows.heads)])
        row = np.where(still.row < first, still.row, still.row + large)
        cells, which = coo_array(a), np.full(len(cones.sizes), -1)
        which[rows.large] = np.arange(first, last)
        of_cone = np.full(cones.rows, -1)
        of_cone[cones.flat :] = which[cones.owner]
        turns = of_cone[cells.row] >= 0
        self._turned = cells.row[turns], cells.data[turns]
        turned = of_cone[cells.row[turns]], cells.col[turns]
        place = np.append(row, turned[0]), np.append(still.col, turned[1])
        self.c = csr_array((np.ones(len(place[0])), place), shape=(self.size, a.shape[1]))
        self.c.sum_duplicates()
        self.c.data[:] = 0.0
        self.c.data[_places(self.c, row, still.col)] = still.data
        self._turns = slice(*self.c.indptr[[first, last]])
        self._to = _places(self.c, *turned) - self._turns.start

    def turn(self, scaling: Scaling) -> None:
        """To the q = J v of a scaling."""
        flat, its = np.zeros(len(scaling.w)), self.c.data[self._turns]
        q = self.cones.whole(flat, scaling.heads, -scaling.tails)
        row, value = self._turned
        its[:] = np.bincount(self._to, weights=q[row] * value, minlength=len(its))

    def weights(self, scaling: Scaling) -> Floats:
        """D."""
        cones, squared = self.cones, scaling.eta**2
        zero, flat, tails = self.rows.apart
        return np.concatenate(
            [
                np.full(len(zero), ROW),
                scaling.w[flat - cones.zero] ** 2,
                squared[cones.owner[tails - cones.flat]],
                squared[self.rows.large] / 2,
                -squared[cones.owner[self.rows.heads - cones.flat]],
            ]
        )


def _places(matrix: csr_array, row: Ints, column: Ints) -> Ints:
    """Where a csr matrix, sorted and without duplicates, keeps the data of cells that it has."""
    key = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * matrix.shape[1]
    found: Ints = np.searchsorted(key + matrix.indices, row * matrix.shape[1] + column)
    return found
