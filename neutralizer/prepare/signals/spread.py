"""Whether the spread of two log prices reverts: found on the first half of the days, judged on the second.

The null hypothesis is that the spread is a random walk. Its p-value is a wild bootstrap's (Mammen, 1993; Cavaliere and
Taylor, 2008), so that days of large moves do not count as evidence. On the second half mean and ratio are frozen, and
what is tested is the gain of betting on the return each day by the sign alone, whose t statistic is standard
normal even of a random walk (So and Shin, 1999): a ratio fitted anew there makes random walks look as if they reverted.
"""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats

DRAWS, SEED = 999, 17
ONE_EXPOSURE = 2.0  # ratios further from 1 either way are no two carriers of it
STILL = 1e-9  # log: a spread that moves by no more in a half of the days says nothing
SHORTEST, SLOWEST = 1.0, 0.1  # half-life: days, and a share of the days that it was found on


@dataclass(frozen=True)
class Spread:
    """log a = level + ratio · log b + spread, of the first half; what it says of the second, and today."""

    a: str
    b: str
    level: float
    ratio: float
    p: float  # of the first half
    half_life: float  # days; inf where it does not revert
    deviation: float  # of the spread in the first half
    second: float  # p of the second half, level and ratio frozen
    path: Floats  # (T,) the spread on every day, level and ratio frozen
    first: int  # days of it that it was found on

    @property
    def gap(self) -> float:
        """Today: a is dear against b by so much, log."""
        return float(self.path[-1])

    @property
    def of_one_exposure(self) -> bool:
        """Whether a unit of the one is about a unit of the other: one that reverts alone has a ratio near 0."""
        return 1 / ONE_EXPOSURE <= self.ratio <= ONE_EXPOSURE

    @property
    def may_revert(self) -> bool:
        """Whether it comes back neither within a day nor hardly ever."""
        return SHORTEST <= self.half_life <= SLOWEST * self.first


def spread(names: tuple[str, str], a: Floats, b: Floats, draws: int = DRAWS) -> Spread:
    """Of two log prices (T,) without gaps. The second half is looked at only for what is frozen."""
    from scipy.stats import ttest_1samp

    half = len(a) // 2
    x = np.column_stack([np.ones(half), b[:half]])
    level, ratio = np.linalg.lstsq(x, a[:half], rcond=None)[0]
    path = a - level - ratio * b
    own, later = path[:half], path[half - 1 :]
    if min(own.std(), np.diff(later).std()) < STILL:
        found = (float(level), float(ratio), 1.0, np.inf, float(own.std()), 1.0)
        return Spread(*names, *found, path, half)
    beta = float(own[:-1] @ own[1:] / (own[:-1] @ own[:-1]))
    half_life = -np.log(2) / np.log(beta) if 0 < beta < 1 else (0.0 if beta <= 0 else np.inf)
    bet = -np.sign(later[:-1]) * np.diff(later)
    second = float(ttest_1samp(bet, 0.0, alternative="greater").pvalue)
    return Spread(
        *names, float(level), float(ratio), reverting(x, own, draws), float(half_life), float(own.std()),
        second, path, half,
    )  # fmt: skip


def statistic(residual: Floats) -> Floats:
    """(…,) the augmented Dickey-Fuller t statistic of residuals (…, T), one lag and no constant."""
    change, before = np.diff(residual, axis=-1)[..., 1:], residual[..., 1:-1]
    lag = np.diff(residual, axis=-1)[..., :-1]
    bb, bl, ll = (np.sum(u * v, axis=-1) for u, v in ((before, before), (before, lag), (lag, lag)))
    by, ly = np.sum(before * change, axis=-1), np.sum(lag * change, axis=-1)
    det = bb * ll - bl * bl
    on_level, on_lag = (by * ll - ly * bl) / det, (ly * bb - by * bl) / det
    error = change - on_level[..., None] * before - on_lag[..., None] * lag
    variance = np.sum(error**2, axis=-1) / (change.shape[-1] - 2)
    found: Floats = on_level / np.sqrt(variance * ll / det)
    return found


def reverting(x: Floats, residual: Floats, draws: int) -> float:
    """p of a random walk: `x` (T, K) is what the residual (T,) was regressed on, and is again in each draw."""
    rng = np.random.default_rng(SEED)
    signs = rng.choice([-1.0, 1.0], (draws, len(residual) - 1))
    walk = np.cumsum(signs * np.diff(residual), axis=1)
    walk = np.column_stack([np.zeros(draws), walk])
    again = walk - (walk @ np.linalg.pinv(x).T) @ x.T
    return float((1 + np.count_nonzero(statistic(again) <= statistic(residual))) / (1 + draws))
