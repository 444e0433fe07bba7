"""What became of released tickets: booked, rejected, filled in part; and what is still open of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from neutralizer.domain.money import decimal

Row = Mapping[str, str]
AnyRow = TypeVar("AnyRow", bound=Mapping[str, str])
Pair = tuple[str, str]  # book, instrument
ZERO = Decimal(0)
PENDING = "CANCEL_PENDING"  # taken back by a later release, and operations have not said that it is
CONFIRMED = ("REJECTED", "CANCELLED")
GONE = (*CONFIRMED, PENDING)


@dataclass(frozen=True)
class Ack:
    """What operations say of a ticket: BOOKED (a transfer or a cash line), REJECTED, CANCELLED."""

    ticket_id: str
    status: str
    time: datetime


@dataclass(frozen=True)
class Fill:
    """What one book received; signed units. `ticket_id` is blank for what was not ours to order."""

    ticket_id: str
    book_id: str
    instrument_id: str
    quantity: Decimal
    time: datetime


@dataclass(frozen=True)
class Executions:
    """Everything that came back, oldest first."""

    acks: tuple[Ack, ...] = ()
    fills: tuple[Fill, ...] = ()

    def status(self, ticket: str) -> str:
        """The last word on a ticket; blank where there is none."""
        return next((a.status for a in reversed(self.acks) if a.ticket_id == ticket), "")


@dataclass(frozen=True)
class State:
    """Where one ticket stands. `open` is in units, for cash in the sending currency; `moves` are the
    signed units still to come, by book and instrument.
    """

    ticket_id: str
    kind: str
    what: str
    quantity: Decimal
    executed: Decimal
    open: Decimal
    word: str  # OPEN, PART_FILLED, DONE, REJECTED, CANCEL_PENDING, CANCELLED
    moves: tuple[tuple[Pair, Decimal], ...] = ()
    strange: tuple[str, ...] = ()  # what came back of it and does not fit, as sentences


def states(tables: Mapping[str, Sequence[Row]], known: Executions) -> list[State]:
    """Of every ticket in some tables by kind, in their order; rows that cancel are no tickets. Raises
    KeyError and ValueError where a table is not one that this program wrote.
    """
    legs: dict[str, dict[Pair, Decimal]] = defaultdict(dict)
    for row in tables.get("hedge_allocations", ()):
        sign = 1 if row["side"] == "BUY" else -1
        pair = (row["book_id"], row["instrument_id"])
        legs[row["ticket_id"]][pair] = sign * decimal(row["quantity"])
    found = []
    for row in live(tables.get("internal_transfers", ())):
        names, quantity = (row["from_book"], row["to_book"]), decimal(row["quantity"])
        moves = tuple(
            ((b, row["instrument_id"]), sign * quantity)
            for b, sign in zip(names, (-1, 1), strict=True)
        )
        what = f"{names[0]} to {names[1]} {row['instrument_id']}"
        found.append(_whole(row["ticket_id"], "internal_transfers", what, quantity, moves, known))
    for row in live(tables.get("hedges", ())):
        found.append(_order(row, legs[row["ticket_id"]], known))
    for row in live(tables.get("cash_transfers", ())):
        what = f"{row['from_pool']} to {row['to_pool']} {row['currency']}"
        amount = decimal(row["amount"])
        found.append(_whole(row["ticket_id"], "cash_transfers", what, amount, (), known))
    return found


def live(rows: Iterable[AnyRow]) -> list[AnyRow]:
    """The rows of a table, without those that cancel an earlier ticket."""
    return [row for row in rows if row.get("action") != "CANCEL"]


def _whole(
    ticket: str,
    kind: str,
    what: str,
    quantity: Decimal,
    moves: tuple[tuple[Pair, Decimal], ...],
    known: Executions,
) -> State:
    """A ticket that is booked whole or not at all."""
    word = known.status(ticket)
    filled = any(f.ticket_id == ticket for f in known.fills)
    strange = (f"{ticket} is booked whole by acks.csv, and fills.csv names it",) * filled
    if word == "BOOKED":
        return State(ticket, kind, what, quantity, quantity, ZERO, "DONE", (), strange)
    if word in GONE:
        return State(ticket, kind, what, quantity, ZERO, ZERO, word, (), strange)
    return State(ticket, kind, what, quantity, ZERO, quantity, "OPEN", moves, strange)


def _order(row: Row, legs: dict[Pair, Decimal], known: Executions) -> State:
    ticket, quantity = row["ticket_id"], decimal(row["quantity"])
    filled: dict[Pair, Decimal] = defaultdict(Decimal)
    for f in known.fills:
        if f.ticket_id == ticket:
            filled[f.book_id, f.instrument_id] += f.quantity
    executed = _executed(quantity, legs, filled)
    what = f"{row['side']} {row['instrument_id']}"
    word, strange = known.status(ticket), tuple(_strange(ticket, legs, filled))
    if word in GONE:
        strange += tuple(_after_the_end(ticket, word, known))
        return State(ticket, "hedges", what, quantity, executed, ZERO, word, (), strange)
    if word:
        strange += (f"{ticket} is {word} by acks.csv: orders are filled by fills.csv",)
    left = {pair: _left(q, filled[pair]) for pair, q in legs.items()}
    moves = tuple((pair, q) for pair, q in sorted(left.items()) if q)
    word = "PART_FILLED" if any(filled.values()) else "OPEN"
    word = word if moves else "DONE"
    left_over = max(quantity - executed, ZERO)
    return State(ticket, "hedges", what, quantity, executed, left_over, word, moves, strange)


def _after_the_end(ticket: str, word: str, known: Executions) -> Iterator[str]:
    """Fills of an order that was never taken, or that came after it was cancelled."""
    ends = [a.time for a in known.acks if a.ticket_id == ticket and a.status == word]
    for f in known.fills:
        if (
            f.ticket_id == ticket
            and word in CONFIRMED
            and (word == "REJECTED" or f.time > ends[-1])
        ):
            yield f"{ticket} is {word}, and filled by {f.quantity} at {f.time.isoformat()}"


def _left(whole: Decimal, filled: Decimal) -> Decimal:
    """What is still to come of a leg: never more than it, never the other way."""
    sign = 1 if whole > 0 else -1
    return sign * min(max(sign * (whole - filled), ZERO), abs(whole))


def _strange(ticket: str, legs: dict[Pair, Decimal], filled: dict[Pair, Decimal]) -> Iterator[str]:
    """Fills that are no part of what the ticket gives a book."""
    for (book, instrument), q in sorted(filled.items()):
        whole = legs.get((book, instrument), ZERO)
        if not whole:
            yield f"{ticket} is filled by {q} {instrument} for {book}, which it is not for"
        elif q * whole < 0:
            yield f"{ticket} is filled by {q} {instrument} for {book}, it is for {whole}"
        elif abs(q) > abs(whole):
            yield f"{ticket} is filled by {q} {instrument} for {book}, it is for no more than {whole}"


def _executed(quantity: Decimal, legs: dict[Pair, Decimal], filled: dict[Pair, Decimal]) -> Decimal:
    """Units of the order that are filled in every leg."""
    whole: dict[str, Decimal] = defaultdict(Decimal)
    done: dict[str, Decimal] = defaultdict(Decimal)
    for (book, instrument), q in legs.items():
        whole[instrument] += abs(q)
        sign = 1 if q > 0 else -1
        done[instrument] += max(sign * filled.get((book, instrument), ZERO), ZERO)
    least = min((done[i] * quantity / whole[i] for i in whole), default=ZERO)
    return round(least, 9).normalize() + 0


def taken_back(rows: Iterable[Row], time: datetime, back: Executions) -> list[Ack]:
    """What a later release cancels or replaces is not open any more; until operations confirm it, it is
    pending.
    """
    names = [r["ref_ticket_id"] for r in rows if r.get("ref_ticket_id")]
    return [Ack(name, PENDING, time) for name in names if back.status(name) not in CONFIRMED]


def contradictions(known: Executions) -> Iterator[str]:
    """A ticket of which operations said two things."""
    said: dict[str, dict[str, datetime]] = defaultdict(dict)
    for ack in known.acks:
        said[ack.ticket_id].setdefault(ack.status, ack.time)
    for ticket, words in sorted(said.items()):
        if len(words) > 1:
            told = " and ".join(f"{word} at {at.isoformat()}" for word, at in words.items())
            yield f"{ticket} is {told} by acks.csv"


def parts(tables: Mapping[str, Sequence[Row]], known: Executions) -> Iterator[str]:
    """Fills of a part of what can be traded: of more decimals than the ticket's own quantities have."""
    digits: dict[str, int] = defaultdict(int)
    for row in tables.get("hedge_allocations", ()):
        own = _decimals(decimal(row["quantity"]))
        digits[row["ticket_id"]] = max(digits[row["ticket_id"]], own)
    for f in known.fills:
        if f.ticket_id in digits and _decimals(f.quantity) > digits[f.ticket_id]:
            yield (
                f"{f.ticket_id} is filled by {f.quantity} {f.instrument_id} for {f.book_id}, a part of what "
                "can be traded"
            )


def _decimals(quantity: Decimal) -> int:
    return max(-int(quantity.normalize().as_tuple().exponent), 0)


def misfits(found: Sequence[State], known: Executions) -> list[str]:
    """What came back that does not fit what was released, as sentences."""
    by_id = {s.ticket_id: s for s in found}
    told = [sentence for s in found for sentence in s.strange]
    named = {a.ticket_id for a in known.acks} | {f.ticket_id for f in known.fills}
    for name in sorted(named - by_id.keys() - {""}):
        told.append(f"{name} came back and was never released")
    return told
