"""What is estimated: returns by day and instrument, with what the scenario says of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints
from neutralizer.errors import InputsRefused, Issue
from neutralizer.load.resolved.currencies import major
from neutralizer.prepare.history.past import Past
from neutralizer.prepare.history.returns import changes, returns

if TYPE_CHECKING:
    from pandas import DataFrame

FEWEST = (
    20  # returns other than 0 in the last days, below which an instrument has no risk of its own
)
RECENT = 504  # days in which they are counted
SPAN, COVERED = (
    378,
    0.8,
)  # days, and the share of them with a return of what a method of whole days can use


@dataclass(frozen=True)
class Instrument:
    """What the scenario says of an instrument; currency in whole units, USD and not USX."""

    name: str
    asset_class: str
    currency: str
    margined: bool
    sector: str = ""
    country: str = ""
    bought: str = ""  # of a currency pair: what is bought
    paid_in: str = ""  # and what it is paid in


@dataclass(frozen=True)
class Panel:
    """Returns of the instruments of a scenario, those that have enough; T days, N of them, K given factors,
    C foreign currencies.
    """

    days: tuple[str, ...]
    instruments: tuple[Instrument, ...]
    local: Floats  # (T, N) fractions, nan where there is none
    paid: Floats  # (N, C) what a unit of notional has in each currency
    fx: Floats  # (T, C)
    currencies: tuple[str, ...]
    factors: Floats  # (T, K)
    factor_ids: tuple[str, ...]
    thin: tuple[Instrument, ...]  # those of the scenario with fewer returns
    counted: Mapping[str, int]  # returns of each instrument of the scenario
    base: str  # currency

    @property
    def ids(self) -> tuple[str, ...]:
        """The instruments that have returns enough."""
        return tuple(x.name for x in self.instruments)

    @cached_property
    def total(self) -> Floats:
        """(T, N) in base currency: of what is paid in another one, its change counts too."""
        of_money = np.where(self.paid != 0, self.fx[:, None, :], 0.0) * self.paid
        found: Floats = self.local + of_money.sum(axis=2)
        return found

    @cached_property
    def there(self) -> Bools:
        """(T, N) where there is a total return."""
        return np.asarray(np.isfinite(self.total), dtype=bool)

    def settled(self, day: int) -> Bools:
        """(N,) which have a return on most of the days just before one: those that every method can judge."""
        return np.asarray(self.there[max(0, day - SPAN) : day].mean(axis=0) >= COVERED, dtype=bool)

    def whole(self, day: int) -> Ints:
        """The days just before one on which all that is settled has a return."""
        start = max(0, day - SPAN)
        return np.flatnonzero(self.there[start:day][:, self.settled(day)].all(axis=1)) + start

    def without(self, out: Bools) -> Panel:
        """Some instruments count as thin."""
        kept = np.flatnonzero(~out)
        return replace(
            self,
            instruments=tuple(self.instruments[k] for k in kept),
            local=self.local[:, kept],
            paid=self.paid[kept],
            thin=(*self.thin, *(self.instruments[k] for k in np.flatnonzero(out))),
        )


def panel_of(past: Past, instruments: Collection[Instrument], base: str) -> tuple[Panel, list[str]]:
    """The panel, and sentences about what is not in it. Raises InputsRefused where a currency contradicts
    the scenario's, or hardly anything has returns.
    """
    import pandas as pd

    written = {name: major(currency) for name, currency in past.currency.items()}
    wrong = [x for x in instruments if written.get(x.name, x.currency) != x.currency]
    if wrong:
        reason = f"{wrong[0].name} is in {past.currency[wrong[0].name]}, in the scenario in {wrong[0].currency}"
        raise InputsRefused(
            [Issue("prices", 0, "currency", None, reason, "write prices in its currency")]
        )
    moves = changes(past.fx.reindex(past.prices["price"].index))
    moves = moves.assign(**{base: 0.0}) if len(moves) else moves
    local = returns(past, {x.name for x in instruments if x.margined})
    pairs = _pairs(instruments, local, moves)
    local = pd.concat([local, pairs], axis=1) if len(pairs.columns) else local
    counted = {x.name: int(local[x.name].count()) if x.name in local else 0 for x in instruments}
    recent = local.iloc[-RECENT:]
    moved = {name: int((recent[name].dropna() != 0).sum()) for name in local}
    known = [x for x in instruments if moved.get(x.name, 0) >= FEWEST]
    if len(known) < 1:
        reason = (
            f"no instrument of the scenario has {FEWEST} returns other than 0 up to {past.until}"
        )
        remedy = "use the scenario's instrument_id in the history, and more days"
        raise InputsRefused([Issue("prices", 0, "", None, reason, remedy)])
    foreign = sorted({c for x in known for c in _moneys(x)} - {base})
    there = tuple(c for c in foreign if c in moves)
    said = [
        f"no rates of {c} in the history: what its changes do is in no table"
        for c in foreign
        if c not in there and any(c in _exposed(x) for x in known)
    ]
    return (
        Panel(
            days=tuple(str(day.date()) for day in local.index),
            instruments=tuple(known),
            local=local[[x.name for x in known]].to_numpy(dtype=float),
            paid=np.array([[_exposed(x).get(c, 0.0) for c in there] for x in known]).reshape(
                len(known), len(there)
            ),
            fx=_aligned(moves[list(there)], local),
            currencies=there,
            factors=_aligned(past.factors, local),
            factor_ids=tuple(past.factors.columns),
            thin=tuple(x for x in instruments if moved.get(x.name, 0) < FEWEST),
            counted=counted,
            base=base,
        ),
        said,
    )


def _aligned(frame: DataFrame, like: DataFrame) -> Floats:
    found: Floats = frame.reindex(like.index).to_numpy(dtype=float)
    return found


def _exposed(x: Instrument) -> dict[str, float]:
    """What a unit of its notional has in currencies beside its own return: the money it is paid in; a pair's
    own return is all that it has.
    """
    return {} if x.margined or x.asset_class == "fx" else {x.currency: 1.0}


def _moneys(x: Instrument) -> Collection[str]:
    """The currencies whose changes move it."""
    return (x.bought, x.paid_in) if x.asset_class == "fx" else _exposed(x)


def _pairs(instruments: Collection[Instrument], local: DataFrame, moves: DataFrame) -> DataFrame:
    """Returns of currency pairs that have rates and no prices."""
    import pandas as pd

    found = {
        x.name: (1 + moves[x.bought]) / (1 + moves[x.paid_in]) - 1
        for x in instruments
        if x.asset_class == "fx"
        and x.name not in local
        and x.bought in moves
        and x.paid_in in moves
    }
    return pd.DataFrame(found, index=moves.index).reindex(local.index)
