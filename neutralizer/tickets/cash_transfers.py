"""cash_transfers.csv: what moves between funding pools, so that every account is covered."""

from neutralizer.domain.calendar import later
from neutralizer.domain.plan import Booking, CashTransfer
from neutralizer.tickets._amend import amended
from neutralizer.tickets._common import cash_id, head

FILE = "cash_transfers.csv"
COLUMNS = tuple(
    "ticket_id version action ref_ticket_id run_id business_date value_date from_pool to_pool "
    "currency amount fee received received_currency purpose release_phase".split()
)


def rows(booking: Booking) -> list[dict[str, str]]:
    """One line per route used, sorted by ticket id."""
    found = [_row(booking, transfer) for transfer in booking.plan.cash]
    return amended("cash_transfers", booking, sorted(found, key=lambda row: row["ticket_id"]))


def _row(booking: Booking, transfer: CashTransfer) -> dict[str, str]:
    s = booking.scenario
    source, target = (int(x[transfer.route]) for x in (s.routes.source, s.routes.target))
    names = (s.pools.ids[source], s.pools.ids[target])
    return head(booking, cash_id(booking, transfer)) | {
        "value_date": later(
            s.business_date, int(s.routes.days[transfer.route]), s.calendar
        ).isoformat(),
        "from_pool": names[0],
        "to_pool": names[1],
        "currency": s.pools.currency[source],
        "amount": str(transfer.amount),
        "fee": str(transfer.fee),
        "received": str(transfer.received),
        "received_currency": s.pools.currency[target],
        "purpose": f"margin and settlement of {names[1]}",
        "release_phase": str(transfer.phase),
    }
