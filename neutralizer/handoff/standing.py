"""The standing order: what may leave at night without anybody awake, signed once by those who may.

name: house nights
expires: 2024-12-31T23:59:00-05:00
scenarios: [equity-desks]
kinds: [internal_transfers, cash_transfers]
currency: USD
largest_line: 5000000
total: 50000000
tickets: 40
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import Summary
from neutralizer.load.firm.files import read_firm_file
from neutralizer.load.written.settings import Identifier, Instant, NotNegative, Strict, text
from neutralizer.load.written.values import number
from neutralizer.proof.sizes import sizes
from neutralizer.records.approvals import Subject
from neutralizer.records.writing import csv_rows

NightKind = Literal["internal_transfers", "cash_transfers"]


class StandingOrder(Strict):
    """Kinds and the most of them; what a line is worth is in `currency`, the base currency."""

    name: Identifier
    expires: Instant
    scenarios: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    kinds: Annotated[tuple[NightKind, ...], Field(min_length=1)]
    currency: Identifier
    largest_line: NotNegative
    total: NotNegative
    tickets: Annotated[int, text(number), Field(ge=0)]


def read_order(file: Path) -> tuple[StandingOrder, Subject]:
    """An order, and what of it is approved. Raises InputsRefused."""
    held = read_firm_file(file, StandingOrder, "correct the standing order, then approve it anew")
    assert held.value is not None
    assert held.sha256 is not None
    return held.value, Subject(file, file.name, held.sha256)


def beyond(
    order: StandingOrder,
    scenario: Scenario,
    files: dict[str, bytes],
    summary: Summary,
    notices: list[str],
    now: datetime,
) -> Iterator[str]:
    """Why a run may not leave under the order, as sentences."""
    if now >= order.expires:
        yield f"the standing order expired at {order.expires.isoformat()}"
    if summary.name not in order.scenarios:
        yield f"the standing order is not for {summary.name}"
    if order.currency != scenario.base_currency:
        yield f"the standing order is in {order.currency}, the run in {scenario.base_currency}"
    for finding in (*summary.findings, *notices):
        yield f"a person must read: {finding}"
    for row in csv_rows(files["limits.csv"])[1]:
        if row["status"] == "OK_TO_A_LOT":
            yield f"limit {row['limit_id']} {row['scope']} is held to half a step only"
    yield from _too_much(order, scenario, files)


def _too_much(order: StandingOrder, scenario: Scenario, files: dict[str, bytes]) -> Iterator[str]:
    size, found = sizes(scenario), dict[str, Decimal]()
    for kind in order.kinds:
        for row in csv_rows(files[f"{kind}.csv"])[1]:
            if row.get("release_phase") == "2":
                yield f"{row['ticket_id']} is to be booked with the hedges (release_phase 2)"
            found[row["ticket_id"]] = size(row)
    for ticket, amount in found.items():
        if amount > Decimal(order.largest_line):
            yield f"{ticket} is of {amount:,.2f}, the order allows {order.largest_line:,.2f}"
    if sum(found.values()) > Decimal(order.total):
        yield f"{sum(found.values()):,.2f} together, the order allows {order.total:,.2f}"
    if len(found) > order.tickets:
        yield f"{len(found)} tickets, the order allows {order.tickets}"
