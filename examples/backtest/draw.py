"""Draws a history with a seed: days on which clients trade with three books, each decided and written as a run.

`python draw.py FOLDER [DAYS]` writes FOLDER/2024-03-04 and so on. Prices follow one market and what is specific.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

BOOKS = ("ALPHA", "BETA", "GAMMA")
STOCKS = ("S1", "S2", "S3", "S4", "S5", "S6")
FUTURE = "IDX"
BETAS = (0.7, 0.9, 1.0, 1.1, 1.3, 1.5)
MARKET, SPECIFIC = 0.01, 0.012  # a day
FIRST = date(2024, 3, 4)
SEED = 11

Positions = dict[tuple[str, str], int]


def scenario(day: date, prices: dict[str, float], positions: Positions) -> dict[str, Any]:
    """Of one day, as scenario.yaml has it."""
    own = {"asset_class": "equity", "payment": "fully_paid", "half_spread_bps": 3, "adv": 800000}
    instruments: list[dict[str, Any]] = [
        {"instrument_id": s, "currency": "USD", "price": prices[s], "volatility": 0.016, "specific_volatility": SPECIFIC, **own}
        for s in STOCKS
    ]  # fmt: skip
    instruments.append(
        {"instrument_id": FUTURE, "asset_class": "future", "currency": "USD", "price": prices[FUTURE], "multiplier": 50, "payment": "margined",
         "half_spread_bps": 0.5, "adv": 20000, "volatility": MARKET, "specific_volatility": 0, "hedge_instrument": "yes"}
    )  # fmt: skip
    loadings = [*zip(STOCKS, BETAS, strict=True), (FUTURE, 1.0)]
    market = {"measure": "factor_exposure", "target": "MARKET"}
    return {
        "format": 1,
        "name": "drawn",
        "as_of": f"{day}T16:00:00-05:00",
        "calendar": "XNYS",
        "base_currency": "USD",
        "costs": {"impact_coefficient": 0.8, "booking_fee_bps": 0.1},
        "tables": {
            "books": [{"book_id": b, "entity": "BD", "account_id": "PB"} for b in BOOKS],
            "accounts": [{"account_id": "PB", "pool_id": "CASH"}],
            "pools": [{"pool_id": "CASH", "currency": "USD", "cash": 60_000_000}],
            "margin_rates": [
                {"instrument_id": i, "long_rate": rate, "short_rate": rate}
                for i, rate in (*((s, 0.15) for s in STOCKS), (FUTURE, 0.06))
            ],
            "instruments": instruments,
            "positions": [
                {"book_id": b, "instrument_id": i, "quantity": q}
                for (b, i), q in sorted(positions.items())
                if q
            ],
            "mandates": [{"book_id": "*", "selector": "*", "may": "trade"}],
            "crossing_groups": [{"group_id": "house", "books": list(BOOKS)}],
            "limits": [
                {"limit_id": f"{b}-market", "scope": f"book:{b}", "lower": -1_500_000, "upper": 1_500_000, **market}
                for b in BOOKS
            ]
            + [{"limit_id": "firm-volatility", "measure": "volatility", "scope": "firm", "upper": 40_000}],
            "risk": {
                "units": "daily_fraction",
                "factors": [{"factor_id": "MARKET", "basis": "value"}],
                "loadings": [
                    {"instrument_id": i, "factor_id": "MARKET", "loading": x} for i, x in loadings
                ],
                "factor_covariance": [{"factor_id": "MARKET", "MARKET": MARKET**2}],
            },
        },
    }  # fmt: skip


def business_days(count: int) -> list[date]:
    """From the first on."""
    days = (FIRST + timedelta(days=k) for k in range(2 * count + 5))
    return [d for d in days if d.weekday() < 5 and d != date(2024, 3, 29)][:count]


def draw(folder: Path, count: int, seed: int = SEED, runs: bool = True) -> None:
    """So many days: as runs, each of whose positions the next day begins with, or as scenarios alone."""
    import neutralizer as nz

    r = np.random.default_rng(seed)
    prices = {s: float(p) for s, p in zip(STOCKS, r.uniform(20, 120, len(STOCKS)).round(2), strict=True)}  # fmt: skip
    prices[FUTURE] = 5000.0
    held: Positions = {(b, s): 100 * int(r.integers(-300, 300)) for b in BOOKS for s in STOCKS}
    folder.mkdir(parents=True, exist_ok=True)
    for day in business_days(count):
        text = yaml.safe_dump(scenario(day, prices, held), sort_keys=False)
        inputs = folder / f"{day}" if not runs else folder / f".{day}"
        inputs.mkdir()
        (inputs / "scenario.yaml").write_text(text)
        if runs:
            run = nz.solve(nz.read(inputs), baseline=False, report=False)
            run.write(folder / f"{day}", by="desk")
            (inputs / "scenario.yaml").unlink()
            inputs.rmdir()
            held = {
                (b, i): int(q) for b, i, q in run.positions_next.itertuples(index=False, name=None)
            }
        for book, stock in held:
            if stock != FUTURE and r.random() < 0.5:
                held[book, stock] += 100 * int(r.integers(-250, 250))
        market = r.normal(0, MARKET)
        for stock, beta in zip(STOCKS, BETAS, strict=True):
            moved = 1 + beta * market + r.normal(0, SPECIFIC)
            prices[stock] = round(prices[stock] * moved, 2)
        prices[FUTURE] = round(prices[FUTURE] * (1 + market), 2)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12)
