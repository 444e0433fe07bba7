"""The blocks K and C of the parts, those of one size stacked, so that numpy and LAPACK work on all at once."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from .border import ROW, Border, TooDense
from .cones import Floats, Ints

COLUMN = 3e-7  # added to the diagonal of columns; taken out again by conjugate residuals
BLOCK, EDGE = 4, 16  # a block is filled up to a multiple of so many unknowns and border rows
CELLS = 10**8  # of all that is added to S, some 16 bytes each


@dataclass(frozen=True)
class Batch:
    """Blocks of one size, and which cells of all blocks are theirs."""

    unknowns: Ints  # (blocks, N) of each row of K; one past the last where a block is filled up
    border: Ints  # (blocks, M) border row of each row of C; one past the last where it is filled up
    lower: Ints  # cells of an (M, M) block that are in its lower triangle
    k: slice
    c: slice
    s: slice


class Batches:
    """Unknowns are the columns, then the duals of the parts' own zero rows."""

    def __init__(self, part: Ints, zero_rows: csr_array, border: Border) -> None:
        """Raises TooDense."""
        self.columns, self.border = len(part), border
        whose = np.append(part, part[zero_rows.indices[zero_rows.indptr[:-1]]])
        count = int(part.max()) + 1
        self._place, sizes = _ranks(whose, count)
        c = border.c
        row = np.repeat(np.arange(border.size), np.diff(c.indptr))
        pairs, which = np.unique(part[c.indices] * border.size + row, return_inverse=True)
        pair_part, pair_row = np.divmod(pairs, max(border.size, 1))
        pair_place, edges = _ranks(pair_part, count)
        n, m = _filled(sizes, BLOCK), _filled(edges, EDGE)
        self._k, self._c = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        self.all, ends = list[Batch](), [0, 0, 0]
        for its_n, its_m in np.unique(np.stack([n, m], axis=1), axis=0).tolist():
            members = np.flatnonzero((n == its_n) & (m == its_m))
            unknowns = _table(members, whose, self._place, np.arange(len(whose)), its_n, len(whose))
            rows = _table(members, pair_part, pair_place, pair_row, its_m, border.size)
            lower = np.ravel_multi_index(np.tril_indices(its_m), (its_m, its_m))
            cells = its_n**2, its_n * its_m, len(lower)
            self._k[members] = ends[0] + np.arange(len(members)) * cells[0]
            self._c[members] = ends[1] + np.arange(len(members)) * cells[1]
            begins, ends = ends, [e + len(members) * x for e, x in zip(ends, cells, strict=True)]
            its = (slice(*x) for x in zip(begins, ends, strict=True))
            self.all.append(Batch(unknowns, rows, lower, *its))
        if ends[2] > CELLS:
            raise TooDense(f"{ends[2]} pairs of rows tie the parts together")
        self._row = self._k[whose] + self._place * n[whose]  # of K, where an unknown's begins
        where = part[c.indices]
        self._c_cell = self._c[where] + pair_place[which] * n[where] + self._place[c.indices]
        self._c_cells, self._s_cells = np.zeros(ends[1]), np.zeros(ends[2])
        self._s_to = np.concatenate([_pairs(x, border.size + 1) for x in self.all])
        self._work = [
            np.zeros(max(x.border.size * width(x) for x in self.all)) for width in (_n, _m)
        ]
        self._still = self._template(ends[0], zero_rows)

    def _template(self, cells: int, zero_rows: csr_array) -> Floats:
        """K without H: zero rows, what is added to the diagonal, and ones where blocks are filled up."""
        found, last = np.zeros(cells), len(self._place)
        for batch in self.all:
            count, n = batch.unknowns.shape
            k, i = np.nonzero(batch.unknowns == last)
            found[batch.k].reshape(count, n, n)[k, i, i] = 1.0
        diagonal = self._row + self._place
        found[diagonal[: self.columns]] = COLUMN
        found[diagonal[self.columns :]] = -ROW
        rows, column = zero_rows.shape[0], zero_rows.indices
        row = self.columns + np.repeat(np.arange(rows), np.diff(zero_rows.indptr))
        found[self._row[row] + self._place[column]] = zero_rows.data
        found[self._row[column] + self._place[row]] = zero_rows.data
        return found

    def inverses(self, h: csr_array) -> list[Floats]:
        """K⁻¹ of each batch, (blocks, N, N), with H (columns, columns) that lies inside the blocks."""
        row = np.repeat(np.arange(self.columns), np.diff(h.indptr))
        cells = self._still.copy()
        cells[self._row[row] + self._place[h.indices]] += h.data
        return [_inverse(cells[x.k].reshape(*x.unknowns.shape, -1)) for x in self.all]

    def complement(self, inverses: list[Floats]) -> Floats:
        """C K⁻¹ Cᵀ in its lower triangle, (border rows, border rows), in Fortran's order."""
        self._c_cells[self._c_cell] = self.border.c.data
        for batch, inverse in zip(self.all, inverses, strict=True):
            count, m = batch.border.shape
            c = self._c_cells[batch.c].reshape(count, m, -1)
            half, whole = (
                work[: count * m * width].reshape(count, m, width)
                for work, width in zip(self._work, (c.shape[2], m), strict=True)
            )
            np.matmul(np.matmul(c, inverse, out=half), c.transpose(0, 2, 1), out=whole)
            its = self._s_cells[batch.s].reshape(count, -1)
            np.take(whole.reshape(count, -1), batch.lower, axis=1, out=its, mode="clip")
        size = self.border.size + 1
        found = np.bincount(self._s_to, weights=self._s_cells, minlength=size**2)
        return np.array(found.reshape(size, size).T[:-1, :-1], order="F")

    def times(self, inverses: list[Floats], h: Floats) -> Floats:
        """K⁻¹ h, of every unknown."""
        full, found = np.append(h, 0.0), np.empty(len(h) + 1)
        for batch, inverse in zip(self.all, inverses, strict=True):
            found[batch.unknowns] = np.matmul(inverse, full[batch.unknowns][:, :, None])[:, :, 0]
        return found[:-1]


def _ranks(group: Ints, count: int) -> tuple[Ints, Ints]:
    """The place of each element in its group, and how many each group has."""
    sizes, place = np.bincount(group, minlength=count), np.empty(len(group), dtype=np.int64)
    order = np.argsort(group, kind="stable")
    place[order] = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return place, sizes


def _filled(sizes: Ints, multiple: int) -> Ints:
    found: Ints = np.maximum(-(-sizes // multiple), 1) * multiple
    return found


def _table(members: Ints, group: Ints, place: Ints, value: Ints, width: int, empty: int) -> Ints:
    """(members, width) the values of each member's group in their places."""
    index = np.full(int(group.max(initial=-1)) + 1, -1)
    index[members[members < len(index)]] = np.flatnonzero(members < len(index))
    found = np.full((len(members), width), empty)
    there = index[group] >= 0
    found[index[group[there]], place[there]] = value[there]
    return found


def _pairs(batch: Batch, size: int) -> Ints:
    """(cells,) where in a square matrix of that size, in Fortran's order, the lower triangles of blocks go."""
    i, j = np.divmod(batch.lower, _m(batch))
    found: Ints = (batch.border[:, j] * size + batch.border[:, i]).ravel()
    return found


def _n(batch: Batch) -> int:
    return int(batch.unknowns.shape[1])


def _m(batch: Batch) -> int:
    return int(batch.border.shape[1])


def _inverse(blocks: Floats) -> Floats:
    """Of each, its diagonal brought to one before."""
    size = np.sqrt(np.abs(np.diagonal(blocks, axis1=1, axis2=2)))
    size[size == 0] = 1.0
    both = size[:, :, None] * size[:, None, :]
    found: Floats = np.linalg.inv(blocks / both) / both
    return found
