"""The bytes of a sender's file -> its rows: CSV of any dialect, spreadsheets, Parquet and Arrow."""

import io
from pathlib import PurePosixPath
from typing import Any

from neutralizer.errors import Issues
from neutralizer.load.layouts import workbook
from neutralizer.load.layouts.grid import Grid, Rows, table_in
from neutralizer.load.layouts.layout import Format
from neutralizer.load.layouts.workbook import MOST_CELLS, TOO_LARGE
from neutralizer.load.written.plain import MOST
from neutralizer.load.written.table import split
from neutralizer.load.written.text import decoded

EXTRA = "pip install 'neutralizer[files]', or save the file as CSV"
WORKBOOKS = (".xlsx", ".ods")
TYPED = (*WORKBOOKS, ".parquet", ".arrow", ".feather")  # their cells are numbers and dates


def grid_of(file: str, data: bytes, form: Format, issues: Issues) -> Grid | None:
    """The table of a file; None, with issues, where it has none."""
    found = rows_of(file, data, form, issues)
    if found is None:
        return None
    rows, lines = found
    return table_in(file, rows, lines, form, issues)


def rows_of(file: str, data: bytes, form: Format, issues: Issues) -> Rows | None:
    """Every row of a file with its line, nothing as ""; None, with issues, where it cannot be read."""
    kind = PurePosixPath(file).suffix.lower()
    try:
        if kind in WORKBOOKS:
            found: Rows | None = workbook.rows_in(file, data, form, issues)
        elif kind in TYPED:
            found = _columnar(data, kind)
        else:
            found = _text(file, data, form, issues)
    except ImportError as missing:
        issues.error(file, 0, "", None, f"cannot be read without {missing.name}", EXTRA)
        return None
    except ValueError as error:
        reason, _, remedy = str(error).partition("; ")
        issues.error(file, 0, "", None, reason, remedy or "fetch it again, or save it as CSV")
        return None
    if found is None:
        return None
    rows, lines = found
    if not form.absent and kind not in TYPED:
        return rows, lines
    nothing = {"", *form.absent}
    return [["" if _is_nothing(cell, nothing) else cell for cell in row] for row in rows], lines


def _is_nothing(cell: Any, nothing: set[str]) -> bool:
    return cell in nothing if isinstance(cell, str) else cell is None or cell != cell


def _text(file: str, data: bytes, form: Format, issues: Issues) -> Rows | None:
    text = decoded(file, data, issues, form.encoding)
    if text is None:
        return None
    return split(file, text, "\t" if form.separator == "tab" else form.separator, issues)


def _columnar(data: bytes, kind: str) -> Rows:
    """Rows are counted from 1; the names stand on line 0."""
    import pyarrow
    from pyarrow import feather, parquet

    try:
        if kind == ".parquet":
            file = parquet.ParquetFile(io.BytesIO(data))
            groups = (file.metadata.row_group(k) for k in range(file.metadata.num_row_groups))
            cells = file.metadata.num_rows * file.metadata.num_columns
            if cells > MOST_CELLS or sum(group.total_byte_size for group in groups) > MOST:
                raise ValueError(TOO_LARGE)
            table = file.read()
        else:
            table = feather.read_table(io.BytesIO(data))
        if table.num_rows * table.num_columns > MOST_CELLS or table.nbytes > MOST:
            raise ValueError(TOO_LARGE)
        table.validate(full=True)
        columns = [column.to_pylist() for column in table.columns]
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"not a table of Arrow: {str(error)[:60]}") from None
    rows: list[list[Any]] = [list(table.column_names), *map(list, zip(*columns, strict=True))]
    return rows, list(range(len(rows)))
