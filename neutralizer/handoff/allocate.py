"""Books what brokers executed: each book's share, as bookings and reversals that follow those before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from neutralizer.domain.came_back import Executions, Misfit
from neutralizer.domain.money import decimal, plain
from neutralizer.domain.sharing import Filled, Order, executed, filled, orders, shares
from neutralizer.errors import Tampered
from neutralizer.handoff.status import status
from neutralizer.records.allocated import (
    NEW,
    REVERSE,
    Allocated,
    Key,
    allocated,
    put_allocated,
    standing_bookings,
)
from neutralizer.records.handed import Handed, day_folder
from neutralizer.records.journal import Entry
from neutralizer.records.one_file import holding

PROVISIONAL, FINAL = "PROVISIONAL", "FINAL"
WHOSE = ("ticket_id", "instrument_id", "book_id", "account_id", "side")
WHAT = ("quantity", "price", "price_of", "price_state")
Row = dict[str, str]
NO_ENTRY = Entry()  # of no journal


@dataclass(frozen=True)
class Progress:
    """How far an order is executed. `waiting` are units of it that no book has yet."""

    order: Order
    executed: Decimal
    ended: bool
    waiting: Decimal


@dataclass(frozen=True)
class Booked:
    """What one call added. `file` is none where there was nothing to book."""

    file: Allocated | None
    orders: Sequence[Progress]  # those with executions
    misfits: Sequence[Misfit]


def allocate(
    folder: Path, by_day: bool = False, told: Entry = NO_ENTRY, now: datetime | None = None
) -> Booked:
    """Books what has changed since the last time; of a ticket of which something does not fit, nothing.
    Raises CannotWrite, Locked, Tampered, InputsRefused, FolderTaken; then nothing was booked.
    """
    with holding(folder):
        found, before = status(folder, now), allocated(folder)
        _is_whole(folder, before, told)
        held = {m.ticket_id for m in found.misfits}
        own = [
            (h, order)
            for h, _ in found.releases
            for order in orders(h.tables)
            if found.known.trades_of(order.ticket_id)
        ]
        standing = standing_bookings(before)
        rows = [
            row
            for h, order in own
            if order.ticket_id not in held
            for row in bookings(h, order, found.known, standing)
        ]
        number = len(before) + 1
        for k, row in enumerate(rows, 1):
            row["booking_id"] = f"ALC-{number:04d}-{k:05d}"
        file = None
        if rows:
            day = max(row["time"] for row in rows)[:10]
            file = put_allocated(day_folder(folder, day if by_day else ""), number, rows)
    return Booked(file, [_progress(order, found.known) for _, order in own], found.misfits)


def _progress(order: Order, known: Executions) -> Progress:
    trades, ended = known.trades_of(order.ticket_id), _ended(order, known)
    done, has = executed(order, trades), shares(order, trades, ended)
    whole = sum((abs(order.whole(i)) for i in order.legs), Decimal(0))
    waiting = done * whole / order.quantity - sum(map(abs, has.values()), Decimal(0))
    return Progress(order, done, ended, waiting)


def facts(folder: Path, file: Allocated) -> dict[str, str]:
    """What the journal keeps of a file of bookings."""
    return {
        "allocated": file.name,
        "allocated_sha256": file.sha256,
        "allocated_in": str(folder.resolve()),
    }


def _is_whole(folder: Path, before: Sequence[Allocated], told: Entry) -> None:
    """Raises Tampered where a file of this folder is gone that the journal knows: it would be booked again."""
    known, here = [facts(folder, file) for file in before], str(folder.resolve())
    for event in told.past:
        booked_here = event["event"] == "COMPLETE" and event.get("allocated_in") == here
        if booked_here and not any(own.items() <= event.items() for own in known):
            name = event.get("allocated")
            raise Tampered(f"the journal knows {name}, and it is gone or changed: put it back")


def _ended(order: Order, known: Executions) -> bool:
    """Whether nothing more is to come of an order: it is executed whole, or said to be over."""
    whole = executed(order, known.trades_of(order.ticket_id)) >= order.quantity
    return whole or known.ended(order.ticket_id) is not None


def bookings(
    released: Handed, order: Order, known: Executions, standing: Mapping[Key, list[Row]]
) -> Iterator[Row]:
    """What has to be booked and reversed, so that each book has its share of an order."""
    trades, ended = known.trades_of(order.ticket_id), _ended(order, known)
    share, end = shares(order, trades, ended), known.ended(order.ticket_id)
    time = max(t for t in (trades[-1].time, end) if t is not None).isoformat()
    prices = {i: filled(order, i, trades) for i in order.legs}
    for allocation in released.rows("hedge_allocations"):
        if allocation["ticket_id"] == order.ticket_id:
            book, instrument = allocation["book_id"], allocation["instrument_id"]
            due = abs(share.get((book, instrument), Decimal(0)))
            there = standing.get((order.ticket_id, instrument, book), [])
            head = {name: allocation[name] for name in WHOSE}
            yield from _changes(head | {"time": time}, due, prices[instrument], ended, there)


def _changes(
    head: Row, due: Decimal, price: Filled, ended: bool, there: Sequence[Row]
) -> Iterator[Row]:
    """Of one book: what grows is added, at the average so far; at the order's end all is booked anew, at the
    one average price of the order; what the broker takes back is reversed.
    """
    new = head | {
        "action": NEW,
        "ref_booking_id": "",
        "quantity": plain(due),
        "price": "" if price.average is None else plain(price.average),
        "price_of": price.price_of,
        "price_state": FINAL if ended else PROVISIONAL,
    }
    has = sum((decimal(row["quantity"]) for row in there), Decimal(0))
    final = [row for row in there if row["price_state"] == FINAL]
    if ended and len(there) == 1 and all(there[0][c] == new[c] for c in WHAT):
        return
    if not ended and not final and due >= has:
        if due > has:
            yield new | {"quantity": plain(due - has)}
        return
    for row in there:
        yield row | {
            "action": REVERSE,
            "ref_booking_id": row["booking_id"],
            "time": head["time"],
        }
    if due:
        yield new


def booked_page(found: Booked) -> str:
    """Each order with executions, and what does not fit."""
    lines = []
    for p in found.orders:
        words = f"  {p.order.ticket_id:<26} {p.order.side} {p.order.instrument_id}"
        state = "ended" if p.ended else "fills"
        waits = f", {plain(p.waiting)} to be shared with the next fill" if p.waiting > 0 else ""
        lines.append(
            f"{words:<54} {plain(p.executed)} of {plain(p.order.quantity)}, {state}{waits}"
        )
    lines += [f"DOES NOT FIT: {text}" for text in found.misfits]
    return "\n".join(lines) or "nothing was executed"
