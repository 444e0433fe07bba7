"""Whole lots by hand -> a plan: who is filled, what is sold short, who gives, cash in cents."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neutralizer.domain.plan import Hedge, Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.compose import compose
from tests.tools.hand_made import Places
from tests.tools.small import TABLES, answer, read

HOUSE = ("house", "")


def by_name(s: Scenario, h: int) -> str:
    return s.books.ids[s.holdings.book[h]]


def filled(s: Scenario, hedge: Hedge, instrument: str) -> dict[str, int]:
    """What each book receives of one instrument."""
    i = s.instruments.ids.index(instrument)
    own = [a for a in hedge.allocations if s.holdings.instrument[a.holding] == i]
    return {by_name(s, a.holding): int(a.quantity) for a in own}


def sides(s: Scenario, plan: Plan) -> list[tuple[str, int, dict[str, int]]]:
    """(side, quantity, fills) of each hedge that has no legs."""
    return [
        (h.side, int(h.quantity), {by_name(s, a.holding): int(a.quantity) for a in h.allocations})
        for h in plan.hedges
    ]


def given_on(s: Scenario, plan: Plan) -> list[tuple[str, str, Decimal]]:
    return [(by_name(s, t.giver), by_name(s, t.taker), t.quantity) for t in plan.transfers]


def test_each_book_on_the_side_of_the_order_is_filled_in_proportion() -> None:
    """A wants +40, B +20, C -30: the 30 bought go 2 : 1 to A and B, and C's 30 cross, 20 and 10."""
    s = read(TABLES)
    changes = {("A", "FUT"): 40, ("B", "FUT"): 20, ("C", "FUT"): -30}
    plan = compose(s, answer(s, changes, {(*HOUSE, "FUT"): 30}))
    assert sides(s, plan) == [("BUY", 30, {"A": 20, "B": 10})]
    assert given_on(s, plan) == [("C", "A", Decimal(20)), ("C", "B", Decimal(10))]
    assert plan.hedges[0].share == 1.0


def test_the_legs_of_a_combination_go_to_whom_each_row_says() -> None:
    """3 ROLL are 3 FUT and -6 NEXT. The FUT row nets 3 - 1 = 2 bought: A, who wants 3, is filled
    with both lines, and C gives it the third. The NEXT is sold for B and C, 2 : 1, who give A 2 and
    1.
    """
    s = read(TABLES)
    changes = {
        ("A", "FUT"): 3, ("C", "FUT"): -1, ("A", "NEXT"): 3, ("B", "NEXT"): -6, ("C", "NEXT"): -3,
    }  # fmt: skip
    plan = compose(s, answer(s, changes, {(*HOUSE, "ROLL"): 3, (*HOUSE, "FUT"): -1}))
    outright, roll = plan.hedges
    assert (outright.side, filled(s, outright, "FUT")) == ("SELL", {"A": -1})
    assert (roll.side, filled(s, roll, "FUT")) == ("BUY", {"A": 3})
    assert filled(s, roll, "NEXT") == {"B": -4, "C": -2}
    assert given_on(s, plan) == [
        ("C", "A", Decimal(1)),
        ("B", "A", Decimal(2)),
        ("C", "A", Decimal(1)),
    ]


ALL_MAY = '{book_id: "*", selector: "*", may: trade}'
A_MAY_NOT = ALL_MAY + ', {book_id: A, selector: "asset_class:future", may: none}'


A_HAS = "    - {book_id: A, instrument_id: FUT, quantity: 7}\n"
A_HAS += "    - {book_id: A, instrument_id: NEXT, quantity: 7}\n"
MANDATES = "  mandates:"
FROZEN = ((MANDATES, A_HAS + MANDATES), (ALL_MAY, A_MAY_NOT))


@pytest.mark.parametrize(("changes", "first"), [((), "A"), (FROZEN, "B")])
def test_where_nobody_changes_the_first_that_may_is_filled(
    changes: tuple[tuple[str, str], ...], first: str
) -> None:
    """5 FUT bought, 5 ROLL sold, 10 NEXT sold: 5 - 5 and 10 - 10, so that no book wants a thing.
    All of it goes to A and, where A holds some that it may not change, to B.
    """
    s = read(TABLES, *changes)
    orders = {(*HOUSE, "FUT"): 5.0, (*HOUSE, "ROLL"): -5.0, (*HOUSE, "NEXT"): -10.0}
    plan = compose(s, answer(s, {}, orders))
    legs = [(h.side, filled(s, h, "FUT"), filled(s, h, "NEXT")) for h in plan.hedges]
    assert legs == [
        ("BUY", {first: 5}, {}),
        ("SELL", {}, {first: -10}),
        ("SELL", {first: -5}, {first: 10}),
    ]
    assert plan.transfers == ()
    assert not any(plan.hedged)


steps = st.integers(-50, 50)


@settings(deadline=None)
@given(st.lists(steps, min_size=3, max_size=3), st.lists(steps, min_size=3, max_size=3), steps)
def test_everything_sums_exactly(fut: list[int], nxt: list[int], roll: int) -> None:
    """Fills of an order sum to its legs, crossings of a row to nothing, both to what each book
    changes by; a transfer moves what its books cross and no more; the sign is the order's.
    """
    s = read(TABLES)
    books = "ABC"
    changes = {(b, "FUT"): q for b, q in zip(books, fut, strict=True)}
    changes |= {(b, "NEXT"): q for b, q in zip(books, nxt, strict=True)}
    orders = {"FUT": sum(fut) - roll, "NEXT": sum(nxt) + 2 * roll, "ROLL": roll}
    given_out = answer(s, changes, {(*HOUSE, t): float(q) for t, q in orders.items()})
    plan = compose(s, given_out)
    at = Places(s)
    legs = {"FUT": {"FUT": 1}, "NEXT": {"NEXT": 1}, "ROLL": {"FUT": 1, "NEXT": -2}}
    assert len(plan.hedges) == sum(q != 0 for q in orders.values())
    for hedge in plan.hedges:
        t = s.tradables.ids[s.orders.tradable[hedge.order]]
        assert (hedge.side, hedge.quantity) == ("BUY" if orders[t] > 0 else "SELL", abs(orders[t]))
        for leg, ratio in legs[t].items():
            assert sum(filled(s, hedge, leg).values()) == ratio * orders[t]
    hedged: dict[int, Decimal] = defaultdict(Decimal)
    for allocation in (a for hedge in plan.hedges for a in hedge.allocations):
        hedged[allocation.holding] += allocation.quantity
    crossed: dict[int, Decimal] = defaultdict(Decimal)
    for transfer in plan.transfers:
        assert transfer.quantity > 0
        crossed[transfer.giver] -= transfer.quantity
        crossed[transfer.taker] += transfer.quantity
    for (book, instrument), q in changes.items():
        h = at.holding(book, instrument)
        assert plan.hedged[h] == hedged[h]
        assert plan.transferred[h] == crossed[h] == q - hedged[h]
    for instrument in ("FUT", "NEXT"):
        assert sum(plan.transferred[at.holding(b, instrument)] for b in books) == 0
    assert plan.after_transfers.change.tolist() == [float(q) for q in plan.transferred]
    assert not plan.after_transfers.order.any()
    assert plan.trades.change == pytest.approx(given_out.trades.change, rel=1e-12)


def test_tenths_and_quarters_are_exact() -> None:
    """Three steps of 0.1 are 0.3, which no float is; A's 100.5 goes to B with its half: 100 and
    0.5.
    """
    s, at = read(TABLES), Places(read(TABLES))
    changes = {("A", "TEN"): -3, ("B", "TEN"): 3, ("A", "EQ"): -100, ("B", "EQ"): 100}
    plan = compose(s, answer(s, changes, {}, {("A", "EQ"): -0.5, ("B", "EQ"): 0.5}))
    assert given_on(s, plan) == [("A", "B", Decimal("100.5")), ("A", "B", Decimal("0.3"))]
    assert str(plan.transferred[at.holding("B", "TEN")]) == "0.3"


def test_a_sale_through_zero_is_split_at_what_the_owner_has() -> None:
    """X has 100.5 + 20.25, 120 whole shares, and sells 200, A and B 3 : 1: 90 and 30 of what it
    has, 60 and 20 short. Y has 300 and sells 10. Of the order of 210, 130 are sold and 80 sold
    short.
    """
    s = read(TABLES)
    changes = {("A", "EQ"): -150, ("B", "EQ"): -50, ("C", "EQ"): -10}
    plan = compose(s, answer(s, changes, {(*HOUSE, "EQ"): -21}))
    assert sides(s, plan) == [
        ("SELL", 130, {"A": -90, "B": -30, "C": -10}),
        ("SELL_SHORT", 80, {"A": -60, "B": -20}),
    ]
    assert [h.part for h in plan.hedges] == [0, 1]
    assert [h.share for h in plan.hedges] == [130 / 210, 80 / 210]


@pytest.mark.parametrize(
    ("changes", "split"),
    [
        ({"A": -180, "B": 30, "C": -90}, {"SELL": 210, "SELL_SHORT": 30}),
        ({"A": -180, "B": -90, "C": 30}, {"SELL": 90, "SELL_SHORT": 150}),
    ],
)
def test_what_is_given_inside_counts_before_what_is_sold(
    changes: dict[str, int], split: dict[str, int]
) -> None:
    """Both times 240 are sold, 2 : 1, and 30 cross. A and C sell 160 and 80 and give B 20 and 10: X
    has 120.75 - 20 + 30, so 130 and 30 short, Y its 80. Or A and B give C 20 and 10: X has 90 of
    240.
    """
    s = read(TABLES)
    wanted = {(b, "EQ"): q for b, q in changes.items()}
    plan = compose(s, answer(s, wanted, {(*HOUSE, "EQ"): -24}))
    assert {h.side: int(h.quantity) for h in plan.hedges} == split


def test_what_is_still_to_come_cannot_be_sold() -> None:
    """Of A's 100.5, 40 have not come yet: X can sell 80 of its 120, and of 100 sells 20 short."""
    s = read(TABLES)
    incoming = list(s.holdings.incoming)
    incoming[Places(s).holding("A", "EQ")] = Decimal(40)
    s = replace(s, holdings=replace(s.holdings, incoming=tuple(incoming)))
    plan = compose(s, answer(s, {("A", "EQ"): -100}, {(*HOUSE, "EQ"): -10}))
    assert {h.side: int(h.quantity) for h in plan.hedges} == {"SELL": 80, "SELL_SHORT": 20}


def test_what_one_order_sells_the_next_has_no_more() -> None:
    """NOX is ordered book by book. X has 50 + 70: A's 110 come first and are there, of B's 30 only
    10.
    """
    s = read(TABLES)
    changes = {("A", "NOX"): -110, ("B", "NOX"): -30}
    orders = {("house", "A", "NOX"): -110.0, ("house", "B", "NOX"): -30.0}
    assert sides(s, compose(s, answer(s, changes, orders))) == [
        ("SELL", 110, {"A": -110}),
        ("SELL", 10, {"B": -10}),
        ("SELL_SHORT", 20, {"B": -20}),
    ]


def test_what_is_bought_and_a_future_are_never_split() -> None:
    """Nobody has a future, yet a sale is a sale; 400 more shares than anybody has are bought at
    once.
    """
    s = read(TABLES)
    changes = {("C", "FUT"): -4, ("C", "EQ"): 400}
    plan = compose(s, answer(s, changes, {(*HOUSE, "FUT"): -4, (*HOUSE, "EQ"): 40}))
    assert sides(s, plan) == [("BUY", 400, {"C": 400}), ("SELL", 4, {"C": -4})]


def test_every_transfer_faces_the_central_book() -> None:
    """A gives 8, C takes 6, B 2: all through B, whose own 2 are left. Otherwise A to each."""
    apart, central = (
        read(TABLES),
        read(TABLES, ("cross_entity: yes", "cross_entity: yes, via_book: B")),
    )
    changes = {("A", "FUT"): -8, ("B", "FUT"): 2, ("C", "FUT"): 6}
    plain, through = (compose(s, answer(s, changes, {})) for s in (apart, central))
    assert given_on(apart, plain) == [("A", "B", Decimal(2)), ("A", "C", Decimal(6))]
    assert given_on(central, through) == [("A", "B", Decimal(8)), ("B", "C", Decimal(6))]


CASH = """\
  fx: [{currency: EUR, rate: 1.1}]
  pools:
    - {pool_id: P, currency: USD, cash: 900000}
    - {pool_id: Q, currency: EUR, cash: 800000}
  cash_routes:
    - {from_pool: P, to_pool: Q, fee_bps: 1}
    - {from_pool: Q, to_pool: P, fee_bps: 1.5}
"""


def test_fees_are_rounded_up_and_receipts_to_the_nearest_cent() -> None:
    """1000.50 USD at 1 bp: 0.10005, so 0.11; 1000.39 / 1.1 = 909.4454…, so 909.45. 1000 EUR at 1.5
    bp is 0.15 exactly, which the dust of floats does not make 0.16; 999.85 · 1.1 = 1099.835, half
    goes up.
    """
    s = read(TABLES + CASH)
    given_out = answer(s, {}, {})
    sent = np.array([1000.5, 1000.0])
    plan = compose(s, replace(given_out, trades=replace(given_out.trades, cash=sent)))
    money = [(c.route, str(c.amount), str(c.fee), str(c.received)) for c in plan.cash]
    assert money == [(0, "1000.50", "0.11", "909.45"), (1, "1000.00", "0.15", "1099.84")]
    none = compose(s, given_out)
    assert (none.cash, none.hedges, none.transfers) == ((), (), ())
