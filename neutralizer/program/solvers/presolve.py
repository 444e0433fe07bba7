"""What needs no solve: columns that are held at nothing, and epigraphs that nothing asks for.

A column without a price that may grow until every row it stands in holds, takes those rows with it; so a
margin that no pool and no limit counts goes, cone and all. Exact, whatever is left out: an answer is
accepted by its own certificate over the whole program, in which a row that was left out has no dual.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, csr_array

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.program.canonical import Canonical

PASSES = 20  # of taking out what the last one has set free


@dataclass(frozen=True)
class Presolved:
    """A smaller program, and which rows and columns of the whole one it has."""

    canonical: Canonical
    rows: Bools
    columns: Bools

    def back(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """The smaller program's x and duals in the whole one's places, zero elsewhere."""
        whole_x, whole_z = np.zeros(len(self.columns)), np.zeros(len(self.rows))
        whole_x[self.columns], whole_z[self.rows] = x, z
        return whole_x, whole_z


def presolved(canonical: Canonical) -> Presolved:
    """The program without what cannot matter."""
    a = csr_array(canonical.a)
    inside = np.ones(a.shape[0], dtype=bool)
    there = ~_held(canonical, a)
    for _ in range(PASSES):
        free = _growing(canonical, a, inside, there)
        if not free.any():
            break
        there &= ~free
        inside &= ~_touched(canonical, a, free)
    empty = np.diff(csr_array(a[:, there]).indptr) == 0
    flat = _kind(canonical, "nonneg") | _kind(canonical, "zero")
    inside &= ~(empty & flat & (np.abs(canonical.b) == 0))  # nothing at most, or exactly, nothing
    return Presolved(_smaller(canonical, a, inside, there), inside, there)


def _kind(canonical: Canonical, kind: str) -> Bools:
    """(rows,) whether a row is of a cone of that kind."""
    found = np.zeros(canonical.a.shape[0], dtype=bool)
    for cone in canonical.cones:
        found[cone.start : cone.stop] |= cone.kind == kind
    return found


def _held(canonical: Canonical, a: csr_array) -> Bools:
    """(columns,) between nothing and nothing: by rows of their own."""
    single = (np.diff(a.indptr) == 1) & (canonical.b == 0) & _kind(canonical, "nonneg")
    rows = np.flatnonzero(single)
    column, value = a.indices[a.indptr[rows]], a.data[a.indptr[rows]]
    above, below = np.zeros(a.shape[1], dtype=bool), np.zeros(a.shape[1], dtype=bool)
    above[column[value > 0]] = True
    below[column[value < 0]] = True
    return above & below


def _growing(canonical: Canonical, a: csr_array, inside: Bools, there: Bools) -> Bools:
    """(columns,) without a price, and in rows only that hold once they are large enough: inequalities
    that they loosen, and first rows of cones.
    """
    loose = np.zeros(a.shape[0], dtype=bool)
    for cone in canonical.cones:
        last = cone.stop if cone.kind == "nonneg" else cone.start + (cone.kind == "soc")
        loose[cone.start : last] = True
    part = a.tocoo()
    live = inside[part.row] & there[part.col]
    bad = live & ~(loose[part.row] & (part.data < 0))
    spoiled = np.zeros(a.shape[1], dtype=bool)
    spoiled[part.col[bad]] = True
    seen = np.zeros(a.shape[1], dtype=bool)
    seen[part.col[live]] = True
    found: Bools = there & seen & ~spoiled & (canonical.c == 0)
    return found


def _touched(canonical: Canonical, a: csr_array, free: Bools) -> Bools:
    """(rows,) every row with one of these columns, cones whole."""
    found: Bools = np.asarray(abs(a[:, free]).sum(axis=1)).ravel() > 0
    for cone in canonical.cones:
        if cone.kind not in ("nonneg", "zero"):
            found[cone.start : cone.stop] |= bool(found[cone.start : cone.stop].any())
    return found


def _smaller(canonical: Canonical, a: csr_array, inside: Bools, there: Bools) -> Canonical:
    cones, start = [], 0
    for cone in canonical.cones:
        size = int(inside[cone.start : cone.stop].sum())
        if size:
            cones.append(replace(cone, start=start, stop=start + size))
            start += size
    return replace(
        canonical,
        c=canonical.c[there],
        a=csc_array(a[inside][:, there]),
        b=canonical.b[inside],
        cones=tuple(cones),
        upper=canonical.upper[there],
    )
