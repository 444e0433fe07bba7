"""internal_transfers.csv: what one book gives another, at the instrument's price."""

from decimal import Decimal

import numpy as np

from neutralizer.domain.calendar import later
from neutralizer.domain.money import plain, rounded
from neutralizer.domain.plan import Booking, Transfer
from neutralizer.domain.scenario import Scenario
from neutralizer.tickets._amend import amended
from neutralizer.tickets._common import head, terms, transfer_id

FILE = "internal_transfers.csv"
COLUMNS = tuple(
    "ticket_id version action ref_ticket_id run_id business_date settle_date booking release_phase "
    "crossing_group instrument_id isin from_book to_book from_account to_account from_entity "
    "to_entity quantity price price_rule price_source price_time currency multiplier "
    "settlement_amount notional_base".split()
)


def rows(booking: Booking) -> list[dict[str, str]]:
    """One line per transfer, sorted by ticket id."""
    found = [_row(booking, transfer) for transfer in booking.plan.transfers]
    return amended("internal_transfers", booking, sorted(found, key=lambda row: row["ticket_id"]))


def _row(booking: Booking, transfer: Transfer) -> dict[str, str]:
    s = booking.scenario
    i = int(s.holdings.instrument[transfer.giver])
    giver, taker = (int(s.holdings.book[h]) for h in (transfer.giver, transfer.taker))
    accounts = [
        s.accounts.ids[a] if (a := int(s.holdings.account[h])) >= 0 else ""
        for h in (transfer.giver, transfer.taker)
    ]
    kind = booking_kind(s, transfer)
    price, multiplier = float(s.tradables.price[i]), float(s.tradables.multiplier[i])
    paid = bool(s.instruments.fully_paid[i])
    value = transfer.quantity * Decimal(repr(price)) * Decimal(repr(multiplier))
    currency = s.tradables.currency[i]
    names = (s.books.ids[giver], s.books.ids[taker])
    return (
        head(booking, transfer_id(booking, transfer))
        | terms(s, i)
        | {
            "settle_date": _settles(s, i, kind),
            "booking": kind,
            "release_phase": str(transfer.phase),
            "crossing_group": transfer.group,
            "from_book": names[0],
            "to_book": names[1],
            "from_account": accounts[0],
            "to_account": accounts[1],
            "from_entity": s.books.entity[giver],
            "to_entity": s.books.entity[taker],
            "quantity": plain(transfer.quantity),
            "price": plain(price),
            "settlement_amount": str(rounded(value if paid else Decimal(0), currency)),
            "notional_base": str(
                rounded(
                    float(transfer.quantity) * float(s.instruments.notional[i]), s.base_currency
                )
            ),
        }
    )


def booking_kind(s: Scenario, transfer: Transfer) -> str:
    """INTERBOOK within one entity and account, POSITION_TRANSFER to another account of the same owner,
    AFFILIATE_TRADE to another entity.
    """
    giver, taker = (int(s.holdings.book[h]) for h in (transfer.giver, transfer.taker))
    if (
        s.books.owner[giver] != s.books.owner[taker]
        or s.books.entity[giver] != s.books.entity[taker]
    ):
        return "AFFILIATE_TRADE"
    same = s.holdings.account[transfer.giver] == s.holdings.account[transfer.taker]
    return "INTERBOOK" if same else "POSITION_TRANSFER"


def _settles(s: Scenario, instrument: int, kind: str) -> str:
    """A ledger entry settles the same day; the rest after the instrument's settlement days."""
    days = s.tradables.settlement_days[instrument]
    if kind == "INTERBOOK":
        return s.business_date.isoformat()
    return "" if np.isnan(days) else later(s.business_date, int(days), s.calendar).isoformat()
