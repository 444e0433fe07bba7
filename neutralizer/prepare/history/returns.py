"""Prices -> returns on notional, each of one day to the next that the history has."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from neutralizer.prepare.history.past import Past

if TYPE_CHECKING:
    from pandas import DataFrame


def returns(past: Past, margined: Collection[str]) -> DataFrame:
    """(T - 1, N) fractions; nan where either day has no price, or the one before is zero.

    Of what is margined: the change of the back-adjusted price over the price that was paid, which is what
    a unit of notional gains. Of the rest: the growth of the adjusted price.
    """
    import numpy as np

    price = past.prices["price"]
    adjusted = price.copy()
    if "adjusted" in past.prices:  # an instrument has one or the other
        written = past.prices["adjusted"].dropna(axis=1, how="all")
        adjusted[written.columns] = written
    of_notional = [name in margined for name in price.columns]
    base = adjusted.copy()
    base.loc[:, of_notional] = price.loc[:, of_notional]
    before = base.shift(1).abs()
    found = (adjusted - adjusted.shift(1)) / before.where(before > 0)
    return found.iloc[1:].replace([np.inf, -np.inf], np.nan)


def changes(fx: DataFrame) -> DataFrame:
    """(T - 1, C) fractions: what each currency gains against the base."""
    return (fx / fx.shift(1) - 1).iloc[1:]
