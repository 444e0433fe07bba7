"""A robust regression of costs, with errors that are common to a day."""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats, Ints

TAILS = 4.0  # degrees of freedom of the errors
STEPS, CLOSE = 100, 1e-9


@dataclass(frozen=True)
class Fit:
    """Coefficients (K,), their covariance (K, K), the scale of the errors, and how many days were seen."""

    values: Floats
    covariance: Floats
    scale: float
    days: int


def fitted(cost: Floats, terms: Floats, deviation: Floats, day: Ints) -> Fit:
    """Costs (N,) on terms (N, K), without a constant.

    Errors are Student's t with `TAILS` degrees of freedom and a scale proportional to `deviation` (N,), fitted
    by iteratively re-weighted least squares (Lange, Little and Taylor, 1989). The covariance is the jackknife's
    over days (Bell and McCaffrey, 2002), so that what moves a whole day counts once, with the slope of the
    M-estimator (Huber, Robust Statistics, ch. 7); with few days it is widened as Student's t is against the
    normal distribution. `day` (N,) counts from 0. Raises LinAlgError where the terms cannot be told apart.
    """
    from scipy.stats import norm, t

    y, x = cost / deviation, terms / deviation[:, None]
    weights, scale = np.ones(len(y)), 0.0
    for _ in range(STEPS):
        values = np.linalg.solve(x.T * weights @ x, x.T * weights @ y)
        error = y - x @ values
        last, scale = scale, float(np.sqrt(np.mean(weights * error**2)))
        if abs(scale - last) <= CLOSE * scale:
            break
        weights = (TAILS + 1) / (TAILS + (error / scale) ** 2)
    u = error / scale if scale else error
    slope = np.mean((TAILS + 1) * (TAILS - u**2) / (TAILS + u**2) ** 2)  # of the score
    without = _without_each_day(x, y, weights, day) - values
    days = len(without)
    wider = (t.ppf(0.95, days - 1) / norm.ppf(0.95)) * np.mean(weights) / slope
    covariance: Floats = (days - 1) / days * without.T @ without
    return Fit(np.asarray(values, dtype=np.float64), covariance * float(wider) ** 2, scale, days)


def _without_each_day(x: Floats, y: Floats, weights: Floats, day: Ints) -> Floats:
    """(D, K) what is fitted without each of the days."""
    count, terms = int(day.max()) + 1, x.shape[1]
    squares, products = np.zeros((count, terms, terms)), np.zeros((count, terms))
    np.add.at(squares, day, weights[:, None, None] * x[:, :, None] * x[:, None, :])
    np.add.at(products, day, weights[:, None] * x * y[:, None])
    rest = (squares.sum(axis=0) - squares, products.sum(axis=0) - products)
    return np.linalg.solve(rest[0], rest[1][:, :, None])[:, :, 0]
