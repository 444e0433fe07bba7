"""Prints docs/tables.md from the program's own column table: `python docs/build_tables.py > docs/tables.md`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from neutralizer.load.written.columns import KEYS, SQUARE_TABLES, TABLES, Column

HEAD = """\
# Input tables

Printed by `python docs/build_tables.py` from the table that also checks the inputs; correct it there,
not here. `neutralizer columns` prints the same on a terminal, `neutralizer columns instruments` one
table of it.

A table is a list of rows in `scenario.yaml`, the name of a CSV file in the scenario's folder, or
`{file: x.csv, as_of: 2024-06-28T16:00:00-04:00}`. CSV files are UTF-8 with a header row, a comma
between cells and a point as decimal sign. A blank cell is a value that was not given.

| word | what a cell may hold |
|---|---|
| id | up to 64 ASCII letters, digits and signs, kept as written: `NA`, `0123` and `1E5` stay text. It may not begin with `=`, `+`, `-` or `@` |
| text | any text, as a label |
| number | a plain decimal number such as `-1250.5` or `1e-4`; no thousands separators, no `%` |
| date | `2024-06-28` |
| datetime | with its offset: `2024-06-28T16:00:00-04:00` |
| selector | `*`, `instrument:ID`, a bare instrument id, or `column:value` of a text column of instruments, such as `sector:tech` |
| scope | `firm`, `entity:X`, `group:X`, `book:X`, `book:*` (one limit per book), `pool:X` or `account:X` |
| list | a YAML list; in CSV its items are separated by `;` |

`books`, `instruments` and `positions` are required. A bps is 0.0001, a year has 360 days (act/360)
for rates of financing, funding and borrowing. `risk.units` (`daily_fraction`, `annual_fraction` or
`annual_percent`, with 252 days a year) says what `volatility`, `specific_volatility` and the
covariances are in. *Local* is the instrument's own currency. *Notional* is
`notional_per_unit` × quantity, positive, at the rate in `fx` where base currency is meant.
"""


def allowed(column: Column) -> str:
    """What a cell may hold, with its bounds."""
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    bounds = (("at least", column.low), ("above", column.above), ("at most", column.high))
    return ", ".join([column.kind, *(f"{word} {x:g}" for word, x in bounds if x is not None)])


def need(column: Column) -> str:
    """Whether the column must be filled, and what stands in for a blank."""
    if column.required:
        return "required"
    if column.default in (None, ""):
        return ""
    shown = f"{column.default:g}" if isinstance(column.default, float) else str(column.default)
    return f"default `{shown}`"


def section(name: str) -> list[str]:
    """One table of the manual."""
    if name in SQUARE_TABLES:
        return [f"## {name}", "", SQUARE_TABLES[name].capitalize() + ".", ""]
    key = ", ".join(f"`{column}`" for column in KEYS[name])
    rows = [
        f"| {column.name} | {need(column)} | {allowed(column)} | {column.doc.replace('|', chr(92) + '|')} |"
        for column in TABLES[name]
    ]
    head = ["| column | needed | holds | meaning |", "|---|---|---|---|"]
    return [f"## {name}", "", f"No two rows share {key}.", "", *head, *rows, ""]


def page() -> str:
    """The whole of docs/tables.md."""
    lines = [line for name in (*TABLES, *SQUARE_TABLES) for line in section(name)]
    return HEAD + "\n" + "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
