"""What else is scarce, limits apart, and what one unit more of it would save."""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Cell, Column, Section, Table, numbers
from neutralizer.report.words import cents

MOST_PRICES = 20
UNITS = 1000  # of each, so that all are told alike
ABOUT = {
    "pool": "cash in the pool",
    "route": "more through the route",
    "borrowing": "more credit",
    "participation": "more of the day's volume",
    "mandate": "more the book may trade",
}


def section(run: Run) -> Section | None:
    """Dearest first."""
    rows = run.rows("shadow_prices.csv")
    if not rows:
        return None
    ordered = sorted(rows, key=lambda r: (-number(r, "shadow_price"), r["kind"], r["name"]))
    columns = [Column("what"), Column("where"), *numbers(f"saves, {run.money}")]
    found = [_row(r) for r in ordered[:MOST_PRICES]]
    rest = len(rows) - MOST_PRICES
    more = f"and {rest:,} more in shadow_prices.csv" if rest > 0 else ""
    table = Table("Dearest first", columns, found, (), more)
    lead = (
        "Limits apart, this is what holds the plan back: what a little more of each would save, "
        "for a small change and with all else as it is."
    )
    return Section("relief", "What relief would save", lead, [table])


def _row(row: Row) -> tuple[str | Cell, ...]:
    unit = row["instrument_id"] if row["unit"] == "unit" else row["unit"]
    saved = cents(number(row, "shadow_price") * UNITS)
    return (
        ABOUT.get(row["kind"], row["kind"]),
        row["name"],
        Cell(saved, f"per {UNITS:,} {unit}"),
    )
