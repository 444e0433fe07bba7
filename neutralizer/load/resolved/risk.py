"""The risk tables: units, alignment by label, and one factorisation of each covariance."""

import math
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import NORMAL, Risk
from neutralizer.load.resolved.currencies import exposures
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.tenors import tenor_names, tenor_weights
from neutralizer.load.written.inputs import Inputs, Square

TRADING_DAYS = 252
PSD_TOLERANCE = 1e-8  # of the largest eigenvalue of the correlation matrix
_SCALES = {
    "daily_fraction": 1.0,
    "annual_fraction": 1 / math.sqrt(TRADING_DAYS),
    "annual_percent": 0.01 / math.sqrt(TRADING_DAYS),
}


def volatility_scale(inputs: Inputs) -> float:
    """What turns a written volatility into a daily fraction."""
    risk = inputs.settings.tables.risk
    return _SCALES[risk.units] if risk else 1.0


def correlation_spectrum(square: Square) -> tuple[Floats, Floats, Floats]:
    """Standard deviations, eigenvalues and eigenvectors of the correlation matrix."""
    deviation = np.sqrt(np.maximum(np.diag(square.matrix), 0))
    safe = np.where(deviation > 0, deviation, 1.0)
    correlation = square.matrix / np.outer(safe, safe)
    eigenvalues, eigenvectors = np.linalg.eigh((correlation + correlation.T) / 2)
    return deviation, eigenvalues, eigenvectors


def is_indefinite(eigenvalues: Floats) -> bool:
    """Whether the least eigenvalue is below zero by more than rounding."""
    return bool(eigenvalues[0] < -PSD_TOLERANCE * max(eigenvalues[-1], 1e-300))


def root_of(square: Square) -> Floats:
    """(n, r) with covariance = root · rootᵀ; eigenvalues that are zero to rounding are left out.

    Of an indefinite covariance, which is read only where repair was asked for, those below zero are
    left out too, and each row is scaled so that its variance stays as written.
    """
    deviation, eigenvalues, eigenvectors = correlation_spectrum(square)
    keep = eigenvalues > 1e-14 * max(eigenvalues.max(initial=0), 1e-300)
    found: Floats = deviation[:, None] * eigenvectors[:, keep] * np.sqrt(eigenvalues[keep])
    if len(eigenvalues) and is_indefinite(eigenvalues):
        length = np.sqrt((found**2).sum(axis=1))
        found *= (deviation / np.where(length > 0, length, 1.0))[:, None]
    return found


def resolve_risk(inputs: Inputs, select: Selector, notional: Floats) -> tuple[Risk, ...]:
    """Exposures of one unit in factor units, and roots of the daily covariance; the normal model
    first, then the others by name. Buckets of expiry are factors that no covariance knows.
    """
    table = inputs["factors"]
    factors = sorted(table["factor_id"])
    basis = dict(zip(table["factor_id"], table["basis"], strict=True))
    buckets = tenor_names(inputs)
    exposure = np.hstack([_exposure(inputs, select, factors), tenor_weights(inputs, select)])
    value = np.array([basis[f] == "value" for f in factors] + [True] * len(buckets), dtype=bool)
    exposure = exposure * np.where(value[None, :], notional[:, None], 1.0)
    of = Exposures((*factors, *buckets), exposure, value, len(buckets))
    written = inputs.settings.tables.risk
    models = {NORMAL: 1.0} | {
        m: x.specific_scale for m, x in sorted(written.models.items() if written else ())
    }
    return tuple(_model(inputs, select, of, m, own) for m, own in models.items())


@dataclass(frozen=True)
class Exposures:
    """What every risk model shares."""

    factors: tuple[str, ...]
    exposure: Floats
    of_notional: Bools
    tenors: (
        int  # how many of the factors, the last ones, are buckets of expiry: they have no variance
    )


def _model(
    inputs: Inputs,
    select: Selector,
    of: Exposures,
    name: str,
    specific_scale: float,
) -> Risk:
    scale, tail = volatility_scale(inputs), "" if name == NORMAL else f"@{name}"
    specific = inputs["instruments"]["specific_volatility"][select.rows] * specific_scale
    factor_root = dense_root = None
    if "covariance" + tail in inputs.squares:
        square = inputs.squares["covariance" + tail]
        root = root_of(square) * scale
        dense_root = np.zeros((root.shape[1], len(select.ids)))
        where = [(k, select.index[i]) for k, i in enumerate(square.ids) if i in select.index]
        rows, columns = zip(*where, strict=True) if where else ((), ())
        dense_root[:, list(columns)] = root.T[:, list(rows)]
    elif "factor_covariance" + tail in inputs.squares:
        square = inputs.squares["factor_covariance" + tail]
        written = of.factors[: len(of.factors) - of.tenors]
        root = root_of(square)[[square.ids.index(f) for f in written]] * scale
        factor_root = np.vstack([root, np.zeros((of.tenors, root.shape[1]))])
    own = np.nan_to_num(specific) * scale
    exposures = (of.factors, of.exposure, of.of_notional)
    return Risk(*exposures, factor_root, own, dense_root, name, of.tenors)


def _exposure(inputs: Inputs, select: Selector, factors: list[str]) -> Floats:
    table = inputs["loadings"]
    column = {f: k for k, f in enumerate(factors)}
    found = np.zeros((len(select.ids), len(factors)))
    rows = [select.index[i] for i in table["instrument_id"]]
    columns = [column[f] for f in table["factor_id"]]
    found[rows, columns] = table["loading"]
    for i, factor, loading in exposures(inputs, select):
        found[i, column[factor]] = loading
    return found
