"""What is believed of the parameters of an asset class before and after its fills."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.prepare.calibrate.regression import Fit, fitted
from neutralizer.prepare.calibrate.ticket import InUse, Ticket

NAMES = ("half_spread", "impact")
DOUBT = 0.5  # deviation of what is in use, as a share of it
LEAST_DOUBT = 0.5  # of what is in use at less than one
BAND = (0.05, 0.95)
MOST_PRIOR = 0.5  # of the weight: above it a parameter is not identified
FAR = 5.0  # times what is in use: what lies further either way is no cost that anybody set wrong by so much
FEW_DAYS = 20
DRAWS, SEED = 200_000, 20240628


@dataclass(frozen=True)
class Parameter:
    """One parameter: what is in use, what is believed now with its 90 % band, and which share of that is
    what was believed before.
    """

    name: str
    in_use: float
    value: float
    low: float
    high: float
    prior: float

    @property
    def identified(self) -> bool:
        """Whether the fills say more than was believed before."""
        return self.prior <= MOST_PRIOR

    @property
    def far(self) -> bool:
        """Whether fills put it where nobody can have set it wrong."""
        return self.identified and not self.in_use / FAR < self.value < self.in_use * FAR


@dataclass(frozen=True)
class Calibrated:
    """An asset class: its parameters, and why nothing is said where nothing can be."""

    asset_class: str
    tickets: int
    days: int
    parameters: tuple[Parameter, ...]
    scale: float  # of the errors, as a multiple of what volatility and time make of them
    why: str = ""

    @property
    def proposed(self) -> tuple[str, ...]:
        """The parameters that are to be set: identified; none where one of them is far off."""
        if any(p.far for p in self.parameters):
            return ()
        return tuple(p.name for p in self.parameters if p.identified)


def doubt(in_use: InUse) -> Floats:
    """(2,) deviations of what is believed before."""
    return np.array(
        [max(DOUBT * x, LEAST_DOUBT * DOUBT) for x in (in_use.half_spread, in_use.impact)]
    )


def calibrated(asset_class: str, tickets: Sequence[Ticket], in_use: InUse) -> Calibrated:
    """Of tickets that tell. Nothing is learned of fewer than `FEW_DAYS` days, or where terms are alike."""
    days = sorted({x.day for x in tickets})
    if len(days) < FEW_DAYS:
        why = f"{len(days)} days with fills; at least {FEW_DAYS} are needed"
        return _nothing(asset_class, tickets, in_use, why)
    number = {day: k for k, day in enumerate(days)}
    terms = np.array([[x.half_spread, x.impact] for x in tickets])
    cost, deviation = (np.array([getattr(x, c) for x in tickets]) for c in ("cost", "deviation"))
    try:
        fit = fitted(cost, terms, deviation, np.array([number[x.day] for x in tickets]))
        found = believed(in_use, fit)
    except np.linalg.LinAlgError:
        alone = [n for n, t in zip(NAMES, terms.T, strict=True) if t.any()]
        why = (
            f"nothing but {alone[0]} is modelled"
            if len(alone) == 1
            else "half spread and impact cannot be told apart"
        )
        return _nothing(asset_class, tickets, in_use, why)
    return Calibrated(asset_class, len(tickets), len(days), found, fit.scale)


def _nothing(asset_class: str, tickets: Sequence[Ticket], in_use: InUse, why: str) -> Calibrated:
    days = len({x.day for x in tickets})
    return Calibrated(asset_class, len(tickets), days, believed(in_use, None), np.nan, why)


def believed(in_use: InUse, fit: Fit | None) -> tuple[Parameter, ...]:
    """The normal posterior, of values that are not below zero: prior N(in use, doubt²), likelihood N(fit). Where
    fills lie further from what is in use than both doubts explain, that was doubted too little, by as much.
    """
    mean, wide = np.array([in_use.half_spread, in_use.impact]), doubt(in_use)
    if fit is not None:
        apart = fit.values - mean
        off = apart @ np.linalg.solve(np.diag(wide**2) + fit.covariance, apart) / len(mean)
        wide = wide * np.sqrt(max(1.0, off))
    prior, covariance = np.diag(wide**-2.0), np.diag(wide**2)
    if fit is not None:
        seen = np.linalg.inv(fit.covariance)
        covariance = np.linalg.inv(prior + seen)
        mean = covariance @ (prior @ mean + seen @ fit.values)
    share = np.diag(covariance) / wide**2
    drawn = _not_negative(mean, covariance)
    low, high = np.quantile(drawn, BAND, axis=0)
    middle = np.median(drawn, axis=0)
    rows = zip(NAMES, (in_use.half_spread, in_use.impact), middle, low, high, share, strict=True)
    return tuple(Parameter(name, *map(float, cells)) for name, *cells in rows)


def _not_negative(mean: Floats, covariance: Floats) -> Floats:
    """(D, 2) drawn from the normal distribution where both are at least zero; the same draws every time."""
    normal = np.random.default_rng(SEED).standard_normal((DRAWS, len(mean)))
    drawn = mean + normal @ np.linalg.cholesky(covariance).T
    kept: Floats = drawn[(drawn >= 0).all(axis=1)]
    return kept if len(kept) else np.maximum(drawn, 0.0)
