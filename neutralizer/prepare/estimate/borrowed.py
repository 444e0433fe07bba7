"""Instruments with hardly any returns: they have the risk of their like, and it is said."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.prepare.estimate.covariance import Covariance, of_factors
from neutralizer.prepare.estimate.panel import Instrument


@dataclass(frozen=True)
class Peers:
    """Whose risk an instrument has: which they are, and in words."""

    which: Bools  # (N,)
    words: str


def peers_of(x: Instrument, known: Sequence[Instrument]) -> Peers:
    """Those of its sector, else of its asset class, else all."""
    sector = np.array([bool(x.sector) and k.sector == x.sector for k in known])
    alike = np.array([k.asset_class == x.asset_class for k in known])
    if sector.any():
        return Peers(sector, f"the sector {x.sector}")
    if alike.any():
        return Peers(alike, f"the asset class {x.asset_class}")
    return Peers(np.ones(len(known), dtype=bool), "everything else")


def extended(covariance: Covariance, peers: Sequence[Peers], exposed: Floats) -> Covariance:
    """The covariance with a row more for each instrument that borrows.

    Its return is the mean of its peers' in units of their deviations, times their middle deviation, and as
    much of its own beside as makes that deviation its own: the whole stays positive semidefinite. Of a
    factor model it has its peers' mean loadings, and `exposed` (M, K) in the factors where that is known
    (nan where not).
    """
    if not peers:
        return covariance
    deviation = np.sqrt(np.diag(covariance.matrix))
    middle = np.array([np.median(deviation[p.which]) for p in peers])
    if covariance.loadings is not None:
        return _of_factors(covariance, peers, exposed, middle)
    safe = np.where(deviation > 0, deviation, 1.0)
    mean = np.array([p.which / p.which.sum() for p in peers]) * middle[:, None] / safe
    spread = np.vstack([np.eye(len(deviation)), mean])
    matrix = spread @ covariance.matrix @ spread.T
    rest = middle**2 - np.diag(matrix)[len(deviation) :]
    own = np.concatenate([np.zeros(len(deviation)), np.maximum(rest, 0.0)])
    return Covariance(matrix + np.diag(own))


def _of_factors(
    covariance: Covariance, peers: Sequence[Peers], exposed: Floats, middle: Floats
) -> Covariance:
    loadings, factors, specific = covariance.loadings, covariance.factors, covariance.specific
    assert loadings is not None
    assert factors is not None
    assert specific is not None
    mean = np.array([loadings[p.which].mean(axis=0) for p in peers])
    mean = np.where(np.isnan(exposed), mean, exposed)
    shared = np.einsum("mk,kl,ml->m", mean, factors, mean)
    least = np.array([np.median(specific[p.which]) for p in peers])
    rest = np.maximum(middle**2 - shared, least)
    return of_factors(
        np.vstack([loadings, mean]), factors, np.concatenate([specific, rest]), covariance.names
    )
