"""Selectors: which instruments a word of a table names."""

from typing import Any

import numpy as np

from neutralizer.domain.arrays import Bools
from neutralizer.load.written.inputs import Inputs

INSTRUMENT, COLUMN = 2, 1  # what naming an instrument, or a column of it, adds to the rank of a row
SELECTABLE = (
    "asset_class currency price_rule price_source payment hedge_instrument cross_eligible isin "
    "underlying quote_currency sector issuer country"
).split()


class Selector:
    """Answers which instruments a selector names, (I,) booleans; combinations are not instruments."""

    def __init__(self, inputs: Inputs) -> None:
        table = inputs["instruments"]
        real = [r for r, kind in enumerate(table["asset_class"]) if kind != "combination"]
        self.rows = sorted(real, key=lambda r: table["instrument_id"][r])
        self.ids = [table["instrument_id"][r] for r in self.rows]
        self.index = {i: k for k, i in enumerate(self.ids)}
        self.columns: dict[str, list[Any]] = {
            name: [table[name][r] for r in self.rows] for name in SELECTABLE
        }
        asset_class = self.columns["asset_class"]
        needs = ("future", "option", "swap", "fx")
        self.columns["payment"] = [
            given or ("" if kind in needs else "fully_paid")
            for given, kind in zip(self.columns["payment"], asset_class, strict=True)
        ]
        self._known: dict[str, Bools | None] = {}

    def __call__(self, selector: str) -> Bools | None:
        """None when the selector names no column and no instrument; all False when it selects nothing."""
        if selector not in self._known:
            self._known[selector] = self._select(selector)
        return self._known[selector]

    def _select(self, selector: str) -> Bools | None:
        if selector in ("", "*"):
            return np.ones(len(self.ids), dtype=bool)
        column, colon, value = selector.partition(":")
        if selector in self.index or (colon and column == "instrument"):
            wanted = selector if selector in self.index else value
            return np.array([i == wanted for i in self.ids], dtype=bool)
        if not colon or column not in self.columns:
            return None
        return np.array([v == value for v in self.columns[column]], dtype=bool)


def specificity(selector: str, select: Selector) -> int:
    """`instrument:` (or a bare id) beats a column, which beats `*`."""
    if selector == "*":
        return 0
    one = selector.startswith("instrument:") or selector in select.index
    return INSTRUMENT if one else COLUMN
