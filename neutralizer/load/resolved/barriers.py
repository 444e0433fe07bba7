"""Who may cross with whom: crossing groups, the parts that barred pairs split them into, and the
central books that their transfers face.
"""

from collections import defaultdict

import numpy as np

from neutralizer.domain.arrays import Bools
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs


def groups_as_written(inputs: Inputs) -> dict[str, str]:
    """Book -> its crossing group, whole; without the books that have none."""
    table = inputs["crossing_groups"]
    return {b: g for g, bs in zip(table["group_id"], table["books"], strict=True) for b in bs}


def groups_of(inputs: Inputs) -> dict[str, str]:
    """Book -> its part of its crossing group, which is the whole where nobody in it is barred."""
    named = [part for group in parts(inputs) for part in group.items()]
    return {book: name for name, books in named for book in books}


def parts(inputs: Inputs) -> list[dict[str, list[str]]]:
    """The parts of each row of crossing_groups, by name. By id each book joins the first part that holds
    nobody it is barred from; the first part has the group's name, the others NAME.2, NAME.3.
    """
    table, barred = inputs["crossing_groups"], defaultdict[str, set[str]](set)
    for pair in barred_pairs(inputs):
        for book in pair:
            barred[book] |= pair - {book}
    found = []
    for group, members in zip(table["group_id"], table["books"], strict=True):
        books: list[dict[str, None]] = []  # in the order in which they joined
        for book in sorted(members):
            part = next((p for p in books if all(b not in p for b in barred[book])), None)
            if part is None:
                books.append(part := {})
            part[book] = None
        names = (group, *(f"{group}.{k}" for k in range(2, len(books) + 1)))
        found.append(dict(zip(names, map(list, books), strict=False)))
    return found


def barred_pairs(inputs: Inputs) -> set[frozenset[str]]:
    """Two books each, that never cross with each other."""
    table = inputs["barriers"]
    return {frozenset(pair) for pair in zip(table["book_a"], table["book_b"], strict=True)}


def central_books(inputs: Inputs) -> dict[str, str]:
    """Group -> its central book; without the groups that have none."""
    table, group_of = inputs["crossing_groups"], groups_of(inputs)
    return {group_of[b]: b for b in table["via_book"] if b in group_of}


def passed_on(inputs: Inputs, select: Selector, books: list[str], may_change: Bools) -> Bools:
    """(B, I) what a central book may have to pass on, so that it needs a holding even where it has
    none: what two books or more of its group may change and cross.
    """
    found = np.zeros_like(may_change)
    eligible = np.array([v != "no" for v in select.columns["cross_eligible"]], dtype=bool)
    group_of = groups_of(inputs)
    for group, central in central_books(inputs).items():
        own = np.array([group_of.get(b) == group for b in books], dtype=bool)
        if central in books:
            found[books.index(central)] = eligible & (may_change[own].sum(axis=0) > 1)
    return found
