"""Who is on both sides of one tradable, on whole lots by hand. X owns books A and B, Y owns C; NOX
is ordered book by book, the future by the house, or by B itself where B may not cross it.
"""

from typing import Any, cast

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.planning.one_side import (
    BOUGHT,
    SOLD,
    Answer,
    Both,
    _filled,
    _without,
    both_sides,
)
from neutralizer.program.solve import Solution
from tests.tools.hand_made import Places
from tests.tools.small import TABLES, answer, read

B_APART = (("  limits:", "  restricted: [{selector: FUT, book_id: B, no_cross: yes}]\n  limits:"),)
NO_SOLUTION = cast(Solution, None)  # nobody asks for it


def answered(
    changes: dict[tuple[str, str], float],
    orders: dict[tuple[str, str, str], float],
    *texts: tuple[str, str],
) -> Answer:
    s = read(TABLES, *texts)
    return Answer(s, NO_SOLUTION, answer(s, changes, orders))


def book_by_book(**nox: float) -> Answer:
    """Each book changes NOX by so much, and orders it itself."""
    changes = {(book, "NOX"): q for book, q in nox.items()}
    return answered(changes, {("house", book, "NOX"): q for book, q in nox.items()})


def named(s: Scenario, found: list[Both]) -> list[tuple[str, str, dict[str, Any]]]:
    """(owner, tradable, units of each side by who orders)."""
    return [
        (x.owner, s.tradables.ids[x.tradable], {side: _filled(s, x, side) for side in x.sides})
        for x in found
    ]


def test_one_owner_buys_for_one_book_and_sells_for_another() -> None:
    """A buys 30 and B sells 10, both for X: the sale is the smaller side."""
    given = book_by_book(A=30.0, B=-10.0)
    (both,) = both_sides(given)
    at = Places(given.scenario)
    assert both.owner == "X"
    assert both.sides == {
        BOUGHT: {at.order("house", "A", "NOX"): 30.0},
        SOLD: {at.order("house", "B", "NOX"): 10.0},
    }
    assert both.smaller_first == [SOLD, BOUGHT]
    filled = {BOUGHT: "purchase of 30 for A", SOLD: "sale of 10 for B"}
    assert named(given.scenario, [both]) == [("X", "NOX", filled)]


@pytest.mark.parametrize(
    "nox",
    [{"A": 30.0, "C": -10.0}, {"A": 30.0, "B": 10.0}, {"A": -30.0, "B": -10.0}, {"A": 30.0}, {}],
)
def test_two_owners_or_one_side_are_nobody(nox: dict[str, float]) -> None:
    """X buys and Y sells; or X does one of the two, by two books or by one; or nothing is done."""
    assert both_sides(book_by_book(**nox)) == []


def test_both_directions_of_different_tradables_are_no_two_sides() -> None:
    """X buys NOX and sells EQ."""
    changes = {("A", "NOX"): 30.0, ("A", "EQ"): -20.0}
    orders = {("house", "A", "NOX"): 30.0, ("house", "", "EQ"): -2.0}
    assert both_sides(answered(changes, orders)) == []


def test_of_equal_sides_the_purchases_come_first() -> None:
    """10 for A, 10 for B; with 10.5 sold the purchases are smaller all the more, with 9.5 the
    sales.
    """
    (both,) = both_sides(book_by_book(A=10.0, B=-10.0))
    assert both.smaller_first == [BOUGHT, SOLD]
    for sold, first in ((10.5, BOUGHT), (9.5, SOLD)):
        assert Both("X", 0, {BOUGHT: {0: 10.0}, SOLD: {1: sold}}).smaller_first[0] == first
    sums = Both("X", 0, {BOUGHT: {0: 4.0, 2: 4.0}, SOLD: {1: 7.0}})
    assert sums.smaller_first == [SOLD, BOUGHT]


def test_of_a_shared_order_only_the_owners_part_counts() -> None:
    """The house buys 10 futures, 6 for A and 4 for C, and B sells 5 by itself: X has 6 against 5, Y
    one side. Had A taken 4 and C 6, X's purchases were the smaller side, by 4 to 5.
    """
    for a, c, first in ((6.0, 4.0, SOLD), (4.0, 6.0, BOUGHT)):
        changes = {("A", "FUT"): a, ("C", "FUT"): c, ("B", "FUT"): -5.0}
        orders = {("house", "", "FUT"): 10.0, ("house", "B", "FUT"): -5.0}
        given = answered(changes, orders, *B_APART)
        (both,) = both_sides(given)
        filled = {BOUGHT: f"purchase of {a:g} for house", SOLD: "sale of 5 for B"}
        assert named(given.scenario, [both]) == [("X", "FUT", filled)]
        assert both.smaller_first[0] == first


def test_what_is_sold_and_what_is_sold_short_are_one_side() -> None:
    """X has 120 NOX: of B's 150, 120 are sold and 30 sold short, by one order. A buys 7."""
    given = book_by_book(A=7.0, B=-150.0)
    (both,) = both_sides(given)
    assert both.sides[SOLD] == {Places(given.scenario).order("house", "B", "NOX"): 150.0}


def test_owners_and_tradables_come_in_their_order() -> None:
    """X in FUT (the second tradable) and in NOX (the fourth), whatever was written first."""
    changes = {("A", "NOX"): 3.0, ("B", "NOX"): -1.0, ("A", "FUT"): 2.0, ("B", "FUT"): -1.0}
    orders = {
        ("house", "A", "NOX"): 3.0, ("house", "B", "NOX"): -1.0,
        ("house", "", "FUT"): 2.0, ("house", "B", "FUT"): -1.0,
    }  # fmt: skip
    given = answered(changes, orders, *B_APART)
    assert [(x, t) for x, t, _ in named(given.scenario, both_sides(given))] == [
        ("X", "FUT"),
        ("X", "NOX"),
    ]
    one_owner = answered(
        changes, orders, *B_APART, ("{book_id: C, entity: Y}", "{book_id: C, entity: X}")
    )
    assert len(both_sides(one_owner)) == 2


def test_a_side_of_several_orders_is_told_in_their_order_with_thousands() -> None:
    s = read(TABLES)
    at = Places(s)
    a, b, c = (at.order("house", book, "NOX") for book in "ABC")
    assert a < b < c
    both = Both("X", int(s.orders.tradable[a]), {BOUGHT: {c: 20.0, a: 1234.5}, SOLD: {b: 1e6}})
    assert _filled(s, both, BOUGHT) == "purchase of 1,234.5 for A, 20 for C"
    assert _filled(s, both, SOLD) == "sale of 1,000,000 for B"


def test_what_is_held_at_nothing_is_that_side_of_the_owner() -> None:
    """No order for X's books alone may sell it any more; each may still buy."""
    given = book_by_book(A=30.0, B=-10.0)
    (both,) = both_sides(given)
    held = _without(given.scenario, both, SOLD)
    orders = given.scenario.orders
    owner = given.scenario.books.owner
    own = [
        k
        for k, (t, books) in enumerate(zip(orders.tradable, orders.books, strict=True))
        if t == both.tradable and {owner[b] for b in books} == {"X"}
    ]
    assert set(both.sides[SOLD]) | set(both.sides[BOUGHT]) <= set(own)
    assert np.flatnonzero(~held.orders.may_sell).tolist() == own
    assert held.orders.may_buy.all()
    assert np.flatnonzero(_without(held, both, BOUGHT).orders.closed).tolist() == own
    assert orders.may_sell.all()
