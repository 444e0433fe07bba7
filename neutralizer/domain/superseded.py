"""A run that was released and whose plan is now another: its tickets, and what is open of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from neutralizer.domain.executions import Row, State, live

# What makes two tickets of two runs the same line, and may differ in size.
SAME_LINE = {
    "internal_transfers": ("instrument_id", "from_book", "to_book", "release_phase"),
    "hedges": ("instrument_id", "crossing_group", "parent_order", "side"),
    "cash_transfers": ("from_pool", "to_pool", "release_phase"),
}


@dataclass(frozen=True)
class Superseded:
    """`version` is the old run's; the tables hold its tickets by kind."""

    run_id: str
    version: int
    tables: Mapping[str, Sequence[Row]]
    states: Mapping[str, State]  # by ticket id

    def still_open(self, kind: str) -> list[Row]:
        """Its tickets of one kind that are not done, rejected or cancelled."""
        return [r for r in live(self.tables[kind]) if self.states[r["ticket_id"]].open > 0]

    def replaceable(self, kind: str) -> dict[tuple[str, ...], Row]:
        """Of the open ones those of which nothing is done, by what makes them the same line."""
        untouched = [r for r in self.still_open(kind) if not self.states[r["ticket_id"]].executed]
        return {line_of(kind, row): row for row in untouched}

    def left(self, row: Row) -> Decimal:
        """What is open of a ticket: units, or cash."""
        return self.states[row["ticket_id"]].open


def line_of(kind: str, row: Row) -> tuple[str, ...]:
    """What a ticket has in common with the one that replaces it."""
    return tuple(row.get(c, "") for c in SAME_LINE[kind])
