"""The days after today that are decided with it: each is resolved from the same tables on its own date, with the
positions that today's become when nothing is traded.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.calendar import later
from neutralizer.domain.horizon import CERTAIN, COMES, STAYS, Day, Horizon, Path
from neutralizer.domain.scenario import DAYS_A_YEAR, NO_DISLOCATIONS, Limit, Scenario
from neutralizer.load.resolved.days import execution_date
from neutralizer.load.resolved.holdings import Ahead, needed
from neutralizer.load.resolved.mandates import expired, freedoms
from neutralizer.load.resolved.quantities import HELD, quantities
from neutralizer.load.resolved.restrictions import restricted
from neutralizer.load.resolved.selectors import Selector, specificity
from neutralizer.load.written.inputs import Inputs
from neutralizer.terms.limits.concentration import gross_before

Resolve = Callable[[Inputs, Selector, Ahead], Scenario]


def dates(inputs: Inputs) -> list[date]:
    """The business days after the execution date, as far as the horizon goes."""
    first, calendar = execution_date(inputs), inputs.settings.calendar
    return [later(first, k, calendar) for k in range(1, inputs.settings.horizon.days)]


def on(inputs: Inputs, day: date) -> Inputs:
    """The same tables on a later business day."""
    settings = inputs.settings.model_copy(update={"business_date": day, "execution_date": day})
    return replace(inputs, settings=settings, memo={}, sets_out=execution_date(inputs))


def pairs_ahead(inputs: Inputs, select: Selector, books: list[str]) -> tuple[Bools, Bools]:
    """(B, I) twice: which pairs are held or may change on a later day, or something comes into; and of these those
    that may change then.
    """
    found = np.zeros((len(books), len(select.ids)), dtype=bool)
    changes = found.copy()
    for day in dates(inputs):
        here = on(inputs, day)
        found |= needed(here, select, books) | (_flows(inputs, select, books, day) != 0)
        may = freedoms(here, select, books)
        changes |= (may == 2) | ((may == 1) & found)
    return found, changes


def with_days_ahead(inputs: Inputs, select: Selector, resolve: Resolve) -> Scenario:
    """Today's scenario, with its horizon where the settings ask for one."""
    books = sorted(inputs["books"]["book_id"])
    ahead = Ahead(pairs_ahead(inputs, select, books)[0])
    today = resolve(inputs, select, ahead)
    if not dates(inputs):
        return today
    probability = _probability(inputs, select, today)
    kinds = [(CERTAIN, 1.0)]
    if probability < 1:
        kinds = [(COMES, probability), (STAYS, 1 - probability)]
    ways = _Ways(inputs, select, resolve, ahead, today)
    paths = tuple(Path(name, weight, ways.days(name)) for name, weight in kinds)
    remembered = inputs.settings.horizon.impact == "remembered"
    years = _years(inputs, execution_date(inputs))
    costing = replace(today.costing, years=years)
    horizon = Horizon(paths, remembered).within_reach(today.holdings.low, today.holdings.high)
    return replace(today, costing=costing, horizon=horizon)


@dataclass(frozen=True)
class _Ways:
    """What the days of each path are resolved from."""

    inputs: Inputs
    select: Selector
    resolve: Resolve
    ahead: Ahead
    today: Scenario

    def days(self, name: str) -> tuple[Day, ...]:
        """The days of a path, each after the one before it."""
        books = list(self.today.books.ids)
        tables = [quantities(self.inputs[t], self.select, books)[0] for t in HELD]
        held: Floats = np.sum(tables, axis=0)
        leaving, before = self._leaving(held), held
        cash, found, all_days = self.today.pools.cash, list[Day](), dates(self.inputs)
        for k, day in enumerate(all_days):
            here = on(self.inputs, day)
            gone = expired(here, self.select)
            arrives = _flows(self.inputs, self.select, books, day, name) + leaving(k)
            arrives = np.where(gone[None, :], 0.0, arrives)
            before = np.where(gone[None, :], 0.0, before) + arrives
            paid = _paid(self.inputs, self.today, day)
            cash = cash + paid
            last = k == len(all_days) - 1
            found.append(self._day(here, before, (arrives, gone), (cash, paid), last))
        return tuple(found)

    def _day(
        self,
        here: Inputs,
        before: Floats,
        moved: tuple[Floats, Bools],
        paid: tuple[Floats, Floats],
        last: bool,
    ) -> Day:
        today, (arrives, gone), (cash, comes) = self.today, moved, paid
        s = self.resolve(here, self.select, replace(self.ahead, before=before))
        h = today.holdings
        freedom = freedoms(here, self.select, list(today.books.ids))[h.book, h.instrument]
        bars = restricted(here, self.select, list(today.books.ids))
        x, reduces = before[h.book, h.instrument], freedom == 1
        moves = (freedom == 2) | (reduces & (x != 0))
        years = s.costing.years if last else _years(here, execution_date(here))
        return Day(
            scenario=replace(
                s,
                costing=replace(s.costing, years=years),
                entries=today.entries,
                pools=replace(s.pools, cash=cash),
                limits=tuple(_of_later(limit, today) for limit in s.limits),
                dislocations=NO_DISLOCATIONS,
            ),
            arrives=arrives[h.book, h.instrument],
            paid=comes,
            stays=np.where(gone[h.instrument], 0.0, 1.0),
            may_rise=moves & ~bars.no_buy[h.book, h.instrument],
            may_fall=moves & ~bars.no_sell[h.book, h.instrument],
            low=np.where(reduces & moves, np.minimum(x, 0.0), -np.inf),
            high=np.where(reduces & moves, np.maximum(x, 0.0), np.inf),
        )

    def _leaving(self, held: Floats) -> Callable[[int], Floats]:
        """Units of each pair that are expected to be offset on the k-th day after today."""
        rate = _decay(self.inputs, self.select)[None, :]
        return lambda k: -held * rate * (1 - rate) ** k


def _of_later(limit: Limit, today: Scenario) -> Limit:
    """A limit as it holds on a later day: one that improves is priced and holds nothing, a soft one is kept until
    it is found that it cannot be, and a concentration is of today's gross.
    """
    if limit.measure == "concentration":
        limit = replace(limit, gross=gross_before(today, limit))
    if limit.improve:
        return replace(limit, settled=(-np.inf, np.inf))
    return replace(limit, settled=(limit.lower, limit.upper)) if limit.soft else limit


def _years(inputs: Inputs, day: date) -> float:
    """From a day to the next business day, as a fraction of one."""
    return (later(day, 1, inputs.settings.calendar) - day).days / DAYS_A_YEAR


def _decay(inputs: Inputs, select: Selector) -> Floats:
    """(I,) by the selector that names each most closely."""
    found, rank = np.zeros(len(select.ids)), np.full(len(select.ids), -1)
    for selector, share in inputs.settings.horizon.decay.items():
        mask, own = select(selector), specificity(selector, select)
        better = np.zeros(len(rank), dtype=bool) if mask is None else mask & (own > rank)
        found[better], rank[better] = share, own
    return found


def _flows(
    inputs: Inputs, select: Selector, books: list[str], day: date, path: str = COMES
) -> Floats:
    """(B, I) units that come on a day, on the path on which everything does or on another."""
    table, found = inputs["flows"], np.zeros((len(books), len(select.ids)))
    for row, when in enumerate(table["date"]):
        if when == day and (path != STAYS or table["probability"][row] == 1):
            book, instrument = table["book_id"][row], table["instrument_id"][row]
            if book in books and instrument in select.index:
                place = books.index(book), select.index[instrument]
                found[place] += table["quantity"][row]
    return found


def _paid(inputs: Inputs, today: Scenario, day: date) -> Floats:
    """(P,) cash that comes on a day."""
    table, found = inputs["cash_flows"], np.zeros(len(today.pools.ids))
    for row, when in enumerate(table["date"]):
        if when == day:
            found[today.pools.ids.index(table["pool_id"][row])] += table["amount"][row]
    return found


def _probability(inputs: Inputs, select: Selector, today: Scenario) -> float:
    """That what is uncertain comes: its mean, weighed by notional; 1 where nothing is."""
    table, days = inputs["flows"], set(dates(inputs))
    its = [r for r, p in enumerate(table["probability"]) if p < 1 and table["date"][r] in days]
    if not its:
        return 1.0
    which = [select.index[table["instrument_id"][r]] for r in its]
    size = np.abs(table["quantity"][its]) * today.instruments.notional[which]
    return float(np.average(table["probability"][its], weights=size if size.any() else None))
