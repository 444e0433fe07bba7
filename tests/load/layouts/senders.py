"""Made-up files as senders write them, and a table read through a layout."""

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from neutralizer.errors import Issues
from neutralizer.load.written import entry
from neutralizer.load.written.memory import Memory
from neutralizer.load.written.table import Raw
from neutralizer.load.written.yaml_text import YamlText

IB_ACTIVITY = """\
Statement,Header,Field Name,Field Value
Statement,Data,Title,Activity Statement
Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Close Price,Value
Open Positions,Data,Summary,Stocks,USD,AAPL,"1,200",1,150.1,210.62,"252,744"
Open Positions,Data,Lot,Stocks,USD,AAPL,700,1,150.1,210.62,"147,434"
Open Positions,Data,Lot,Stocks,USD,AAPL,500,1,150.1,210.62,"105,310"
Open Positions,Data,Summary,Futures,USD,ESU4,-3,50,5400,5521.5,"-828,225"
Open Positions,Total,,Stocks,USD,,,,,,"252,744"
Notes,Header,Note
Notes,Data,prices are delayed
"""
IB_FLEX = """\
"ClientAccountID","CurrencyPrimary","AssetClass","Symbol","Multiplier","Quantity","MarkPrice","LevelOfDetail"
"U1","USD","STK","AAPL","1","1200","210.62","SUMMARY"
"U1","USD","STK","AAPL","1","1200","210.62","LOT"
"U2","EUR","STK","SAP","1","-40","189.5","SUMMARY"
"""
CUSTODIAN = """\
Bestand per 28.06.2024;;;;;
;;;;;
Portfolio;ISIN;Bezeichnung;Currency;Long Qty;Short Qty
Süd;DE0007164600;SAP SE;EUR;1.200,50;
Süd;DE0007164600;SAP SE;EUR;99,50;
Nord;FR0000120271;TotalEnergies;EUR;;300
Total;;;;1.300,00;300
"""
FIX_BLOTTER = """\
ClOrdID,Account,Symbol,Side,OrdStatus,OrderQty,LeavesQty
O1,A7,AAPL,1,1,500,300
O2,A7,ESU4,2,0,4,4
O3,A8,AAPL,5,A,50,50
O4,A8,AAPL,1,2,70,0
"""
PYSYSTEM_POSITIONS = """\
,instrument_code,contract_id,position
0,CORN,20241200,-12
1,EUROSTX,20240900,7
2,GOLD,20240800,
"""
PYSYSTEM_INSTRUMENTS = """\
symbol,description,pointsize,currency,asset_class,per_block,percentage,per_trade,region
CORN,CBOT Corn,50.0,USD,Ags,2.81,0.0,0,US
EUROSTX,Euro Stoxx 50,10.0,EUR,Equity,1.9,0.0,0,EMEA
"""
WIDE_PRICES = """\
Date,AAPL,SAP
2024-06-27,214.1,188.0
2024-06-28,210.62,189.54
"""


@dataclass
class Told:
    """A table as it was read, or the issues that say why not."""

    raw: Raw | None
    errors: list[str]
    left: list[str] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Cells by the names of our columns."""
        assert self.raw is not None, self.errors
        return [dict(zip(self.raw.header, row, strict=True)) for row in self.raw.rows]


def through(table: str, named: Any, **files: str | bytes) -> Told:
    """A table that an entry of scenario.yaml names, among files; `__` in a name is a slash, `_DOT_` a dot."""
    own = {
        name.replace("__", "/").replace("_DOT_", "."): x if isinstance(x, bytes) else x.encode()
        for name, x in files.items()
    }
    return in_files(table, named, own)


def in_files(table: str, named: Any, files: dict[str, bytes]) -> Told:
    """The same with the files by their names."""
    issues, source = Issues(), Memory(files)
    found = entry.read(table, table, named, YamlText("scenario.yaml"), source, issues)
    return Told(found.raw, [str(x) for x in issues.found], found.left, source.read)


def workbook(rows: list[list[Any]], sheet: str = "Positions", merged: str = "") -> bytes:
    """A workbook of one sheet; a cell is text, a number, None, or its XML from `<c`."""
    lines = [
        f'<row r="{r}">' + "".join(_cell(r, c, x) for c, x in enumerate(row)) + "</row>"
        for r, row in enumerate(rows, 1)
        if row
    ]
    merge = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd'
        '.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{links}"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship '
        f'Id="r1" Type="{links}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData>'
        f"{merge}</worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _cell(row: int, column: int, value: Any) -> str:
    where = f'r="{chr(65 + column)}{row}"'
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("<c"):
        return value.replace("<c", f"<c {where}", 1)
    if isinstance(value, str):
        return f'<c {where} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c {where}><v>{value!r}</v></c>"


def ods(cells: str) -> bytes:
    """An OpenDocument workbook of one sheet."""
    office, table, text, calcext = (
        "urn:oasis:names:tc:opendocument:xmlns:office:1.0", "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "urn:oasis:names:tc:opendocument:xmlns:text:1.0", "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    )  # fmt: skip
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" xmlns:text="{text}" xmlns:calcext="{calcext}">'
        f'<office:body><office:spreadsheet><table:table table:name="P">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def word(text: str) -> str:
    return (
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )


def number(value: str) -> str:
    return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'


def rows(*all_cells: str) -> str:
    return "".join(f"<table:table-row>{cells}</table:table-row>" for cells in all_cells)
