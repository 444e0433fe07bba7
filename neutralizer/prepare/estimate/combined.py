"""Experts combined: exponential averages of several half-lives, their weights tuned each day by a small convex
program on the days just before (Johansson, Ogut, Pelger, Schmelzer and Boyd, 2023), by cvxcovariance.
"""

import warnings
from collections.abc import Iterator

import numpy as np

from neutralizer.domain.arrays import Floats

PAIRS = (
    (10, 21),
    (21, 63),
    (63, 125),
    (125, 250),
)  # half-lives of volatilities and of correlations
WARM = 63  # days before an expert counts
WINDOW = 10  # days on which the weights are tuned


def combined(returns: Floats) -> Iterator[tuple[int, Floats]]:
    """(days known, (N, N) covariance a day) for each day from when it can be said; returns without nan."""
    import pandas as pd
    from cvx.covariance.combination import from_ewmas

    frame = pd.DataFrame(returns)
    experts = from_ewmas(frame, PAIRS, min_periods_vola=WARM, min_periods_cov=WARM)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Solution may be inaccurate")  # weights, not risk
        solved = [x for x in experts.solve(window=WINDOW, solver="CLARABEL") if x is not None]
    for result in solved:
        found: Floats = np.asarray(result.covariance, dtype=float)
        yield int(result.time) + 1, found
