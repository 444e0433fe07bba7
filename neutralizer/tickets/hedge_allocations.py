"""hedge_allocations.csv: who receives each fill, at its average price; of a combination leg by leg."""

from neutralizer.domain.money import plain
from neutralizer.domain.plan import Booking
from neutralizer.tickets._common import hedge_id

FILE = "hedge_allocations.csv"
COLUMNS = tuple("ticket_id instrument_id book_id account_id side quantity step".split())


def rows(booking: Booking) -> list[dict[str, str]]:
    """One line per ticket, instrument and book, in that order."""
    s, found = booking.scenario, []
    for hedge in booking.plan.hedges:
        for a in hedge.allocations:
            instrument = s.holdings.instrument[a.holding]
            account = int(s.holdings.account[a.holding])
            sold = "SELL_SHORT" if hedge.side == "SELL_SHORT" else "SELL"
            found.append(
                {
                    "ticket_id": hedge_id(booking, hedge),
                    "instrument_id": s.instruments.ids[instrument],
                    "book_id": s.books.ids[s.holdings.book[a.holding]],
                    "account_id": s.accounts.ids[account] if account >= 0 else "",
                    "side": "BUY" if a.quantity > 0 else sold,
                    "quantity": plain(abs(a.quantity)),
                    "step": plain(float(s.instruments.step[instrument])),
                }
            )
    return sorted(found, key=lambda r: (r["ticket_id"], r["instrument_id"], r["book_id"]))
