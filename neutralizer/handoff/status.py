"""Where every released ticket stands, and what is still on its way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from neutralizer.domain.executions import Ack, State, misfits, states
from neutralizer.domain.money import plain
from neutralizer.domain.superseded import SAME_LINE
from neutralizer.load.side_tables import executions_in
from neutralizer.output.handed import KINDS, Handed, handed_over
from neutralizer.output.superseded import came_back
from neutralizer.output.terminal import MOST, cut

OPEN_COLUMNS = ("book_id", "instrument_id", "quantity", "ticket_id")


@dataclass(frozen=True)
class Status:
    """Of one folder that operations read."""

    releases: Sequence[tuple[Handed, list[State]]]
    misfits: list[str]


def status(folder: Path) -> Status:
    """Raises CannotWrite, Tampered, InputsRefused."""
    released = handed_over(folder)
    back = executions_in(came_back(folder))
    gone = tuple(ack for h in released for ack in _taken_back(h))
    known = replace(back, acks=back.acks + gone)
    judged = [(h, states({kind: h.rows(kind) for kind in KINDS}, known)) for h in released]
    return Status(judged, misfits([s for _, own in judged for s in own], back))


def _taken_back(h: Handed) -> list[Ack]:
    """What a release cancels or replaces is not open any more."""
    time = datetime.fromisoformat(h.manifest["released_at"])
    rows = (row for kind in SAME_LINE for row in h.rows(kind))
    return [Ack(r["ref_ticket_id"], "CANCELLED", time) for r in rows if r["ref_ticket_id"]]


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
        shown = own if whole else [s for s in own if s.open]
        lines += [_line(s) for s in shown[: None if whole else MOST]]
        more = len(shown) - MOST
        lines += [f"  and {more} more; --all shows them"] if more > 0 and not whole else []
    lines += [f"DOES NOT FIT: {text}" for text in found.misfits]
    return "\n".join(lines) or "nothing was released"


def _line(s: State) -> str:
    done = f"{plain(s.executed)} of {plain(s.quantity)}"
    return f"  {s.ticket_id:<26} {s.word:<11} {cut(s.what, 24):<24} {done:>14}"
