"""The bytes of a sender's file -> its rows: CSV of any dialect, spreadsheets, Parquet and Arrow."""

import io
import zipfile
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

from neutralizer.errors import Issues
from neutralizer.load.layouts.grid import Grid, table_in
from neutralizer.load.layouts.layout import Format
from neutralizer.load.written.given import text_of
from neutralizer.load.written.plain import MOST
from neutralizer.load.written.table import split
from neutralizer.load.written.text import decoded

EXTRA = "pip install 'neutralizer[files]', or save the file as CSV"
WORKBOOKS = (".xlsx", ".ods")
TYPED = (*WORKBOOKS, ".parquet", ".arrow", ".feather")  # their cells are numbers and dates
Rows = tuple[list[list[Any]], list[int]]


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
            found: Rows | None = _workbook(file, data, form, kind, issues)
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
            if sum(group.total_byte_size for group in groups) > MOST:
                raise ValueError("it is over 256 MiB when unpacked; split it")
            table = file.read()
        else:
            table = feather.read_table(io.BytesIO(data))
        columns = [column.to_pylist() for column in table.columns]
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"not a table of Arrow: {str(error)[:60]}") from None
    rows: list[list[Any]] = [list(table.column_names), *map(list, zip(*columns, strict=True))]
    return rows, list(range(len(rows)))


def _workbook(file: str, data: bytes, form: Format, kind: str, issues: Issues) -> Rows | None:
    """Blank rows at the top count, so that lines are those that a person sees."""
    import python_calamine

    try:
        if sum(x.file_size for x in zipfile.ZipFile(io.BytesIO(data)).infolist()) > MOST:
            raise ValueError("it is over 256 MiB when unpacked; split it")
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        number = int(form.sheet) - 1 if form.sheet.isdigit() else -1
        name = (
            form.sheet
            if form.sheet in names
            else "".join(names[number : number + 1] if number >= 0 else [])
        )
        if not name:
            known = ", ".join(names)
            issues.error(file, 0, "", form.sheet, "no such sheet", f"name one of {known[:200]}")
            return None
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
        merged = sheet.merged_cell_ranges or []
        silent = _silent_cells(data, names.index(name), kind)
    except (
        python_calamine.CalamineError,
        zipfile.BadZipFile,
        ElementTree.ParseError,
        KeyError,
    ) as error:
        raise ValueError(f"not a workbook: {str(error)[:60]}") from None
    for cell, what in silent:
        issues.error(file, 0, cell, None, what, "correct it in the workbook and save it again")
    for (top, left), _ in merged:
        cell = f"{_letters(left)}{top + 1}"
        if not form.header or top >= _first(rows, form.header):
            issues.error(file, top + 1, cell, None, "merged cells", "unmerge them and fill each")
    return ([[_cell(c) for c in row] for row in rows], list(range(1, len(rows) + 1)))


def _cell(value: Any) -> Any:
    """Yes and no as words; the rest is typed where it is taken."""
    return text_of(value, "") if isinstance(value, bool) else value


def _first(rows: list[list[Any]], header: str) -> int:
    return next((k for k, row in enumerate(rows) if header in row), 0)


def _letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _silent_cells(data: bytes, sheet: int, kind: str) -> list[tuple[str, str]]:
    """Cells that the reader would take for blank: errors, and formulas that were never computed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if kind == ".ods":
            return _silent_in_ods(archive.read("content.xml"), sheet)
        return _silent_in_xlsx(archive, sheet)


def _silent_in_xlsx(archive: zipfile.ZipFile, sheet: int) -> list[tuple[str, str]]:
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = {link.get("Id"): link.get("Target", "") for link in links}
    own = [x for x in book.iter() if _tag(x) == "sheet"][sheet]
    link = next(v for k, v in own.attrib.items() if k.endswith("}id"))
    name = target[link].lstrip("/")
    found = []
    with archive.open(name if name.startswith("xl/") else f"xl/{name}") as xml:
        for _, cell in ElementTree.iterparse(xml):
            if _tag(cell) == "c":
                parts = {_tag(part): part.text for part in cell}
                if cell.get("t") == "e":
                    found.append((cell.get("r", ""), f"the error {parts.get('v')}"))
                elif "f" in parts and parts.get("v") is None and cell.get("t") != "str":
                    found.append((cell.get("r", ""), "a formula that was never computed"))
            elif _tag(cell) == "row":
                cell.clear()
    return found


def _silent_in_ods(content: bytes, sheet: int) -> list[tuple[str, str]]:
    table = [x for x in ElementTree.fromstring(content).iter() if _tag(x) == "table"][sheet]
    found, top = [], 0
    for row in (x for x in table.iter() if _tag(x) == "table-row"):
        left = 0
        for cell in row:
            own = {key.rpartition("}")[2]: value for key, value in cell.attrib.items()}
            where = f"{_letters(left)}{top + 1}"
            types = [v for k, v in cell.attrib.items() if k.endswith("}value-type")]
            if "error" in types:
                found.append((where, f"the error {''.join(cell.itertext())[:20]}"))
            elif "formula" in own and not types:
                found.append((where, "a formula that was never computed"))
            left += int(own.get("number-columns-repeated", 1))
        top += int(
            next((v for k, v in row.attrib.items() if k.endswith("}number-rows-repeated")), 1)
        )
    return found


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
