"""The ISDA Standard Initial Margin Model as arrays: sensitivities a unit, how they are weighed and joined.

A line is one sensitivity of one bucket. Lines of a bucket join by their correlation, buckets of a family
(product class, risk class, measure) by theirs, families of a product class by that of the risk classes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Ints, Matrix


@dataclass(frozen=True)
class Bucket:
    """What correlates within. `ratio`: the concentration group that its joining is scaled by, or -1."""

    lines: Ints
    correlation: Floats  # (n, n)
    residual: bool
    ratio: int


@dataclass(frozen=True)
class Family:
    """One product class, risk class and measure: delta, vega or curvature."""

    product: str
    risk_class: str
    measure: str
    buckets: tuple[Bucket, ...]
    between: Floats  # (B, B) correlation of buckets, 1 on the diagonal; residual ones join nothing
    factor: (
        float  # on the whole: 1; of interest rate curvature, the historical volatility ratio ** -2
    )


@dataclass(frozen=True)
class Simm:
    """Lines l over instruments i, concentration groups c, accounts a."""

    amount: Matrix  # (L, I) csr: sensitivity of one unit, base currency
    weight: Floats  # (L,) risk weight
    group: Ints  # (L,) concentration group, -1 where there is none
    threshold: Floats  # (C,) base currency
    families: tuple[Family, ...]
    classes: dict[tuple[str, str], float]  # correlation of two risk classes
    multiplier: dict[str, float]  # by product class, 1 where it is not named
    ratios: Floats  # (A, C) concentration that the program computes with, >= 1

    def concentration(self, s: Floats) -> Floats:
        """(C,) concentration ratios of sensitivities s, >= 1: CR = max(1, √(|Σ s| / threshold))."""
        total = np.zeros(len(self.threshold))
        some = self.group >= 0
        np.add.at(total, self.group[some], s[some])
        found: Floats = np.maximum(1.0, np.sqrt(np.abs(total) / self.threshold))
        return found


NO_SIMM = Simm(
    csr_array((0, 0)),
    np.zeros(0),
    np.zeros(0, dtype=np.int64),
    np.zeros(0),
    (),
    {},
    {},
    np.zeros((0, 0)),
)
