"""Writes what is drawn or derived here: instruments, options (their terms), loadings, positions, shocks,
and, with `neutralizer arrays`, the scan arrays. scenario.yaml and limits.csv are written by hand.

Running it again writes the same bytes: python scenarios/options/build.py
"""

from __future__ import annotations

import csv
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from neutralizer.prepare.scan_arrays import black

HERE = Path(__file__).parent
SEED = 11
INDEX, MULTIPLIER, MARGIN = 5500.0, 50, 16_000
EXPIRIES = {
    "MAY25": (0.16, "2025-05-16"),
    "JUN25": (0.25, "2025-06-20"),
    "SEP25": (0.5, "2025-09-19"),
}
STRIKES = (4750, 5000, 5250, 5500, 5750, 6000)
BOOKS = ("FLOW", "STRUCT", "VOL")
# shock: (move of the index, change of volatility)
SHOCKS = {
    "crash": (-0.20, 0.18),
    "down": (-0.08, 0.06),
    "melt-up": (0.05, -0.03),
    "squeeze": (0.10, 0.04),
}


def volatility(strike: float, years: float) -> float:
    """A smile: dearer below, dearer at the short end."""
    distance = math.log(strike / INDEX) / math.sqrt(years)
    return 0.17 + 0.01 * (0.25 / years) - 0.12 * distance + 0.10 * distance**2


def options() -> list[tuple[str, str, float, float, str]]:
    """(id, kind, strike, years, expiry): puts below and at the index, calls at it and above."""
    found = []
    for name, (years, day) in EXPIRIES.items():
        for strike in STRIKES:
            kinds = ("put",) * (strike <= INDEX) + ("call",) * (strike >= INDEX)
            for kind in kinds:
                found.append(
                    (f"IX-{kind[0].upper()}{strike}-{name}", kind, float(strike), years, day)
                )
    return found


def value(kind: str, strike: float, years: float, index: float, wider: float = 0.0) -> float:
    """Points, at the smile's volatility and so much more."""
    sigma = max(volatility(strike, years) + wider, 0.01)
    return float(black(kind, index, strike, years, sigma, 0.0)[0])


def greeks(kind: str, strike: float, years: float) -> tuple[float, float, float]:
    """Delta per point; gamma per point; vega per 1.0 of volatility: of one point of multiplier."""
    sigma = volatility(strike, years)
    spread = sigma * math.sqrt(years)
    up = math.log(INDEX / strike) / spread + spread / 2
    density = math.exp(-up * up / 2) / math.sqrt(2 * math.pi)
    delta = float(black(kind, INDEX, strike, years, sigma, 0.0)[1])
    return delta, density / (INDEX * spread), INDEX * density * math.sqrt(years)


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with open(HERE / name, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def instruments() -> None:
    header = (
        "instrument_id,asset_class,underlying,currency,price,price_rule,multiplier,notional_per_unit,"
        "payment,half_spread_per_unit,commission_per_unit,adv,volatility,hedge_instrument,"
        "specific_volatility,expiry"
    ).split(",")
    unit = INDEX * MULTIPLIER
    rows: list[Sequence[object]] = [
        ("IX-FUT-JUN25", "future", "IX", "USD", INDEX, "SETTLE", MULTIPLIER, unit, "margined", 6.25,
         1.2, 900_000, 0.011, "yes", 0, "2025-06-20")
    ]  # fmt: skip
    for name, kind, strike, years, day in options():
        price = round(value(kind, strike, years, INDEX), 2)
        half = round(MULTIPLIER * max(0.25, 0.012 * price), 2)
        adv = 9_000 if abs(strike - INDEX) <= 250 else 4_000
        rows.append(
            (name, "option", "IX", "USD", price, "SETTLE", MULTIPLIER, unit, "fully_paid", half, 0.9,
             adv, 0.004, "yes", 0, day)
        )  # fmt: skip
    write("instruments.csv", header, rows)


def loadings() -> None:
    rows: list[Sequence[object]] = [("IX-FUT-JUN25", "DELTA", MULTIPLIER * INDEX / 100)]
    for name, kind, strike, years, _ in options():
        delta, gamma, vega = greeks(kind, strike, years)
        point = INDEX / 100
        rows += [
            (name, "DELTA", f"{delta * MULTIPLIER * point:.8g}"),
            (name, "GAMMA", f"{gamma * MULTIPLIER * point**2:.8g}"),
            (name, "VEGA", f"{vega * MULTIPLIER / 100:.8g}"),
        ]
    write("loadings.csv", ("instrument_id", "factor_id", "loading"), rows)


def positions() -> None:
    """FLOW is what clients left, STRUCT is short the puts of its notes, VOL is long the far expiry.

    Each has a future against its delta, of some days ago.
    """
    rng = np.random.default_rng(SEED)
    rows = []
    for book in BOOKS:
        delta = 0.0
        for name, kind, strike, years, _ in options():
            lean = {"FLOW": 0.0, "STRUCT": -250.0 if kind == "put" and strike < 5500 else 60.0,
                    "VOL": 150.0 if years == 0.5 else -60.0}[book]  # fmt: skip
            lots = round(rng.normal(lean, 140))
            if rng.random() < 0.75 and lots:
                rows.append((book, name, lots))
                delta += lots * greeks(kind, strike, years)[0]
        future = round(rng.normal(-delta, 150))
        rows.append((book, "IX-FUT-JUN25", future))
    write("positions.csv", ("book_id", "instrument_id", "quantity"), sorted(rows))


def shocks() -> None:
    """Every instrument revalued whole: return on the notional of one unit."""
    rows: list[Sequence[object]] = []
    for shock, (move, wider) in SHOCKS.items():
        rows.append((shock, "IX-FUT-JUN25", move))
        for name, kind, strike, years, _ in options():
            now = value(kind, strike, years, INDEX)
            then = value(kind, strike, years, INDEX * (1 + move), wider)
            rows.append((shock, name, f"{(then - now) / INDEX:.8g}"))
    write("shocks.csv", ("shock_id", "instrument_id", "move"), rows)


def terms() -> None:
    header = (
        "instrument_id",
        "underlying_id",
        "kind",
        "strike",
        "years",
        "volatility",
        "volatility_range",
    )
    rows = [
        (name, "IX-FUT-JUN25", kind, strike, years, f"{volatility(strike, years):.8g}", 0.05)
        for name, kind, strike, years, _ in options()
    ]
    write("options.csv", header, rows)
    margins = [("IX-FUT-JUN25", MARGIN), *((name, 0) for name, *_ in options())]
    write("margin_rates.csv", ("instrument_id", "per_unit"), margins)


def arrays() -> None:
    """By the command, from a copy whose account is margined by rate: the arrays are not there yet."""
    with tempfile.TemporaryDirectory() as name:
        copy, out = Path(name) / "copy", Path(name) / "arrays"
        shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("scan_*.csv", "build.py"))
        settings = (HERE / "scenario.yaml").read_text(encoding="utf-8")
        settings = settings.replace("model: scan", "model: rate")
        lines = [x for x in settings.splitlines(keepends=True) if "scan_" not in x]
        (copy / "scenario.yaml").write_text("".join(lines), encoding="utf-8")
        words = ["arrays", str(copy), "--out", str(out), "--options", str(copy / "options.csv")]
        words += ["--spread-charge", "0.05", "--short-option-minimum", "0.01"]
        subprocess.run([sys.executable, "-m", "neutralizer", *words], check=True)
        for table in ("scan_arrays.csv", "scan_groups.csv"):
            shutil.copyfile(out / table, HERE / table)


if __name__ == "__main__":
    for step in (instruments, loadings, positions, shocks, terms, arrays):
        step()
