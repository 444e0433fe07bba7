"""The cells of a sender's file, before anything is taken from them: header, rows and where each stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from neutralizer.errors import Issues
from neutralizer.load.layouts.layout import Format
from neutralizer.load.written import values
from neutralizer.load.written.given import text_of

Rows = tuple[list[list[Any]], list[int]]  # cells, and the line of each row
NOTE = 1  # cells at most of a row after the footer


@dataclass(frozen=True)
class Grid:
    """`rows[r][c]` as text, or as a number or date where the file itself types it, blank as "". `lines` has the
    line of each row, `labels` of wide tables the column that each row was.
    """

    file: str
    header: tuple[str, ...]
    rows: list[list[Any]]
    lines: list[int]
    head: int = 1
    labels: tuple[str, ...] = ()

    def at(self, column: str) -> int:
        """Where a column is; it must be there."""
        return self.header.index(column)


def is_blank(row: Sequence[Any]) -> bool:
    """Whether nothing stands in it."""
    return all(cell == "" for cell in row)


def table_in(
    file: str, rows: list[list[Any]], lines: list[int], form: Format, issues: Issues
) -> Grid | None:
    """The table among a file's rows: of its section, from its header to its footer."""
    where = dict(zip(map(id, rows), lines, strict=True))
    before = len(issues.errors)
    kept = _section(file, rows, where, form, issues) if form.section else rows
    start = _header(file, kept, where, form, issues)
    if start is None:
        return None
    body = (
        _to_footer(file, kept[start + 1 :], where, form, issues)
        if form.footer
        else kept[start + 1 :]
    )
    last = next((k for k in range(len(body), 0, -1) if not is_blank(body[k - 1])), 0)
    body = body[:last]
    header = [_name(cell) for cell in kept[start]]
    while header and not header[-1]:
        header.pop()
    grid = Grid(file, tuple(header), body, [where[id(r)] for r in body], where[id(kept[start])])
    grid = _in_shape(grid, issues)
    if len(issues.errors) > before:
        return None
    return _long(grid, form.wide) if form.wide else grid


def _name(cell: Any) -> str:
    try:
        return cell if isinstance(cell, str) else text_of(cell, "id")
    except ValueError:
        return str(cell)


def _section(
    file: str, rows: list[list[Any]], where: dict[int, int], form: Format, issues: Issues
) -> list[list[Any]]:
    """The rows that begin with its name; or, where a row holds the name alone, those after it up to a
    blank one.
    """
    own = [k for k, row in enumerate(rows) if row and row[0] == form.section]
    if not own:
        remedy = "correct the layout's format.section, or fetch the whole file"
        issues.error(file, 0, "", form.section, "no such section", remedy)
        return []
    if not is_blank(rows[own[0]][1:]):
        if own[-1] - own[0] >= len(own):
            between = next(k for k in range(own[0], own[-1]) if k not in own)
            remedy = "correct its first cell, or fetch the file again"
            issues.error(
                file,
                where[id(rows[between])],
                "",
                None,
                "a row of another section inside this one",
                remedy,
            )
        return [rows[k] for k in own]
    if len(own) > 1:
        issues.error(
            file, where[id(rows[own[1]])], "", form.section, "the section comes twice", "keep one"
        )
    rest = rows[own[0] + 1 :]
    end = next((k for k, row in enumerate(rest) if is_blank(row)), len(rest))
    return rest[:end]


def _header(
    file: str, rows: list[list[Any]], where: dict[int, int], form: Format, issues: Issues
) -> int | None:
    if form.header is None:
        if rows and not is_blank(rows[0]):
            return 0
        issues.error(
            file,
            0 if not rows else where[id(rows[0])],
            "",
            None,
            "no header row",
            "begin with it, or name a cell of it in format.header",
        )
        return None
    found = [k for k, row in enumerate(rows) if form.header in row]
    if not found:
        issues.error(
            file,
            0,
            "",
            form.header,
            "no row has this cell of the header",
            "correct the layout's format.header, or fetch the file again",
        )
    return found[0] if found else None


def _to_footer(
    file: str, rows: list[list[Any]], where: dict[int, int], form: Format, issues: Issues
) -> list[list[Any]]:
    end = next((k for k, row in enumerate(rows) if form.footer in row), None)
    if end is None:
        reason = "the footer is missing: the file may have been cut off"
        issues.error(file, 0, "", form.footer, reason, "fetch it again, or correct format.footer")
        return rows
    for row in rows[end + 1 :]:
        if form.footer in row or sum(cell != "" for cell in row) > NOTE:
            remedy = "fetch the file again, or correct format.footer"
            issues.error(file, where[id(row)], "", None, "a row after the footer", remedy)
            break
    return rows[:end]


def _in_shape(grid: Grid, issues: Issues) -> Grid:
    """Every row as wide as the header; what is wider holds nothing more, and no line breaks."""
    width = len(grid.header)
    if all(len(row) == width and any(row) for row in grid.rows) and not _stand_out(grid):
        return grid
    rows = []
    for row, line in zip(grid.rows, grid.lines, strict=True):
        reason = ""
        if is_blank(row):
            reason = "a blank line"
        elif len(row) < width or not is_blank(row[width:]):
            reason = f"the row has {len(row)} fields, the header {width}"
        elif [_name(cell) for cell in row[:width]] == list(grid.header):
            reason = "the header stands again"
        elif any(isinstance(c, str) and ("\n" in c or "\r" in c) for c in row):
            reason = "a line break in a field"
        if reason:
            remedy = "correct the row; the layout may need section, header or footer"
            issues.error(grid.file, line, "", None, reason, remedy)
        rows.append(row[:width])
    return replace(grid, rows=rows)


def _stand_out(grid: Grid) -> bool:
    """Whether any row is the header again, or any text is of several lines."""
    texts = (cell for row in grid.rows for cell in row if isinstance(cell, str))
    whole = "\0".join(texts)
    return "\n" in whole or "\r" in whole or list(grid.header) in grid.rows


def _long(grid: Grid, which: str) -> Grid:
    """A wide table, its first column labels of rows and its header names, as (row, name, value)."""
    numbered = list(zip(grid.rows, grid.lines, strict=True))
    rows: list[list[Any]] = []
    lines: list[int] = []
    labels: list[str] = []
    for row, line in numbered[-1:] if which == "last" else numbered:
        for name, value in zip(grid.header[1:], row[1:], strict=True):
            if which == "last" or value != "":
                rows.append([row[0], name, value])
                lines.append(line)
                labels.append(values.plain(name))
    return Grid(grid.file, ("row", "name", "value"), rows, lines, grid.head, tuple(labels))
