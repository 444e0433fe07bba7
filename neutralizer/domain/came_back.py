"""What came back of released tickets: acknowledgements, fills of books, and what brokers executed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

PENDING = "CANCEL_PENDING"  # taken back by a later release, and operations have not said that it is
CONFIRMED = ("REJECTED", "CANCELLED")
GONE = (*CONFIRMED, PENDING)
TRADE, CORRECT, BUST = "TRADE", "CORRECT", "BUST"
ORDER_ENDS = {"CANCELLED": "CANCELLED", "EXPIRED": "CANCELLED", "REJECTED": "REJECTED"}
SOLD = ("SELL", "SELL_SHORT")


@dataclass(frozen=True)
class Ack:
    """What operations say of a ticket: BOOKED (a transfer or a cash line), REJECTED, CANCELLED."""

    ticket_id: str
    status: str
    time: datetime


@dataclass(frozen=True)
class Start:
    """Where the market stood when the broker began with an order: local price, and when."""

    price: Decimal
    time: datetime


@dataclass(frozen=True)
class Fill:
    """What one book received; signed units. `ticket_id` is blank for what was not ours to order."""

    ticket_id: str
    book_id: str
    instrument_id: str
    quantity: Decimal
    time: datetime
    price: Decimal | None = None
    start: Start | None = None


@dataclass(frozen=True)
class Trade:
    """What a broker executed of an order. `quantity` is in units of the instrument, on the order's side, and
    below zero where it takes back an earlier one, at that one's price. `instrument_id` is blank for the
    order's own.
    """

    exec_id: str
    ticket_id: str
    instrument_id: str
    side: str  # BUY, SELL, SELL_SHORT
    quantity: Decimal
    price: Decimal
    time: datetime
    start: Start | None = None


Named = TypeVar("Named", Ack, Fill, Trade)


@dataclass(frozen=True)
class Misfit:
    """What does not fit what was released; the ticket is blank where it is of none."""

    ticket_id: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Executions:
    """Everything that came back, oldest first."""

    acks: tuple[Ack, ...] = ()
    fills: tuple[Fill, ...] = ()
    trades: tuple[Trade, ...] = ()
    misfits: tuple[Misfit, ...] = ()  # reports that contradict each other
    standing: tuple[
        Trade, ...
    ] = ()  # trades that nothing took back, corrected, at their first times

    @cached_property
    def _said(self) -> dict[str, list[Ack]]:
        return _by_ticket(self.acks)

    @cached_property
    def executed(self) -> dict[str, list[Trade]]:
        """Trades by ticket."""
        return _by_ticket(self.trades)

    @cached_property
    def _filled(self) -> dict[str, list[Fill]]:
        return _by_ticket(self.fills)

    def fills_of(self, ticket: str) -> list[Fill]:
        """What operations say was filled of a ticket, oldest first."""
        return self._filled.get(ticket, [])

    def trades_of(self, ticket: str) -> list[Trade]:
        """What was executed of a ticket, oldest first."""
        return self.executed.get(ticket, [])

    def status(self, ticket: str) -> str:
        """The last word on a ticket; blank where there is none."""
        said = self._said.get(ticket)
        return said[-1].status if said else ""

    def ended(self, ticket: str) -> datetime | None:
        """Since when operations or the broker say that an order is over; None while they do not."""
        last = self._said.get(ticket, [])[-1:]
        return last[0].time if last and last[0].status in CONFIRMED else None


def _by_ticket(of: Iterable[Named]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = defaultdict(list)
    for one in of:
        found[one.ticket_id].append(one)
    return found


@dataclass(frozen=True)
class Report:
    """One row of executions*.csv. `quantity` and `price` are blank where nothing is executed by it."""

    sender: str
    exec_id: str
    status: str  # TRADE, CORRECT, BUST, CANCELLED, EXPIRED, REJECTED
    refers_to: str  # of a correction or a bust: the execution; blank: its own exec_id
    ticket_id: str
    instrument_id: str
    side: str
    quantity: Decimal | None
    price: Decimal | None
    time: datetime
    start: Start | None = None

    @property
    def trade(self) -> Trade:
        """What it executes."""
        assert self.quantity is not None
        assert self.price is not None
        own = (self.exec_id, self.ticket_id, self.instrument_id, self.side)
        return Trade(*own, self.quantity, self.price, self.time, self.start)


def executed(reports: Sequence[Report]) -> tuple[list[Trade], list[Ack], list[Misfit]]:
    """What reports come to, oldest first: a bust takes its execution back when it is reported, a correction
    takes it back and puts another in its place. The same report twice is one, an execution is known by
    its sender, date and exec_id.
    """
    book = _played(reports)
    acks = [
        Ack(r.ticket_id, ORDER_ENDS[r.status], r.time)
        for r in dict.fromkeys(reports)
        if r.status in ORDER_ENDS
    ]
    return book.trades, acks, book.misfits


def standing(reports: Sequence[Report]) -> list[Trade]:
    """What is left of reports when all are in: each execution once, as it was last corrected, at the time at which
    it was first reported.
    """
    return _played(reports).standing


def _played(reports: Sequence[Report]) -> "_Blotter":
    book = _Blotter()
    for report in sorted(set(reports), key=lambda r: (r.time, r.status != TRADE, r.exec_id)):
        book.take(report)
    return book


class _Blotter:
    """Executions as they stand while reports are read in the order of their times."""

    def __init__(self) -> None:
        self.trades: list[Trade] = []
        self.misfits: list[Misfit] = []
        self._standing: list[Trade | None] = []  # None: taken back
        self._first: list[datetime] = []  # when each of them was reported
        self._known: dict[tuple[str, str], int] = {}  # the last of an id, by sender and exec_id

    @property
    def standing(self) -> list[Trade]:
        """What was not taken back, at the times at which it was first reported."""
        pairs = zip(self._standing, self._first, strict=True)
        return [replace(trade, time=first) for trade, first in pairs if trade is not None]

    def take(self, report: Report) -> None:
        """One more report."""
        if report.status == TRADE:
            self._trade(report)
        elif report.status in (CORRECT, BUST):
            self._amend(report)

    def _trade(self, report: Report) -> None:
        key = (report.sender, report.exec_id)
        old = self._standing[self._known[key]] if key in self._known else None
        if old is not None and old.time.date() == report.time.date():
            self._misfit(
                report, f"was reported as {_words(old)} before, and now as {_words(report)}"
            )
            return
        self._known[key] = len(self._standing)
        self._standing.append(report.trade)
        self._first.append(report.time)
        self.trades.append(report.trade)

    def _amend(self, report: Report) -> None:
        k = self._known.get((report.sender, report.refers_to or report.exec_id))
        old = None if k is None else self._standing[k]
        verb = "busts" if report.status == BUST else "corrects"
        if k is None:
            self._misfit(report, f"{verb} an execution that was not reported before")
        elif old is None:
            self._misfit(report, f"{verb} an execution that was taken back before")
        elif report.status == BUST and report.ticket_id != old.ticket_id:
            self._misfit(report, f"{verb} an execution of {old.ticket_id}")
        else:
            back = Trade(
                old.exec_id, old.ticket_id, old.instrument_id, old.side,
                -old.quantity, old.price, report.time,
            )  # fmt: skip
            new = []
            if report.status == CORRECT:
                new = [replace(report.trade, start=report.start or old.start)]
            self.trades += [back, *new]
            self._standing[k] = new[0] if new else None
            self._known[report.sender, report.exec_id] = k

    def _misfit(self, report: Report, what: str) -> None:
        sender = f" of {report.sender}" if report.sender else ""
        text = f"{report.ticket_id}: {report.exec_id}{sender} {what}"
        self.misfits.append(Misfit(report.ticket_id, text))


def _words(row: Report | Trade) -> str:
    return f"{row.side} {row.quantity} at {row.price} ({row.time.isoformat()})"


def contradictions(known: Executions) -> Iterator[Misfit]:
    """A ticket of which two things were said."""
    said: dict[str, dict[str, datetime]] = {}
    for ack in known.acks:
        said.setdefault(ack.ticket_id, {}).setdefault(ack.status, ack.time)
    for ticket, words in sorted(said.items()):
        if len(words) > 1:
            told = " and ".join(f"{word} at {at.isoformat()}" for word, at in words.items())
            yield Misfit(ticket, f"{ticket} is {told}")
