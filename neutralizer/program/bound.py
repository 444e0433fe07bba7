"""A lower bound on the optimum from any duals, Lagrange's: nothing is taken on trust.

For duals z in the dual cone every x in the box has c·x >= −b·z + Σ_j min over the box of
(c + Aᵀz)_j x_j, so that a residual costs what it can do at most (Boyd and Vandenberghe, Convex
Optimization, ch. 5).
"""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats, Ints, Matrix
from neutralizer.program.canonical import Canonical, Cone

PASSES = 3  # of drawing in boxes


def dual_bound(canonical: Canonical, z: Floats, target: float) -> float:
    """A lower bound on c·x + offset over all feasible x whose objective is at most `target`."""
    rows = canonical.a.tocsr()
    z = _absorbed(canonical, rows, _in_dual_cone(canonical.cones, z))
    low, high = _column_boxes(canonical, rows, target)
    reduced = canonical.c + canonical.a.T @ z
    with np.errstate(invalid="ignore"):
        worst = np.minimum(reduced * low, reduced * high)
    return float(-canonical.b @ z + np.sum(np.where(reduced == 0, 0.0, worst))) + canonical.offset


def _single(canonical: Canonical, rows: Matrix) -> tuple[Ints, Ints, Floats]:
    """(row, column, coefficient) of the inequalities with one column: its own bounds."""
    found = np.flatnonzero(np.diff(rows.indptr) == 1)
    flat = np.zeros(rows.shape[0], dtype=bool)
    for cone in canonical.cones:
        if cone.kind == "nonneg":
            flat[cone.start : cone.stop] = True
    found = found[flat[found]]
    return found, rows.indices[rows.indptr[found]], rows.data[rows.indptr[found]]


def _absorbed(canonical: Canonical, rows: Matrix, z: Floats) -> Floats:
    """z with the negative residuals of columns taken out of the duals of their own lower bounds at
    zero, which costs nothing: a residual is an error of the last digits, such a dual seldom is.
    """
    row, column, value = _single(canonical, rows)
    own = (value < 0) & (canonical.b[row] == 0)
    _, first = np.unique(column[own], return_index=True)
    row, column, value = row[own][first], column[own][first], -value[own][first]
    missing = np.maximum(-(canonical.c + canonical.a.T @ z)[column], 0.0)
    z = z.copy()
    z[row] -= np.minimum(z[row], missing / value)
    return z


def _in_dual_cone(cones: tuple[Cone, ...], z: Floats) -> Floats:
    """z with every block moved into its dual cone, which costs the bound at most what it was out by."""
    z = z.copy()
    for cone in cones:
        part = z[cone.start : cone.stop]
        if cone.kind == "nonneg":
            np.maximum(part, 0, out=part)
        elif cone.kind == "soc":
            part[0] = max(part[0], float(np.linalg.norm(part[1:])))
        elif cone.kind == "power":
            a = cone.power
            part[:2] = np.maximum(part[:2], 0)
            most = (part[0] / a) ** a * (part[1] / (1 - a)) ** (1 - a)
            part[2] = np.clip(part[2], -most, most)
    return z


def _column_boxes(canonical: Canonical, rows: Matrix, target: float) -> tuple[Floats, Floats]:
    """Where each column lies at an optimum. Decisions have boxes; a column of cvxpy's own is either
    defined by an equality or the top of an epigraph, which at an optimum touches what it covers. What
    is left is bounded by its cost: no better answer spends more than `target`.
    """
    low = np.where(np.isnan(canonical.upper), np.nan, 0.0)
    high = canonical.upper.copy()
    tops = _held_by(canonical, rows)
    for _ in range(10):
        open_before = int(np.isnan(low).sum())
        if open_before == 0:
            break
        for cone in canonical.cones:
            if cone.kind in ("zero", "nonneg"):
                _close_rows(cone, rows, canonical.b, tops, low, high)
        _close_epigraphs(canonical, rows, tops, low, high)
        if int(np.isnan(low).sum()) == open_before:
            _close_jointly(canonical, rows, tops, low, high)
        if int(np.isnan(low).sum()) == open_before:
            break
    unknown = np.isnan(low)
    # what is left and paid for is the top of a square (risk charge, quadratic impact): not negative
    low[unknown] = np.where(canonical.c[unknown] > 0, 0.0, -np.inf)
    high[unknown] = np.inf
    row, column, value = _single(canonical, rows)
    ends = canonical.b[row] / value
    np.minimum.at(high, column[value > 0], ends[value > 0])
    high = np.maximum(high, low)
    for _ in range(PASSES):
        low, high = _propagated(canonical, rows, low, high)
    return _bounded_by_cost(canonical, low, high, target)


def _propagated(
    canonical: Canonical, rows: Matrix, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Boxes drawn in by what each inequality leaves a column when the others of its row do their least:
    an epigraph below a limit is no larger than the limit.
    """
    flat = [np.arange(c.start, c.stop) for c in canonical.cones if c.kind == "nonneg"]
    block = rows[np.concatenate(flat)].tocoo() if flat else None
    if block is None or not block.nnz:
        return low, high
    r, c, v = block.row, block.col, block.data
    b = canonical.b[np.concatenate(flat)]
    with np.errstate(invalid="ignore"):
        least = np.minimum(v * low[c], v * high[c])
    endless = ~np.isfinite(least)
    own = np.where(endless, 0.0, least)
    total = np.bincount(r, weights=own, minlength=len(b))
    open_ends = np.bincount(r, weights=endless, minlength=len(b))
    known = open_ends[r] == endless  # nothing else in the row is without end
    end = (b[r] - (total[r] - own)) / v
    room = 1e-9 * (np.abs(total[r]) + np.abs(own) + np.abs(b[r])) / np.abs(v)
    low, high = low.copy(), high.copy()
    above, below = known & (v > 0), known & (v < 0)
    np.minimum.at(high, c[above], (end + room)[above])
    np.maximum.at(low, c[below], (end - room)[below])
    return low, np.maximum(high, low)


def _interval(block: Matrix, low: Floats, high: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Least and largest b − A x over the closed columns."""
    positive, negative = block.maximum(0), block.minimum(0)
    lo, hi = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=0.0)
    return b - (positive @ hi + negative @ lo), b - (positive @ lo + negative @ hi)


@dataclass(frozen=True)
class _HeldBy:
    """(columns,) how many rows of each kind hold a column where it is: equalities, first rows of cones, and
    inequalities, but for those that say no more than that it is not negative.
    """

    equalities: Ints
    cones: Ints
    rows: Ints


def _held_by(canonical: Canonical, rows: Matrix) -> _HeldBy:
    kind = np.empty(rows.shape[0], dtype="U6")
    for cone in canonical.cones:
        kind[cone.start : cone.stop] = cone.kind if cone.kind in ("zero", "nonneg") else ""
        if cone.kind not in ("zero", "nonneg"):
            kind[cone.start] = "first"
    part, size = rows.tocoo(), rows.shape[1]
    plain = (np.diff(rows.indptr) == 1) & (canonical.b == 0)
    below = (kind[part.row] == "nonneg") & (part.data < 0) & ~plain[part.row]
    return _HeldBy(
        np.bincount(part.col[kind[part.row] == "zero"], minlength=size),
        np.bincount(part.col[kind[part.row] == "first"], minlength=size),
        np.bincount(part.col[below], minlength=size),
    )


def _close_rows(
    cone: Cone, rows: Matrix, b: Floats, tops: _HeldBy, low: Floats, high: Floats
) -> None:
    """Bounds the open columns of one block of linear rows from what is known of the others."""
    block, b = rows[cone.start : cone.stop], b[cone.start : cone.stop]
    is_open = np.isnan(low)
    single = np.flatnonzero((abs(block) > 0).astype(float) @ is_open == 1)
    if not len(single):
        return
    part = block[single].tocoo()
    least, most = _interval(block[single], low, high, b[single])
    mine = is_open[part.col]
    r, c, v = part.row[mine], part.col[mine], part.data[mine]
    below = v < 0
    if cone.kind == "zero":  # v x = rest
        first, second = least[r] / v, most[r] / v
        low[c], high[c] = np.minimum(first, second), np.maximum(first, second)
        return
    # rest − v x >= 0 with v < 0 means x >= −rest/|v|: at an optimum x is the largest of those, and of
    # all of them: a column is left open while any row that holds it up has another open one
    every = block.tocoo()
    holds_up = np.bincount(every.col[every.data < 0], minlength=len(low))
    known = np.bincount(c[below], minlength=len(low))
    below &= ((holds_up == known) & (tops.cones == 0) & (tops.equalities == 0))[c]
    r, c, v = r[below], c[below], v[below]
    floor = np.full(len(low), -np.inf)
    top = np.full(len(low), -np.inf)
    np.maximum.at(floor, c, most[r] / v)
    np.maximum.at(top, c, least[r] / v)
    touched = np.unique(c)
    low[touched], high[touched] = floor[touched], np.maximum(top, floor)[touched]


def _close_jointly(
    canonical: Canonical, rows: Matrix, tops: _HeldBy, low: Floats, high: Floats
) -> None:
    """Bounds open columns that hold up one row together: the threshold of a shortfall and what lies beyond
    it. An optimum has the threshold among the losses, and so no excess larger than their spread.
    """
    flat = [np.arange(c.start, c.stop) for c in canonical.cones if c.kind == "nonneg"]
    if not flat:
        return
    which = np.concatenate(flat)
    block, is_open = rows[which], np.isnan(low)
    least, most = _interval(block, low, high, canonical.b[which])
    part = block.tocoo()
    mine = is_open[part.col]
    r, c, v = part.row[mine], part.col[mine], part.data[mine]
    loosened = np.bincount(r[v > 0], minlength=len(which)) > 0  # by another open column
    count = np.bincount(r, minlength=len(which))
    joint = (v < 0) & ~loosened[r]
    ready = np.bincount(c[joint], minlength=len(low)) == np.bincount(c[v < 0], minlength=len(low))
    ready &= (tops.cones == 0) & (tops.equalities == 0)
    shared = np.isin(c, c[joint & (count[r] > 1)]) & joint & ready[c]
    reach = np.zeros(len(low))
    size = 2 * np.maximum(np.abs(least), np.abs(most))[r] / np.abs(v)
    np.maximum.at(reach, c[shared], size[shared])
    touched = np.unique(c[shared])
    low[touched], high[touched] = -reach[touched], reach[touched]


def _close_epigraphs(
    canonical: Canonical, rows: Matrix, tops: _HeldBy, low: Floats, high: Floats
) -> None:
    """t >= ‖v‖ or t^a >= |v| with t alone in the first row, and nothing else that holds it up: t lies
    between zero and the largest size.
    """
    is_open, b = np.isnan(low), canonical.b
    opened = (abs(rows) > 0).astype(float) @ is_open
    least, most = _interval(rows, low, high, b)
    size = np.maximum(np.abs(least), np.abs(most))
    alone = (tops.cones == 1) & (tops.rows == 0) & (tops.equalities == 0)
    for cone in canonical.cones:
        k, rest = cone.start, slice(cone.start + 1, cone.stop)
        if cone.kind in ("zero", "nonneg") or b[k] != 0 or opened[rest].any():
            continue
        own = slice(rows.indptr[k], rows.indptr[k + 1])
        column, value = rows.indices[own], rows.data[own]
        if len(column) == 1 and is_open[column[0]] and alone[column[0]]:
            power = cone.kind == "power"
            top = size[cone.stop - 1] ** (1 / cone.power) if power else np.linalg.norm(size[rest])
            low[column[0]], high[column[0]] = 0.0, float(top) / abs(value[0])


def _bounded_by_cost(
    canonical: Canonical, low: Floats, high: Floats, target: float
) -> tuple[Floats, Floats]:
    """c_j x_j <= target − offset − what the other columns cost at least."""
    c = canonical.c
    with np.errstate(invalid="ignore"):
        least = np.where(c == 0, 0.0, np.minimum(c * low, c * high))
    if not np.isfinite(least).all():
        return low, high
    spare = target - canonical.offset - least.sum()
    paid = c > 0
    ceiling = np.full(len(c), np.inf)
    ceiling[paid] = (least[paid] + max(spare, 0.0)) / c[paid]
    return low, np.minimum(high, np.maximum(ceiling, low))
