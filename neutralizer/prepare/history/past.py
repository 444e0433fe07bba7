"""What a history folder holds up to a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Past:
    """Frames with a row a day, oldest first, and a column an id; nan where nothing is written.

    `prices`: by column (price, adjusted, open, high, low, volume, bid, ask), local currency; only columns
    that are written. `factors`: returns, fractions. `fx`: base currency per unit.
    """

    folder: str
    until: date
    prices: dict[str, DataFrame]
    factors: DataFrame
    fx: DataFrame
    currency: dict[str, str]  # of instruments whose rows name one

    @property
    def ids(self) -> list[str]:
        """The instruments that have a price on some day."""
        return list(self.prices["price"].columns)
