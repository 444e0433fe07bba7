"""Who may order what outside, and the equalities that tie orders to changes (the net form)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Bools
from neutralizer.domain.scenario import Books, Holdings, Orders, Scenario, Tradables

Party = tuple[str, int]  # crossing group and -1, or the group and the one book that stands alone


def orders_of(books: Books, holdings: Holdings, tradables: Tradables, may_change: Bools) -> Orders:
    """One row per (party, instrument) that a holding touches; one order per (party, tradable) whose
    legs can each be changed by one of the party's books and that may be traded outside.
    """
    shared = _shared(books)
    rows: dict[tuple[Party, int], int] = {}
    changeable: dict[tuple[Party, int], bool] = {}
    row = np.empty(len(holdings.book), dtype=np.int64)
    pairs = zip(holdings.book.tolist(), holdings.instrument.tolist(), strict=True)
    for h, (b, i) in enumerate(pairs):
        crosses = (
            tradables.cross_eligible[i] and books.group[b] in shared and not holdings.barred[h]
        )
        key = ((books.group[b], -1 if crosses else b), i)
        row[h] = rows.setdefault(key, len(rows))
        changeable[key] = changeable.get(key, False) or bool(may_change[h])
    found = _orderable(tradables, changeable)
    legs = _legs(tradables)
    triples = [
        (rows[party, i], o, ratio) for o, (party, t) in enumerate(found) for i, ratio in legs[t]
    ]
    return Orders(
        tradable=np.array([t for _, t in found], dtype=np.int64),
        group=tuple(party[0] for party, _ in found),
        book=np.array([party[1] for party, _ in found], dtype=np.int64),
        books=tuple(_members(books, party) for party, _ in found),
        row=row,
        change_rows=csr_array(
            (np.ones(len(row)), (row, np.arange(len(row)))), shape=(len(rows), len(row))
        ),
        order_rows=_matrix(triples, (len(rows), len(found))),
        closed=np.zeros(len(found), dtype=bool),
    )


def alone(scenario: Scenario) -> Scenario:
    """The same scenario with every book a crossing group of its own: the stand-alone baseline."""
    return with_groups(scenario, scenario.books.ids)


def crosses_only(scenario: Scenario) -> Scenario:
    """The same scenario with nothing that may be ordered outside."""
    closed = replace(scenario.tradables, cap=np.zeros(len(scenario.tradables.ids)))
    orders = orders_of(scenario.books, scenario.holdings, closed, scenario.may_change)
    return replace(scenario, tradables=closed, orders=orders)


def without_orders(scenario: Scenario, gone: Bools) -> Scenario:
    """The same scenario with some of its orders closed; (O,) booleans. The axis stays."""
    closed = scenario.orders.closed | gone
    return replace(scenario, orders=replace(scenario.orders, closed=closed))


def with_groups(scenario: Scenario, groups: Sequence[str]) -> Scenario:
    """The same scenario under another partition of its books."""
    books = replace(scenario.books, group=tuple(groups))
    orders = orders_of(books, scenario.holdings, scenario.tradables, scenario.may_change)
    return replace(scenario, books=books, orders=orders)


def _shared(books: Books) -> set[str]:
    """Groups of two books or more: a book alone is its own party for everything."""
    return {g for g in books.group if books.group.count(g) > 1}


def _members(books: Books, party: Party) -> frozenset[int]:
    group, book = party
    if book >= 0:
        return frozenset([book])
    return frozenset(b for b, g in enumerate(books.group) if g == group)


def _legs(tradables: Tradables) -> list[list[tuple[int, float]]]:
    legs = tradables.legs
    return [
        list(zip(legs.indices[a:b].tolist(), legs.data[a:b].tolist(), strict=True))
        for a, b in zip(legs.indptr[:-1], legs.indptr[1:], strict=True)
    ]


def _orderable(
    tradables: Tradables, changeable: dict[tuple[Party, int], bool]
) -> list[tuple[Party, int]]:
    parties = sorted({party for party, _ in changeable})
    instruments: dict[Party, list[int]] = {party: [] for party in parties}
    for (party, i), may in changeable.items():
        if may:
            instruments[party].append(i)
    legs = _legs(tradables)
    combinations = np.flatnonzero(tradables.is_combination).tolist()
    found = []
    for party in parties:
        own = set(instruments[party])
        for t in (*sorted(own), *combinations):
            if tradables.cap[t] > 0 and all(i in own for i, _ in legs[t]):
                found.append((party, t))
    return found


def _matrix(triples: list[tuple[int, int, float]], shape: tuple[int, int]) -> csr_array:
    if not triples:
        return csr_array(shape)
    r, c, v = zip(*triples, strict=True)
    return csr_array((np.array(v, dtype=float), (np.array(r), np.array(c))), shape=shape)
