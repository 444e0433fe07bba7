"""Who may order what outside, and the equalities that tie orders to changes (the net form)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Bools, Ints
from neutralizer.domain.horizon import Day, Stage
from neutralizer.domain.scenario import Books, Holdings, Orders, Scenario, Tradables

Party = tuple[str, int]  # crossing group and -1, or the group and the one book that stands alone


def orders_of(books: Books, holdings: Holdings, tradables: Tradables, may_change: Bools) -> Orders:
    """One row per (party, instrument) that a holding touches, in the order of their first holdings; one
    order per (party, tradable) whose legs can each be changed by one of the party's books and that may
    be traded outside.
    """
    parties, of = _parties(books, holdings, tradables)
    count = tradables.legs.shape[1]
    codes, first, inverse = np.unique(
        of * count + holdings.instrument, return_index=True, return_inverse=True
    )
    rank = np.empty(len(codes), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(codes))
    row = rank[inverse]
    changeable = codes[np.bincount(inverse, may_change, len(codes)) > 0]
    party, tradable = _orderable(tradables, changeable, len(parties))
    members = [_members(books, p) for p in parties]
    return Orders(
        tradable=tradable,
        group=tuple(parties[p][0] for p in party.tolist()),
        book=np.array([book for _, book in parties], dtype=np.int64)[party],
        books=tuple(members[p] for p in party.tolist()),
        row=row,
        change_rows=csr_array(
            (np.ones(len(row)), (row, np.arange(len(row)))), shape=(len(codes), len(row))
        ),
        order_rows=_order_rows(tradables, party, tradable, codes, rank),
        may_buy=np.ones(len(party), dtype=bool),
        may_sell=np.ones(len(party), dtype=bool),
    )


def owners_by_group(books: Books) -> dict[str, set[str]]:
    """Whose books each crossing group has."""
    pairs = list(zip(books.owner, books.group, strict=True))
    return {g: {o for o, own in pairs if own == g} for g in books.group}


def merged(books: Books) -> tuple[str, ...]:
    """(B,) the group of each book where all groups of the same beneficial owners are one."""
    owners = owners_by_group(books)
    return tuple(min(x for x in owners if owners[x] == owners[g]) for g in books.group)


def alone(scenario: Scenario) -> Scenario:
    """The same scenario with every book a crossing group of its own: the stand-alone baseline."""
    return with_groups(scenario, scenario.books.ids)


def crosses_only(scenario: Scenario) -> Scenario:
    """The same scenario with nothing that may be ordered outside, and no later day."""
    closed = replace(scenario.tradables, cap=np.zeros(len(scenario.tradables.ids)))
    orders = orders_of(scenario.books, scenario.holdings, closed, scenario.may_change)
    return replace(scenario, tradables=closed, orders=orders, horizon=None)


def without_orders(scenario: Scenario, gone: Bools) -> Scenario:
    """The same scenario with some of its orders closed; (O,) booleans. The axis stays."""
    return without_sides(scenario, gone, gone)


def without_sides(scenario: Scenario, bought: Bools, sold: Bools) -> Scenario:
    """The same scenario with purchases and sales of some of its orders closed; (O,) booleans."""
    orders = scenario.orders
    held = replace(orders, may_buy=orders.may_buy & ~bought, may_sell=orders.may_sell & ~sold)
    return replace(scenario, orders=held)


def with_groups(scenario: Scenario, groups: Sequence[str]) -> Scenario:
    """The same scenario under another partition of its books."""
    books = replace(scenario.books, group=tuple(groups))
    orders = orders_of(books, scenario.holdings, scenario.tradables, scenario.may_change)

    def with_its(stage: Stage) -> Day:
        day, s = stage.at, stage.at.scenario
        may = day.may_rise | day.may_fall
        own = replace(s, books=books, orders=orders_of(books, s.holdings, s.tradables, may))
        return replace(day, scenario=own)

    horizon = None if scenario.horizon is None else scenario.horizon.with_days(with_its)
    return replace(scenario, books=books, orders=orders, horizon=horizon)


def _shared(books: Books) -> set[str]:
    """Groups of two books or more: a book alone is its own party for everything."""
    return {g for g in books.group if books.group.count(g) > 1}


def _members(books: Books, party: Party) -> frozenset[int]:
    group, book = party
    if book >= 0:
        return frozenset([book])
    return frozenset(b for b, g in enumerate(books.group) if g == group)


def _parties(books: Books, holdings: Holdings, tradables: Tradables) -> tuple[list[Party], Ints]:
    """Every party that could be, sorted, and the one that each holding belongs to."""
    whole = [(g, -1) for g in books.group]
    single = [(g, b) for b, g in enumerate(books.group)]
    parties = sorted({*whole, *single})
    index = {party: k for k, party in enumerate(parties)}
    shared = _shared(books)
    may_cross = np.array([g in shared for g in books.group], dtype=bool)[holdings.book]
    crosses = may_cross & tradables.cross_eligible[holdings.instrument] & ~holdings.barred
    together, apart = (np.array([index[p] for p in x], dtype=np.int64) for x in (whole, single))
    return parties, np.where(crosses, together[holdings.book], apart[holdings.book])


def _orderable(tradables: Tradables, changeable: Ints, parties: int) -> tuple[Ints, Ints]:
    """(party, tradable) of each order: what each party can change, then the combinations of it."""
    count = tradables.legs.shape[1]
    own = changeable[tradables.cap[changeable % count] > 0]
    party, tradable = [own // count], [own % count]
    for t in np.flatnonzero(tradables.is_combination & (tradables.cap > 0)).tolist():
        legs = tradables.legs.indices[tradables.legs.indptr[t] : tradables.legs.indptr[t + 1]]
        needed = np.arange(parties)[:, None] * count + legs[None, :]
        able = np.flatnonzero(np.isin(needed, changeable).all(axis=1))
        party.append(able)
        tradable.append(np.full(len(able), t))
    who, what = np.concatenate(party), np.concatenate(tradable)
    order = np.lexsort((what, who))
    return who[order].astype(np.int64), what[order].astype(np.int64)


def _order_rows(
    tradables: Tradables, party: Ints, tradable: Ints, codes: Ints, rank: Ints
) -> csr_array:
    """(rows, orders): a leg's ratio in the row of its party and instrument."""
    legs = tradables.legs[tradable].tocoo()
    rows = rank[np.searchsorted(codes, party[legs.row] * tradables.legs.shape[1] + legs.col)]
    return csr_array((legs.data, (rows, legs.row)), shape=(len(codes), len(party)))
