"""Drawn scenarios of several days, and their program written a second time from what was drawn, position by position."""

from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
import yaml

from neutralizer.domain.arrays import Floats

BOOKS, INSTRUMENTS = ("A", "B", "C"), ("CASH", "ETF", "FUT", "SWAP")
PAID = np.array([1.0, 1.0, 0.0, 0.0])
DATES = ("2024-06-26", "2024-06-27", "2024-06-28", "2024-07-01", "2024-07-02")
NIGHTS = (1, 1, 3, 1)  # calendar days to the next business day
LAST = 2.0  # costs.horizon_days
POOL = 0.05  # a year, on what is borrowed


@dataclass(frozen=True)
class Drawn:
    """What a scenario is made of; base currency and units. (B, I) positions, (D, B, I) flows by day."""

    days: int
    remembered: bool
    locked: bool
    probability: float
    start: Floats
    flow: Floats
    uncertain: Floats
    price: Floats
    half_spread: Floats  # bps
    adv: Floats
    volatility: Floats
    beta: Floats
    financing: Floats  # (2, I) bps a year, long and short
    net: float
    factor: float
    gross: float
    margin: float  # fraction of notional, either side
    cash: float
    floor: float
    paid: Floats  # (D,)


def drawn(seed: int) -> Drawn:
    """Two to four days of three books in four instruments."""
    r = np.random.default_rng(seed)
    days = int(r.integers(2, 5))
    shape = len(BOOKS), len(INSTRUMENTS)
    price = np.round(r.uniform(20, 200, shape[1]), 2)
    start = np.round(r.normal(0, 60_000, shape) / 100) * 100
    some = r.random((days, *shape)) < 0.25
    flow = np.where(some, np.round(r.normal(0, 30_000, (days, *shape)) / 100) * 100, 0.0)
    doubtful = r.random() < 0.4
    uncertain = np.where(
        r.random((days, *shape)) < (0.15 if doubtful else 0.0), -flow / 2 + 500, 0.0
    )
    flow[0] = uncertain[0] = 0.0
    total = float(np.abs(start * price).sum())
    return Drawn(
        days,
        bool(r.random() < 0.5),
        bool(r.random() < 0.5),
        0.4 if uncertain.any() else 1.0,
        start,
        flow,
        uncertain,
        price,
        np.round(r.uniform(0.5, 6, shape[1]), 2),
        np.round(r.uniform(2e5, 3e6, shape[1]), 0),
        np.round(r.uniform(0.005, 0.03, shape[1]), 4),
        np.round(r.uniform(0.2, 1.5, shape[1]), 2),
        np.round(np.vstack([r.uniform(0, 300, shape[1]), r.uniform(0, 200, shape[1])]), 0),
        round(0.12 * total, 0),
        round(0.05 * total, 0),
        round(2.5 * total, 0),
        0.06,
        round(0.6 * total, 0),
        round(0.02 * total, 0),
        np.append(0.0, np.round(r.normal(0, 0.02 * total, days - 1), 0)),
    )


def text(d: Drawn) -> str:
    """As scenario.yaml."""

    def each(
        table: Floats, day: int | None = None, more: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        rows = [
            {"book_id": b, "instrument_id": i, "quantity": float(table[k, n])} | (more or {})
            for k, b in enumerate(BOOKS)
            for n, i in enumerate(INSTRUMENTS)
            if table[k, n]
        ]
        return rows if day is None else [{"date": DATES[day]} | row for row in rows]

    kinds = ("equity", "etf", "future", "swap")
    instruments = [
        {
            "instrument_id": i,
            "asset_class": kinds[n],
            "currency": "USD",
            "price": float(d.price[n]),
            "payment": "fully_paid" if PAID[n] else "margined",
            "half_spread_bps": float(d.half_spread[n]),
            "adv": float(d.adv[n]),
            "volatility": float(d.volatility[n]),
            "long_financing_bps": float(d.financing[0, n]),
            "short_financing_bps": float(d.financing[1, n]),
            "multiplier": 1,
            "specific_volatility": 0,
            "hedge_instrument": "yes",
        }
        for n, i in enumerate(INSTRUMENTS)
    ]
    flows = [row for k in range(1, d.days) for row in each(d.flow[k], k)]
    flows += [
        row
        for k in range(1, d.days)
        for row in each(d.uncertain[k], k, {"probability": d.probability})
    ]
    cash = [
        {"date": DATES[k], "pool_id": "P", "amount": float(d.paid[k])} for k in range(1, d.days)
    ]
    tables = {
        "books": [{"book_id": b, "entity": "X", "account_id": f"ACC{b}"} for b in BOOKS],
        "accounts": [
            {
                "account_id": f"ACC{b}",
                "pool_id": "P",
                "model": "rate",
                "funding_rate_bps": 200,
                "short_proceeds": "locked" if d.locked else "free",
            }
            for b in BOOKS
        ],
        "pools": [
            {
                "pool_id": "P",
                "currency": "USD",
                "cash": d.cash,
                "minimum_balance": d.floor,
                "borrow_limit": d.cash,
                "borrow_rate_bps": POOL * 1e4,
            }
        ],
        "margin_rates": [
            {"instrument_id": i, "long_rate": d.margin, "short_rate": d.margin} for i in INSTRUMENTS
        ],
        "crossing_groups": [{"group_id": "G", "books": list(BOOKS)}],
        "instruments": instruments,
        "positions": each(d.start),
        "flows": flows,
        "cash_flows": cash,
        "mandates": [{"book_id": "*", "selector": "*", "may": "trade"}],
        "limits": [
            {
                "limit_id": "net",
                "measure": "net",
                "scope": "book:*",
                "lower": -d.net,
                "upper": d.net,
            },
            {
                "limit_id": "beta",
                "measure": "factor_exposure",
                "scope": "firm",
                "target": "M",
                "lower": -d.factor,
                "upper": d.factor,
            },
            {"limit_id": "gross", "measure": "gross", "scope": "firm", "upper": d.gross},
        ],
        "risk": {
            "units": "daily_fraction",
            "factors": [{"factor_id": "M"}],
            "loadings": [
                {"instrument_id": i, "factor_id": "M", "loading": float(d.beta[n])}
                for n, i in enumerate(INSTRUMENTS)
            ],
            "factor_covariance": [{"factor_id": "M", "M": 0.0001}],
        },
    }
    return yaml.safe_dump(
        {
            "format": 1,
            "name": "drawn",
            "as_of": "2024-06-26T17:00:00-04:00",
            "base_currency": "USD",
            "costs": {"horizon_days": LAST, "booking_fee_bps": 0.2},
            "horizon": {"days": d.days, "impact": "remembered" if d.remembered else "fresh"},
            "tables": {k: v for k, v in tables.items() if v},
        },
        sort_keys=False,
    )


MONEY = 1e6  # what positions are counted in, base currency


def second(d: Drawn) -> float:
    """The least expected cost, base currency, by a program of positions alone."""
    chance = probability(d)
    ways = (
        [(1.0, d.flow)] if chance == 1 else [(chance, d.flow + d.uncertain), (1 - chance, d.flow)]
    )
    first = cp.Variable(d.start.shape)
    total, rows = cp.Constant(0.0), list[Any]()
    strength = d.volatility * np.sqrt(MONEY / (d.adv * d.price))
    for weight, flow in ways:
        position, traded = first, list[Any]()
        for k in range(d.days):
            start = d.start * d.price / MONEY if k == 0 else position + flow[k] * d.price / MONEY
            position = first if k == 0 else cp.Variable(d.start.shape)
            change = position - start
            order = cp.abs(cp.sum(change, axis=0))
            cost, own = _day(d, k, position, change, order)
            rows += own
            total = total + weight * cost
            traded.append(order)
        for size in [sum(traded)] if d.remembered else traded:
            total = total + weight * (strength @ cp.power(size, 1.5))
    problem = cp.Problem(cp.Minimize(1e3 * total), rows)
    problem.solve(solver=cp.CLARABEL)
    return float(problem.value) * MONEY / 1e3


def probability(d: Drawn) -> float:
    """That what is uncertain comes."""
    return d.probability if d.uncertain.any() else 1.0


def _day(d: Drawn, k: int, money: Any, change: Any, order: Any) -> tuple[Any, list[Any]]:
    """What a day costs but for impact, and what holds on it; everything in MONEY."""
    years = (LAST if k == d.days - 1 else NIGHTS[k]) / 360
    loan = cp.Variable(nonneg=True)
    held, short = cp.pos(money), cp.neg(money)
    margin = d.margin * cp.sum(held + short)
    cost = (d.half_spread / 1e4) @ order + 0.2e-4 * cp.sum(cp.abs(change))
    cost = cost + years * cp.sum(held @ (d.financing[0] / 1e4) + short @ (d.financing[1] / 1e4))
    cost = cost + years * (0.02 * margin + POOL * loan)
    before = d.start * d.price / MONEY
    out = cp.sum(((held - np.maximum(before, 0)) if d.locked else (money - before)) @ PAID)
    balance = (d.cash + float(d.paid[: k + 1].sum())) / MONEY - out
    rows = [
        balance + loan - margin >= d.floor / MONEY,
        loan <= d.cash / MONEY,
        cp.abs(cp.sum(money, axis=1)) <= d.net / MONEY,
        cp.abs(cp.sum(money @ d.beta)) <= d.factor / MONEY,
        cp.sum(cp.abs(cp.sum(money, axis=0))) <= d.gross / MONEY,
    ]
    return cost, rows
