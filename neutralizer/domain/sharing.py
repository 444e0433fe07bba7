"""What a broker executed of an order, shared among its books.

While an order fills, a book has the floor of its share: a rule that rounds would take units back from a
book when the next fill comes. When it ends, whole or not, it is shared as the proof shares it, by largest
remainders, and every book has one average price. What is taken back by the broker is taken back here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from neutralizer.domain.came_back import SOLD, Executions, Misfit, Trade
from neutralizer.domain.money import decimal

Row = Mapping[str, str]
Units = dict[tuple[str, str], Decimal]  # signed, by book and instrument
ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class Order:
    """A released order and who receives it: signed units by instrument and book, of a combination leg by leg."""

    ticket_id: str
    instrument_id: str
    side: str
    quantity: Decimal  # > 0
    legs: Mapping[str, Mapping[str, Decimal]]
    steps: Mapping[str, Decimal] = field(
        default_factory=dict
    )  # what books receive is whole in; default 1

    def whole(self, instrument: str) -> Decimal:
        """What all books receive of a leg, signed."""
        return sum(self.legs[instrument].values(), ZERO)

    def step(self, instrument: str) -> Decimal:
        """The smallest quantity of a leg that a book can receive."""
        return self.steps.get(instrument, ONE)

    def is_whole(self, instrument: str, quantity: Decimal) -> bool:
        """Whether so many units of a leg are whole steps."""
        return (Fraction(quantity) / Fraction(self.step(instrument))).denominator == 1


@dataclass(frozen=True)
class Filled:
    """Where one instrument of an order stands. Quantities are of the order's direction, above zero."""

    quantity: Decimal
    average: Decimal | None  # None: nothing is filled
    price_of: str  # the instrument that the price is of: of a combination it may be the combination


def orders(tables: Mapping[str, Sequence[Row]]) -> Iterator[Order]:
    """Of every hedge in some tables by kind that is no cancel. Raises KeyError and ValueError where a table
    is not one that this program wrote.
    """
    legs: dict[str, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    steps: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in tables.get("hedge_allocations", ()):
        sign = 1 if row["side"] == "BUY" else -1
        own = legs[row["ticket_id"]][row["instrument_id"]]
        own[row["book_id"]] = sign * decimal(row["quantity"])
        steps[row["ticket_id"]][row["instrument_id"]] = _step(row)
    for row in tables.get("hedges", ()):
        if row.get("action") != "CANCEL":
            ticket, quantity = row["ticket_id"], decimal(row["quantity"])
            own_legs, own_steps = legs[ticket], steps[ticket]
            yield Order(ticket, row["instrument_id"], row["side"], quantity, own_legs, own_steps)


def _step(row: Row) -> Decimal:
    """Raises ValueError where it is none."""
    step = decimal(row["step"])
    if step <= 0:
        raise ValueError(f"a step of {step}")
    return step


def filled(order: Order, instrument: str, trades: Sequence[Trade]) -> Filled:
    """How much of one instrument of an order is filled, and at which average price. Executions of the legs
    count where there are any; those of a combination as a whole only where there are none.
    """
    of_legs = [t for t in trades if _is_leg(order, t)]
    own = [t for t in of_legs if (t.instrument_id or order.instrument_id) == instrument]
    ratio, price_of = Fraction(1), instrument
    if not of_legs:
        own, price_of = [t for t in trades if _is_own(order, t)], order.instrument_id
        ratio = abs(Fraction(order.whole(instrument))) / Fraction(order.quantity)
    own = [t for t in own if _sign(t.side) == _side_of(order, price_of)]
    quantity = sum((t.quantity for t in own), ZERO)
    paid = sum((t.quantity * t.price for t in own), ZERO)
    average = round(paid / quantity, 8).normalize() + ZERO if quantity > 0 else None
    return Filled(_decimal(ratio * Fraction(quantity)), average, price_of)


def _is_leg(order: Order, trade: Trade) -> bool:
    """Whether it is of what books receive, and not of a combination of it."""
    return (trade.instrument_id or order.instrument_id) in order.legs


def _is_own(order: Order, trade: Trade) -> bool:
    return trade.instrument_id in ("", order.instrument_id)


def _side_of(order: Order, instrument: str) -> int:
    if instrument == order.instrument_id:
        return _sign(order.side)
    return 1 if order.whole(instrument) > 0 else -1


def _sign(side: str) -> int:
    return -1 if side in SOLD else 1


def executed(order: Order, trades: Sequence[Trade]) -> Decimal:
    """Units of the order that are executed in every leg."""
    done = (
        Fraction(filled(order, i, trades).quantity) / abs(Fraction(order.whole(i)))
        for i in order.legs
        if order.whole(i)
    )
    return _decimal(min(done, default=Fraction(0)) * Fraction(order.quantity))


def shares(order: Order, trades: Sequence[Trade], ended: bool) -> Units:
    """What each book has of what was executed."""
    return {
        (book, instrument): units
        for instrument, legs in order.legs.items()
        if order.whole(instrument)
        for book, units in shared(
            legs, filled(order, instrument, trades).quantity, order.step(instrument), ended
        ).items()
    }


def shared(
    legs: Mapping[str, Decimal], quantity: Decimal, step: Decimal, ended: bool
) -> dict[str, Decimal]:
    """So many units, above zero, of what the legs sum to: all of it as it was allocated; of a part the floor
    of each share, in whole steps, or at the order's end the largest remainders of it, ties to the first.
    Where books receive both sides, nothing before the end: floors of two sides could come to more than
    there is.
    """
    whole = sum(legs.values(), ZERO)
    part = Fraction(min(max(quantity, ZERO), abs(whole))) / abs(Fraction(whole))
    if part == 1:
        return dict(legs)
    sides = [{b: q for b, q in legs.items() if (q > 0) is up} for up in (True, False)]
    if not ended and all(sides):
        return dict.fromkeys(legs, ZERO)
    unit, found = Fraction(step), dict[str, Decimal]()
    for side in sides:
        exact = {b: abs(Fraction(q)) * part / unit for b, q in side.items()}
        steps = {b: int(x) for b, x in exact.items()}
        if ended:
            missing = int(sum(exact.values()) + Fraction(1, 2)) - sum(steps.values())
            for b in sorted(exact, key=lambda b: (steps[b] - exact[b], b))[:missing]:
                steps[b] += 1
        found |= {b: _decimal(n * unit * (1 if side[b] > 0 else -1)) for b, n in steps.items()}
    return found


def _decimal(x: Fraction) -> Decimal:
    return round(Decimal(x.numerator) / x.denominator, 12).normalize() + ZERO


def received(
    tables: Mapping[str, Sequence[Row]], known: Executions, until: datetime | None = None
) -> Units:
    """What books have received up to a time: as operations wrote it, and of what brokers executed their
    shares as they stood then.
    """
    found: Units = defaultdict(Decimal)
    for f in known.fills:
        if f.ticket_id not in known.executed and (until is None or f.time <= until):
            found[f.book_id, f.instrument_id] += f.quantity
    for order in orders(tables):
        trades = [t for t in known.trades_of(order.ticket_id) if until is None or t.time <= until]
        if trades:
            end = known.ended(order.ticket_id)
            ended = end is not None and (until is None or end <= until)
            for pair, units in shares(order, trades, ended).items():
                found[pair] += units
    return found


def strange(order: Order, known: Executions) -> Iterator[Misfit]:
    """Executions that are no part of an order."""
    ticket, trades = order.ticket_id, known.trades_of(order.ticket_id)
    if not trades:
        return
    end, word = known.ended(ticket), known.status(ticket)
    for trade in trades:
        for what in _strange(order, trade):
            yield Misfit(ticket, f"{ticket} is executed by {trade.exec_id}: {what}")
        late = end is not None and (word == "REJECTED" or trade.time > end)
        if late and trade.quantity > 0:
            at = trade.time.isoformat()
            yield Misfit(ticket, f"{ticket} is {word}, and executed by {trade.exec_id} at {at}")
    for instrument in sorted(order.legs):
        most, done = abs(order.whole(instrument)), filled(order, instrument, trades).quantity
        if not 0 <= done <= most:
            text = f"{ticket} is executed by {done} {instrument}, it is for no more than {most}"
            yield Misfit(ticket, text)
    if known.fills_of(ticket):
        text = f"{ticket} came back by executions and by fills: its fills are not read"
        yield Misfit(ticket, text)


def _strange(order: Order, trade: Trade) -> Iterator[str]:
    """What is wrong with one execution."""
    what = trade.instrument_id or order.instrument_id
    done = f"{trade.side} {abs(trade.quantity)} {what}"
    if what != order.instrument_id and what not in order.legs:
        yield f"{done}, which it does not order"
    elif _sign(trade.side) != _side_of(order, what):
        yield f"{done}, it is to {order.side} {order.instrument_id}"
    elif what == order.instrument_id and trade.side != order.side:
        yield f"{done}, it is to {order.side}"
    elif what in order.legs and not order.is_whole(what, trade.quantity):
        yield f"{done}, a part of what can be traded"
