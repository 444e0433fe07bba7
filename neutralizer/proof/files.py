"""The files of a run as text cells."""

from dataclasses import dataclass, field
from decimal import Decimal

from neutralizer.domain.money import decimal
from neutralizer.domain.summary import Summary

Row = dict[str, str]


@dataclass(frozen=True)
class Files:
    """Rows by file name, and summary.json. Rows that cancel a ticket stand apart."""

    rows: dict[str, list[Row]]
    summary: Summary
    cancels: dict[str, list[Row]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[Row]:
        return self.rows[name]

    @property
    def transfers_only(self) -> bool:
        """Whether the run asked for crosses only."""
        return self.summary.transfers_only


def same(written: str, value: float) -> bool:
    """Whether a written number is a value rounded to the digits that were written (one unit in the
    last of them, and what floating point adds to large sums).
    """
    shown = decimal(written)
    last = Decimal(1).scaleb(int(shown.as_tuple().exponent))
    return abs(shown - Decimal(repr(float(value)))) <= last + Decimal(
        repr(abs(float(value)) * 1e-12)
    )
