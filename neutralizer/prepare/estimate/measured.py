"""What one instrument's history says of it: volatility, volume, spread, and how many days they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.prepare.estimate.borrowed import Peers
from neutralizer.prepare.estimate.estimators import ESTIMATORS
from neutralizer.prepare.estimate.panel import Panel
from neutralizer.prepare.estimate.spreads import half_spread
from neutralizer.prepare.history.past import Past

RECENT = 63  # days of volumes and quotes
OF_SPREAD = 252  # days of open, high, low and close
VOLATILITY = "ewma-63"
BPS = 1e4


@dataclass(frozen=True)
class Measured:
    """Of one instrument: daily fractions, units a day, basis points; nan where the history does not say."""

    name: str
    volatility: float
    adv: float
    half_spread_bps: float
    days: int


def measured(past: Past, panel: Panel, peers: Sequence[Peers]) -> list[Measured]:
    """Of every instrument of the panel, then of those that borrow their risk. Volatility is of local returns."""
    estimator = ESTIMATORS[VOLATILITY]().fit(panel.local)
    own = np.sqrt(np.diag(estimator.covariance_))
    borrowed = [float(np.median(own[p.which])) for p in peers]
    every = [*panel.instruments, *panel.thin]
    return [
        Measured(
            x.name,
            volatility,
            _volume(past, x.name),
            _half_spread(past, x.name) * BPS,
            panel.counted[x.name],
        )
        for x, volatility in zip(every, [*own, *borrowed], strict=True)
    ]


def _recent(past: Past, column: str, name: str, days: int) -> Floats:
    if column not in past.prices or name not in past.prices[column]:
        return np.empty(0)
    found: Floats = past.prices[column][name].to_numpy(dtype=float)[-days:]
    return found


def _volume(past: Past, name: str) -> float:
    """Mean over the last days that have one."""
    volume = _recent(past, "volume", name, RECENT)
    volume = volume[np.isfinite(volume)]
    return float(volume.mean()) if len(volume) and volume.mean() > 0 else float("nan")


def _half_spread(past: Past, name: str) -> float:
    """Of quotes the middle over the last days; else from open, high, low and close. Below nothing is nothing
    known.
    """
    bid, ask = (_recent(past, side, name, RECENT) for side in ("bid", "ask"))
    if len(bid) and len(ask):
        there = np.isfinite(bid) & np.isfinite(ask) & (bid + ask > 0) & (ask >= bid)
        if there.any():
            return float(np.median(((ask - bid) / (ask + bid))[there]))
    four = [_recent(past, c, name, OF_SPREAD) for c in ("open", "high", "low", "price")]
    if not all(len(x) for x in four):
        return float("nan")
    whole = np.isfinite(four).all(axis=0)
    found = half_spread(*(x[whole] for x in four)) if whole.sum() >= RECENT else float("nan")
    return found if found > 0 else float("nan")
