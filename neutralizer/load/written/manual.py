"""The manual of the input tables, printed from the column table itself."""

import textwrap
from collections.abc import Sequence

from neutralizer.load.written.columns import SQUARE_TABLES, TABLES, Column


def manual(tables: Sequence[str]) -> str:
    """One block a table, in at most 80 columns."""
    return "\n\n".join(_table(name) for name in tables)


def _table(name: str) -> str:
    if name in SQUARE_TABLES:
        return f"{name}\n  {SQUARE_TABLES[name]}"
    return "\n".join([name, *(_column(c) for c in TABLES[name])])


def _column(column: Column) -> str:
    if column.required:
        need = "required"
    else:
        need = "" if column.default in (None, "") else f"default {column.default}"
    kind = " | ".join(column.choices) if column.choices else column.kind
    text = "; ".join(part for part in (column.doc, kind, need) if part)
    head = f"  {column.name + ('*' if column.required else ''):<24}"
    return textwrap.fill(text, 80, initial_indent=head, subsequent_indent=" " * 26)
