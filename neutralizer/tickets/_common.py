"""What ticket formats share: ids from content, and the columns that describe an instrument."""

import hashlib

from neutralizer.domain.money import plain
from neutralizer.domain.plan import Booking, Hedge
from neutralizer.domain.scenario import Scenario


def ticket_id(kind: str, booking: Booking, *content: object) -> str:
    """A kind, the date, and ten hex digits of the line's content: the same line has the same id."""
    day = booking.scenario.business_date
    text = "|".join([booking.scenario.name, day.isoformat(), kind, *map(str, content)])
    return f"{kind}-{day:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _party(booking: Booking, hedge: Hedge) -> tuple[str, str, str]:
    """Group, the book that orders alone (blank for the group), instrument."""
    orders, tradables = booking.scenario.orders, booking.scenario.tradables
    book = int(orders.book[hedge.order])
    alone = booking.scenario.books.ids[book] if book >= 0 else ""
    return orders.group[hedge.order], alone, tradables.ids[orders.tradable[hedge.order]]


def hedge_id(booking: Booking, hedge: Hedge) -> str:
    """The id of a hedge ticket; its allocations carry it too."""
    return ticket_id("HDG", booking, *_party(booking, hedge), hedge.side, plain(hedge.quantity))


def parent_id(booking: Booking, hedge: Hedge) -> str:
    """The id that the parts of a split sale share."""
    return ticket_id("ORD", booking, *_party(booking, hedge))


def head(booking: Booking, ticket: str) -> dict[str, str]:
    """The columns every ticket begins with."""
    return {
        "ticket_id": ticket,
        "version": "1",
        "action": "NEW",
        "ref_ticket_id": "",
        "run_id": booking.run_id,
        "business_date": booking.scenario.business_date.isoformat(),
    }


def terms(scenario: Scenario, tradable: int) -> dict[str, str]:
    """Where the price came from, and what it multiplies."""
    t = scenario.tradables
    return {
        "instrument_id": t.ids[tradable],
        "isin": t.isin[tradable],
        "price_rule": t.price_rule[tradable],
        "price_source": t.price_source[tradable],
        "price_time": t.price_time[tradable],
        "currency": t.currency[tradable],
        "multiplier": plain(float(t.multiplier[tradable])),
    }
