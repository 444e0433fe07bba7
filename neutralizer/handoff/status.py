"""Where every released ticket stands, and what is still on its way."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from neutralizer.domain.came_back import PENDING, Executions, Misfit, contradictions
from neutralizer.domain.executions import State, misfits, parts, states
from neutralizer.domain.money import plain
from neutralizer.domain.sharing import filled, orders
from neutralizer.domain.superseded import SAME_LINE
from neutralizer.handoff.approval import CLOCKS
from neutralizer.handoff.standing import ONE_DAY
from neutralizer.load.came_back import executions_in
from neutralizer.records.allocated import allocated, standing_bookings
from neutralizer.records.handed import READ, Handed, handed_over, what_is_known
from neutralizer.records.superseded import came_back
from neutralizer.report.terminal import MOST_LINES
from neutralizer.report.words import cut

OPEN_COLUMNS = ("book_id", "instrument_id", "quantity", "ticket_id")


@dataclass(frozen=True)
class Status:
    """Of one folder that operations read."""

    releases: Sequence[tuple[Handed, list[State]]]
    misfits: list[Misfit]
    known: Executions


def status(folder: Path, now: datetime | None = None) -> Status:
    """Raises CannotWrite, Tampered, InputsRefused."""
    now = now or datetime.now(UTC)
    released = handed_over(folder)
    back = executions_in(came_back(folder))
    known = what_is_known(released, back)
    found = [(h, states(h.tables, known)) for h in released]
    told = misfits([s for _, own in found for s in own], back)
    told += [*back.misfits, *contradictions(back)]
    told += [one for h in released for one in parts(h.tables, back)]
    told += _out_of_time(released, back, now)
    told += [Misfit("", h.receipt) for h in released if h.receipt not in ("", READ)]
    told += [*_done_after_all(released, back), *_reported_no_more(released, back, folder)]
    return Status(found, told, known)


def _out_of_time(released: Sequence[Handed], back: Executions, now: datetime) -> Iterator[Misfit]:
    """What is said to have happened before its ticket left, or after now."""
    first = dict[str, datetime]()
    for h in released:
        for ticket in (r["ticket_id"] for rows in h.tables.values() for r in rows):
            first.setdefault(ticket, _earliest(h))
    came = [(a.ticket_id, a.status, a.time) for a in back.acks]
    came += [(f.ticket_id, f"filled by {plain(f.quantity)}", f.time) for f in back.fills]
    came += [(t.ticket_id, f"executed by {t.exec_id}", t.time) for t in back.trades]
    for ticket, what, time in came:
        said = f"{ticket or 'a fill without a ticket'} is {what} at {time.isoformat()}"
        if time > now + CLOCKS:
            yield Misfit(ticket, f"{said}, which is to come")
        elif ticket in first and time < first[ticket] - CLOCKS:
            yield Misfit(ticket, f"{said}, before it could be: {first[ticket].isoformat()}")


def _earliest(h: Handed) -> datetime:
    """From when a release's tickets can be done: its own time, or as_of where a past day is played again."""
    at = datetime.fromisoformat(h.manifest["released_at"])
    as_of = datetime.fromisoformat(h.manifest.get("as_of") or h.manifest["released_at"])
    return at if at - as_of < ONE_DAY else as_of


def _done_after_all(released: Sequence[Handed], back: Executions) -> Iterator[Misfit]:
    """Tickets of which more is done than what the release that takes them back leaves them."""
    done = {s.ticket_id: s for h in released for s in states(h.tables, back)}
    for kind in SAME_LINE:
        for row in (r for h in released for r in h.rows(kind) if r["ref_ticket_id"] in done):
            old = done[row["ref_ticket_id"]]
            cancels_part = kind == "hedges" and row["action"] == "CANCEL"
            left = old.quantity - Decimal(row["quantity"]) if cancels_part else Decimal(0)
            if old.executed > left:
                text = (
                    f"{old.ticket_id} was taken back by {row['ticket_id']}, and {plain(old.executed)} of "
                    f"it are done: it stood at {plain(left)}"
                )
                yield Misfit(old.ticket_id, text)


def _reported_no_more(
    released: Sequence[Handed], back: Executions, folder: Path
) -> Iterator[Misfit]:
    """Orders of which more is booked than was ever reported: a broker's file was taken away or changed."""
    booked = defaultdict[tuple[str, str], Decimal](Decimal)
    for (ticket, instrument, _), rows in standing_bookings(allocated(folder)).items():
        for row in rows:
            sign = 1 if row["side"] == "BUY" else -1
            booked[ticket, instrument] += sign * Decimal(row["quantity"])
    for order in (o for h in released for o in orders(h.tables)):
        for instrument in order.legs:
            has = abs(booked[order.ticket_id, instrument])
            trades = back.trades_of(order.ticket_id)
            if has > filled(order, instrument, trades).quantity:
                parts = (trades[:n] for n in range(len(trades)))
                most = max(
                    (filled(order, instrument, p).quantity for p in parts), default=Decimal(0)
                )
                if has > most:
                    text = (
                        f"{order.ticket_id}: {plain(has)} {instrument} are booked by allocations, and no more "
                        f"than {plain(most)} are reported: put the executions back where they were"
                    )
                    yield Misfit(order.ticket_id, text)


def open_orders(found: Status) -> list[dict[str, str]]:
    """What is still to come, as the input table open_orders."""
    return [
        {
            "book_id": book,
            "instrument_id": instrument,
            "quantity": plain(quantity),
            "ticket_id": state.ticket_id,
        }
        for _, own in found.releases
        for state in own
        for (book, instrument), quantity in state.moves
    ]


def status_page(found: Status, whole: bool) -> str:
    """Each release, how its tickets stand, and those that are open; all of them with `whole`."""
    lines, receipts = [], any(h.receipt == READ for h, _ in found.releases)
    for h, own in found.releases:
        m, words = h.manifest, Counter(s.word for s in own)
        counts = ", ".join(f"{n} {word}" for word, n in sorted(words.items())) or "no tickets"
        read = "" if not receipts else ", read" if h.receipt == READ else ", NOT READ YET"
        lines.append(f"{m['business_date']} {m['name']} {h.run_id} v{m['version']}: {counts}{read}")
        shown = own if whole else [s for s in own if s.open or s.word == PENDING]
        lines += [_line(s) for s in shown[: None if whole else MOST_LINES]]
        more = len(shown) - MOST_LINES
        lines += [f"  and {more} more; --all shows them"] if more > 0 and not whole else []
    lines += [f"DOES NOT FIT: {text}" for text in found.misfits]
    return "\n".join(lines) or "nothing was released"


def _line(s: State) -> str:
    done = f"{plain(s.executed)} of {plain(s.quantity)}"
    return f"  {s.ticket_id:<26} {s.word:<14} {cut(s.what, 24):<24} {done:>14}"
