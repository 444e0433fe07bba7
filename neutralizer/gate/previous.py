"""Today's inputs held against an earlier run: what jumped, what did not move at all, and positions that
do not follow from what was booked and filled since.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np

from neutralizer.domain.came_back import Executions
from neutralizer.domain.executions import live
from neutralizer.domain.money import decimal
from neutralizer.domain.record import Waivers
from neutralizer.domain.sharing import received
from neutralizer.errors import InputsRefused, InputsTooOld, Issue, Issues
from neutralizer.load.came_back import executions_in
from neutralizer.load.resolved.instruments import prices
from neutralizer.load.scenario import Loaded
from neutralizer.load.written.columns import KEYS as KEYS_OF
from neutralizer.load.written.inputs import Inputs
from neutralizer.records.finished import Finished, as_written, finished
from neutralizer.records.handed import handed_over
from neutralizer.records.superseded import came_back, kept, known_then
from neutralizer.records.units import KINDS
from neutralizer.records.writing import csv_rows
from neutralizer.verify import inputs_of

LARGEST_JUMP = 10.0  # times that a number may move between two runs
MATERIAL = 0.01  # of a book's gross, or of a factor's largest loading: what is smaller may jump
FEWEST = 3  # prices, or positions: fewer may well stand still
TOLD = 20
Key = tuple[str, ...]
Positions = dict[tuple[str, str], Decimal]  # by book and instrument, units


@dataclass(frozen=True)
class Previous:
    """An earlier run and its inputs."""

    run: Finished
    loaded: Loaded


def previous(folder: Path) -> Previous:
    """Raises Tampered where the folder is not what it was, InputsRefused where it is none that this
    version reads.
    """
    run = finished(folder)
    try:
        return Previous(run, inputs_of(run))
    except InputsRefused as refusal:
        reason = f"its inputs are refused now: {refusal.issues[0]}"
        remedy = "leave --previous out once, or name a later run"
        raise InputsRefused([Issue("--previous", 0, "", str(folder), reason, remedy)]) from None


@dataclass(frozen=True)
class Moved:
    """One number of two runs, how many times of the other it may be, and how to complain about it."""

    key: Key
    was: float
    value: float
    complain: Callable[[str, str], None]  # reason, remedy
    most: float = LARGEST_JUMP


def jumps(
    now: Loaded, before: Previous, follows: Positions, waivers: Waivers, issues: Issues
) -> None:
    """An error for each price, rate, term, position, loading and variance that moved ten times or more,
    and for each multiplier and lot that is another at all, but for ids that somebody lets pass. A position
    has not jumped where it is near what it was or what follows.
    """
    old = before.loaded.inputs
    cells = _cells(now, old, follows, issues)
    for moved in (*cells, *_variances(now.inputs, old, issues)):
        was, value, name = moved.was, moved.value, "/".join(moved.key)
        if {name, *moved.key} & set(waivers.jumps) or not was or not value:
            continue
        times = max(abs(value / was), abs(was / value))
        if times > moved.most * (1 - 1e-9) and times > 1 + 1e-9:
            reason = f"was {was:.9g} in run {before.run.run_id}: {times:.4g} times"
            moved.complain(reason, f"correct it, or let it pass with --accept-jump {name}")


_CELLS = (
    ("instruments", "price"),
    ("instruments", "multiplier"),
    ("instruments", "lot_size"),
    ("instruments", "notional_per_unit"),
    ("instruments", "half_spread_bps"),
    ("instruments", "half_spread_per_unit"),
    ("instruments", "adv"),
    ("fx", "rate"),
    ("margin_rates", "long_rate"),
    ("margin_rates", "short_rate"),
    ("positions", "quantity"),
    ("loadings", "loading"),
)
TERMS = ("multiplier", "lot_size")  # of a contract: another is another contract


def _values(inputs: Inputs, name: str, column: str) -> dict[Key, float]:
    """A column of a table by key."""
    table = inputs[name]
    values = prices(table, list(range(len(table)))) if column == "price" else table[column]
    keys = zip(*(table[c] for c in KEYS_OF[name]), strict=True)
    return dict(zip(((*k,) for k in keys), np.nan_to_num(values).tolist(), strict=True))


def _cells(now: Loaded, old: Inputs, follows: Positions, issues: Issues) -> Iterator[Moved]:
    """What stands in both and is material: positions and loadings of a size, everything else."""
    due: dict[Key, float] = {pair: float(quantity) for pair, quantity in follows.items()}
    least = defaultdict[str, Callable[[Key], float]](
        lambda: lambda key: 0.0, positions=_gross(now), loadings=_largest(now)
    )
    for name, column in _CELLS:
        was, table = _values(old, name, column), now.inputs[name]
        values, most = _values(now.inputs, name, column), 1.0 if column in TERMS else LARGEST_JUMP
        if name == "positions":
            was = {
                key: _nearer(x, was.get(key, 0.0), due.get(key, 0.0)) for key, x in values.items()
            }
        for row, (key, value) in enumerate(values.items()):
            if key in was and max(abs(value), abs(was[key])) > least[name](key):
                complain = partial(table.error, issues, row, column)
                yield Moved(key, was[key], value, complain, most)


def _nearer(value: float, *others: float) -> float:
    """Which of others a value is fewer times of; what is nothing is no neighbour."""
    there = [x for x in others if x and value]
    return min(there, key=lambda x: max(abs(value / x), abs(x / value)), default=0.0)


def _gross(now: Loaded) -> Callable[[Key], float]:
    """The least position of an instrument that is material in a book, units."""
    s = now.scenario
    size = np.abs(s.holdings.before) * s.holding_notional
    whole = np.bincount(s.holdings.book, weights=size, minlength=len(s.books.ids))
    books = dict(zip(s.books.ids, whole.tolist(), strict=True))
    unit = dict(zip(s.instruments.ids, s.instruments.notional.tolist(), strict=True))
    return lambda key: MATERIAL * books[key[0]] / unit[key[1]]


def _largest(now: Loaded) -> Callable[[Key], float]:
    """The least loading that is material for a factor."""
    most: dict[str, float] = defaultdict(float)
    for (_, factor), loading in _values(now.inputs, "loadings", "loading").items():
        most[factor] = max(most[factor], abs(loading))
    return lambda key: MATERIAL * most[key[1]]


def _variances(now: Inputs, old: Inputs, issues: Issues) -> Iterator[Moved]:
    for name in sorted(now.squares.keys() & old.squares.keys()):
        one, other = now.squares[name], old.squares[name]
        for k, factor in enumerate(one.ids):
            if factor in other.ids:
                j = other.ids.index(factor)
                complain = partial(one.error, issues, factor, factor)
                was, value = float(other.matrix[j, j]), float(one.matrix[k, k])
                yield Moved((factor,), was, value, complain)


def standing_still(now: Loaded, before: Previous, waivers: Waivers) -> list[str]:
    """Positions that are to the last digit what they were on another day. Raises InputsTooOld where all
    prices are.
    """
    old = before.loaded
    if old.scenario.business_date >= now.scenario.business_date:
        return []
    same = {
        name: _values(now.inputs, name, column) == _values(old.inputs, name, column)
        and len(now.inputs[name]) >= FEWEST
        for name, column in (("instruments", "price"), ("positions", "quantity"))
    }
    day = old.scenario.business_date.isoformat()
    if same["instruments"] and "instruments" not in waivers.stale:
        raise InputsTooOld(
            f"every price is that of {day} (run {before.run.run_id}): bring today's prices, or let it "
            "pass with --accept-stale instruments"
        )
    return [f"every position is that of {day}: was the feed of today loaded?"] * same["positions"]


def breaks(now: Loaded, follows: Positions) -> list[tuple[str, str, Decimal, Decimal]]:
    """(book, instrument, what follows, what is given) where today's positions do not follow."""
    given, zero = held(now.inputs), Decimal(0)
    pairs = [(*pair, follows.get(pair, zero), given.get(pair, zero)) for pair in follows | given]
    return sorted(found for found in pairs if found[2] != found[3])


def rolled(now: Loaded, before: Previous, handoff: Path | None) -> Positions:
    """What today's positions should be. With what came back: what was held, and what was booked and
    filled since. Without: everything that the earlier run meant to do.
    """
    if handoff is None:
        with as_written(before.run.folder):
            rows = csv_rows(before.run.files["positions_next.csv"])[1]
            return {(r["book_id"], r["instrument_id"]): decimal(r["quantity"]) for r in rows}
    found: Positions = defaultdict(Decimal, held(before.loaded.inputs))
    known, knew = executions_in(came_back(handoff)), known_then(kept(before.run.files))
    first, last = before.loaded.scenario.as_of, now.scenario.as_of
    released = handed_over(handoff)
    tables = {kind: [row for h in released for row in h.rows(kind)] for kind in KINDS}
    for of, until, sign in (
        (known, last, 1),
        (known, first, -1),
        (knew, last, -1),
        (knew, first, 1),
    ):
        for pair, units in received(tables, of, until).items():
            found[pair] += sign * units
    new = [a for a in known.acks if a not in knew.acks]
    since = Executions(tuple(a for a in new if first < a.time <= last))
    for row in (r for h in released for r in live(h.rows("internal_transfers"))):
        if since.status(row["ticket_id"]) == "BOOKED":
            found[row["from_book"], row["instrument_id"]] -= Decimal(row["quantity"])
            found[row["to_book"], row["instrument_id"]] += Decimal(row["quantity"])
    return found


def held(inputs: Inputs, name: str = "positions") -> Positions:
    """What a table of positions or open orders has of each pair."""
    table, found = inputs[name], defaultdict[tuple[str, str], Decimal](Decimal)
    pairs = zip(table["book_id"], table["instrument_id"], strict=True)
    for pair, quantity in zip(pairs, table.exact("quantity"), strict=True):
        found[pair] += quantity
    return dict(found)


def break_sentences(
    found: list[tuple[str, str, Decimal, Decimal]], before: Previous
) -> Iterator[str]:
    """The first twenty, and how many more there are."""
    for book, instrument, follows, given in found[:TOLD]:
        yield (
            f"break: {book} {instrument} is {given}, {follows} follows from run {before.run.run_id} "
            f"({given - follows:+})"
        )
    if len(found) > TOLD:
        yield f"and {len(found) - TOLD} more breaks"
