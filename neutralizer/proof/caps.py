"""What leaves in one run, held to the firm's caps: from the tickets alone."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from neutralizer.domain.scenario import Scenario
from neutralizer.load.firm.caps import Caps
from neutralizer.proof.files import Files
from neutralizer.proof.sizes import TICKETS, sizes


def exceeded(caps: Caps, scenario: Scenario, files: Files) -> Iterator[str]:
    """A sentence for each cap that the tickets exceed."""
    if caps.currency != scenario.base_currency:
        yield f"the firm's caps are in {caps.currency}, the scenario in {scenario.base_currency}"
        return
    for what, amount, most in _amounts(caps, scenario, files):
        if most is not None and amount > Decimal(most):
            yield f"{what} is {amount:,.2f}, the firm allows {most:,.2f}"
    count = sum(len(files[name]) for name in TICKETS)
    if caps.tickets is not None and count > caps.tickets:
        yield f"{count} tickets, the firm allows {caps.tickets}"
    for row in (*files[TICKETS[0]], *files[TICKETS[1]], *files["hedge_allocations.csv"]):
        if row["instrument_id"] in caps.forbidden:
            yield f"{row['ticket_id']}: the firm forbids {row['instrument_id']}"


def _amounts(
    caps: Caps, scenario: Scenario, files: Files
) -> Iterator[tuple[str, Decimal, float | None]]:
    """(what, how much in base currency, its cap)."""
    size = sizes(scenario)
    orders: dict[str, Decimal] = defaultdict(Decimal)  # the parts of a split sale are one order
    for row in files["hedges.csv"]:
        orders[row["parent_order"] or row["ticket_id"]] += size(row)
    for order, amount in orders.items():
        yield f"order {order}", amount, caps.largest_order
    yield "all orders together", sum(orders.values(), Decimal(0)), caps.external_total
    for row in files["cash_transfers.csv"]:
        yield f"cash transfer {row['ticket_id']}", size(row), caps.largest_cash_transfer
