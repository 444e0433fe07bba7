"""A sheet of a workbook -> its rows, by python-calamine; what that takes for blank is looked for in the XML."""

import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

from neutralizer.errors import Issues
from neutralizer.load.layouts.grid import Rows
from neutralizer.load.layouts.layout import Format
from neutralizer.load.written.given import text_of
from neutralizer.load.written.plain import MOST

MOST_CELLS = 10_000_000  # of a sheet from its first to its last, blank ones too
TOO_LARGE = "it is too large when unpacked; split it, or clear the cells far from the table"
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def rows_in(file: str, data: bytes, form: Format, issues: Issues) -> Rows | None:
    """Every row of a sheet; blank ones at the top count, so that lines are those that a person sees. None, with
    issues, where it cannot be read; raises ValueError where it is no workbook.
    """
    import python_calamine

    try:
        if sum(x.file_size for x in zipfile.ZipFile(io.BytesIO(data)).infolist()) > MOST:
            raise ValueError(TOO_LARGE)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        seen = python_calamine.SheetVisibleEnum.Visible
        name = _sheet(
            form.sheet, names, [x.name for x in book.sheets_metadata if x.visible == seen]
        )
        if name is None:
            known = ", ".join(names)
            issues.error(file, 0, "", form.sheet, "no such sheet", f"name one of {known[:200]}")
            return None
        silent = _silent_cells(data, names.index(name), file.lower().endswith(".ods"))
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
        merged = sheet.merged_cell_ranges or []
    except (
        python_calamine.CalamineError,
        zipfile.BadZipFile,
        ElementTree.ParseError,
        KeyError,
        IndexError,
        StopIteration,
    ) as error:
        raise ValueError(f"not a workbook: {str(error)[:60]}") from None
    for cell, what in silent:
        issues.error(file, 0, cell, None, what, "correct it in the workbook and save it again")
    for (top, left), _ in merged:
        cell = f"{_letters(left)}{top + 1}"
        if not form.header or top >= _first(rows, form.header):
            issues.error(file, top + 1, cell, None, "merged cells", "unmerge them and fill each")
    return ([[_cell(c) for c in row] for row in rows], list(range(1, len(rows) + 1)))


def _sheet(wanted: str, names: list[str], visible: list[str]) -> str | None:
    """By its name, or counted from 1 among those that a person sees."""
    if wanted in names:
        return wanted
    number = int(wanted) if wanted.isascii() and wanted.isdigit() else 0
    return visible[number - 1] if 0 < number <= len(visible) else None


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


def _number(letters: str) -> int:
    """Of a column, from 1."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _silent_cells(data: bytes, sheet: int, is_ods: bool) -> list[tuple[str, str]]:
    """Cells that the reader would take for blank: errors, and formulas that were never computed. Raises
    ValueError where cells lie too far apart.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if is_ods:
            return _silent_in_ods(archive.read("content.xml"), sheet)
        return _silent_in_xlsx(archive, sheet)


def _silent_in_xlsx(archive: zipfile.ZipFile, sheet: int) -> list[tuple[str, str]]:
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = {link.get("Id"): link.get("Target", "") for link in links}
    own = [x for x in book.iter() if _tag(x) == "sheet"][sheet]
    link = next(v for k, v in own.attrib.items() if k.endswith("}id"))
    name = target[link].lstrip("/")
    stale = any(
        x.get("fullCalcOnLoad") in ("1", "true") for x in book.iter() if _tag(x) == "calcPr"
    )
    found, bottom, right = [], 1, 1
    with archive.open(name if name.startswith("xl/") else f"xl/{name}") as xml:
        for _, cell in ElementTree.iterparse(xml):
            if _tag(cell) == "c":
                parts = {_tag(part): part.text for part in cell}
                place = _PLACE.fullmatch(cell.get("r", "A1"))
                if place is None:
                    raise ValueError("not a workbook: a cell without a place")
                bottom, right = max(bottom, int(place[2])), max(right, _number(place[1]))
                if bottom * right > MOST_CELLS:
                    raise ValueError(TOO_LARGE)
                if cell.get("t") == "e":
                    found.append((cell.get("r", ""), f"the error {parts.get('v')}"))
                elif "f" in parts and (
                    stale or (parts.get("v") is None and cell.get("t") != "str")
                ):
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
            elif _tag(cell) == "covered-table-cell":
                found.append((where, "merged cells"))
            elif "formula" in own and not types:
                found.append((where, "a formula that was never computed"))
            left += int(own.get("number-columns-repeated", 1))
        top += int(
            next((v for k, v in row.attrib.items() if k.endswith("}number-rows-repeated")), 1)
        )
    return found


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
