"""Writes the tables of this scenario: a commodity curve of two factors, drawn with a seed.

The state is the model of Schwartz and Smith (Short-term variations and long-term dynamics in commodity prices, 2000): the log of
the spot price is χ + ξ, what returns to its mean and what does not, and a future that is due in T years is worth

    ln F(T) = e^(−κT) χ + ξ + A(T)

so that it moves with the first by e^(−κT) and with the second by 1. Parameters are theirs for crude oil (futures, 1990 to 1995).
Running it again writes the same bytes.
"""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SEED = 2406
AS_OF = date(2024, 6, 12)
KAPPA, SIGMA_SHORT, SIGMA_LONG, RHO = 1.49, 0.286, 0.145, 0.300  # a year
LAMBDA, DRIFT = 0.157, 0.0115  # the market price of χ's risk, and the drift of ξ under it
CHI, XI = 0.09, np.log(74.0)  # the state today: prompt oil is scarce
BASIS = 0.0012  # a day: what neither factor explains of one contract
MULTIPLIER = 1_000  # barrels
MONTHS = 13
CODES = "FGHJKMNQUVXZ"
DAYS = 252


def expiries() -> dict[str, date]:
    """The last day of each contract: the third business day before the 25th of the month before delivery."""
    found = {}
    for k in range(MONTHS):
        delivery = pd.Period("2024-07", "M") + k
        last = date(delivery.year - (delivery.month == 1), (delivery.month - 2) % 12 + 1, 25)
        for _ in range(3):
            last -= timedelta(days=1)
            while last.weekday() > 4:
                last -= timedelta(days=1)
        found[f"CRD{CODES[delivery.month - 1]}{delivery.year % 100}"] = last
    return found


def price(years: float) -> float:
    """Of a future, by the model's own A(T)."""
    gone = 1 - np.exp(-KAPPA * years)
    both = 2 * gone * RHO * SIGMA_SHORT * SIGMA_LONG / KAPPA
    variance = (
        (1 - np.exp(-2 * KAPPA * years)) * SIGMA_SHORT**2 / (2 * KAPPA)
        + SIGMA_LONG**2 * years
        + both
    )
    a = DRIFT * years - gone * LAMBDA / KAPPA + variance / 2
    return float(np.exp(np.exp(-KAPPA * years) * CHI + XI + a))


def write(name: str, rows: list[dict[str, object]]) -> None:
    """One CSV with the same line ends on every platform."""
    pd.DataFrame(rows, dtype=object).to_csv(HERE / name, index=False, lineterminator="\n")


def main() -> None:
    """Compute every table and write it beside this file."""
    rng = np.random.default_rng(SEED)
    last = expiries()
    names = list(last)
    years = {n: (end - AS_OF).days / 365 for n, end in last.items()}
    settle = {n: round(price(t), 2) for n, t in years.items()}
    covariance = (
        np.array([[SIGMA_SHORT**2, RHO * SIGMA_SHORT * SIGMA_LONG], [0, SIGMA_LONG**2]]) / DAYS
    )
    covariance[1, 0] = covariance[0, 1]
    instruments: list[dict[str, object]] = []
    for k, n in enumerate(names):
        loading = np.array([np.exp(-KAPPA * years[n]), 1.0])
        adv = int(round(260_000 * np.exp(-0.42 * k), -2))
        instruments.append({
            "instrument_id": n, "asset_class": "future", "underlying": "CRD", "currency": "USD", "price": f"{settle[n]:.2f}",
            "multiplier": MULTIPLIER, "price_rule": "SETTLE", "payment": "margined",
            "half_spread_bps": f"{0.6 + 0.25 * k:.2f}", "adv": adv, "volatility": f"{np.sqrt(loading @ covariance @ loading + BASIS**2):.6f}",
            "commission_per_unit": 1.5, "hedge_instrument": "yes", "specific_volatility": BASIS, "max_participation": 0.1,
            "settlement_days": 1, "expiry": last[n].isoformat(),
        })  # fmt: skip
    for k, (near, far) in enumerate(pairwise(names)):
        apart = settle[near] - settle[far]
        instruments.append({
            "instrument_id": f"{near}-{far[3:]}", "asset_class": "combination", "currency": "USD", "price": f"{apart:.2f}",
            "multiplier": MULTIPLIER, "price_rule": "SETTLE", "half_spread_bps": f"{0.25 + 0.15 * k:.2f}",
            "notional_per_unit": f"{settle[near] * MULTIPLIER:.0f}", "adv": int(round(120_000 * np.exp(-0.42 * k), -2)),
            "volatility": 0.0018, "commission_per_unit": 1.5, "max_participation": 0.1,
        })  # fmt: skip
    write("instruments.csv", instruments)
    legs = [
        {"combination_id": f"{near}-{far[3:]}", "instrument_id": n, "ratio": ratio}
        for near, far in pairwise(names)
        for n, ratio in ((near, 1), (far, -1))
    ]
    write("combinations.csv", legs)
    write("loadings.csv", [
        {"instrument_id": n, "factor_id": f, "loading": f"{x:.6f}"}
        for n in names
        for f, x in (("SHORT", np.exp(-KAPPA * years[n])), ("LONG", 1.0))
    ])  # fmt: skip
    write("factor_covariance.csv", [
        {"factor_id": f, "SHORT": f"{row[0]:.10g}", "LONG": f"{row[1]:.10g}"}
        for f, row in zip(("SHORT", "LONG"), covariance, strict=True)
    ])  # fmt: skip
    write("positions.csv", positions(names, rng))


def positions(names: list[str], rng: np.random.Generator) -> list[dict[str, object]]:
    """What the desks have taken over: index money that is long the front, producers' hedges that lie far out, a market maker."""
    index = {names[0]: 4_200, names[1]: 1_100}
    producers = {n: -int(rng.integers(80, 420)) for n in names[2:]}
    producers[names[0]] = -900
    maker = {n: int(rng.normal(0, 260)) for n in names[:10]}
    storage = {names[1]: -650, names[6]: 600}
    held = {"INDEX": index, "MAKER": maker, "PRODUCERS": producers, "STORAGE": storage}
    return [
        {"book_id": book, "instrument_id": n, "quantity": q}
        for book, own in held.items()
        for n, q in own.items()
        if q
    ]


if __name__ == "__main__":
    main()
