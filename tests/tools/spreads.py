"""Paths of log prices that are drawn: random walks, and spreads that come back; two-desks with carriers of one exposure."""

import numpy as np

from neutralizer.domain.arrays import Floats

DAYS = 1000
LIQUID = (
    ("half_spread_bps: 2,", "half_spread_bps: 2, adv: 1000000, underlying: IDX,"),
    ("half_spread_bps: 0.5,", "half_spread_bps: 0.5, adv: 50000, underlying: IDX,"),
)


def walk(rng: np.random.Generator, by: float = 0.01) -> Floats:
    return np.asarray(np.cumsum(by * rng.standard_t(4, DAYS) / np.sqrt(2)))


def reverting(rng: np.random.Generator, half_life: float, by: float = 0.004) -> Floats:
    found, shock = np.zeros(DAYS), by * rng.standard_normal(DAYS)
    for t in range(1, DAYS):
        found[t] = 2 ** (-1 / half_life) * found[t - 1] + shock[t]
    return found
