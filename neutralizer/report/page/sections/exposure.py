"""Exposure and volatility by book, sector, country, currency and class; factors by book; what each position
adds, and how long it takes to get out.
"""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Cell, Cells, Column, Part, Section, Table, numbers, shown
from neutralizer.report.words import amount, count, short, whole

KINDS = {
    "book": "By book",
    "asset_class": "By asset class",
    "sector": "By sector",
    "country": "By country",
    "currency": "By currency",
}
LARGEST, SLOWEST, MOST_FACTORS = 10, 10, 8


def section(run: Run) -> Section | None:
    """Nothing where nothing is held."""
    rows = run.rows("exposures.csv")
    if not rows:
        return None
    parts: list[Part] = [_sizes(kind, rows, run) for kind in KINDS if _told(kind, rows)]
    parts += [*_factors(run), *_largest(run), *_slowest(run)]
    return Section("exposure", "Who and what carries it", _lead(run, rows), parts)


def _told(kind: str, rows: list[Row]) -> bool:
    """One label alone says nothing that the firm does not."""
    return sum(r["kind"] == kind for r in rows) > 1


def _lead(run: Run, rows: list[Row]) -> str:
    books = [r for r in rows if r["kind"] == "book" and r["volatility_after"]]
    if not books:
        return "Net and gross notional before, after what is booked tonight, and after."
    most = max(books, key=lambda r: number(r, "volatility_after"))
    return (
        f"{most['name']} carries the most risk of its own: {short(number(most, 'volatility_after'))} {run.money} a "
        f"day after the plan, {short(number(most, 'volatility_before'))} before."
    )


def _sizes(kind: str, rows: list[Row], run: Run) -> Table:
    own = [r for r in rows if r["kind"] == kind]
    firm = next(r for r in rows if r["kind"] == "firm")
    own.sort(key=lambda r: -max(number(r, "gross_before"), number(r, "gross_after")))
    modelled = bool(firm["volatility_after"])
    columns = [Column(KINDS[kind].removeprefix("By "))]
    columns += numbers("net before", "net after", "gross before", "gross after")
    columns += numbers("volatility before", "after tonight", "after") if modelled else []

    def cells(name: str, r: Row) -> Cells:
        found = [
            whole(number(r, c)) for c in ("net_before", "net_after", "gross_before", "gross_after")
        ]
        states = ("before", "after_transfers", "after") if modelled else ()
        return (name, *found, *(whole(number(r, f"volatility_{x}")) for x in states))

    some, more = shown([cells(r["name"], r) for r in own], "exposures.csv")
    caption = f"{KINDS[kind]}, {run.money}" + ("; volatility a day" if modelled else "")
    return Table(caption, columns, some, cells("firm, netted", firm), more)


def _factors(run: Run) -> list[Part]:
    """Books by the factors to which they are most exposed."""
    rows = run.rows("book_factors.csv")
    size: dict[str, float] = {}
    for r in rows:
        largest = max(abs(number(r, "exposure_before")), abs(number(r, "exposure_after")))
        size[r["factor_id"]] = max(size.get(r["factor_id"], 0.0), largest)
    told = sorted(size, key=lambda f: (-size[f], f))[:MOST_FACTORS]
    if not told:
        return []
    cell = {(r["book_id"], r["factor_id"]): r for r in rows}
    found: list[Cells] = []
    for book in sorted({r["book_id"] for r in rows}):
        own = [cell.get((book, f), {}) for f in told]
        after = (
            Cell(
                amount(number(r, "exposure_after")), f"from {amount(number(r, 'exposure_before'))}"
            )
            if r
            else Cell("")
            for r in own
        )
        found.append((book, *after))
    rest = (
        f"and {len(size) - len(told)} more factors in book_factors.csv"
        if len(size) > len(told)
        else ""
    )
    return [
        Table(
            "Exposure of each book to each factor, after",
            [Column("book"), *numbers(*told)],
            found,
            (),
            rest,
        )
    ]


def _largest(run: Run) -> list[Part]:
    """The positions that add most to the firm's volatility, or take most from it."""
    rows = [
        r
        for r in run.rows("instrument_risk.csv")
        if number(r, "contribution_before") or number(r, "contribution_after")
    ]
    if not rows:
        return []
    rows.sort(
        key=lambda r: (
            -max(abs(number(r, "contribution_before")), abs(number(r, "contribution_after")))
        )
    )
    found = [
        (
            r["instrument_id"],
            *(
                whole(number(r, c))
                for c in (
                    "notional_before",
                    "notional_after",
                    "contribution_before",
                    "contribution_after",
                )
            ),
        )
        for r in rows[:LARGEST]
    ]
    columns = [
        Column("position of the firm"),
        *numbers("notional before", "after", "adds before", "adds after"),
    ]
    rest = f"and {len(rows) - LARGEST:,} more in instrument_risk.csv" if len(rows) > LARGEST else ""
    caption = (
        f"What positions add to the firm's volatility, {run.money} a day; all together they are it"
    )
    return [Table(caption, columns, found, (), rest)]


def _slowest(run: Run) -> list[Part]:
    """What takes longest to get out of at what may be traded a day, and what today's cap stopped."""
    rows = [r for r in run.rows("instrument_risk.csv") if r["days_after"]]
    rows = [
        r
        for r in rows
        if number(r, "days_after") > 0 or number(r, "days_before") > 0 or r["more_days"]
    ]
    if not rows:
        return []
    rows.sort(key=lambda r: (-number(r, "more_days"), -number(r, "days_after")))
    found: list[Cells] = [
        (
            r["instrument_id"],
            *(amount(number(r, c)) for c in ("units_after", "units_a_day")),
            *(f"{number(r, c):.1f}" for c in ("days_before", "days_after")),
            Cell(f"takes another {count(_up(r), 'day')}", tone="bad") if r["more_days"] else "",
        )
        for r in rows[:SLOWEST]
    ]
    columns = [
        Column("position of the firm"),
        *numbers("units after", "units a day", "days before", "days after"),
        Column("stopped by today's cap"),
    ]
    rest = f"and {len(rows) - SLOWEST:,} more in instrument_risk.csv" if len(rows) > SLOWEST else ""
    return [
        Table(
            "How long it takes to get out, at the participation allowed", columns, found, (), rest
        )
    ]


def _up(row: Row) -> int:
    days = number(row, "more_days")
    return int(days) + (days > int(days))
