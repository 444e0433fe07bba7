"""Writes what is real, derived or drawn here: the curve, instruments, loadings, covariance, positions.

scenario.yaml and limits.csv are written by hand. Needs the package zipline-reloaded, whose Treasury curves
it reads; the program itself does not. Running it again writes the same bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CURVES = "resources/market_data/treasury_curves.csv"
DAY, HISTORY, SEED = "2017-03-29", 252, 5
YEARS = {"1month": 1 / 12, "3month": 0.25, "6month": 0.5, "1year": 1, "2year": 2, "3year": 3,
         "5year": 5, "7year": 7, "10year": 10, "20year": 20, "30year": 30}  # fmt: skip
KEYS = (2, 5, 10, 30)
GRID = np.arange(1, 61) / 2  # half years
BP = 1e-4
# coupon, years left
NOTES = {
    "T-1.25-MAR19": (0.0125, 2.0), "T-3.25-MAR20": (0.0325, 3.0), "T-1.875-MAR22": (0.01875, 5.0),
    "T-3.625-SEP21": (0.03625, 4.5), "T-2.25-MAR24": (0.0225, 7.0), "T-2-SEP25": (0.02, 8.5),
    "T-2.25-MAR27": (0.0225, 10.0), "T-4.5-SEP36": (0.045, 19.5), "T-3-MAR47": (0.03, 30.0),
}  # fmt: skip
# what is cheapest to deliver, face of a contract; its coupon counts 6 % to the conversion factor
FUTURES = {
    "TU-JUN17": ("T-1.25-MAR19", 200_000), "FV-JUN17": ("T-3.625-SEP21", 100_000),
    "TY-JUN17": ("T-2.25-MAR24", 100_000), "US-JUN17": ("T-4.5-SEP36", 100_000),
}  # fmt: skip
SWAPS = {"SW02": 2, "SW05": 5, "SW10": 10, "SW30": 30}  # receives fixed, 100,000 a unit
BOOKS = {
    "NOTES": (900, 60, 0),
    "SWAPS": (0, 0, 260),
    "BASIS": (450, 420, 90),
}  # lots: note, future, swap


def history() -> tuple[list[str], np.ndarray]:
    """Days and par yields by tenor, up to the day, where every tenor is there."""
    spec = find_spec("zipline")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("install zipline-reloaded: its Treasury curves are read here")
    with open(Path(spec.submodule_search_locations[0]) / CURVES, newline="") as file:
        rows = [r for r in csv.DictReader(file) if all(r[c] for c in YEARS)]
    rows = [r for r in rows if r["Time Period"][:10] <= DAY][-HISTORY - 1 :]
    return [r["Time Period"][:10] for r in rows], np.array(
        [[float(r[c]) for c in YEARS] for r in rows]
    )


def on_grid(par: np.ndarray) -> np.ndarray:
    """Par yields every half year, straight between the tenors."""
    return np.interp(GRID, list(YEARS.values()), par)


def discounts(grid: np.ndarray) -> np.ndarray:
    """Discount factors of half-yearly par yields."""
    found: list[float] = []
    for rate in grid:
        found.append((1 - rate / 2 * sum(found)) / (1 + rate / 2))
    return np.array(found)


def bond(coupon: float, years: float, grid: np.ndarray) -> float:
    """Price per 100 of face; coupons twice a year, the first in half a year."""
    own = discounts(grid)[: round(2 * years)]
    return float(100 * (coupon / 2 * own.sum() + own[-1]))


def conversion(coupon: float, years: float) -> float:
    """What a note is worth at a yield of 6 %, per 1 of face."""
    return round(bond(coupon, years, np.full(len(GRID), 0.06)) / 100, 4)


def bump(key: int) -> np.ndarray:
    """A triangle around one key rate, level beyond the first and the last: together they are one."""
    return np.interp(GRID, KEYS, [float(k == key) for k in KEYS])


def value(name: str, grid: np.ndarray, par: np.ndarray) -> float:
    """USD of one unit: 1,000 of a note's face, one contract, 100,000 of a swap struck at `par`."""
    if name in NOTES:
        return 10 * bond(*NOTES[name], grid)
    if name in FUTURES:
        note, face = FUTURES[name]
        return face / 100 * bond(*NOTES[note], grid) / conversion(*NOTES[note])
    years = SWAPS[name]
    return 1000 * (bond(float(par[2 * years - 1]), years, grid) - 100)


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with open(HERE / name, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def instruments(par: np.ndarray) -> None:
    header = (
        "instrument_id,asset_class,underlying,currency,price,price_rule,multiplier,notional_per_unit,lot_size,"
        "payment,half_spread_per_unit,commission_per_unit,adv,volatility,long_financing_bps,"
        "short_financing_bps,hedge_instrument,specific_volatility"
    ).split(",")
    rows: list[Sequence[object]] = []
    for name, (_, years) in NOTES.items():
        fresh = years in KEYS
        price = round(value(name, par, par) / 10, 6)
        rows.append((name, "bond", "UST", "USD", price, "MID", 10, "", 100, "fully_paid",
                     round(0.04 * (1 + years / 5) * (1 if fresh else 3), 3), 0, 4_000_000 if fresh else 500_000,
                     round(0.0004 * years**0.8, 6), 4, -1, "yes", 0.0002 if fresh else 0.0004))  # fmt: skip
    for name, (note, face) in FUTURES.items():
        price = round(value(name, par, par) / face * 100, 6)
        years = NOTES[note][1]
        rows.append((name, "future", "UST", "USD", price, "SETTLE", face / 100, "", 1, "margined",
                     round(3.9 + 0.6 * years, 2), 0.9, 900_000 if years < 10 else 250_000,
                     round(0.0004 * years**0.8, 6), 0, 0, "yes", 0.0001))  # fmt: skip
    for name, years in SWAPS.items():
        rows.append((name, "swap", "LIBOR", "USD", 0, "MID", 1, 100_000, 10, "margined",
                     round(1.2 * years**0.9, 2), 0.2, 60_000, round(0.0004 * years**0.8, 6), 0, 0,
                     "yes", round(0.0001 * years**0.7, 6)))  # fmt: skip
    write("instruments.csv", header, rows)
    rates = [(name, round(0.004 + 0.001 * years, 4)) for name, (_, years) in NOTES.items()]
    write(
        "margin_rates.csv",
        ("instrument_id", "long_rate", "short_rate"),
        [(n, r, r) for n, r in rates],
    )


def loadings(par: np.ndarray) -> None:
    """USD that one unit gains when one key rate falls by a basis point."""
    rows = []
    for name in (*NOTES, *FUTURES, *SWAPS):
        for key in KEYS:
            ends = [value(name, par + side * 0.5 * BP * bump(key), par) for side in (-1, 1)]
            rows.append((name, f"KR{key:02}", f"{ends[0] - ends[1]:.8g}"))
    write("loadings.csv", ("instrument_id", "factor_id", "loading"), rows)


def covariance(yields: np.ndarray) -> None:
    """Of a day's change of the key rates, in basis points, over the last year."""
    columns = [list(YEARS.values()).index(k) for k in KEYS]
    found = np.cov(np.diff(yields[:, columns], axis=0).T) / BP**2
    names = [f"KR{k:02}" for k in KEYS]
    rows = [(n, *(f"{x:.8g}" for x in row)) for n, row in zip(names, found, strict=True)]
    write("factor_covariance.csv", ("factor_id", *names), rows)


def positions() -> None:
    """NOTES made markets, SWAPS paid fixed to clients, BASIS is long notes against futures."""
    rng, rows = np.random.default_rng(SEED), []
    for book, (notes, futures, swaps) in BOOKS.items():
        for name in NOTES:
            lots = round(rng.normal(0.4, 0.8) * notes)
            rows.append((book, name, 100 * lots))
        for name in FUTURES:
            rows.append((book, name, round(rng.normal(-0.8, 0.8) * futures)))
        for name in SWAPS:
            rows.append((book, name, 10 * round(rng.normal(-0.5, 0.8) * swaps)))
    write(
        "positions.csv", ("book_id", "instrument_id", "quantity"), sorted(r for r in rows if r[2])
    )


def main() -> None:
    days, yields = history()
    par = on_grid(yields[-1])
    write("curve.csv", ("day", *YEARS), [(days[-1], *yields[-1])])
    instruments(par)
    loadings(par)
    covariance(yields)
    positions()


if __name__ == "__main__":
    main()
