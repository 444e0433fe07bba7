"""The tickets of a run that supersedes another: each open ticket of the old run is replaced by the new
one of the same line, or cancelled by what is open of it. Nothing is silently overwritten.
"""

from decimal import Decimal

from neutralizer.domain.money import plain, rounded
from neutralizer.domain.plan import Booking
from neutralizer.domain.superseded import Superseded, line_of
from neutralizer.tickets._common import head, ticket_id

COSTS = ("half_spread_cost", "impact_cost", "commission_tax_cost", "share_of_adv", "sequence")


def amended(kind: str, booking: Booking, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows with their actions and references, and a CANCEL for each old ticket that none replaces."""
    old = booking.superseded
    if old is None:
        return rows
    replaced, found = old.replaceable(kind), []
    for row in rows:
        before = replaced.pop(line_of(kind, row), None)
        action = {"action": "NEW", "ref_ticket_id": ""}
        if before is not None:
            action = {"action": "REPLACE", "ref_ticket_id": before["ticket_id"]}
        found.append(row | action)
    named = {row["ref_ticket_id"] for row in found}
    for before in old.still_open(kind):
        if before["ticket_id"] not in named:
            found.append(_cancel(kind, booking, old, dict(before)))
    return sorted(found, key=lambda row: row["ticket_id"])


def _cancel(kind: str, booking: Booking, old: Superseded, row: dict[str, str]) -> dict[str, str]:
    """The old ticket with what is left of it, under an id of its own."""
    ref, left = row["ticket_id"], old.left(row)
    own = head(booking, ticket_id(row["ticket_id"][:3], booking, "CANCEL", ref))
    # a ticket of an earlier version may have no phase: what could leave first is taken back first
    cancelled = {"release_phase": "1"} | row | own | {"action": "CANCEL", "ref_ticket_id": ref}
    if kind == "hedges":
        whole = Decimal(row["quantity"])
        notional = Decimal(row["notional_base"]) * left / whole
        money = booking.scenario.base_currency
        cancelled |= dict.fromkeys(COSTS, "")
        cancelled |= {"quantity": plain(left), "notional_base": str(rounded(notional, money))}
    return cancelled
