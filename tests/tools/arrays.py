"""Programs written by hand as arrays: min c · x + offset, s = b - A x in cones, decisions in [0,
upper].
"""

import numpy as np
from scipy.sparse import csc_array

from neutralizer.program.canonical import Canonical, Cone

OWN = np.nan  # the box of a column that is not a decision but cvxpy's own


def program(
    c: list[float],
    blocks: list[tuple[str, list[tuple[list[float], float]], float]],
    upper: list[float],
    offset: float = 0.0,
) -> Canonical:
    """Arrays of a program whose blocks are (kind, [(coefficients, b), ...], power)."""
    rows, cones = [row for _, some, _ in blocks for row in some], []
    start = 0
    for kind, some, power in blocks:
        cones.append(Cone(kind, start, start + len(some), power))
        start += len(some)
    a = np.array([row for row, _ in rows], dtype=float).reshape(len(rows), len(c))
    b = np.array([end for _, end in rows], dtype=float)
    parts = (np.array(c, dtype=float), offset, csc_array(a), b, tuple(cones))
    return Canonical(*parts, {}, {}, np.array(upper, dtype=float), 1.0)


def flat(*rows: tuple[list[float], float]) -> tuple[str, list[tuple[list[float], float]], float]:
    return "nonneg", list(rows), 0.0
