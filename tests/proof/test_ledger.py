"""Whose order a ticket is: the group's, or that of one of its books that may not cross the instrument."""

import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import Summary
from neutralizer.proof.files import Files
from neutralizer.proof.ledger import rebuild
from tests.tools.small import two_desks

APART = ("  risk:\n", "  restricted: [{selector: ETF, book_id: MM, no_cross: yes}]\n  risk:\n")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """MM's ETF may not cross: it has an order of its own beside the group's."""
    return two_desks(APART)


EMPTY = tuple(
    f"{name}.csv" for name in "internal_transfers cash_transfers pools collateral".split()
)


def files(*tickets: tuple[str, str, str, str]) -> Files:
    """Tickets of ETF in the one group: id, side, quantity, the book that receives it."""
    columns = ("ticket_id", "side", "quantity", "book_id")
    rows = [dict(zip(columns, t, strict=True)) | {"instrument_id": "ETF"} for t in tickets]
    orders = [r | {"crossing_group": "house"} for r in rows]
    none: list[dict[str, str]] = []
    tables = dict.fromkeys(EMPTY, none)
    tables |= {"hedge_allocations.csv": rows, "hedges.csv": orders}
    return Files(tables, Summary.model_construct())


@pytest.mark.parametrize("first", ["MM", "ARB"])
def test_an_order_is_of_the_book_that_may_not_cross_or_of_the_rest(
    scenario: Scenario, first: str
) -> None:
    orders, names = scenario.orders, scenario.tradables.ids
    of_etf = [o for o, t in enumerate(orders.tradable.tolist()) if names[t] == "ETF"]
    book = {scenario.books.ids[orders.book[o]] if orders.book[o] >= 0 else "": o for o in of_etf}
    assert book.keys() == {"", "MM"}
    tickets = [("of MM", "SELL", "7", "MM"), ("of ARB", "BUY", "5", "ARB")]
    faults: list[str] = []
    ledger = rebuild(scenario, files(*sorted(tickets, key=lambda t: t[3] != first)), faults)
    assert faults == []
    assert ledger.order_of_ticket == {"of MM": book["MM"], "of ARB": book[""]}
    assert {o: float(q) for o, q in ledger.orders.items()} == {book["MM"]: -7.0, book[""]: 5.0}
