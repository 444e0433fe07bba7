"""Histories drawn with a seed, as files and as frames."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from neutralizer.domain.arrays import Floats
from neutralizer.prepare.estimate.panel import Instrument, Panel, panel_of
from neutralizer.prepare.history.past import Past

LAST = date(2024, 6, 27)


def normal(count: int, days: int, seed: int = 0, correlation: float = 0.3) -> Floats:
    """(days, count) returns of 1 % a day, every pair with the same correlation."""
    rng = np.random.default_rng(seed)
    common, own = rng.standard_normal((days, 1)), rng.standard_normal((days, count))
    return 0.01 * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)


def business_days(count: int) -> pd.DatetimeIndex:
    return pd.bdate_range(end=pd.Timestamp(LAST), periods=count)


def frame(returns: Floats, names: Sequence[str], start: float = 100.0) -> pd.DataFrame:
    """Prices by day that have such returns."""
    grown = start * np.vstack([np.ones(returns.shape[1]), np.cumprod(1 + returns, axis=0)])
    return pd.DataFrame(grown, index=business_days(len(grown)), columns=list(names))


def past_of(prices: pd.DataFrame, **others: pd.DataFrame) -> Past:
    """A history without files."""
    empty = prices.iloc[:, :0]
    return Past(
        "drawn",
        LAST,
        {"price": prices} | {k: v for k, v in others.items() if k not in ("fx", "factors")},
        others.get("factors", empty),
        others.get("fx", empty),
        {},
    )


def equity(name: str, currency: str = "USD", sector: str = "") -> Instrument:
    return Instrument(name, "equity", currency, False, sector, "", "", currency)


def panel_from(returns: Floats, sectors: Sequence[str] = ()) -> Panel:
    """Equities of the base currency, A0, A1, …"""
    names = [f"A{k}" for k in range(returns.shape[1])]
    own = [equity(n, sector=s) for n, s in zip(names, sectors or [""] * len(names), strict=True)]
    return panel_of(past_of(frame(returns, names)), own, "USD")[0]


def write(folder: Path, prices: pd.DataFrame, name: str = "prices.csv") -> Path:
    """A wide table of prices in a history folder."""
    folder.mkdir(exist_ok=True)
    prices.to_csv(folder / name, index_label="date", date_format="%Y-%m-%d")
    return folder
