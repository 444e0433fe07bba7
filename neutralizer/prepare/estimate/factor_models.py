"""Factor models: principal components, factors that are given, sectors and countries as factors."""

from collections.abc import Sequence

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.prepare.estimate.covariance import Covariance, of_factors
from neutralizer.prepare.estimate.estimators import matrix
from neutralizer.prepare.estimate.panel import FEWEST, Instrument, Panel

WINDOW = 504  # days of the regressions
FACTORS = "ewma-126"  # how the factors' own covariance is estimated


def of_panel(name: str, panel: Panel, days: slice) -> Covariance:
    """The model called `pca-K`, `given` or `groups`, of some days; changes of currencies are factors beside.

    Each instrument's returns are regressed on the factors over the days on which it has one; what the
    regression leaves is specific.
    """
    local, fx, given = (x[days][-WINDOW:] for x in (panel.local, panel.fx, panel.factors))
    known = np.isfinite(fx).all(axis=1)
    known &= np.isfinite(given).all(axis=1) if name == "given" else True
    local, fx, given = local[known], fx[known], given[known]
    in_money = _currencies_of(panel)
    pairs = np.asarray(in_money.any(axis=1), dtype=bool)
    series, loadings, names = _factors(name, panel, given, local, ~pairs)
    if name != "groups":
        loadings = _regressed(local, series)
    loadings[pairs] = 0.0
    left = local - series @ loadings.T
    spare = len(series[0]) if name != "groups" else 1
    there = np.isfinite(left).sum(axis=0)
    specific = np.nansum(left**2, axis=0) / np.maximum(there - spare, 1)
    exposed = panel.paid.copy()
    exposed[pairs] = in_money[pairs]
    specific[pairs] = 0.0
    specific[there < FEWEST] = np.nan  # hardly any return in these days: not known
    covariance = np.nan_to_num(matrix(FACTORS, np.hstack([series, fx])))  # nan: it never moved
    return of_factors(
        np.hstack([loadings, exposed]), covariance, specific, (*names, *panel.currencies)
    )


def _factors(
    name: str, panel: Panel, given: Floats, local: Floats, own: Bools
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """(T, K) their returns, (N, K) loadings where they are known beforehand, and their names."""
    if name == "given":
        return given, np.zeros((local.shape[1], given.shape[1])), panel.factor_ids
    if name == "groups":
        names, loadings = groups(panel.instruments, own)
        return _cross_sections(local, loadings, own), loadings, names
    count = int(name.removeprefix("pca-"))
    series = _components(local[:, own], count)
    return (
        series,
        np.zeros((local.shape[1], count)),
        tuple(f"PC{k + 1}" for k in range(series.shape[1])),
    )


def _components(local: Floats, count: int) -> Floats:
    """(T, K) returns of the first principal components of returns over their volatility, each scaled to the
    weights' sum of one; a day without a return counts as an average day there.
    """
    from sklearn.decomposition import PCA

    there = np.maximum(np.isfinite(local).sum(axis=0), 1)
    mean = np.nansum(local, axis=0) / there
    deviation = np.sqrt(np.nansum((local - mean) ** 2, axis=0) / there)
    safe = np.where(deviation > 0, deviation, 1.0)
    standard = np.nan_to_num((local - mean) / safe)
    axes = PCA(count, svd_solver="covariance_eigh").fit(standard).components_
    axes = axes * np.where(axes.sum(axis=1) < 0, -1.0, 1.0)[:, None]
    scale = np.abs(axes / safe).sum(axis=1)
    found: Floats = np.nan_to_num(local) @ (axes / safe).T / scale
    return found


def _regressed(local: Floats, series: Floats) -> Floats:
    """(N, K) loadings by least squares with a constant; those of one set of days together."""
    from sklearn.linear_model import LinearRegression

    there = np.isfinite(local)
    found = np.zeros((local.shape[1], series.shape[1]))
    patterns, which = np.unique(there, axis=1, return_inverse=True)
    for k, days in enumerate(patterns.T):
        its = np.flatnonzero(which.ravel() == k)
        if days.sum() > series.shape[1] + 1:
            fitted = LinearRegression().fit(series[days], local[np.ix_(days, its)])
            found[its] = fitted.coef_
    return found


def groups(
    instruments: Sequence[Instrument], own: Bools | None = None
) -> tuple[tuple[str, ...], Floats]:
    """Names and (N, K) loadings of one factor a sector, and one a country where there are several; of what
    has no sector, its asset class. Groups are those of `own`; the others load on nothing.
    """
    its = np.ones(len(instruments), dtype=bool) if own is None else own
    sectors = [f"sector:{x.sector or x.asset_class}" for x in instruments]
    countries = [f"country:{x.country}" for x in instruments]
    names = sorted({s for s, k in zip(sectors, its, strict=True) if k})
    several = sorted({c for c, k in zip(countries, its, strict=True) if k and c != "country:"})
    names += several if len(several) > 1 else []
    loadings = np.array(
        [
            [float(k and n in (s, c)) for n in names]
            for s, c, k in zip(sectors, countries, its, strict=True)
        ]
    )
    return tuple(names), loadings


def _cross_sections(local: Floats, loadings: Floats, own: Bools) -> Floats:
    """(T, K) each day's factor returns: the least-squares fit of the instruments' returns on their groups, the
    shortest where sectors and countries leave it open.
    """
    found = np.zeros((len(local), loadings.shape[1]))
    for t, row in enumerate(local):
        there = np.isfinite(row) & own
        found[t] = np.linalg.lstsq(loadings[there], row[there], rcond=None)[0]
    return found


def _currencies_of(panel: Panel) -> Floats:
    """(N, C) what each currency pair has in each currency; nothing where one of the two has no rates."""
    known = {*panel.currencies, panel.base}
    return np.array(
        [
            [
                float(x.bought == c) - float(x.paid_in == c)
                if x.asset_class == "fx" and {x.bought, x.paid_in} <= known
                else 0.0
                for c in panel.currencies
            ]
            for x in panel.instruments
        ]
    ).reshape(len(panel.instruments), len(panel.currencies))
