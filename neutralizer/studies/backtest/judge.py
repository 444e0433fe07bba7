"""Whether forecasts of volatility held, and whether a difference of costs is more than chance.

Kupiec (1995), Techniques for verifying the accuracy of risk measurement models; Christoffersen (1998), Evaluating
interval forecasts; Politis and Romano (1994), The stationary bootstrap.
"""

import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.judged import LEVEL, TAIL, Coverage
from neutralizer.errors import InputsRefused, Issue

TIMES = 1.2  # by which a volatility is too large, or too small: what the power is stated for
REPEATED = 2000  # bootstrap draws
FEWEST = 20  # days below which nothing is drawn from them
SEED = 20


def coverage(made: Floats, forecast: Floats) -> Coverage:
    """made, forecast: (n,) what a day made and its daily volatility as forecast, base currency."""
    from scipy.stats import norm

    known = forecast > 0
    ratio = made[known] / forecast[known]
    beyond, n = ratio < norm.ppf(TAIL), len(ratio)
    bias = float(np.std(ratio, ddof=1)) if n > 1 else math.nan
    return Coverage(
        n,
        int(beyond.sum()),
        bias,
        kupiec(n, int(beyond.sum())),
        christoffersen(beyond),
        power(n, TIMES),
        power(n, 1 / TIMES),
    )


def kupiec(n: int, beyond: int, tail: float = TAIL) -> float:
    """The probability of so many losses beyond the bound or a less likely number; likelihood ratio, one degree."""
    from scipy.stats import chi2

    if not n:
        return math.nan
    ratio = 2 * (_likelihood(n, beyond, beyond / n) - _likelihood(n, beyond, tail))
    return float(chi2.sf(max(ratio, 0.0), 1))


def _likelihood(n: int, beyond: int, tail: float) -> float:
    """Its logarithm."""
    hits = beyond * math.log(tail) if beyond else 0.0
    return hits + ((n - beyond) * math.log(1 - tail) if n > beyond else 0.0)


def christoffersen(beyond: Bools) -> float:
    """Whether losses beyond the bound come by themselves: one day's does not say the next's. nan without any."""
    from scipy.stats import chi2

    first, second = beyond[:-1], beyond[1:]
    counts = [(int((first == a).sum()), int((second & (first == a)).sum())) for a in (False, True)]
    n, hits = len(first), int(second.sum())
    if not n or not hits or not counts[1][0]:
        return math.nan
    apart = sum(_likelihood(of, x, x / of) for of, x in counts if of)
    return float(chi2.sf(max(2 * (apart - _likelihood(n, hits, hits / n)), 0.0), 1))


def power(n: int, times: float) -> float:
    """How often Kupiec's test on n days sees a volatility that is forecast so many times too large."""
    from scipy.stats import binom, norm

    true = float(norm.cdf(norm.ppf(TAIL) * times))
    return float(sum(binom.pmf(k, n, true) for k in range(n + 1) if kupiec(n, k) < LEVEL))


def interval(values: Sequence[float], seed: int = SEED) -> tuple[float, float]:
    """Between what the sum lies with 95 %, by the stationary bootstrap with blocks as long as the values ask for."""
    series = np.array(values, dtype=float)
    if len(series) < FEWEST or np.ptp(series) == 0:
        return math.nan, math.nan
    found: Any = bootstrap().StationaryBootstrap(block(series), series, seed=seed)
    low, high = found.conf_int(np.sum, reps=REPEATED, method="percentile")[:, 0]
    return float(low), float(high)


def block(series: Floats) -> int:
    """Days that a block should have; at least one."""
    with np.errstate(all="ignore"):  # of a series that does not move for long
        length = float(bootstrap().optimal_block_length(series)["stationary"].iloc[0])
    return max(round(length), 1) if math.isfinite(length) else 1


def bootstrap() -> Any:
    """The library, loaded when it is needed. Raises InputsRefused where it is not installed."""
    try:
        return import_module("arch.bootstrap")
    except ImportError:
        remedy = "pip install 'neutralizer[backtest]'"
        issue = Issue("backtest", 0, "", None, "arch is not installed", remedy)
        raise InputsRefused([issue]) from None
