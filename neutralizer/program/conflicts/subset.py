"""A cone program with some rows and columns left out, and with what that leaves idle left out too."""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints
from neutralizer.program.canonical import Canonical, Cone


def without(canonical: Canonical, rows: Bools, columns: Bools) -> tuple[Canonical, Ints]:
    """The program without some rows, and with some columns at zero; and which rows it kept."""
    gone_rows, gone_columns = rows.copy(), columns.copy()
    while _idle(canonical, gone_rows, gone_columns):
        pass
    kept = np.flatnonzero(~gone_rows)
    columns_kept = np.flatnonzero(~gone_columns)
    smaller = replace(
        canonical,
        c=canonical.c[columns_kept],
        a=canonical.a.tocsr()[kept][:, columns_kept].tocsc(),
        b=canonical.b[kept],
        cones=_cones(canonical.cones, gone_rows),
        columns={},
        rows={},
        upper=canonical.upper[columns_kept],
    )
    return smaller, kept


def _idle(canonical: Canonical, rows: Bools, columns: Bools) -> bool:
    """Marks columns that cost nothing and whose growth only helps, with the rows that they can always
    satisfy; and columns that one equality defines and nothing uses. Whether anything was marked.
    """
    a = canonical.a.tocsc()
    entry_column = np.repeat(np.arange(a.shape[1]), np.diff(a.indptr))
    alive = ~rows[a.indices] & ~columns[entry_column]
    r, j, v = a.indices[alive], entry_column[alive], a.data[alive]
    kind = _kinds(canonical)[r]
    count = np.bincount(j, minlength=a.shape[1])
    harms = np.bincount(
        j, weights=(kind == 1) & (v > 0) | (kind == 0) | (kind >= 3), minlength=a.shape[1]
    )
    # the top of a second-order cone helps by growing
    tops = np.bincount(j, weights=(kind == 2) & (v > 0), minlength=a.shape[1])
    idle = ~columns & (canonical.c == 0) & (harms == 0) & (tops == 0)
    equal = np.bincount(j, weights=kind == 0, minlength=a.shape[1])
    defined = ~columns & (canonical.c == 0) & (count == 1) & (equal == 1)
    idle_rows = np.unique(r[(idle | defined)[j]])
    changed = bool((idle & ~columns).any() or (defined & ~columns).any())
    columns |= idle | defined
    rows[idle_rows] = True
    for cone in canonical.cones:
        if cone.kind == "soc" and rows[cone.start]:
            rows[cone.start : cone.stop] = True
    return changed


def _kinds(canonical: Canonical) -> Ints:
    """(rows,) 0 equality, 1 inequality, 2 top of a second-order cone, 3 anything else."""
    found = np.full(canonical.a.shape[0], 3, dtype=np.int64)
    for cone in canonical.cones:
        if cone.kind in ("zero", "nonneg"):
            found[cone.start : cone.stop] = 0 if cone.kind == "zero" else 1
        elif cone.kind == "soc":
            found[cone.start] = 2
    return found


def _cones(cones: tuple[Cone, ...], gone: Bools) -> tuple[Cone, ...]:
    found, start = [], 0
    for cone in cones:
        size = int(np.count_nonzero(~gone[cone.start : cone.stop]))
        if size:
            found.append(Cone(cone.kind, start, start + size, cone.power))
        start += size
    return tuple(found)


def out_by(canonical: Canonical, x: Floats) -> float:
    """The most that x is outside any row or cone by, in the rows' own scale."""
    s = canonical.b - canonical.a @ x
    worst = 0.0
    for cone in canonical.cones:
        part = s[cone.start : cone.stop]
        if cone.kind == "zero":
            worst = max(worst, float(np.abs(part).max(initial=0)))
        elif cone.kind == "nonneg":
            worst = max(worst, float((-part).max(initial=0)))
        elif cone.kind == "soc":
            worst = max(worst, float(np.linalg.norm(part[1:]) - part[0]))
        else:
            raise ValueError(f"no residual of a {cone.kind} cone")
    return worst
