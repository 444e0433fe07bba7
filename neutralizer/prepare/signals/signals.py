"""A history and a scenario's instruments -> which prices are out today, by how much, and until when."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.steps import steps
from neutralizer.errors import InputsRefused, Issue
from neutralizer.load.resolved.currencies import share
from neutralizer.load.rules.dislocations import FAR
from neutralizer.prepare.history.past import Past
from neutralizer.prepare.signals.spread import DRAWS, Spread, spread

if TYPE_CHECKING:
    from pandas import DataFrame

FALSE = 0.05  # of what is called in a family, and of the test on the second half
ALIKE = 0.9  # correlation of daily changes from which instruments carry one exposure
FEWEST = 250  # days with both prices
WITHIN = 5.0  # business days in which a gap is counted on to close in part
CAP = 0.01  # of a day's volume
MOST_PAIRS = 2000
MOST_DRAWS = 9999
STALE = 5  # business days that a history may end before the scenario
APART = 0.05  # of the price: by how much a history's last one may differ


@dataclass(frozen=True)
class Tested:
    """A pair, the family that it was tested in, and whether it is called."""

    family: str
    spread: Spread
    called: bool  # found in the first half, and still there in the second
    why: str  # where it is not


@dataclass(frozen=True)
class Dislocation:
    """A row of the table `dislocations`."""

    instrument: str
    price: float
    fair: float
    most: float
    expires: date
    confidence: float
    spread: Spread


@dataclass(frozen=True)
class Mark:
    """An instrument that two books value differently: a valuation finding for both owners, never a credit."""

    instrument: str
    low: tuple[str, float]  # book and its mark, local
    high: tuple[str, float]


@dataclass(frozen=True)
class Signals:
    """What was tested, what is out today, what books mark differently, and what a person should know."""

    tested: tuple[Tested, ...]
    out: tuple[Dislocation, ...]
    marks: tuple[Mark, ...]
    said: tuple[str, ...]


def signals(past: Past, s: Scenario, column: str, say: Callable[[str], None]) -> Signals:
    """Families are instruments of one `column`, and those that move together. Raises InputsRefused."""
    if column not in s.instruments.text:
        known = ", ".join(sorted(s.instruments.text))
        raise InputsRefused([Issue("--by", 0, "", column, "no text column of instruments", f"name one of {known}")])  # fmt: skip
    _is_of_today(past, s)
    logs = _logs(past, s)
    pairs = list(_pairs(logs, s, column))
    if len(pairs) > MOST_PAIRS:
        reason = f"{len(pairs):,} pairs move together, more than {MOST_PAIRS:,}"
        raise InputsRefused([Issue("--by", 0, "", column, reason, "name a narrower column")])
    found: dict[str, list[Spread]] = {}
    many = Counter(family for family, _, _ in pairs)
    for family, a, b in steps(pairs, "testing pair", say):
        both = logs[[a, b]].dropna().to_numpy()
        if len(both) >= FEWEST:
            own = spread((a, b), both[:, 0], both[:, 1], min(needed(many[family]), MOST_DRAWS))
            found.setdefault(family, []).append(own)
    tested = [x for family, own in sorted(found.items()) for x in _judged(family, own)]
    called = [x.spread for x in tested if x.called]
    short = len(pairs) - len(tested)
    said = [f"{short} pairs have fewer than {FEWEST} days with both prices"] if short else []
    said += [
        f"{family}: {n} pairs are too many for one of them to be called by itself; name a narrower column with --by"
        for family, n in sorted(many.items())
        if needed(n) > MOST_DRAWS
    ]
    out, left = _out(called, past, logs, s)
    return Signals(tuple(tested), tuple(out), tuple(_marks(s)), (*said, *left))


def _is_of_today(past: Past, s: Scenario) -> None:
    """Raises InputsRefused where what is out would be out on another day."""
    last = past.prices["price"].index[-1].date()
    if np.busday_count(last, s.as_of.date()) > STALE:
        reason = f"the history ends on {last}, the scenario is of {s.as_of.date()}"
        raise InputsRefused(
            [Issue("prices", 0, "", None, reason, "bring a history up to that day")]
        )


def needed(pairs: int) -> int:
    """Draws with which one pair of so many could be called: their least p is one over them."""
    harmonic = sum(1 / k for k in range(1, pairs + 1))
    return max(DRAWS, math.ceil(2 * pairs * harmonic / FALSE))


def _logs(past: Past, s: Scenario) -> DataFrame:
    """(T, N) log prices of the scenario's instruments, adjusted where that is written; nan where not above zero."""
    price = past.prices["price"].copy()
    if "adjusted" in past.prices:
        written = past.prices["adjusted"].dropna(axis=1, how="all")
        price[written.columns] = written
    price = price[[n for n in s.instruments.ids if n in price.columns]]
    return np.log(price.where(price > 0))


def _pairs(logs: DataFrame, s: Scenario, column: str) -> Iterator[tuple[str, str, str]]:
    """(family, a, b): of one value of the column; else of one asset class and currency, where daily changes in
    the first half of the days are alike.
    """
    t, text = s.instruments, s.instruments.text
    place = {n: k for k, n in enumerate(t.ids)}
    kind = list(zip(t.asset_class, text["currency"], strict=True))
    alike = logs.iloc[: len(logs) // 2].diff().corr(min_periods=FEWEST // 2) >= ALIKE
    for a, b in combinations(logs.columns, 2):
        i, j = place[a], place[b]
        if text[column][i] and text[column][i] == text[column][j]:
            yield text[column][i], a, b
        elif kind[i] == kind[j] and alike.loc[a, b]:
            yield f"{t.asset_class[i]} that move together", a, b


def _judged(family: str, own: Sequence[Spread]) -> Iterator[Tested]:
    """False discoveries are bounded within the family whatever the pairs have in common (Benjamini and Yekutieli)."""
    from scipy.stats import false_discovery_control

    for x, q in zip(own, false_discovery_control([x.p for x in own], method="by"), strict=True):
        why = (
            "not found" if q > FALSE
            else f"ratio of {x.ratio:.2f}: not one exposure" if not x.of_one_exposure
            else f"half-life of {x.half_life:.1f} days" if not x.may_revert
            else "not there in the second half" if x.second > FALSE
            else ""
        )  # fmt: skip
        yield Tested(family, x, not why, why)


def _out(called: Sequence[Spread], past: Past, logs: DataFrame, s: Scenario) -> tuple[list[Dislocation], list[str]]:  # fmt: skip
    """Each leg is out by half of the gap. Of an instrument in several pairs the surest; what the way out would cost
    more than, what has no price today and what has no volume, which caps it, is left out.
    """
    t, found, left = s.tradables, dict[str, Dislocation](), list[str]()
    for x in sorted(called, key=lambda x: (x.p, x.second, x.a, x.b)):
        if logs[[x.a, x.b]].iloc[-1].isna().any():
            left.append(f"{x.a} and {x.b}: no price on the last day")
            continue
        confidence = 1 - 2 ** (-WITHIN / x.half_life)
        ends = np.busday_offset(s.business_date, int(np.ceil(x.half_life)), roll="forward")
        for name, by in ((x.a, -x.gap / 2), (x.b, x.gap / (2 * x.ratio))):
            k = t.ids.index(name)
            if name in found or not abs(by) * confidence * t.notional[k] > t.half_spread[k]:
                continue
            price = float(t.price[k]) / share(s.instruments.text["currency"][k])
            why = _not_usable(name, by, price, past, float(t.adv[k]))
            if why:
                left.append(f"{name} {why}")
                continue
            row = (name, price, price * float(np.exp(by)), CAP * float(t.adv[k]))
            found[name] = Dislocation(*row, ends.astype(date), confidence, x)
    return [found[n] for n in sorted(found)], left


def _not_usable(name: str, by: float, price: float, past: Past, adv: float) -> str:
    """Why what is out by so much, log, is of no use to a run; blank where it is."""
    ended = float(past.prices["price"][name].iloc[-1])
    if abs(ended / price - 1) > APART:
        return f"ends at {ended:g} in the history, and its price is {price:g}"
    if abs(by) > math.log(FAR):
        return f"is out by {1e4 * by:,.0f} bp, more than a run takes"
    if not adv > 0:
        return f"is out by {1e4 * by:.0f} bp, and has no ADV to be capped by"
    return ""


def _marks(s: Scenario) -> Iterator[Mark]:
    h = s.holdings
    for k, name in enumerate(s.instruments.ids):
        own = np.flatnonzero((h.instrument == k) & ~np.isnan(h.mark))
        told = sorted((float(h.mark[i]), s.books.ids[h.book[i]]) for i in own)
        if told and told[0][0] != told[-1][0]:
            (low, a), (high, b) = told[0], told[-1]
            yield Mark(name, (a, low), (b, high))
