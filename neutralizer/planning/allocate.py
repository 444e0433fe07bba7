"""Who receives the fills, leg by leg: every book on a side gets the same mix of inside and outside.

All quantities are whole steps of the instrument.
"""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from neutralizer.domain.arrays import Floats, Ints


def shares(change: Floats, may_change: Floats, total: int) -> Floats:
    """Weights of one party's books in a net fill of `total`: in proportion to what each wants on that
    side; of equal and opposite lines, to what each changes at all; else the first that may change.
    """
    wanted = np.maximum(0.0, np.sign(total) * change) if total else np.abs(change)
    if wanted.sum() == 0:
        wanted = np.abs(change) if np.abs(change).sum() else np.zeros(len(change))
    if wanted.sum() == 0:
        wanted[int(np.flatnonzero(may_change)[0])] = 1.0
    found: Floats = wanted / wanted.sum()
    return found


def largest_remainder(total: int, weights: Floats) -> Ints:
    """Whole numbers in proportion to the weights that sum to `total`; ties go to the first."""
    exact = abs(total) * weights
    whole = np.floor(exact + 1e-9).astype(np.int64)
    missing = abs(total) - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:missing]] += 1
    return whole * int(np.sign(total))


def table(lines: Ints, totals: Ints, weights: Floats) -> Ints:
    """(lines, books) whole numbers with these row and column sums, near lines · weights: the
    transportation problem that rounds a proportional table with both margins kept.
    """
    if len(lines) == 1:
        return totals[None, :].copy()
    exact = np.outer(lines, weights)
    floor = np.floor(exact + 1e-9).astype(np.int64)
    rows, columns = lines - floor.sum(axis=1), totals - floor.sum(axis=0)
    for low in range(3):
        supply, demand = rows + low * len(totals), columns + low * len(lines)
        if (demand < 0).any() or (supply < 0).any():
            continue
        fractional = exact - floor > 1e-9
        for most in (fractional.astype(np.int64) + 2 * low, np.full(exact.shape, 1 + 2 * low)):
            flow = _flow(supply, demand, most)
            if flow is not None:
                return floor - low + flow
    return _corner(lines, totals)


def _flow(supply: Ints, demand: Ints, most: Ints) -> Ints | None:
    """A whole flow from rows to columns that uses up both, within `most` a cell."""
    n, m = len(supply), len(demand)
    graph = np.zeros((n + m + 2, n + m + 2), dtype=np.int32)
    graph[0, 1 : n + 1] = supply
    graph[1 : n + 1, n + 1 : n + m + 1] = most
    graph[n + 1 : n + m + 1, -1] = demand
    found = maximum_flow(csr_array(graph), 0, n + m + 1)
    if found.flow_value != supply.sum() or supply.sum() != demand.sum():
        return None
    return np.asarray(found.flow.toarray()[1 : n + 1, n + 1 : n + m + 1], dtype=np.int64)


def _corner(lines: Ints, totals: Ints) -> Ints:
    """A table with these margins whatever its cells: all lines to the first book, then the others'
    totals out of the first line. Reached only where proportion has no whole-number neighbour.
    """
    found = np.zeros((len(lines), len(totals)), dtype=np.int64)
    found[:, 0] = lines
    found[0] += totals
    found[0, 0] -= int(totals.sum())
    return found
