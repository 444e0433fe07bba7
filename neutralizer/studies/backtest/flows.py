"""What happened to positions besides the plan, from one day to the next, and how it meets another path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from neutralizer.records.writing import csv_rows

Key = tuple[str, str]  # book, instrument
Positions = Mapping[Key, Decimal]
NONE = Decimal(0)


def read_positions(data: bytes) -> dict[Key, Decimal]:
    """Of positions_next.csv."""
    rows = csv_rows(data)[1]
    return {(r["book_id"], r["instrument_id"]): Decimal(r["quantity"]) for r in rows}


@dataclass(frozen=True)
class Begun:
    """What a path begins a day with; how many flows were scaled, and how many positions closed, because it held
    something else than was held.
    """

    positions: dict[Key, Decimal]
    scaled: int
    closed: int


def begun(own: Positions, planned: Positions, recorded: Positions) -> Begun:
    """A path's own positions with what happened besides the plan: recorded − planned.

    What closed a position closes it. What would turn round a position that was not turned takes the same share of it
    instead.
    """
    found, scaled, closed = dict[Key, Decimal](), 0, 0
    for key in sorted({*own, *planned, *recorded}):
        mine, was, now = (x.get(key, NONE) for x in (own, planned, recorded))
        after = mine + now - was
        if was and not now:
            closed += after != 0
            after = NONE
        elif mine * after < 0 and was * now > 0:
            scaled += 1
            after = _whole(mine * now / was, mine)
        if after:
            found[key] = after
    return Begun(found, scaled, closed)


def _whole(share: Decimal, of: Decimal) -> Decimal:
    """In whole units where the position was."""
    return share.quantize(Decimal(1), ROUND_DOWN) if of == of.to_integral_value() else share


@dataclass(frozen=True)
class Action:
    """From a date on one unit of an instrument is so many of another, or of itself."""

    date: str
    instrument: str
    ratio: Decimal
    into: str


def acted(positions: Positions, actions: Sequence[Action]) -> dict[Key, Decimal]:
    """After splits and changes of symbols, in the order in which they stand."""
    found = dict(positions)
    for action in actions:
        for book, instrument in [key for key in found if key[1] == action.instrument]:
            units = found.pop((book, instrument)) * action.ratio
            found[book, action.into] = found.get((book, action.into), NONE) + units
    return found


def known(positions: Positions, instruments: set[str]) -> tuple[dict[Key, Decimal], int]:
    """Without what is listed no more; how many positions that were."""
    found = {key: units for key, units in positions.items() if key[1] in instruments}
    return found, len(positions) - len(found)
