"""What a scenario says about books, instruments, currencies, risk, limits and mandates, as rows."""

from typing import Any

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing, own_volatility, sums, volatility
from neutralizer.terms import limits, margin
from neutralizer.terms.margin import cash

Row = dict[str, Any]  # text, a number, or None where nothing is known
Facts = dict[str, list[Row]]
LARGEST = 5  # positions of a book that are named
YEAR = 252.0  # days of a volatility


def facts(s: Scenario) -> Facts:
    """Rows by table. Money is base currency, volatilities fractions of notional or money a day."""
    return {
        "books": [_book(s, b) for b in range(len(s.books.ids))],
        "instruments": _instruments(s),
        "currencies": _currencies(s),
        "risk": _risk(s),
        "accounts": _accounts(s),
        "pools": _pools(s),
        "limits": _limits(s),
        "mandates": [_mandate(s, b) for b in range(len(s.books.ids))],
        "targets": [_wishes(s, b) for b in _wishing(s)],
    }


def _book(s: Scenario, b: int) -> Row:
    own = np.flatnonzero(s.holdings.book == b)
    which = s.holdings.instrument[own]
    money = s.holdings.before[own] * s.instruments.notional[which]
    most = own[np.argsort(-np.abs(money), kind="stable")[:LARGEST]]
    largest = {
        s.instruments.ids[s.holdings.instrument[h]]: float(
            s.holdings.before[h] * s.holding_notional[h]
        )
        for h in most.tolist()
        if s.holdings.before[h]
    }
    by_currency: dict[str, float] = {}
    for i, size in zip(which.tolist(), np.abs(money).tolist(), strict=True):
        currency = s.tradables.currency[i]
        by_currency[currency] = by_currency.get(currency, 0.0) + size
    return {
        "book": s.books.ids[b],
        "gross": float(np.abs(money).sum()),
        "net": float(money.sum()),
        "long": float(money[money > 0].sum()),
        "short": float(-money[money < 0].sum()),
        "volatility": volatility(s, nothing(s), own),
        "largest": largest,
        "currencies": {c: x for c, x in sorted(by_currency.items()) if x},
    }


def _instruments(s: Scenario) -> list[Row]:
    """Of what is held or may be traded; `gross` over all books."""
    used = np.unique(s.holdings.instrument)
    units = sums(s.holdings.instrument, np.abs(s.holdings.before), len(s.instruments.ids))
    net = sums(s.holdings.instrument, s.holdings.before, len(s.instruments.ids))
    unit = own_volatility(s) / s.instruments.notional
    t = s.tradables
    return [
        {
            "instrument": s.instruments.ids[i],
            "asset_class": s.instruments.asset_class[i],
            "currency": t.currency[i],
            "gross": float(units[i] * s.instruments.notional[i]),
            "net": float(net[i] * s.instruments.notional[i]),
            "days_of_adv": _number(units[i] / t.adv[i]) if t.adv[i] > 0 else None,
            "volatility_day": float(unit[i]) if len(unit) else None,
            "volatility_year": float(unit[i] * np.sqrt(YEAR)) if len(unit) else None,
            "half_spread_bps": _number(1e4 * t.half_spread[i] / t.notional[i]),
            "lot_notional": float(t.lot[i] * t.notional[i]),
        }
        for i in used.tolist()
    ]


def _currencies(s: Scenario) -> list[Row]:
    held: dict[str, float] = {}
    size = np.abs(s.holdings.before) * s.holding_notional
    for i, x in zip(s.holdings.instrument.tolist(), size.tolist(), strict=True):
        held[s.tradables.currency[i]] = held.get(s.tradables.currency[i], 0.0) + x
    return [
        {"currency": c, "rate": rate, "one_over": 1 / rate, "gross": held.get(c, 0.0)}
        for c, rate in s.rates.items()
    ]


def _risk(s: Scenario) -> list[Row]:
    """Of each model: how many factors or instruments it has, how many directions, and how unlike they are."""
    found = []
    for model in s.models:
        root = model.factor_root if model.factor_root is not None else model.dense_root
        if root is None:
            continue
        sizes = np.linalg.svd(root, compute_uv=False)
        rank = int(np.count_nonzero(sizes > 1e-12 * sizes.max(initial=0.0)))
        over = "factors" if model.factor_root is not None else "instruments"
        of = len(model.factors) - model.tenors if over == "factors" else root.shape[1]
        least = sizes[rank - 1] if rank else np.nan
        condition = _number((sizes[0] / least) ** 2) if rank else None
        found.append(
            {"model": model.name, "of": over, "size": of, "rank": rank, "condition": condition}
        )
    return found


def _accounts(s: Scenario) -> list[Row]:
    before = margin.amounts(nothing(s), s) * s.accounts.multiplier
    return [
        {"account": a, "model": model, "margin": x}
        for a, model, x in zip(s.accounts.ids, s.accounts.model, before.tolist(), strict=True)
    ]


def _pools(s: Scenario) -> list[Row]:
    left = cash.headroom(nothing(s), s)
    return [
        {"pool": p, "currency": c, "headroom": x}
        for p, c, x in zip(s.pools.ids, s.pools.currency, left.tolist(), strict=True)
    ]


def _limits(s: Scenario) -> list[Row]:
    """`use` is the share of the nearer bound, above 1 outside it; None without a bound that says so."""
    today = limits.amounts(nothing(s), s)
    error = limits.rounding_errors(nothing(s), s)
    return [
        {
            "limit": x.limit_id,
            "scope": x.scope,
            "measure": x.measure,
            "today": value,
            "lower": _number(x.lower),
            "upper": _number(x.upper),
            "use": _use(value, x.lower, x.upper),
            "outside": "" if x.lower - e <= value <= x.upper + e else "yes",
        }
        for x, value, e in zip(s.limits, today.tolist(), error.tolist(), strict=True)
        if not x.wish
    ]


def _use(value: float, lower: float, upper: float) -> float | None:
    shares = [value / upper] if np.isfinite(upper) and upper > 0 else []
    shares += [value / lower] if np.isfinite(lower) and lower < 0 else []
    return max(shares) if shares else None


def _mandate(s: Scenario, b: int) -> Row:
    """How many instruments a book may trade, only reduce, and not change; and take though it holds none."""
    own = np.flatnonzero(s.holdings.book == b)
    trade = own[free(s)[own]]
    held = s.holdings.before[own] != 0
    may = s.may_change[own]
    return {
        "book": s.books.ids[b],
        "may_trade": len(trade),
        "may_reduce": int(np.count_nonzero(may & ~free(s)[own])),
        "fixed": int(np.count_nonzero(held & ~may)),
        "new": int(np.count_nonzero(~held & may)),
    }


def _wishing(s: Scenario) -> list[int]:
    """Books that want to trade something."""
    return sorted(set(s.holdings.book[s.targets.holding].tolist()))


def _wishes(s: Scenario, b: int) -> Row:
    """How many targets a book has, how many of them may wait, and what it wants to buy and sell."""
    own = s.holdings.book[s.targets.holding] == b
    h = s.targets.holding[own]
    money = (s.targets.target[own] - s.holdings.before[h]) * s.holding_notional[h]
    return {
        "book": s.books.ids[b],
        "targets": int(own.sum()),
        "may_wait": int(s.targets.waits[own].sum()),
        "buys": float(money[money > 0].sum()),
        "sells": float(-money[money < 0].sum()),
        "days_of_adv": max(days_wanted(s)[own].tolist(), default=0.0),
    }


def days_wanted(s: Scenario) -> Floats:
    """(W,) what each target wants to trade over a day's volume; 0 where that is not known."""
    h = s.targets.holding
    adv = s.tradables.adv[s.holdings.instrument[h]]
    found = np.abs(s.targets.target - s.holdings.before[h]) / np.where(adv > 0, adv, np.nan)
    return np.nan_to_num(found)


def free(s: Scenario) -> Bools:
    """(H,) whether a position may do more than shrink towards zero."""
    h = s.holdings
    found: Bools = (h.low < np.minimum(h.before, 0)) | (h.high > np.maximum(h.before, 0))
    return found


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
