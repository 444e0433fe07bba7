"""Rules about risk: complete, symmetric, positive semidefinite, of a believable size."""

import numpy as np

from neutralizer.issues import Issues
from neutralizer.load.economics import in_play
from neutralizer.load.inputs import Inputs, Square
from neutralizer.load.mandates import Selector
from neutralizer.load.risk import PSD_TOLERANCE, correlation_spectrum, volatility_scale

SYMMETRY = 1e-9
BELIEVABLE = (1e-5, 0.3)  # daily volatility, fraction


def one_model(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """One covariance at most, over the same factors as the loadings."""
    if len(inputs.squares) == 2:
        raw = inputs.squares["covariance"].raw
        issues.error(raw.file, 1, "", None, "two risk models at once", "keep covariance or factor_covariance")
    factors = inputs["factors"]
    square = inputs.squares.get("factor_covariance")
    for name in sorted(set(square.ids) ^ set(factors["factor_id"])) if square else ():
        raw = square.raw if square else factors.raw
        reason = f"the factor {name} stands in factors or in factor_covariance only"
        issues.error(raw.file, 1, name, None, reason, "carry the same factors in both")
    instruments = inputs["instruments"]
    given = [c for c in ("volatility", "specific_volatility") if not np.isnan(instruments[c]).all()]
    if given and inputs.settings.tables.risk is None and len(instruments):
        issues.error("scenario.yaml", 1, "tables.risk", None, f"{given[0]} has no units", "add risk: {units: daily_fraction}")


def risk_is_complete(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """What is held or may be traded has loadings, specific volatility, or a covariance row."""
    table = inputs["instruments"]
    row_of = {i: r for r, i in enumerate(table["instrument_id"])}
    loaded = set(inputs["loadings"]["instrument_id"])
    dense = inputs.squares.get("covariance")
    covered = set(dense.ids) if dense else set()
    for i in np.flatnonzero(in_play(inputs, select)[0].any(axis=0)).tolist():
        name = select.ids[i]
        row = row_of[name]
        if len(inputs["factors"]) and name not in loaded:
            table.error(issues, row, "instrument_id", "no loading at all", "add a row to loadings, 0 if it is 0")
        if dense and name not in covered:
            table.error(issues, row, "instrument_id", "no row in the covariance", "add it")
        if "factor_covariance" in inputs.squares and np.isnan(table["specific_volatility"][row]):
            table.error(issues, row, "specific_volatility", "required beside a factor covariance", "write it, 0 if it is 0")


def covariances_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Symmetric to 1e-9 and positive semidefinite to 1e-8 of the largest eigenvalue of the correlation."""
    for square in inputs.squares.values():
        if not len(square.ids):
            continue
        scale = np.abs(square.matrix).max()
        worst = np.unravel_index(np.abs(square.matrix - square.matrix.T).argmax(), square.matrix.shape)
        pair = f"{square.ids[worst[0]]}/{square.ids[worst[1]]}"
        if np.abs(square.matrix - square.matrix.T).max() > SYMMETRY * scale:
            issues.error(square.raw.file, 1, pair, None, "the covariance is not symmetric", "mend the pair")
        else:
            _positive(square, issues)


def _positive(square: Square, issues: Issues) -> None:
    file = square.raw.file
    for name, variance in zip(square.ids, np.diag(square.matrix).tolist(), strict=True):
        if variance < 0:
            issues.error(file, 1, name, str(variance), "a negative variance", "mend the diagonal")
            return
    _, eigenvalues, eigenvectors = correlation_spectrum(square)
    if eigenvalues[0] < -PSD_TOLERANCE * max(eigenvalues[-1], 1e-300):
        involved = np.argsort(-np.abs(eigenvectors[:, 0]))[:3]
        names = ", ".join(square.ids[k] for k in sorted(involved))
        reason = f"not positive semidefinite: eigenvalue {eigenvalues[0]:.3g}, carried by {names}"
        issues.error(file, 1, "", None, reason, "estimate it anew, or repair it before it is given here")


def volatilities_are_believable(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Warns of annual numbers given as daily, or percents as fractions."""
    table, scale = inputs["instruments"], volatility_scale(inputs)
    for column in ("volatility", "specific_volatility"):
        daily = table[column] * scale
        wrong = (daily > 0) & ((daily < BELIEVABLE[0]) | (daily > BELIEVABLE[1]))
        for row in np.flatnonzero(wrong).tolist():
            reason = f"a daily volatility of {daily[row]:.3g}"
            table.warning(issues, row, column, reason, "check risk.units: annual, or percent?")
