"""What a timetable must keep, from its tickets and quantities alone."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import Slices, Ticket


def faults(
    scenario: Scenario,
    slices: Slices,
    tickets: Sequence[Ticket],
    units: Mapping[str, Sequence[Decimal]],
    last: int,
) -> Iterator[str]:
    """Every ticket is sent whole, in whole lots but for its last slice, none taken back, in slices in which its
    tradable trades and that end by what was asked (`last` of them may be used).
    """
    known = {t.ticket_id for t in tickets}
    for name in sorted(units.keys() - known):
        yield f"{name} is no ticket of the run"
    for ticket in tickets:
        own = units.get(ticket.ticket_id, ())
        if sum(own, Decimal(0)) != ticket.quantity:
            yield f"{ticket.ticket_id} sends {sum(own, Decimal(0))} of {ticket.quantity}"
        if any(x < 0 for x in own):
            yield f"{ticket.ticket_id} takes back what was sent"
        t = int(scenario.orders.tradable[ticket.order])
        sent = [k for k, x in enumerate(own) if x > 0]
        if any(k >= last or slices.share[t, k] == 0 for k in sent):
            yield f"{ticket.ticket_id} is sent when {scenario.tradables.ids[t]} may not be"
    yield from _odd(scenario, tickets, units)


def _odd(
    scenario: Scenario, tickets: Sequence[Ticket], units: Mapping[str, Sequence[Decimal]]
) -> Iterator[str]:
    """An order is in whole lots at the end of every slice in which it is not done; a sale's parts together."""
    for order in sorted({t.order for t in tickets}):
        own = [t for t in tickets if t.order == order and t.ticket_id in units]
        whole = sum((t.quantity for t in own), Decimal(0))
        lot = Decimal(repr(float(scenario.tradables.lot[scenario.orders.tradable[order]])))
        done = np.cumsum([units[t.ticket_id] for t in own], axis=1).sum(axis=0) if own else []
        for k, units_done in enumerate(done):
            if units_done != whole and units_done % lot:
                yield f"slice {k + 1}: {units_done} of {own[0].ticket_id} are no whole lots of {lot}"
