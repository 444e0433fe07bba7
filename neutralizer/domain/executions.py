"""What became of released tickets: booked, rejected, filled in part; and what is still open of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from neutralizer.domain.came_back import CONFIRMED, GONE, PENDING, Ack, Executions, Misfit
from neutralizer.domain.money import decimal
from neutralizer.domain.sharing import Order, executed, orders, shares
from neutralizer.domain.sharing import strange as strange_trades

Row = Mapping[str, str]
AnyRow = TypeVar("AnyRow", bound=Mapping[str, str])
Pair = tuple[str, str]  # book, instrument
Moves = tuple[tuple[Pair, Decimal], ...]
ZERO = Decimal(0)


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
    moves: Moves = ()
    received: Moves = ()  # what books have of it
    strange: tuple[Misfit, ...] = ()  # what came back of it and does not fit


def states(tables: Mapping[str, Sequence[Row]], known: Executions) -> list[State]:
    """Of every ticket in some tables by kind, in their order; rows that cancel are no tickets. Raises
    KeyError and ValueError where a table is not one that this program wrote.
    """
    found = []
    for row in live(tables.get("internal_transfers", ())):
        names, quantity = (row["from_book"], row["to_book"]), decimal(row["quantity"])
        moves = tuple(
            ((b, row["instrument_id"]), sign * quantity)
            for b, sign in zip(names, (-1, 1), strict=True)
        )
        what = f"{names[0]} to {names[1]} {row['instrument_id']}"
        found.append(_whole(row["ticket_id"], "internal_transfers", what, quantity, moves, known))
    found += [_order(order, known) for order in orders(tables)]
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
    moves: Moves,
    known: Executions,
) -> State:
    """A ticket that is booked whole or not at all."""
    word = known.status(ticket)
    named = {"fills": known.fills_of(ticket), "executions": known.trades_of(ticket)}
    strange = tuple(
        Misfit(ticket, f"{ticket} is booked whole by acks, and {file} name it")
        for file, found in named.items()
        if found
    )
    if word == "BOOKED":
        return State(ticket, kind, what, quantity, quantity, ZERO, "DONE", (), moves, strange)
    if word in GONE:
        return State(ticket, kind, what, quantity, ZERO, ZERO, word, (), (), strange)
    return State(ticket, kind, what, quantity, ZERO, quantity, "OPEN", moves, (), strange)


def _order(order: Order, known: Executions) -> State:
    legs = {(b, i): q for i, own in order.legs.items() for b, q in own.items()}
    ticket, quantity, word = order.ticket_id, order.quantity, known.status(order.ticket_id)
    trades, filled = known.trades_of(ticket), defaultdict[Pair, Decimal](Decimal)
    strange = tuple(strange_trades(order, known))
    if trades:
        filled |= shares(order, trades, word in CONFIRMED)
        done = executed(order, trades)
    else:
        for f in known.fills_of(ticket):
            filled[f.book_id, f.instrument_id] += f.quantity
        done = _executed(quantity, legs, filled)
        strange += tuple(_strange(ticket, legs, filled))
    what, has = f"{order.side} {order.instrument_id}", tuple(sorted(filled.items()))
    if word in GONE:
        strange += tuple(_after_the_end(ticket, word, known)) if not trades else ()
        at_last = shares(order, trades, ended=True) if trades else filled
        moves = _still_to_come(at_last, filled)
        return State(ticket, "hedges", what, quantity, done, ZERO, word, moves, has, strange)
    if word:
        told = f"{ticket} is {word} by acks: orders are filled by fills or executions"
        strange += (Misfit(ticket, told),)
    moves = _still_to_come(legs, filled)
    word = "PART_FILLED" if any(filled.values()) or done else "OPEN"
    word = word if moves else "DONE"
    left_over = max(quantity - done, ZERO)
    return State(ticket, "hedges", what, quantity, done, left_over, word, moves, has, strange)


def _still_to_come(legs: Mapping[Pair, Decimal], filled: Mapping[Pair, Decimal]) -> Moves:
    """What each book has not received of what it will have when the order has ended."""
    left = {pair: _left(q, filled.get(pair, ZERO)) for pair, q in legs.items()}
    return tuple((pair, q) for pair, q in sorted(left.items()) if q)


def _after_the_end(ticket: str, word: str, known: Executions) -> Iterator[Misfit]:
    """Fills of an order that was never taken, or that came after it was cancelled."""
    end = known.ended(ticket)
    for f in known.fills_of(ticket):
        if end and (word == "REJECTED" or f.time > end):
            text = f"{ticket} is {word}, and filled by {f.quantity} at {f.time.isoformat()}"
            yield Misfit(ticket, text)


def _left(whole: Decimal, filled: Decimal) -> Decimal:
    """What is still to come of a leg: never more than it, never the other way."""
    sign = 1 if whole > 0 else -1
    return sign * min(max(sign * (whole - filled), ZERO), abs(whole))


def _strange(
    ticket: str, legs: dict[Pair, Decimal], filled: dict[Pair, Decimal]
) -> Iterator[Misfit]:
    """Fills that are no part of what the ticket gives a book."""
    for (book, instrument), q in sorted(filled.items()):
        whole, done = legs.get((book, instrument), ZERO), f"filled by {q} {instrument} for {book}"
        if not whole:
            yield Misfit(ticket, f"{ticket} is {done}, which it is not for")
        elif q * whole < 0:
            yield Misfit(ticket, f"{ticket} is {done}, it is for {whole}")
        elif abs(q) > abs(whole):
            yield Misfit(ticket, f"{ticket} is {done}, it is for no more than {whole}")


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


def parts(tables: Mapping[str, Sequence[Row]], known: Executions) -> Iterator[Misfit]:
    """Fills of a part of what can be traded: of no whole steps."""
    for order in orders(tables):
        for f in known.fills_of(order.ticket_id):
            what = f.instrument_id
            if what in order.legs and not order.is_whole(what, f.quantity):
                done = f"filled by {f.quantity} {what} for {f.book_id}"
                yield Misfit(f.ticket_id, f"{f.ticket_id} is {done}, a part of what can be traded")


def misfits(found: Sequence[State], known: Executions) -> list[Misfit]:
    """What came back that does not fit what was released."""
    by_id = {s.ticket_id: s for s in found}
    told = [one for s in found for one in s.strange]
    named = {a.ticket_id for a in known.acks} | {f.ticket_id for f in known.fills}
    named |= known.executed.keys()
    for name in sorted(named - by_id.keys() - {""}):
        told.append(Misfit(name, f"{name} came back and was never released"))
    return told
