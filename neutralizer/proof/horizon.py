"""What horizon.csv expects of the days after today can be done: every unit comes from somewhere, within mandates,
market volume, routes and loans. What it leaves outside limits is no fault: summary.json has to say it.
"""

from collections.abc import Sequence

import numpy as np

from neutralizer.domain.horizon import Stage
from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, nothing
from neutralizer.proof.files import Files, Row
from neutralizer.proof.ledger import Ledger
from neutralizer.terms.days import Done, State, stages_of, states
from neutralizer.terms.margin import collateral

FILE = "horizon.csv"
LITTLE = 1e-7  # of the gross before: lines of less than a hundredth of it are not written


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """Everything that cannot be done, by date."""
    later = done(scenario, files[FILE])
    for day in states(scenario, ledger.after, later)[1:] if later else ():
        if day.stage is not None:
            faults += [f"{FILE}: {day.stage.at.date}: {x}" for x in _faults(day.stage, day)]


def _faults(stage: Stage, day: State) -> list[str]:
    s, trades, at = day.begins, day.trades, stage.at
    orders, little = s.orders, LITTLE * max(s.gross_before, 1.0)
    unit = np.ones(orders.change_rows.shape[0])
    unit[orders.row] = s.holding_notional
    apart = orders.change_rows @ trades.change - orders.order_rows @ trades.order
    moved = ((trades.change > 0) & ~at.may_rise) | ((trades.change < 0) & ~at.may_fall)
    traded = np.bincount(
        orders.tradable, weights=np.abs(trades.order), minlength=len(s.tradables.ids)
    )
    found = {
        "what books change by is not what they trade outside": np.abs(apart) * unit > little,
        "a mandate does not allow a change": moved,
        "more is ordered than the market takes": (traded - s.tradables.cap) * s.tradables.notional
        > little,
        "a route carries more than it can": trades.cash > s.routes.capacity,
        "a pool borrows more than it may": trades.borrowed > s.pools.borrow_limit,
        "more is pledged than there is": (trades.pledged - collateral.available(trades, s))
        * collateral.value(s)
        > little,
        "an amount is negative": np.concatenate([trades.cash, trades.borrowed, trades.pledged]) < 0,
    }
    return [said for said, is_so in found.items() if is_so.any()]


def done(scenario: Scenario, written: Sequence[Row]) -> Done:
    """What is done on each stage by the lines of horizon.csv. Raises KeyError or ValueError where they name
    nothing known.
    """
    stages = stages_of(scenario)
    place = {(str(s.at.date), s.path.name): s.number for s in stages}
    found = [nothing(s.at.scenario) for s in stages]
    for row in written:
        number = place[row["date"], row["path"]]
        if row["kind"] != "flow":
            _add(stages[number].at.scenario, found[number], row)
    return tuple(found)


def _add(s: Scenario, trades: Trades, row: Row) -> None:
    """Adds one line to what is done. Raises KeyError or ValueError where it names nothing known."""
    quantity, kind = float(decimal(row["quantity"])), row["kind"]
    if kind == "change":
        trades.change[_holding(s, row)] += quantity
    elif kind == "order":
        trades.order[_order(s, row)] += quantity
    elif kind == "cash":
        ends = s.pools.ids.index(row["pool_id"]), s.pools.ids.index(row["to_pool"])
        pairs = zip(s.routes.source.tolist(), s.routes.target.tolist(), strict=True)
        trades.cash[list(pairs).index(ends)] += quantity
    elif kind == "loan":
        trades.borrowed[s.pools.ids.index(row["pool_id"])] += quantity
    elif kind == "pledge":
        pool = s.pools.ids.index(row["pool_id"])
        instrument = s.instruments.ids.index(row["instrument_id"])
        c = s.collateral
        pairs = zip(c.pool.tolist(), c.instrument.tolist(), strict=True)
        trades.pledged[list(pairs).index((pool, instrument))] += quantity
    else:
        raise ValueError(f"{FILE}: {kind!r} is no kind of line")


def _holding(s: Scenario, row: Row) -> int:
    h = s.holdings
    book, instrument = (
        s.books.ids.index(row["book_id"]),
        s.instruments.ids.index(row["instrument_id"]),
    )
    found = np.flatnonzero((h.book == book) & (h.instrument == instrument))
    if not len(found):
        raise ValueError(f"{FILE}: {row['book_id']} holds no {row['instrument_id']}")
    return int(found[0])


def _order(s: Scenario, row: Row) -> int:
    tradable = s.tradables.ids.index(row["instrument_id"])
    book = s.books.ids.index(row["book_id"]) if row["book_id"] else -1
    own = (s.orders.tradable == tradable) & (s.orders.book == book)
    for o in np.flatnonzero(own).tolist():
        if s.orders.group[o] == row["group_id"]:
            return int(o)
    raise ValueError(f"{FILE}: {row['group_id']} may not order {row['instrument_id']}")
