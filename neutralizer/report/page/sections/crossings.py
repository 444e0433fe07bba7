"""Who gave how much to whom inside."""

from neutralizer.report.page.data import Run, number
from neutralizer.report.page.parts import Column, Figure, Picture, Section, Table, numbers, shown
from neutralizer.report.page.pictures.matrix import matrix
from neutralizer.report.words import count, percent, short, whole

MOST_BOOKS = 9  # books by name in the picture; the rest stand together
OTHERS = "others"


def section(run: Run) -> Section | None:
    """A square of notionals, and the same as a list, largest first."""
    flows: dict[tuple[str, str], float] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in run.rows("internal_transfers.csv"):
        pair = (row["from_book"], row["to_book"])
        flows[pair] = flows.get(pair, 0.0) + number(row, "notional_base")
        lines[pair] = lines.get(pair, 0) + 1
    if not flows:
        return None
    largest = max(flows, key=lambda p: (flows[p], p))
    lead = (
        f"{short(sum(flows.values()))} {run.money} in {count(sum(lines.values()), 'transfer')}; "
        f"the most, {short(flows[largest])}, from {largest[0]} to {largest[1]}."
    )
    figure = Figure(
        _picture(flows),
        _table(flows, lines, run.money),
        f"Notional, {run.money}: a row gives, a column takes; darker is more.",
    )
    return Section("crossings", "Who gave what to whom", lead, [figure])


def _picture(flows: dict[tuple[str, str], float]) -> Picture:
    volume: dict[str, float] = {}
    for pair, x in flows.items():
        for book in pair:
            volume[book] = volume.get(book, 0.0) + x
    kept = sorted(volume, key=lambda b: (-volume[b], b))
    kept = kept if len(kept) <= MOST_BOOKS + 1 else kept[:MOST_BOOKS]
    names = sorted(kept) + ([OTHERS] if len(kept) < len(volume) else [])
    given: dict[tuple[str, str], float] = {}
    for (giver, taker), x in flows.items():
        pair = (giver if giver in kept else OTHERS, taker if taker in kept else OTHERS)
        given[pair] = given.get(pair, 0.0) + x
    return matrix(names, given, "Notional given by each book to each other; the table lists it.")


def _table(
    flows: dict[tuple[str, str], float], lines: dict[tuple[str, str], int], money: str
) -> Table:
    total = sum(flows.values())
    rows = [
        (giver, taker, f"{lines[giver, taker]:,}", whole(x), percent(x / total, 1) if total else "")
        for (giver, taker), x in sorted(flows.items(), key=lambda kv: (-kv[1], kv[0]))
    ]
    some, more = shown(rows, "internal_transfers.csv")
    columns = [Column("from"), Column("to"), *numbers("lines", f"notional, {money}", "share")]
    foot = ("all", "", f"{sum(lines.values()):,}", whole(total), "")
    return Table("Flows, largest first", columns, some, foot, more)
