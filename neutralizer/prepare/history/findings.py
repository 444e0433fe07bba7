"""What looks wrong in a history: gaps, prices that stand still, jumps, zeros. It is said, and nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neutralizer.prepare.history.past import Past

if TYPE_CHECKING:
    from pandas import DataFrame, Series

STILL = 5  # days
JUMP = 10.0  # robust deviations
ROBUST = 1.4826  # of the median absolute deviation: a standard deviation where returns are normal


def findings(past: Past, returns: DataFrame) -> list[str]:
    """One sentence for each instrument and kind, with the first day of it."""
    found = []
    for name, prices in past.prices["price"].items():
        there = prices.dropna()
        inside = prices[there.index[0] :]
        said = (
            _gap(inside),
            _still(there),
            _zero(there),
            _jump(returns[name].dropna()),
        )
        found += [f"{name} {text}" for text in said if text]
    return found


def _day(moment: Any) -> str:
    return str(moment.date())


def _times(count: int) -> str:
    return "" if count == 1 else f", and {count - 1} more"


def _gap(prices: Series) -> str:
    missing = prices[prices.isna()]
    return f"has no price on {_day(missing.index[0])}{_times(len(missing))}" if len(missing) else ""


def _still(prices: Series) -> str:
    """The first stretch of days on which the price is that of the day before."""
    same = prices.diff() == 0
    stretch = same.groupby((~same).cumsum()).cumsum() >= STILL
    if not stretch.any():
        return ""
    last = prices.index.get_loc(stretch.idxmax())
    return (
        f"stands at {prices.iloc[last]:g} for {STILL} days from {_day(prices.index[last - STILL])}"
    )


def _zero(prices: Series) -> str:
    zero = prices[prices == 0]
    return f"is 0 on {_day(zero.index[0])}{_times(len(zero))}" if len(zero) else ""


def _jump(returns: Series) -> str:
    middle = returns.median()
    deviation = ROBUST * (returns - middle).abs().median()
    far = (returns - middle).abs()
    far = far[far > JUMP * deviation] if deviation > 0 else far.iloc[:0]
    if not len(far):
        return ""
    day = far.idxmax()
    size = far[day] / deviation
    return (
        f"moves {returns[day]:+.1%} on {_day(day)}, {size:.0f} robust deviations{_times(len(far))}"
    )
