"""The standing order: what may leave at night without anybody awake, signed once by those who may.

name: house nights
expires: 2024-12-31T23:59:00-05:00
scenarios: [equity-desks]
kinds: [internal_transfers, cash_transfers]
currency: USD
largest_line: 5000000
total: 50000000
tickets: 40
as_of_age: 12h
accept: ["no caps of the firm"]

Of each kind what may be booked before the hedges leaves (release_phase 1).
`total` and `tickets` are of everything that leaves under the order for one business date, and within
any 24 hours. `accept` names findings and notices, by how they begin, that need nobody's eyes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Tampered
from neutralizer.handoff.approval import CLOCKS
from neutralizer.load.firm.files import read_firm_file
from neutralizer.load.written.settings import (
    Duration,
    Identifier,
    Instant,
    NotNegative,
    Strict,
    text,
)
from neutralizer.load.written.values import number
from neutralizer.proof.sizes import sizes
from neutralizer.records.approvals import Subject
from neutralizer.records.finished import Finished
from neutralizer.records.writing import csv_rows

ONE_DAY = timedelta(hours=24)
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
    as_of_age: Duration = timedelta(hours=12)  # of what leaves, by its as_of
    accept: tuple[Annotated[str, Field(min_length=8)], ...] = ()


def read_order(file: Path) -> tuple[StandingOrder, Subject]:
    """An order, and what of it is approved. Raises InputsRefused."""
    held = read_firm_file(file, StandingOrder, "correct the standing order, then approve it anew")
    assert held.value is not None
    assert held.sha256 is not None
    return held.value, Subject(file, file.name, held.sha256)


def size_of(units: Mapping[str, bytes], scenario: Scenario) -> dict[str, Decimal]:
    """What each ticket of some units is worth, base currency, from its quantity."""
    size = sizes(scenario)
    rows = (row for data in units.values() for row in csv_rows(data)[1])
    return {row["ticket_id"]: size(row) for row in rows}


@dataclass(frozen=True)
class Left:
    """What one release let leave under an order."""

    business_date: str
    at: datetime
    total: Decimal
    tickets: int


def left_before(order: StandingOrder, told: Iterable[Mapping[str, Any]]) -> list[Left]:
    """What releases let leave under the order, out of their manifests and of lines of the journal; the
    larger where both tell of one. Raises Tampered where one of them is not what a release tells.
    """
    found: dict[tuple[str, datetime], Left] = {}
    for one in told:
        if one.get("standing_order") != order.name:
            continue
        try:
            left = _left(one)
            key = str(one["run_id"]), left.at
        except (KeyError, ValueError, TypeError, AttributeError):
            raise Tampered(f"what left under {order.name} cannot be read any more") from None
        other = found.get(key, left)
        most = max(left.total, other.total), max(left.tickets, other.tickets)
        found[key] = Left(left.business_date, left.at, *most)
    return list(found.values())


def _left(one: Mapping[str, Any]) -> Left:
    """Raises KeyError, ValueError, TypeError, AttributeError."""
    at, size = datetime.fromisoformat(one["released_at"]), one["under_order"]
    total, tickets = decimal(size["total"]), size["tickets"]
    if at.tzinfo is None or total < 0 or type(tickets) is not int or tickets < 0:
        raise ValueError
    return Left(date.fromisoformat(one["business_date"]).isoformat(), at, total, tickets)


def beyond(
    order: StandingOrder,
    scenario: Scenario,
    run: Finished,
    own: Mapping[str, Decimal],
    before: Iterable[Left],
    now: datetime,
) -> Iterator[str]:
    """Why a run may not leave under the order, as sentences. `own` are the tickets that would leave now, by
    what they are worth; `before` is what left.
    """
    if now >= order.expires:
        yield f"the standing order expired at {order.expires.isoformat()}"
    if run.summary.name not in order.scenarios:
        yield f"the standing order is not for {run.summary.name}"
    if order.currency != scenario.base_currency:
        yield f"the standing order is in {order.currency}, the run in {scenario.base_currency}"
    yield from _of_another_day(order, scenario, now)
    for finding in (*run.summary.findings, *run.manifest["notices"]):
        if not finding.startswith(order.accept):
            yield f"a person must read: {finding}"
    yield from _to_a_lot(run)
    yield from _too_much(order, own, scenario, before, now)


def _to_a_lot(run: Finished) -> Iterator[str]:
    for row in csv_rows(run.files["limits.csv"])[1]:
        if row["status"] == "OK_TO_A_LOT":
            yield f"limit {row['limit_id']} {row['scope']} is held to half a step only"


def _of_another_day(order: StandingOrder, scenario: Scenario, now: datetime) -> Iterator[str]:
    """The night of a run is the day of its own clock: what is older, or to come, is for a person."""
    as_of = scenario.as_of
    today = now.astimezone(as_of.tzinfo).date()
    if scenario.business_date != today:
        yield f"it is of {scenario.business_date}, and today is {today} where as_of was taken"
    if not -CLOCKS <= now - as_of <= order.as_of_age:
        hours = order.as_of_age.total_seconds() / 3600
        yield f"its as_of is {as_of.isoformat()}, the order lets leave what is at most {hours:g} h old"


def _too_much(
    order: StandingOrder,
    own: Mapping[str, Decimal],
    scenario: Scenario,
    before: Iterable[Left],
    now: datetime,
) -> Iterator[str]:
    """Each line by itself; and all that left, of this business date or within a day, together."""
    for ticket, amount in own.items():
        if amount > Decimal(order.largest_line):
            yield f"{ticket} is of {amount:,.2f}, the order allows {order.largest_line:,.2f}"
    day = scenario.business_date.isoformat()
    also = [x for x in before if x.business_date == day or x.at > now - ONE_DAY]
    total = sum(own.values(), Decimal(0)) + sum((x.total for x in also), Decimal(0))
    tickets = len(own) + sum(x.tickets for x in also)
    more = f" with what {len(also)} release(s) before let leave" if also else ""
    if total > Decimal(order.total):
        yield f"{total:,.2f} together{more}, the order allows {order.total:,.2f}"
    if tickets > order.tickets:
        yield f"{tickets} tickets{more}, the order allows {order.tickets}"
