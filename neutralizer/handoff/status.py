"""Where every released ticket stands, and what is still on its way."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from neutralizer.domain.executions import (
    PENDING,
    Executions,
    State,
    contradictions,
    misfits,
    parts,
    states,
)
from neutralizer.domain.money import plain
from neutralizer.domain.superseded import SAME_LINE
from neutralizer.handoff.approval import CLOCKS
from neutralizer.handoff.standing import ONE_DAY
from neutralizer.load.came_back import executions_in
from neutralizer.records.handed import Handed, handed_over, what_is_known
from neutralizer.records.superseded import came_back
from neutralizer.report.terminal import MOST_LINES
from neutralizer.report.words import cut

OPEN_COLUMNS = ("book_id", "instrument_id", "quantity", "ticket_id")


@dataclass(frozen=True)
class Status:
    """Of one folder that operations read."""

    releases: Sequence[tuple[Handed, list[State]]]
    misfits: list[str]


def status(folder: Path, now: datetime | None = None) -> Status:
    """Raises CannotWrite, Tampered, InputsRefused."""
    now = now or datetime.now(UTC)
    released = handed_over(folder)
    back = executions_in(came_back(folder))
    known = what_is_known(released, back)
    judged = [(h, states(h.tables, known)) for h in released]
    told = misfits([s for _, own in judged for s in own], back)
    told += contradictions(back)
    told += [sentence for h in released for sentence in parts(h.tables, back)]
    told += _out_of_time(released, back, now)
    return Status(judged, [*told, *_done_after_all(released, back)])


def _out_of_time(released: Sequence[Handed], back: Executions, now: datetime) -> Iterator[str]:
    """What is said to have happened before its ticket left, or after now."""
    first = dict[str, datetime]()
    for h in released:
        for ticket in (r["ticket_id"] for rows in h.tables.values() for r in rows):
            first.setdefault(ticket, _earliest(h))
    came = [(a.ticket_id, a.status, a.time) for a in back.acks]
    came += [(f.ticket_id, f"filled by {plain(f.quantity)}", f.time) for f in back.fills]
    for ticket, what, time in came:
        if time > now + CLOCKS:
            yield f"{ticket or 'a fill without a ticket'} is {what} at {time.isoformat()}, which is to come"
        elif ticket in first and time < first[ticket] - CLOCKS:
            left = first[ticket].isoformat()
            yield f"{ticket} is {what} at {time.isoformat()}, before it could be: {left}"


def _earliest(h: Handed) -> datetime:
    """From when a release's tickets can be done: its own time, or as_of where a past day is played again."""
    at = datetime.fromisoformat(h.manifest["released_at"])
    as_of = datetime.fromisoformat(h.manifest.get("as_of") or h.manifest["released_at"])
    return at if at - as_of < ONE_DAY else as_of


def _done_after_all(released: Sequence[Handed], back: Executions) -> Iterator[str]:
    """Tickets of which more is done than what the release that takes them back leaves them."""
    done = {s.ticket_id: s for h in released for s in states(h.tables, back)}
    for kind in SAME_LINE:
        for row in (r for h in released for r in h.rows(kind) if r["ref_ticket_id"] in done):
            old = done[row["ref_ticket_id"]]
            cancels_part = kind == "hedges" and row["action"] == "CANCEL"
            left = old.quantity - Decimal(row["quantity"]) if cancels_part else Decimal(0)
            if old.executed > left:
                yield (
                    f"{old.ticket_id} was taken back by {row['ticket_id']}, and {plain(old.executed)} of "
                    f"it are done: it stood at {plain(left)}"
                )


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
    lines = []
    for h, own in found.releases:
        m, words = h.manifest, Counter(s.word for s in own)
        counts = ", ".join(f"{n} {word}" for word, n in sorted(words.items())) or "no tickets"
        lines.append(f"{m['business_date']} {m['name']} {h.run_id} v{m['version']}: {counts}")
        shown = own if whole else [s for s in own if s.open or s.word == PENDING]
        lines += [_line(s) for s in shown[: None if whole else MOST_LINES]]
        more = len(shown) - MOST_LINES
        lines += [f"  and {more} more; --all shows them"] if more > 0 and not whole else []
    lines += [f"DOES NOT FIT: {text}" for text in found.misfits]
    return "\n".join(lines) or "nothing was released"


def _line(s: State) -> str:
    done = f"{plain(s.executed)} of {plain(s.quantity)}"
    return f"  {s.ticket_id:<26} {s.word:<14} {cut(s.what, 24):<24} {done:>14}"
