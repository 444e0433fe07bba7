"""The periodic review of what books passed to each other: how often, how much, and whom it favoured."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from neutralizer.domain.executions import Row, live
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused, Issue
from neutralizer.records.finished import Finished, as_written, finished
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.superseded import kept, superseded
from neutralizer.records.writing import csv_rows
from neutralizer.report.words import cut
from neutralizer.verify import inputs_of

COLUMNS = tuple(
    "book_a book_b base_currency crosses notional judged to_next_close_bps moved_to_a marked_to_a "
    "first last".split()
)


@dataclass(frozen=True)
class Cross:
    """One transfer of one day. `moved` is what the receiver gained by the next day's price, base; None
    where no later run has one. `marked` is the same against the books' own marks.
    """

    day: date
    giver: str
    taker: str
    currency: str
    notional: float
    moved: float | None
    marked: float


def crosses(runs: Path, first: date, last: date) -> list[Cross]:
    """Every transfer of the runs in a folder whose business date lies between two days, both included;
    of runs that supersede each other the last, and what was booked of those before. Raises InputsRefused, Tampered.
    """
    known = _standing(runs)
    if not known:
        remedy = "name the folder that holds the runs' folders"
        raise InputsRefused([Issue(str(runs), 0, "", None, "holds no finished run", remedy)])
    judged = [(run, inputs_of(run).scenario, booked) for run, booked in known]
    judged.sort(key=lambda each: (each[1].name, each[1].business_date))
    found = []
    for k, (run, s, booked) in enumerate(judged):
        if first <= s.business_date <= last:
            later = (o for _, o, _ in judged[k + 1 :] if o.name == s.name)
            after = next((o for o in later if o.business_date > s.business_date), None)
            found += _of_run(run, s, after, booked)
    return found


def _standing(runs: Path) -> list[tuple[Finished, set[str] | None]]:
    """Finished runs, each once; of those that another takes over the tickets that were booked before."""
    folders = sorted(path.parent for path in runs.glob(f"[!.]*/{MANIFEST}"))
    found = list({run.run_id: run for run in map(finished, folders)}.values())
    taken = []
    for run in found:
        with as_written(run.folder):
            taken.append(superseded(kept(run.files)))
    booked = {
        old.run_id: {name for name, state in old.states.items() if state.executed}
        for old in taken
        if old is not None
    }
    return [(run, booked.get(run.run_id)) for run in found]


def _of_run(
    run: Finished, s: Scenario, after: Scenario | None, booked: set[str] | None
) -> list[Cross]:
    with as_written(run.folder):
        return list(_crosses(run, s, after, booked))


def _crosses(
    run: Finished, s: Scenario, after: Scenario | None, booked: set[str] | None
) -> Iterator[Cross]:
    evidence = {r["ticket_id"]: r for r in csv_rows(run.files["evidence.csv"])[1]}
    for row in live(csv_rows(run.files["internal_transfers.csv"])[1]):
        if booked is not None and row["ticket_id"] not in booked:
            continue
        own = evidence[row["ticket_id"]]
        profits = (float(own["to_profit"] or 0) - float(own["from_profit"] or 0)) / 2
        moved = None if after is None else _gain(s, after, row["instrument_id"], row)
        pair = (row["from_book"], row["to_book"])
        notional = float(row["notional_base"])
        yield Cross(s.business_date, *pair, s.base_currency, notional, moved, profits)


def _gain(s: Scenario, after: Scenario, instrument: str, row: Row) -> float | None:
    """What the receiver gains by the next close, at the day's own exchange rate."""
    if instrument not in after.tradables.ids:
        return None
    i, j = (x.tradables.ids.index(instrument) for x in (s, after))
    move = float(after.tradables.price[j] - s.tradables.price[i])
    worth = float(s.tradables.multiplier[i]) * float(s.tradables.fx[i])
    return float(row["quantity"]) * worth * move


def pair_rows(found: Sequence[Cross]) -> list[dict[str, str]]:
    """One line per pair of books and currency. `moved_to_a` is what the next closes moved to the first
    of them from the other, cumulative; `to_next_close_bps` of the notional that could be judged.
    """
    pairs: dict[tuple[str, str, str], list[Cross]] = defaultdict(list)
    for c in found:
        a, b = sorted((c.giver, c.taker))
        pairs[a, b, c.currency].append(c)
    rows = []
    for (a, b, currency), own in sorted(pairs.items()):
        sign = {c: 1 if c.taker == a else -1 for c in own}
        moved = sum(sign[c] * c.moved for c in own if c.moved is not None)
        base = sum(c.notional for c in own if c.moved is not None)
        judged = sum(c.moved is not None for c in own)
        days = [c.day for c in own]
        figures = (
            str(len(own)),
            f"{sum(c.notional for c in own):.2f}",
            str(judged),
            f"{moved / base * 1e4:.2f}" if base else "",
            f"{moved:.2f}" if judged else "",
            f"{sum(sign[c] * c.marked for c in own):.2f}",
            min(days).isoformat(),
            max(days).isoformat(),
        )
        rows.append(dict(zip(COLUMNS, (a, b, currency, *figures), strict=True)))
    return rows


def crosses_page(rows: list[dict[str, str]]) -> str:
    """For a terminal."""
    if not rows:
        return "no transfers between these days"
    lines = [f"{'books':<26}{'crosses':>8}{'notional':>18}{'bps':>8}{'moved to the first':>20}"]
    for r in rows:
        names = cut(f"{r['book_a']} / {r['book_b']}", 25)
        moved = f"{float(r['moved_to_a']):,.2f}" if r["moved_to_a"] else "not judged"
        lines.append(
            f"{names:<26}{r['crosses']:>8}{float(r['notional']):>18,.2f}"
            f"{r['to_next_close_bps'] or '-':>8}{moved:>20}"
        )
    return "\n".join([*lines, "", "bps and money: what the next close moved, cumulative"])
