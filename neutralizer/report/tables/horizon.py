"""horizon.csv: what is expected to be done on the days after today. Nothing of it is booked: each of these days is
decided again on its own.
"""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.horizon import Stage
from neutralizer.domain.money import plain, rounded, significant
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, nothing, position
from neutralizer.proof.horizon import FILE, done
from neutralizer.terms import limits
from neutralizer.terms.days import Done, State, states
from neutralizer.terms.margin import cash

__all__ = ["COLUMNS", "FILE", "LIMITS", "LIMIT_COLUMNS", "as_written", "limit_rows", "rows"]

Row = dict[str, str]
COLUMNS = tuple(
    "date path kind book_id group_id instrument_id pool_id to_pool quantity after".split()
)
LIMITS = "horizon_limits.csv"
LIMIT_COLUMNS = tuple("date path limit_id scope measure lower upper before after".split())
LITTLE = 1e-9  # of the gross before: a line of less is what the solver left over
DIGITS = 6  # decimals of a quantity


def rows(scenario: Scenario, trades: Trades, later: Done) -> list[Row]:
    """By date and path: what comes, each book's change with its position after, each order of a group, cash sent
    along routes, loans, and units pledged. Units and pool currency; + bought or received.
    """
    found = list[Row]()
    for day in states(scenario, trades, later)[1:] if later else ():
        assert day.stage is not None
        first = {"date": str(day.stage.at.date), "path": day.stage.path.name}
        found += [first | row for row in _rows(day.stage, day)]
    return found


def limit_rows(scenario: Scenario, trades: Trades, later: Done) -> list[Row]:
    """horizon_limits.csv: each limit and pool of each later day, by date and path, in its own unit; of a pool its
    headroom, in its currency. `before` is what the day begins with, before anything is done on it.
    """
    found = list[Row]()
    for day in states(scenario, trades, later)[1:] if later else ():
        assert day.stage is not None
        s, still = day.begins, nothing(day.begins)
        first = {"date": str(day.stage.at.date), "path": day.stage.path.name}
        ends = limits.amounts(still, s), limits.amounts(day.trades, s)
        for limit, before, after in zip(s.limits, *map(Floats.tolist, ends), strict=True):
            row = {"limit_id": limit.limit_id, "scope": limit.scope, "measure": limit.measure}
            bounds = {"lower": _bound(limit.lower), "upper": _bound(limit.upper)}
            found.append(first | row | bounds | _ends(before, after))
        ends = cash.headroom(still, s), cash.headroom(day.trades, s)
        for pool, before, after in zip(s.pools.ids, *map(Floats.tolist, ends), strict=True):
            row = {"limit_id": pool, "scope": f"pool:{pool}", "measure": "headroom", "lower": "0"}
            found.append(first | row | _ends(before, after))
    return found


def _bound(bound: float) -> str:
    return plain(bound) if np.isfinite(bound) else ""


def _ends(before: float, after: float) -> Row:
    return {"before": significant(before, 10), "after": significant(after, 10)}


def as_written(scenario: Scenario, trades: Trades, later: Done) -> Done:
    """What the written lines say."""
    return done(scenario, rows(scenario, trades, later))


def _rows(stage: Stage, day: State) -> Iterator[Row]:
    s, trades, least = day.begins, day.trades, LITTLE * max(day.begins.gross_before, 1.0)
    h, ids = s.holdings, s.instruments.ids
    unit = s.holding_notional

    def of(holding: int) -> Row:
        return {
            "book_id": s.books.ids[h.book[holding]],
            "instrument_id": ids[h.instrument[holding]],
        }

    for k in _some(stage.at.arrives, unit, 0.0):
        yield {"kind": "flow"} | of(k) | _said(stage.at.arrives[k], h.before[k])
    after = position(s, trades)
    for k in _some(trades.change, unit, least):
        yield {"kind": "change"} | of(k) | _said(trades.change[k], after[k])
    for o in _some(trades.order, s.order_notional, least):
        book = int(s.orders.book[o])
        yield {
            "kind": "order",
            "book_id": s.books.ids[book] if book >= 0 else "",
            "group_id": s.orders.group[o],
            "instrument_id": s.tradables.ids[s.orders.tradable[o]],
        } | _said(trades.order[o])
    yield from _money(s, trades)


def _money(s: Scenario, trades: Trades) -> Iterator[Row]:
    pools = s.pools
    for r in np.flatnonzero(trades.cash).tolist():
        source, target = int(s.routes.source[r]), int(s.routes.target[r])
        row = {"kind": "cash", "pool_id": pools.ids[source], "to_pool": pools.ids[target]}
        yield from _amount(row, trades.cash[r], pools.currency[source])
    for p in np.flatnonzero(trades.borrowed).tolist():
        yield from _amount(
            {"kind": "loan", "pool_id": pools.ids[p]}, trades.borrowed[p], pools.currency[p]
        )
    for c in np.flatnonzero(trades.pledged).tolist():
        row = {"kind": "pledge", "pool_id": pools.ids[s.collateral.pool[c]]}
        row["instrument_id"] = s.instruments.ids[s.collateral.instrument[c]]
        if round(float(trades.pledged[c]), DIGITS):
            yield row | _said(trades.pledged[c])


def _amount(row: Row, amount: float, currency: str) -> Iterator[Row]:
    """The line, where it is of a minor unit or more."""
    cents = rounded(float(amount), currency, up=True)
    if cents:
        yield row | {"quantity": plain(cents)}


def _some(quantity: Floats, unit: Floats, least: float) -> list[int]:
    written = np.round(quantity, DIGITS) != 0
    found: list[int] = np.flatnonzero(written & (np.abs(quantity) * unit >= least)).tolist()
    return found


def _said(quantity: float, after: float | None = None) -> Row:
    row = {"quantity": plain(round(Decimal(repr(float(quantity))), DIGITS))}
    if after is not None:
        row["after"] = plain(round(Decimal(repr(float(after))), DIGITS))
    return row
