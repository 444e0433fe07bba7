"""Covariances of skfolio: the plumbing to its estimators, by name."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Floats

WINDOW = 252  # days of an estimator that weighs all of them alike
FEWEST = 20  # returns before an instrument's exponential average counts


def weights(name: str, days: int) -> Floats:
    """(days,) what each return weighs, the newest last."""
    if name.startswith("ewma-") or name == "regime":
        half_life = 40.0 if name == "regime" else float(name.removeprefix("ewma-"))
        found: Floats = 0.5 ** (np.arange(days)[::-1] / half_life)
        return found
    return (np.arange(days)[::-1] < WINDOW).astype(float)


def effective(name: str, days: int) -> float:
    """The number of observations that a method's weights are worth: (Σw)² / Σw²."""
    w = weights(name, days)
    return float(w.sum() ** 2 / (w**2).sum())


def matrix(name: str, returns: Floats) -> Floats:
    """(N, N) a day, of (T, N) returns; nan in returns only for those of MASKED, nan of what never moves.
    Raises ValueError where the library cannot.
    """
    used = returns if name in MASKED else returns[-WINDOW:]
    moves = np.flatnonzero(np.nan_to_num(used).any(axis=0))
    found = np.full((returns.shape[1],) * 2, np.nan)
    with _quiet():
        found[np.ix_(moves, moves)] = own = ESTIMATORS[name]().fit(used[:, moves]).covariance_
    if name not in MASKED and not np.isfinite(own).all():
        raise ValueError("it has no number for some of these instruments")
    return found


def running(name: str, returns: Floats, days: Sequence[int]) -> Iterator[tuple[int, Floats]]:
    """(day, (N, N) a day) of one of MASKED after each of some days, oldest first; each return is read once.
    Raises ValueError where the library cannot.
    """
    estimator, start = ESTIMATORS[name](), 0
    for day in days:
        if day > start:
            with _quiet():
                estimator.partial_fit(returns[start:day])
            start = day
        yield day, estimator.covariance_.copy()


@contextmanager
def _quiet() -> Iterator[None]:
    """Of a matrix that the library brings back to one that is positive: rank and condition are told later. And
    of numbers that are none: they are looked for.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", message="The covariance matrix is not positive definite")
        yield


def _of(name: str, **settings: Any) -> Callable[[], Any]:
    """Of skfolio, when it is asked for: its import takes seconds."""

    def made() -> Any:
        from skfolio import moments

        return getattr(moments, name)(**settings)

    return made


ESTIMATORS: dict[str, Callable[[], Any]] = {
    "sample": _of("EmpiricalCovariance", assume_centered=True),
    "ewma-21": _of("EWCovariance", half_life=21, min_observations=FEWEST),
    "ewma-63": _of("EWCovariance", half_life=63, min_observations=FEWEST),
    "ewma-126": _of("EWCovariance", half_life=126, min_observations=FEWEST),
    "regime": _of("RegimeAdjustedEWCovariance", min_observations=FEWEST),
    "ledoit-wolf": _of("LedoitWolf", assume_centered=True),
    "oas": _of("OAS", assume_centered=True),
    "denoised": _of("DenoiseCovariance"),
    "gerber": _of("GerberCovariance"),
}
MASKED = ("ewma-21", "ewma-63", "ewma-126", "regime")  # that know late listings and holidays
SHRUNK = ("ledoit-wolf", "oas", "denoised", "gerber")  # that few days do not make singular
