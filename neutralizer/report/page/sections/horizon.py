"""The days decided with today: what is expected on each, and what deciding them together saves."""

from neutralizer.domain.summary import Ahead
from neutralizer.report.page.data import Row, Run, bound, number
from neutralizer.report.page.parts import (
    Cell,
    Cells,
    Column,
    Figure,
    Part,
    Section,
    Table,
    numbers,
    shown,
)
from neutralizer.report.page.pictures.lines import Line, lines
from neutralizer.report.words import cents, exact, percent, short

MOST = 8  # limits that are drawn
WORDS = {"comes": "if it comes", "stays": "if it does not"}


def section(run: Run) -> Section | None:
    """By day, then the limits that come nearest to a bound, then each position that is expected to change."""
    ahead = run.summary.horizon
    if ahead is None:
        return None
    parts: list[Part] = [_days(run, ahead)]
    nearest = _nearest(run)
    if nearest:
        parts.append(_figure(nearest))
    parts += [_changes(run)] if run.rows("horizon.csv") else []
    return Section("horizon", "The days ahead", lead(ahead, run.money), parts)


def lead(ahead: Ahead, money: str) -> str:
    """What the days are expected to cost together, and what that saves."""
    found = (
        f"{ahead.days} days to {ahead.last} are decided together and expected to cost {short(ahead.cost)} {money}; "
        "only today is booked."
    )
    saved, fresh = ahead.saved(ahead.impact), ahead.saved("fresh")
    if saved is not None:
        found += f" That is {short(saved)} less than each day decided alone, before lots"
        more = (
            ""
            if fresh is None or ahead.impact == "fresh"
            else f"; {short(fresh)} if the market forgot overnight"
        )
        found += more + "."
    if ahead.no_comparison:
        found += f" {ahead.no_comparison[:1].upper()}{ahead.no_comparison[1:]}."
    if ahead.stand_alone is not None:
        found += f" Each book alone would pay {short(ahead.stand_alone)}."
    if ahead.exceeded:
        found += (
            f" {ahead.exceeded} limits or pools are expected to be out of bounds: see the findings."
        )
    return found


def _days(run: Run, ahead: Ahead) -> Table:
    columns = [Column("date"), *numbers("ordered outside", "crossed", f"cost, {run.money}")]
    found: list[Cells] = [
        (
            Cell(d.date, WORDS.get(d.path, "")),
            short(d.external_notional),
            short(d.crossed_notional),
            cents(d.cost),
        )
        for d in ahead.by_day
    ]
    return Table(
        f"What is expected by day, each with its own impact; notional in {run.money}",
        columns,
        found,
    )


def _nearest(run: Run) -> list[Line]:
    """Of every limit of later days the share of its nearer bound that is used, day by day."""
    days: dict[tuple[str, str], list[float]] = {}
    first = next(iter(run.rows("horizon_limits.csv")), {}).get("path", "")
    for row in (*run.limits(), *run.rows("horizon_limits.csv")):
        used = _used(row)
        if used is not None and row.get("path", first) == first:
            days.setdefault((row["limit_id"], row["scope"]), []).append(used)
    near = sorted(days.items(), key=lambda x: (-max(x[1]), x[0]))[:MOST]
    return [Line(f"{name} {scope}", used, percent(used[-1])) for (name, scope), used in near]


def _figure(nearest: list[Line]) -> Figure:
    alt = "; ".join(f"{x.label} ends at {x.words}" for x in nearest)
    count = max(len(x.values) for x in nearest)
    columns = [Column("limit"), *numbers("today", *(f"day {k}" for k in range(2, count + 1)))]
    rows: list[Cells] = [(x.label, *(percent(v) for v in x.values)) for x in nearest]
    table = Table("Share of the nearer bound that is used, by day", columns, rows)
    caption = "The limits that come nearest to a bound on any of the days, from today to the last."
    return Figure(lines(nearest, "horizon", alt), table, caption)


def _used(row: Row) -> float | None:
    after, ends = number(row, "after"), (bound(row, "lower"), bound(row, "upper"))
    end = ends[0] if after < 0 or ends[1] is None else ends[1]
    return None if not end else after / end


def _changes(run: Run) -> Table:
    columns = [
        Column("date"), Column("what"), Column("book or group"), Column("instrument"), *numbers("units", "after"),
    ]  # fmt: skip
    found: list[Cells] = [
        (
            Cell(r["date"], WORDS.get(r["path"], "")),
            r["kind"],
            r["book_id"] or r["group_id"] or r["pool_id"],
            r["instrument_id"] or r["to_pool"],
            exact(r["quantity"]),
            exact(r["after"]) if r["after"] else "",
        )
        for r in run.rows("horizon.csv")
    ]
    some, more = shown(found, "horizon.csv")
    return Table(
        "What is expected to come and to be done; nothing of it is booked", columns, some, (), more
    )
