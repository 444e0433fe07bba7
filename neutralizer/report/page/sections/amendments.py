"""What a run that supersedes another does to the tickets that operations already have."""

from neutralizer.report.page.data import Row, Run
from neutralizer.report.page.parts import Cell, Column, Section, Table, numbers, shown
from neutralizer.report.words import exact

KINDS = {
    "internal_transfers.csv": ("from_book", "to_book", "quantity", "instrument_id"),
    "hedges.csv": ("side", "crossing_group", "quantity", "instrument_id"),
    "cash_transfers.csv": ("from_pool", "to_pool", "amount", "currency"),
}


def section(run: Run) -> Section | None:
    """Every earlier ticket that is cancelled or replaced, with what is cancelled or stands now."""
    found = [
        (r["action"], r["ref_ticket_id"], Cell(r[first], r[second]), r[unit], exact(r[size]), r["ticket_id"])
        for name, (first, second, size, unit) in KINDS.items()
        for r in _amending(run, name)
    ]  # fmt: skip
    if not found:
        return None
    columns = [
        Column("action"),
        Column("earlier ticket", "code"),
        Column("from or side"),
        Column("what"),
        *numbers("quantity"),
        Column("ticket", "code"),
    ]
    some, more = shown(found, "the three ticket files")
    cancelled = sum(row[0] == "CANCEL" for row in found)
    lead = (
        f"This run supersedes a released one. Of its tickets {cancelled:,} are cancelled, for what is "
        f"still open of them, and {len(found) - cancelled:,} replaced. Cancel first, then book."
    )
    caption = f"Earlier tickets ({len(found):,}); the last column is the ticket that amends them"
    return Section(
        "amendments", "What is taken back", lead, [Table(caption, columns, some, (), more)]
    )


def _amending(run: Run, name: str) -> list[Row]:
    return [r for r in run.every(name) if r.get("action") in ("CANCEL", "REPLACE")]
