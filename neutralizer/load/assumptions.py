"""What a plan takes for granted, made other throughout: spreads, impact, volumes, volatilities, correlations, margin, marks.

Each is applied to the scenario as written, as a person would who had measured otherwise.
"""

from collections.abc import Callable
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.trades import contributions
from neutralizer.load.scenario import Loaded
from neutralizer.load.written import values
from neutralizer.load.written.canonical import Parts, column_of, put

PREFIX = "assume."
QUOTES = ("bid", "ask")


def assumed(parts: Parts, loaded: Loaded, name: str, value: str) -> None:
    """Puts the assumption into the pieces. Raises ValueError, with the remedy after a semicolon, where there is no such
    assumption, nothing of it in the scenario, or the value is none.
    """
    if name not in ASSUMPTIONS:
        hint = values.nearest(name, list(ASSUMPTIONS))
        raise ValueError(f"no such assumption; name one of {', '.join(ASSUMPTIONS)}{hint}")
    try:
        number = values.number(value)
    except ValueError:
        raise ValueError("not a number; write a plain decimal number") from None
    if not ASSUMPTIONS[name](parts, loaded, number):
        raise ValueError("nothing to change; the scenario has none of it")


def _times(parts: Parts, table: str, column: str, by: float) -> bool:
    """Numbers of a column times one; whether there are any."""
    found = {k: _by(x, by) for k, x in column_of(parts, table, column).items() if _is_number(x)}
    if found:
        put(parts, table, column, found)
    return bool(found)


def _is_number(text: str) -> bool:
    try:
        values.number(text)
    except ValueError:
        return False
    return True


def _by(text: str, by: float) -> str:
    """Raises ValueError where it is no number."""
    values.number(text)
    return f"{Decimal(text) * Decimal(repr(by)):f}"


def _spread(parts: Parts, loaded: Loaded, by: float) -> bool:
    """Half spreads, and the quotes around their middle."""
    found = [
        _times(parts, table, column, by)
        for table, column in (
            ("instruments", "half_spread_bps"),
            ("instruments", "half_spread_per_unit"),
            ("measured", "half_spread_bps"),
        )
    ]
    bids, asks = (column_of(parts, "instruments", q) for q in QUOTES)
    wide = dict[str, dict[int, str]]({q: {} for q in QUOTES})
    for k in bids.keys() & asks.keys():
        if _is_number(bids[k]) and _is_number(asks[k]):
            low, high = Decimal(bids[k]), Decimal(asks[k])
            middle, half = (low + high) / 2, (high - low) / 2 * Decimal(repr(by))
            wide["bid"][k], wide["ask"][k] = f"{middle - half:f}", f"{middle + half:f}"
    for quote, texts in wide.items():
        if texts:
            put(parts, "instruments", quote, texts)
    return any(found) or any(wide.values())


def _impact(parts: Parts, loaded: Loaded, by: float) -> bool:
    costs = parts.root.setdefault("costs", {})
    now = costs.get("impact_coefficient", repr(loaded.inputs.settings.costs.impact_coefficient))
    costs["impact_coefficient"] = _by(now, by)
    return float(now) > 0


def _adv(parts: Parts, loaded: Loaded, by: float) -> bool:
    found = [_times(parts, table, "adv", by) for table in ("instruments", "measured")]
    return any(found)


def _volatility(parts: Parts, loaded: Loaded, by: float) -> bool:
    """Of factors, of what is specific, and of what impact grows with."""
    squares = loaded.inputs.squares
    for name in squares:
        _put_square(parts, name, _square(parts, name) * by**2)
    found = [
        _times(parts, table, column, by)
        for table in ("instruments", "measured")
        for column in ("volatility", "specific_volatility")
    ]
    return bool(squares) or any(found)


def _square(parts: Parts, name: str) -> Floats:
    """A covariance as it now stands, in the order of its header."""
    header, *rows = parts.tables[name]
    numbers = {row[0]: row[1:] for row in rows}
    return np.array([numbers[i] for i in header[1:]], dtype=float)


def _put_square(parts: Parts, name: str, matrix: Floats) -> None:
    header, *_ = parts.tables[name]
    rows = zip(header[1:], matrix.tolist(), strict=True)
    parts.tables[name] = [header, *([i, *map(repr, own)] for i, own in rows)]


def _to_one(parts: Parts, loaded: Loaded, share: float) -> bool:
    """Correlations between factors, or instruments, a share of the way to one."""
    return _correlated(parts, loaded, share, lambda own: np.outer(own, own))


def _to_zero(parts: Parts, loaded: Loaded, share: float) -> bool:
    """The same to zero."""
    return _correlated(parts, loaded, share, lambda own: np.diag(own**2))


def _correlated(
    parts: Parts, loaded: Loaded, share: float, end: Callable[[Floats], Floats]
) -> bool:
    if not 0 <= share <= 1:
        raise ValueError("out of range; write a share from 0 to 1")
    for name in loaded.inputs.squares:
        matrix = _square(parts, name)
        own = np.sqrt(np.maximum(np.diag(matrix), 0.0))
        _put_square(parts, name, (1 - share) * matrix + share * end(own))
    return any(len(square.ids) > 1 for square in loaded.inputs.squares.values())


def _margin(parts: Parts, loaded: Loaded, by: float) -> bool:
    """What every broker asks over its model, and what its funding costs, which is of the model's margin."""
    _times(parts, "accounts", "funding_rate_bps", by)
    every = range(1, len(parts.tables.get("accounts") or [[]]))
    if not every:
        return False
    there = column_of(parts, "accounts", "margin_multiplier")
    put(parts, "accounts", "margin_multiplier", {k: _by(there.get(k, "1"), by) for k in every})
    return True


def _marks(parts: Parts, loaded: Loaded, deviations: float) -> bool:
    """Prices and quotes as they are after a day on which what the books hold, taken long, moves by so many of its
    standard deviations: each by what the risk model expects of it then.
    """
    s = loaded.scenario
    held = np.bincount(
        s.holdings.instrument, np.abs(s.holdings.before), minlength=len(s.instruments.ids)
    )
    units = np.maximum(held, 1e-9 * s.gross_before / np.maximum(s.instruments.notional, 1e-300))
    money = units * s.instruments.notional
    moves = deviations * contributions(s, units) / np.where(money > 0, money, 1.0)
    by = dict(zip(s.instruments.ids, moves.tolist(), strict=True))
    names = column_of(parts, "instruments", "instrument_id")
    for column in ("price", *QUOTES):
        found = {
            k: _moved(x, by[names[k]])
            for k, x in column_of(parts, "instruments", column).items()
            if _is_number(x) and names[k] in by
        }
        if found:
            put(parts, "instruments", column, found)
    return bool(moves.any())


def _moved(price: str, by: float) -> str:
    """By a share of its size: a price may be negative."""
    return f"{Decimal(price) + abs(Decimal(price)) * Decimal(repr(by)):f}"


ASSUMPTIONS: dict[str, Callable[[Parts, Loaded, float], bool]] = {
    "spread": _spread,
    "impact": _impact,
    "adv": _adv,
    "volatility": _volatility,
    "correlation_to_one": _to_one,
    "correlation_to_zero": _to_zero,
    "margin": _margin,
    "marks": _marks,
}
