"""Which columns belong together, an instrument's holdings and orders, and which rows lie inside one such part: found in
the rows themselves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from .cones import Cones, Floats, Ints

MOST = 96  # columns of a part
JOINS = 3  # rows of a second-order cone that makes its columns one part
SMALL = 12  # rows of one that is kept inside the part that its columns are of


@dataclass(frozen=True)
class Rows:
    """Row numbers of A. A part's own are zero rows, flat rows, `tails` of large second-order cones, and small cones
    whole; what ties parts together is `apart`: zero rows, flat rows, tails.
    """

    zero: Ints
    flat: Ints
    tails: Ints
    small: Ints
    apart: tuple[Ints, ...]
    heads: Ints  # of large cones, where they have columns
    large: Ints  # which cones are large

    @property
    def weighted(self) -> Ints:
        """A part's own rows that are not zero rows."""
        return np.concatenate([self.flat, self.tails, self.small])


def rows_of(a: csr_array, cones: Cones, part: Ints) -> Rows:
    """Sorts the rows by the part (columns,) of their columns."""
    rows = np.arange(cones.rows)
    low, high = _ends(part[a.indices], a.indptr)
    inside, there = low >= high, np.diff(a.indptr) > 0
    small = np.zeros(len(cones.sizes), dtype=bool)
    if len(small):
        least = np.minimum.reduceat(low[cones.flat :], cones.starts)
        most = np.maximum.reduceat(high[cones.flat :], cones.starts)
        small = (least == most) & (cones.sizes <= SMALL)
    of_small, head = np.zeros(cones.rows, dtype=bool), np.zeros(cones.rows, dtype=bool)
    of_small[cones.flat :] = small[cones.owner]
    head[cones.heads] = ~small
    at_zero = rows < cones.zero
    tail = (rows >= cones.flat) & ~of_small & ~head
    kinds = at_zero, ~at_zero & (rows < cones.flat), tail
    zero, flat, tails = (np.flatnonzero(inside & there & kind) for kind in kinds)
    apart = (np.flatnonzero(~inside & kind) for kind in kinds)
    own, large = np.flatnonzero(of_small), np.flatnonzero(~small)
    return Rows(zero, flat, tails, own, tuple(apart), np.flatnonzero(head & there), large)


def parts_of(a: csr_array, b: Floats, cones: Cones) -> Ints:
    """(columns,) the part of each. Rows unite their columns, those with few columns first, as long as what they unite
    is no larger than MOST.
    """
    rows, columns = _uniting(a, b, cones), a.shape[1]
    above, size = list(range(columns)), [1] * columns

    def root(k: int) -> int:
        while above[k] != k:
            above[k] = above[above[k]]
            k = above[k]
        return k

    length = np.diff(rows.indptr)
    order = np.argsort(length, kind="stable")
    for row in order[(length[order] > 1) & (length[order] <= MOST)].tolist():
        its = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
        roots = {root(k) for k in its.tolist()}
        total = sum(size[k] for k in roots)
        if len(roots) > 1 and total <= MOST:
            first, *others = sorted(roots)
            for k in others:
                above[k] = first
            size[first] = total
    found: Ints = np.unique([root(k) for k in range(columns)], return_inverse=True)[1]
    return found


def _uniting(a: csr_array, b: Floats, cones: Cones) -> csr_array:
    """The rows that may unite columns: all but heads of large cones, and but zero rows with a free column, which only
    say what a sum is. A cone of few rows is one row.
    """
    group = np.arange(a.shape[0])
    group[: cones.zero][_with_free(a, b, cones)[: cones.zero]] = -1
    small = np.repeat(cones.sizes <= JOINS, cones.sizes)
    group[cones.flat :][small] = cones.heads[cones.owner[small]]
    group[cones.heads[cones.sizes > JOINS]] = -1
    cells = coo_array(a)
    its = group[cells.row] >= 0
    united = csr_array(
        (np.ones(int(its.sum())), (group[cells.row[its]], cells.col[its])), shape=a.shape
    )
    united.sum_duplicates()
    return united


def _with_free(a: csr_array, b: Floats, cones: Cones) -> NDArray[np.bool_]:
    """(rows,) whether a row has a column that no row of its own keeps from being negative."""
    length, rows = np.diff(a.indptr), np.arange(a.shape[0])
    single = np.flatnonzero((rows >= cones.zero) & (rows < cones.flat) & (length == 1) & (b == 0))
    kept = np.zeros(a.shape[1], dtype=bool)
    kept[a.indices[a.indptr[single]][a.data[a.indptr[single]] < 0]] = True
    found = np.zeros(a.shape[0], dtype=bool)
    found[np.repeat(rows, length)[~kept[a.indices]]] = True
    return found


def _ends(values: Ints, indptr: Ints) -> tuple[Ints, Ints]:
    """The least and the largest of each row; of an empty one the reverse."""
    count = len(indptr) - 1
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    row = np.repeat(np.arange(count), np.diff(indptr))
    np.minimum.at(low, row, values)
    np.maximum.at(high, row, values)
    return low, high
