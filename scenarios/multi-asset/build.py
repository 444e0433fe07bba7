"""Writes what is drawn or derived here: positions.csv, loadings.csv, factor_covariance.csv.

Everything else in the folder is written by hand. Running it again writes the same bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SEED = 7
SPREAD_OF_SIZES = 0.25  # standard deviation of the logarithm of a position's size
FX = {"USD": 1.0, "EUR": 1.09, "GBP": 1.28}

# What each book holds about, in millions of base currency of notional; the draw is around this.
INVENTORY = {
    "CASH": {"AVON": 9, "BRIGHT": 12, "CEDAR": 5, "DELTA": 4, "ELM": -4, "FALKE": 6, "GRAND": 7,
             "HANSE": -3, "IBER": 3, "KESTREL": 5, "LOCH": 3, "MERE": -2, "USXE": 10},
    "CRB": {"AVON": -5, "EURUSD-JUN24": 12, "KESTREL": -3, "USX-JUN24": -10, "USX-MAR24": -20,
            "UST10-JUN24": 15},
    "DELTA1": {"EUX-JUN24": -15, "EUXE": 10, "TRS-USX": 70, "USX-JUN24": -20, "USX-MAR24": 60,
               "USXE": -45},
    "EQE": {"EUX-JUN24": 30, "EUXE": -12, "FALKE": -5, "GRAND": -6, "HANSE": 5, "IBER": 6,
            "KESTREL": -4, "LOCH": 5, "MERE": 3},
    "FXD": {"EURUSD-JUN24": -30, "GBPUSD-JUN24": 20},
    "OPT": {"USX-C5250-JUN24": -60, "USX-JUN24": 10, "USX-MAR24": 15, "USX-P4900-JUN24": 40},
    "RATES": {"BUND-2.2-FEB34": 35, "BUND-JUN24": -40, "UST-4-FEB34": 80, "UST10-JUN24": -60,
              "UST5-JUN24": 30},
}  # fmt: skip

# factor: daily volatility in its own unit (return; basis points; volatility points).
FACTORS = {
    "EQ_EU": 0.0105,
    "EQ_US": 0.0095,
    "EUR": 0.0042,
    "GBP": 0.0048,
    "RATE_EU": 4.5,
    "RATE_US": 5.5,
    "VEGA_US": 0.9,
}
CORRELATIONS = {
    ("EQ_EU", "EQ_US"): 0.60,
    ("EQ_EU", "EUR"): 0.10,
    ("EQ_EU", "GBP"): 0.15,
    ("EQ_EU", "RATE_EU"): -0.10,
    ("EQ_EU", "VEGA_US"): -0.45,
    ("EQ_US", "EUR"): 0.20,
    ("EQ_US", "GBP"): 0.25,
    ("EQ_US", "RATE_US"): -0.10,
    ("EQ_US", "VEGA_US"): -0.75,
    ("EUR", "GBP"): 0.65,
    ("EUR", "RATE_US"): 0.20,
    ("RATE_EU", "RATE_US"): 0.65,
}

# Betas of the stocks to their index, deltas of the options.
EQUITY_LOADINGS = {
    "AVON": ("EQ_US", 1.25),
    "BRIGHT": ("EQ_US", 1.20),
    "CEDAR": ("EQ_US", 0.85),
    "DELTA": ("EQ_US", 0.65),
    "ELM": ("EQ_US", 1.10),
    "EUX-JUN24": ("EQ_EU", 1.0),
    "EUXE": ("EQ_EU", 1.0),
    "FALKE": ("EQ_EU", 1.15),
    "GRAND": ("EQ_EU", 1.20),
    "HANSE": ("EQ_EU", 1.05),
    "IBER": ("EQ_EU", 0.65),
    "KESTREL": ("EQ_EU", 0.75),
    "LOCH": ("EQ_EU", 0.90),
    "MERE": ("EQ_EU", 0.65),
    "TRS-USX": ("EQ_US", 1.0),
    "USX-C5250-JUN24": ("EQ_US", 0.46),
    "USX-JUN24": ("EQ_US", 1.0),
    "USX-MAR24": ("EQ_US", 1.0),
    "USX-P4900-JUN24": ("EQ_US", -0.22),
    "USXE": ("EQ_US", 1.0),
}
# Local currency that one unit gains when yields fall by one basis point.
DV01 = {
    "BUND-2.2-FEB34": ("RATE_EU", 0.87),
    "BUND-JUN24": ("RATE_EU", 86.0),
    "UST-4-FEB34": ("RATE_US", 0.80),
    "UST10-JUN24": ("RATE_US", 65.0),
    "UST5-JUN24": ("RATE_US", 42.0),
}
# Base currency that one unit gains when implied volatility rises by one point.
VEGA = {"USX-C5250-JUN24": ("VEGA_US", 535.0), "USX-P4900-JUN24": ("VEGA_US", 395.0)}

Row = dict[str, str]


def read(name: str) -> list[Row]:
    """The rows of a table of this folder."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One CSV with the same line ends on every platform."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def unit_notional(row: Row) -> float:
    """Notional of one unit in base currency."""
    local = row["notional_per_unit"] or float(row["price"]) * float(row["multiplier"] or 1)
    return abs(float(local)) * FX[row["currency"]]


def draw_positions(instruments: dict[str, Row]) -> list[tuple[str, str, int]]:
    """Each book's inventory, in whole lots."""
    random = np.random.default_rng(SEED)
    rows = []
    for book, inventory in sorted(INVENTORY.items()):
        for name, millions in sorted(inventory.items()):
            lot = int(instruments[name]["lot_size"])
            notional = 1e6 * millions * random.lognormal(0.0, SPREAD_OF_SIZES)
            lots = round(notional / unit_notional(instruments[name]) / lot)
            rows.append((book, name, lots * lot))
    return rows


def currency_loading(row: Row) -> tuple[str, float] | None:
    """Currency factor of an instrument: what is paid for in full, or is a currency itself."""
    if row["asset_class"] == "fx":
        return row["underlying"], 1.0
    if row["payment"] == "fully_paid" and row["currency"] != "USD":
        return row["currency"], 1.0
    return None


def loadings(instruments: dict[str, Row]) -> list[tuple[str, str, float]]:
    """(instrument, factor, loading), sorted; unit factors in base currency per unit."""
    rows = []
    for name, row in sorted(instruments.items()):
        in_base = FX[row["currency"]]
        pairs = [EQUITY_LOADINGS.get(name), VEGA.get(name), currency_loading(row)]
        if name in DV01:
            factor, local = DV01[name]
            pairs.append((factor, round(local * in_base, 6)))
        rows += [(name, *pair) for pair in sorted(pair for pair in pairs if pair)]
    return rows


def factor_covariance() -> np.ndarray:
    """Daily covariance of the factors, each in its own unit, shape (factors, factors)."""
    names = sorted(FACTORS)
    correlation = np.eye(len(names))
    for (one, other), value in CORRELATIONS.items():
        i, j = names.index(one), names.index(other)
        correlation[i, j] = correlation[j, i] = value
    if np.linalg.eigvalsh(correlation).min() <= 0:
        raise ValueError("the correlations contradict each other")
    volatility = np.array([FACTORS[name] for name in names])
    return correlation * np.outer(volatility, volatility)


def main() -> None:
    """Draw, derive and write."""
    instruments = {row["instrument_id"]: row for row in read("instruments.csv")}
    names = sorted(FACTORS)
    covariance = [
        (name, *(f"{value:.10g}" for value in row))
        for name, row in zip(names, factor_covariance(), strict=True)
    ]
    write("positions.csv", ("book_id", "instrument_id", "quantity"), draw_positions(instruments))
    write("loadings.csv", ("instrument_id", "factor_id", "loading"), loadings(instruments))
    write("factor_covariance.csv", ("factor_id", *names), covariance)


if __name__ == "__main__":
    main()
