"""evidence.csv: what each internal transfer's price rests on, for who has to show that it was fair."""

from datetime import datetime

import numpy as np

from neutralizer.domain.money import plain, rounded
from neutralizer.domain.plan import Booking, Transfer
from neutralizer.domain.scenario import Scenario
from neutralizer.tickets import terms, transfer_id

FILE = "evidence.csv"
COLUMNS = tuple(
    "ticket_id instrument_id from_book to_book quantity currency price price_rule price_source "
    "price_time age_seconds bid ask beyond_quotes_bps from_mark to_mark mark_dispersion_bps "
    "from_profit to_profit".split()
)
LABELS = ("instrument_id", "currency", "price_rule", "price_source", "price_time")


def rows(booking: Booking) -> list[dict[str, str]]:
    """One line per transfer, sorted by ticket id. Profits are base currency, against the book's own mark."""
    found = [_row(booking, transfer) for transfer in booking.plan.transfers]
    return sorted(found, key=lambda row: row["ticket_id"])


def _row(booking: Booking, transfer: Transfer) -> dict[str, str]:
    s, t = booking.scenario, booking.scenario.tradables
    i = int(s.holdings.instrument[transfer.giver])
    price, bid, ask = (float(x[i]) for x in (t.price, t.bid, t.ask))
    marks = [float(s.holdings.mark[h]) for h in (transfer.giver, transfer.taker)]
    labels = terms(s, i)
    names = [s.books.ids[int(s.holdings.book[h])] for h in (transfer.giver, transfer.taker)]
    return {
        "ticket_id": transfer_id(booking, transfer),
        **{label: labels[label] for label in LABELS},
        "from_book": names[0],
        "to_book": names[1],
        "quantity": plain(transfer.quantity),
        "price": plain(price),
        "age_seconds": _age_seconds(s, i),
        "bid": _number(bid),
        "ask": _number(ask),
        "beyond_quotes_bps": _bps(float(np.max([bid - price, price - ask, 0.0])), price),
        "from_mark": _number(marks[0]),
        "to_mark": _number(marks[1]),
        "mark_dispersion_bps": _bps(abs(marks[0] - marks[1]), price),
        "from_profit": _profit(s, i, float(transfer.quantity), price - marks[0]),
        "to_profit": _profit(s, i, float(transfer.quantity), marks[1] - price),
    }


def _age_seconds(s: Scenario, instrument: int) -> str:
    """Of the price at as_of; blank where nobody says when it was made."""
    time = s.tradables.price_time[instrument]
    if not time:
        return ""
    return plain((s.as_of - datetime.fromisoformat(time)).total_seconds())


def _profit(s: Scenario, instrument: int, quantity: float, gain: float) -> str:
    """Base currency: what a book gains by a price that much better than its own mark; blank for none."""
    if np.isnan(gain):
        return ""
    t = s.tradables
    amount = quantity * gain * float(t.multiplier[instrument]) * float(t.fx[instrument])
    return str(rounded(amount, s.base_currency))


def _number(value: float) -> str:
    return "" if np.isnan(value) else plain(value)


def _bps(apart: float, price: float) -> str:
    return "" if np.isnan(apart) or not price else f"{apart / abs(price) * 1e4:.2f}"
