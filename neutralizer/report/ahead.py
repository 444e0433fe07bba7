"""What the days of a horizon leave out of bounds, as sentences."""

import numpy as np

from neutralizer.domain.horizon import Stage
from neutralizer.domain.money import minor_unit
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, position
from neutralizer.terms import limits
from neutralizer.terms.days import Done, State, states
from neutralizer.terms.margin import cash

SMALL = 1e-6  # of a limit's scale, which no bound makes larger than what is summed


def exceeded(scenario: Scenario, trades: Trades, later: Done) -> list[str]:
    """A sentence for each limit, pool and mandate that a later day ends outside, the nearest day first. A limit that
    is only to improve is none of them.
    """
    found = list[tuple[int, str]]()
    for day in states(scenario, trades, later)[1:] if later else ():
        assert day.stage is not None
        path = f" if what is uncertain {day.stage.path.name}" if day.stage.path.name else ""
        where = f"EXPECTED on {day.stage.at.date}{path}"
        found += [(day.stage.day, f"{where}: {said}") for said in _exceeded(day.stage, day)]
    return [said for _, said in sorted(found, key=lambda x: x[0])]


def _exceeded(stage: Stage, day: State) -> list[str]:
    s, held = day.begins, stage.at.scenario
    after, found = limits.amounts(day.trades, s), list[str]()
    over = limits.beyond(after, *limits.written(held))
    for k in np.flatnonzero(over > SMALL * limits.scales(held)).tolist():
        limit = held.limits[k]
        if not limit.improve:
            found.append(
                f"{limit.limit_id} {limit.scope} at {after[k]:,.6g}, {over[k]:,.6g} beyond its bound; owner "
                f"{limit.owner or 'not named'}"
            )
    left = cash.headroom(day.trades, s)
    for p, (pool, currency) in enumerate(zip(s.pools.ids, s.pools.currency, strict=True)):
        if left[p] < -float(minor_unit(currency)):
            found.append(f"pool {pool} short of {-left[p]:,.2f} {currency}")
    x, h = position(s, day.trades), s.holdings
    beyond = stage.at.beyond(x) * s.holding_notional
    for k in np.flatnonzero(beyond > SMALL * max(s.gross_before, 1.0)).tolist():
        book, instrument = s.books.ids[h.book[k]], s.instruments.ids[h.instrument[k]]
        found.append(f"{book} holds {x[k]:,.6g} of {instrument}, which it may only reduce")
    return found
