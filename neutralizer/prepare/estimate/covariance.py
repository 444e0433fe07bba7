"""A covariance of returns, a day: of instruments, or of factors with what is left to each instrument."""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Covariance:
    """`matrix` (N, N); of factor models also loadings (N, K), the factors' own (K, K) and specific
    variances (N,), with matrix = loadings · factors · loadingsᵀ + specific. nan: not known.
    """

    matrix: Floats
    loadings: Floats | None = None
    factors: Floats | None = None
    specific: Floats | None = None
    names: tuple[str, ...] = ()  # of the factors

    def of(self, kept: Bools | Ints) -> "Covariance":
        """Of some of the instruments, or of all in another order."""
        its = np.flatnonzero(kept) if kept.dtype == bool else kept
        part = self.matrix[np.ix_(its, its)]
        if self.loadings is None or self.specific is None:
            return Covariance(part)
        return Covariance(part, self.loadings[its], self.factors, self.specific[its], self.names)


def of_factors(
    loadings: Floats, factors: Floats, specific: Floats, names: tuple[str, ...]
) -> Covariance:
    """The covariance that factors and specific variances make."""
    matrix = loadings @ factors @ loadings.T + np.diag(specific)
    return Covariance(matrix, loadings, factors, specific, names)
