"""What each book wanted to trade: what crossed, what was ordered, what is left and why."""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Cell, Cells, Column, Part, Section, Table, numbers, shown
from neutralizer.report.words import cents, count, exact, served, short

BY_BOOK = ("wanted", "crossed", "ordered", "left")


def section(run: Run) -> Section | None:
    """By book, then each target, what is left first."""
    rows = run.rows("targets.csv")
    if not rows:
        return None
    left = [r for r in rows if r["left"] != "0"]
    parts: list[Part] = [_books(rows, run), _targets(rows, run)]
    return Section("wishes", "What the books wanted to trade", _lead(rows, left, run), parts)


def _lead(rows: list[Row], left: list[Row], run: Run) -> str:
    met = len(rows) - len(left)
    if not left:
        return f"All {count(len(rows), 'target')} {'is' if len(rows) == 1 else 'are'} met."
    waits = run.summary.waiting.plan
    costs = f", which costs {short(waits)} {run.money} to wait for" if waits else ""
    notional = sum(number(r, "notional_left") for r in left)
    return (
        f"{met:,} of {count(len(rows), 'target')} are met; {short(notional)} {run.money} in "
        f"{len(left):,} of them is left for another day{costs}."
    )


def _notional(row: Row, column: str) -> float:
    """A quantity of a line at the unit notional that its left one has; nothing where that is not known."""
    return abs(number(row, column)) * number(row, "unit_notional")


def _books(rows: list[Row], run: Run) -> Table:
    found: list[Cells] = []
    totals = dict.fromkeys((*BY_BOOK, "waiting"), 0.0)
    for book in sorted({r["book_id"] for r in rows}):
        own = [r for r in rows if r["book_id"] == book]
        sums = {c: sum(_notional(r, c) for r in own) for c in BY_BOOK}
        sums["waiting"] = sum(number(r, "waiting") for r in own)
        totals = {c: totals[c] + x for c, x in sums.items()}
        met = sum(r["left"] == "0" for r in own)
        cells = [short(sums[c]) for c in BY_BOOK]
        found.append((book, f"{met:,} of {len(own):,}", *cells, cents(sums["waiting"])))
    met = sum(r["left"] == "0" for r in rows)
    foot = [short(totals[c]) for c in BY_BOOK]
    columns = [Column("book"), *numbers("met", *BY_BOOK, f"waiting, {run.money}")]
    end = ("all", f"{met:,} of {len(rows):,}", *foot, cents(totals["waiting"]))
    return Table(
        f"By book, notional in {run.money}; what crosses counts on both sides", columns, found, end
    )


def _targets(rows: list[Row], run: Run) -> Table:
    columns = [
        Column("book"),
        Column("instrument"),
        *numbers("wanted", "crossed", "ordered", "left", f"waiting, {run.money}"),
        Column("why", "prose"),
    ]
    order = sorted(
        rows,
        key=lambda r: (-number(r, "waiting"), -number(r, "notional_left"), -_notional(r, "wanted")),
    )
    found: list[Cells] = [
        (
            Cell(r["book_id"], r["owner"]),
            Cell(r["instrument_id"], "may wait" if r["may_wait"] == "yes" else "must"),
            *(exact(r[c]) if r[c] != "0" else "" for c in BY_BOOK),
            cents(number(r, "waiting")) if number(r, "waiting") else "",
            _why(r),
        )
        for r in order
    ]
    some, more = shown(found, "targets.csv")
    return Table("Each target, what waits first", columns, some, (), more)


WORDS = {
    "cost": "dearer today than to wait",
    "participation": "no more of it may be traded outside today",
    "mandate": "a mandate",
    "lots": "less than a lot is left",
}


def _why(row: Row) -> Cell:
    if row["left"] == "0":
        return Cell("")
    return Cell(WORDS.get(row["why"], served(row["why"], row["scope"])))
