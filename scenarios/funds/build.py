"""Writes what is drawn here: instruments, positions, targets.

scenario.yaml is written by hand. Everything is drawn with one seed; running it again writes the same bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SEED = 11
STOCKS = 48
FUNDS = ("GROWTH", "INCOME", "INDEX", "QUALITY", "SMALL", "VALUE")
ASSETS = (420e6, 260e6, 900e6, 310e6, 90e6, 240e6)  # in stocks, USD
SECTORS = ("energy", "finance", "health", "industry", "technology", "utilities")


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One table, as the scenario reads it."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def market(rng: np.random.Generator) -> list[tuple[str, str, float, float, int, float]]:
    """Id, sector, price, half spread in basis points, shares a day, daily volatility."""
    found = []
    for k in range(STOCKS):
        price = round(float(rng.lognormal(4.0, 0.7)), 2)
        traded = float(rng.lognormal(18.2, 1.1))  # USD a day
        spread = round(0.6 + 9.0 * (20e6 / traded) ** 0.5, 1)
        volatility = round(float(rng.uniform(0.011, 0.032)), 4)
        adv = int(round(traded / price, -3)) or 1000
        found.append((f"S{k + 1:02d}", SECTORS[k % 6], price, spread, adv, volatility))
    return found


def main() -> None:
    """The three tables, in one go of the dice."""
    rng = np.random.default_rng(SEED)
    stocks = market(rng)
    write(
        "instruments.csv",
        "instrument_id,asset_class,sector,currency,price,price_rule,payment,half_spread_bps,"
        "commission_per_unit,adv,volatility,max_participation,settlement_days".split(","),
        [
            (name, "equity", sector, "USD", price, "CLOSE", "fully_paid", spread, 0.003, adv,
             volatility, 0.1, 2)
            for name, sector, price, spread, adv, volatility in stocks
        ],
    )  # fmt: skip
    positions, targets = [], []
    for fund, assets in zip(FUNDS, ASSETS, strict=True):
        held = rng.random(STOCKS) < (1.0 if fund == "INDEX" else 0.55)
        weight = np.where(held, rng.lognormal(0.0, 0.8, STOCKS), 0.0)
        weight = np.minimum(weight / weight.sum(), 0.09)
        weight /= weight.sum()
        flow = float(rng.normal(0.0, 0.01))  # what subscribers brought or took, of the assets
        for k, (name, _, price, _, adv, _) in enumerate(stocks):
            shares = int(weight[k] * assets / price)
            if shares:
                positions.append((fund, name, shares))
            waits = False
            if fund == "INDEX" and shares:
                wish = round(flow * shares)
            elif rng.random() < 0.5:
                size = rng.normal(flow, 0.06) * max(weight[k], 0.01) * assets / price
                waits = rng.random() < 0.45
                most = (0.15 if waits else 0.02) * adv
                wish = max(round(float(np.clip(size, -most, most))), -shares)
            else:
                continue
            if abs(wish) * price < 20_000:
                continue
            bps = int(rng.choice([5, 10, 25])) if waits else ""
            targets.append((fund, name, wish, "yes" if waits else "no", bps, f"PM-{fund}"))
    write("positions.csv", ("book_id", "instrument_id", "quantity"), sorted(positions))
    header = ("book_id", "instrument_id", "trade", "may_wait", "waiting_bps", "owner")
    write("targets.csv", header, sorted(targets))


if __name__ == "__main__":
    main()
