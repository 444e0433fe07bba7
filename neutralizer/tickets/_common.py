"""What ticket formats share: ids from content, and the columns that describe an instrument."""

import hashlib
from dataclasses import replace

from neutralizer.domain.money import plain
from neutralizer.domain.plan import Booking, CashTransfer, Hedge, Transfer
from neutralizer.domain.scenario import Scenario


def ticket_id(kind: str, booking: Booking, *content: object) -> str:
    """A kind, the date, and ten hex digits of the line's content: the same line has the same id, but in a
    run that supersedes another.
    """
    day = booking.scenario.business_date
    version = [f"v{booking.version}"] if booking.version > 1 else []
    text = "|".join([booking.scenario.name, day.isoformat(), kind, *map(str, content), *version])
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


def transfer_id(booking: Booking, transfer: Transfer) -> str:
    """The id of an internal transfer's ticket."""
    s = booking.scenario
    i = int(s.holdings.instrument[transfer.giver])
    names = [s.books.ids[int(s.holdings.book[h])] for h in (transfer.giver, transfer.taker)]
    terms_of = (plain(transfer.quantity), plain(float(s.tradables.price[i])))
    return ticket_id("TRF", booking, s.instruments.ids[i], *names, *terms_of, transfer.phase)


def cash_id(booking: Booking, transfer: CashTransfer) -> str:
    """The id of a cash transfer's ticket."""
    s = booking.scenario
    ends = (int(x[transfer.route]) for x in (s.routes.source, s.routes.target))
    names = (s.pools.ids[p] for p in ends)
    return ticket_id("CSH", booking, *names, transfer.amount, transfer.phase)


def parent_id(booking: Booking, hedge: Hedge) -> str:
    """The id that the parts of a split sale share, in every run of the date."""
    return ticket_id("ORD", replace(booking, superseded=None), *_party(booking, hedge))


def head(booking: Booking, ticket: str) -> dict[str, str]:
    """The columns every ticket begins with."""
    return {
        "ticket_id": ticket,
        "version": str(booking.version),
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
