"""Workbooks, Parquet and Arrow: numbers as they are stored, ids as text, dates as dates."""

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from tests.conftest import ROOT
from tests.load.layouts.senders import in_files, number, ods, rows, word, workbook

LAYOUT = b"columns: {instrument_id: id, price: px, expiry: last, price_time: made, lot_size: lot}\nformat: {zone: '-04:00'}"
TABLE = {
    "id": ["ES-JUN", "00123"],
    "px": [Decimal("5521.25"), Decimal("0.1")],
    "last": [date(2024, 6, 21), None],
    "made": [datetime(2024, 6, 20, 16), datetime(2024, 6, 20, 16, 30)],
    "lot": [1, 100],
    "unused": [1.5, float("nan")],
}
ROWS = [
    {"instrument_id": "ES-JUN", "price": "5521.25", "expiry": "2024-06-21", "price_time": "2024-06-20T16:00:00", "lot_size": "1"},
    {"instrument_id": "00123", "price": "0.10", "expiry": "", "price_time": "2024-06-20T16:30:00", "lot_size": "100"},
]  # fmt: skip


def read(file: str, data: bytes, layout: bytes = LAYOUT, table: str = "instruments") -> Any:
    return in_files(table, {"file": file, "layout": "l.yaml"}, {file: data, "l.yaml": layout})


@pytest.mark.parametrize("file", ["f.parquet", "f.arrow", "f.feather"])
def test_a_table_of_arrow_is_read_as_it_is_stored(file: str) -> None:
    out = io.BytesIO()
    table = pa.table(TABLE)
    if file.endswith("parquet"):
        parquet.write_table(table, out)
    else:
        feather.write_feather(table, out)
    told = read(file, out.getvalue())
    assert told.errors == []
    assert [{k: v.removesuffix("-04:00") for k, v in row.items()} for row in told.rows] == ROWS
    assert told.raw.lines == [1, 2]
    other = read(file, out.getvalue(), LAYOUT.replace(b"zone:", b"time: 'dd.mm.yyyy hh:mm', zone:"))
    assert other.rows == told.rows  # how text is written says nothing of a time that is one


def test_a_sheet_is_found_by_its_name_or_number_and_starts_where_it_starts() -> None:
    rows: list[list[Any]] = [
        [],
        ["report"],
        ["id", "px", "qty"],
        ["00123", 0.1, 1e15],
        ["X", 1234567.891, -3],
    ]
    data = workbook(rows, sheet="Positionen")
    for sheet in ("Positionen", '"1"'):
        layout = f"format: {{sheet: {sheet}, header: id}}\ncolumns: {{book_id: =B, instrument_id: id, quantity: qty, mark_price: px}}"
        told = read("f.xlsx", data, layout.encode(), "positions")
        assert told.errors == []
        assert [list(row.values()) for row in told.rows] == [
            ["B", "00123", "1000000000000000", "0.1"],
            ["B", "X", "-3", "1234567.891"],
        ]
        assert told.raw.where(1, "quantity") == ("f.xlsx", 5, "qty")
    told = read("f.xlsx", data, b"format: {sheet: Other}\ncolumns: {book_id: id}", "positions")
    assert told.errors == ["ERROR f.xlsx value='Other' no such sheet; name one of Positionen"]


POSITIONS = b"columns: {book_id: b, instrument_id: i, quantity: q}"


def test_an_opendocument_sheet_is_read() -> None:
    data = ods(rows(word("b") + word("i") + word("q"), word("X") + word("A") + number("12.5")))
    told = read("f.ods", data, POSITIONS, "positions")
    assert told.errors == []
    assert [list(row.values()) for row in told.rows] == [["X", "A", "12.5"]]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ('<table:table-cell calcext:value-type="error" office:value-type="string"><text:p>#N/A</text:p></table:table-cell>', "the error #N/A"),
        ('<table:table-cell table:formula="of:=1+1"/>', "a formula that was never computed"),
    ],
)  # fmt: skip
def test_what_an_opendocument_sheet_does_not_say_is_refused(cell: str, what: str) -> None:
    data = ods(rows(word("b") + word("i") + word("q"), word("X") + word("A") + cell))
    told = read("f.ods", data, POSITIONS, "positions")
    assert told.errors[0] == f"ERROR f.ods:C2 {what}; correct it in the workbook and save it again"


CONFIG = ROOT.parent / "shared/data/futures/pysystemtrade2024_instrumentconfig.csv"


def test_a_real_instrument_config_is_read(tmp_path: Path) -> None:
    """586 futures, as pysystemtrade ships them."""
    if not CONFIG.is_file():
        pytest.skip("the market data are not beside this checkout")
    data = CONFIG.read_bytes()
    symbols = [line.split(",")[0] for line in data.decode().splitlines()[1:] if line]
    maps = {
        f"layouts/{name}.csv": ("\n".join([f"symbol,{column}", *(f"{s},{value or s}" for s in symbols)]) + "\n").encode()
        for name, column, value in (("contracts", "instrument_id", ""), ("prices", "price", "100"), ("spreads", "half_spread_per_unit", "1"))
    }  # fmt: skip
    told = in_files(
        "instruments",
        {"file": "c.csv", "layout": "pysystemtrade_instruments"},
        {"c.csv": data, **maps},
    )
    assert told.errors == []
    assert len(told.rows) == len(symbols)
    assert {row["instrument_id"]: row["multiplier"] for row in told.rows}["30YRCONF"] == "5000.0"
