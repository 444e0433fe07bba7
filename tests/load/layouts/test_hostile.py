"""What a sender's file may not hold, told by its file, line and column, and nothing read in between."""

import io
import random
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.load.layouts.senders import CUSTODIAN, in_files, through, workbook

LONG_SHORT = "format: {separator: ';', number: '1.234,56'}\ncolumns: {book_id: B, instrument_id: I, quantity: {long: L, short: S}}"
PLAIN = "columns: {book_id: B, instrument_id: I, quantity: Q}"
SIDES = "columns: {book_id: B, instrument_id: I, quantity: {size: Q, side: S, negative: [S]}}"
WHERE = "where: {T: [A]}\nleave: {T: [C]}\n" + PLAIN
SHEET = "format: {header: B}\n" + PLAIN
F, L = "f.csv", "l.yaml"
CORRECT = "correct the row; the layout may need section, header or footer"

TEXTS: list[tuple[str, str, str]] = [
    (LONG_SHORT, "B;I;L;S\nX;A;1.5;", "f.csv:2:L value='1.5' not a number; the layout says that numbers are written as 1.234,56"),
    (LONG_SHORT, "B;I;L;S\nX;A;1,234.5;", "f.csv:2:L value='1,234.5' not a number; the layout says that numbers are written as 1.234,56"),
    (LONG_SHORT, "B;I;L;S\nX;A;1.23,5;", "f.csv:2:L value='1.23,5' not a number; the layout says that numbers are written as 1.234,56"),
    (LONG_SHORT, "B;I;L;S\nX;A;;3\nX;B;;-3", "f.csv:3:S value='-3' short positions of either sign; write short positions with a minus, or all without"),
    (LONG_SHORT, "B;I;L;S\nX;A;-3;", "f.csv:2:L value='-3' a long position below zero; correct its sign"),
    (LONG_SHORT, "B;I;L\nX;A;3", "f.csv:1:S the layout names a column that is not there; correct l.yaml; there are B, I, L"),
    (PLAIN, "B,I,Q,Q\nX,A,3,4", "f.csv:1:Q duplicate column; correct l.yaml"),
    (PLAIN, "B,I,Q\nX,A", f"f.csv:2 the row has 2 fields, the header 3; {CORRECT}"),
    (PLAIN, "B,I,Q\nX,A,3,4", f"f.csv:2 the row has 4 fields, the header 3; {CORRECT}"),
    (PLAIN, "B,I,Q\nX,A,3\n\nX,C,4", f"f.csv:3 a blank line; {CORRECT}"),
    (PLAIN, "B,I,Q\nB,I,Q\nX,C,4", f"f.csv:2 the header stands again; {CORRECT}"),
    (PLAIN, 'B,I,Q,N\nX,A,3,"a\nb"\nX,C,4,', f"f.csv:2 a line break in a field; {CORRECT}"),
    (PLAIN, 'B,I,Q\nX,"A,3\n', "f.csv:2 unexpected end of data; correct the quotes of this line"),
    (PLAIN, "B,I,Q\nX,A,3\x00", "f.csv:2 value='\\x00' a control character stands in the file; remove it"),
    (PLAIN, "", "f.csv the file is empty; write a header row"),
    (SIDES, "B,I,Q,S\nX,A,3,B\nX,C,3,s", "f.csv:3:S value='s' not known on which side it is; name it in the layout, negative or positive; negative: S"),
    (SIDES, "B,I,Q,S\nX,A,3,B\nX,C,3,Sell", "f.csv:3:S value='Sell' not known on which side it is; name it in the layout, negative or positive; negative: S"),
    (SIDES, "B,I,Q,S\nX,A,3,", "f.csv:2:S value='' not known on which side it is; name it in the layout, negative or positive; negative: S"),
    (SIDES, "B,I,Q,S\nX,A,-3,B", "f.csv:2:Q value='-3' a size below zero beside its side; correct its sign"),
    (WHERE, "B,I,Q,T\nX,A,3,A\nX,C,3,c", "f.csv:3:T value='c' not known whether its row counts; name it in the layout's where or leave; there: A, C"),
    ("format: {section: Open}\n" + PLAIN, "B,I,Q\nX,A,3", "f.csv value='Open' no such section; correct the layout's format.section, or fetch the whole file"),
    ("format: {header: Bk}\n" + PLAIN, "B,I,Q\nX,A,3", "f.csv value='Bk' no row has this cell of the header; correct the layout's format.header, or fetch the file again"),
    ("format: {footer: Total}\n" + PLAIN, "B,I,Q\nX,TotalEnergies,3", "f.csv value='Total' the footer is missing: the file may have been cut off; fetch it again, or correct format.footer"),
    ("format: {footer: Total}\n" + PLAIN, "B,I,Q\nTotal,,3\nX,A,3", "f.csv:3 a row after the footer; fetch the file again, or correct format.footer"),
    ("columns: {book_id: {of: B, by: m.csv}, instrument_id: I, quantity: Q}", "B,I,Q\nX,A,3\nY,A,3\nZ,A,3", "f.csv:2:B value='X' the map has no book_id for it; add to m.csv: X, Z"),
    ("columns: {book_id: {of: B, by: {Y: MM}}, instrument_id: I, quantity: Q}", "B,I,Q\nX,A,3", "f.csv:2:B value='X' the map has no book_id for it; add to the layout's columns.book_id.by: X"),
    ("columns: {book_id: {of: B, by: none.csv}, instrument_id: I, quantity: Q}", "B,I,Q\nX,A,3", "none.csv no such map file, named by l.yaml; write it: B,book_id, then a row for each"),
    (PLAIN + "\nadd: [quantity]", "B,I,Q\nX,A,3\nX,A,three", "f.csv:2:Q value='3' lots that are no numbers; write a plain decimal number"),
    ("columns: {book_id: B, instrument_id: I, quantity: Q, mark_price: P}\nadd: [quantity]", "B,I,Q,P\nX,A,3,7\nX,A,4,8", "f.csv:3:P value='8' lots of one position differ, first on line 2; correct one of them, or do not take this column"),
    ("columns: {book_id: B, instrument_id: I, quantity: Q, as_of: T}\nformat: {date: dd/mm/yyyy, time: 'dd.mm.yyyy hh:mm', zone: Europe/Berlin}", "B,I,Q,T\nX,A,3,27.10.2024 02:30", "f.csv:2:T value='27.10.2024 02:30' not a datetime; this hour comes twice or never by that clock: write its offset"),
    ("columns: {book_id: B, instrument_id: I, qty: Q}", "B,I,Q\nX,A,3", "l.yaml columns.qty no column of positions; remove or rename it"),
    ("columns: {book_id: B, quantity: {size: Q}}", "B,I,Q\nX,A,3", "l.yaml:1 columns.quantity not a valid value; name size, side, and which sides are negative: [S, 2]"),
    ("columns: {book_id: B}\nformat: {number: '1.234.56'}", "B,I,Q\nX,A,3", "l.yaml:2 format.number value='1.234.56' not a valid value; write 1234.56 as the sender would: 1.234,56 or (1,234.56) or 1'234.56-"),
    ("columns: {book_id: B}\nformats: {}", "B,I,Q\nX,A,3", "l.yaml:2 formats unknown key; remove or rename it; did you mean format?"),
    (SIDES, "B,I,Q,S\nX,A,3,Sold", "f.csv:2:S value='Sold' not known on which side it is; name it in the layout, negative or positive; negative: S"),
    (PLAIN + "\nadd: [quantity]", "B,I,Q\nX,A,3\nX,A,", "f.csv:2:Q value='3' lots that are no numbers; write a plain decimal number"),
    ("columns: {instrument_id: I, quantity: Q}\nadd: [quantity]", "B,I,Q\nX,A,3", "l.yaml add the layout takes no book_id to add by; take it, say it with `set`, or remove add"),
    ("format: {section: S}\n" + PLAIN, "S,B,I,Q\nS,X,A,3\nR,X,C,4\nS,X,D,5", "f.csv:3 a row of another section inside this one; correct its first cell, or fetch the file again"),
    ("columns: {}", "B,I,Q\nX,A,3", "l.yaml:1 not a valid value; name at least one column of ours, and where it is taken from"),
    ("where: {B: [X]}\nleave: {B: [X, Y]}\n" + PLAIN, "B,I,Q\nX,A,3", "l.yaml:1 not a valid value; a value of B stands in where and in leave"),
    ("columns: {quantity: {of: Q, times: [1]}}", "B,I,Q\nX,A,3", "l.yaml:1 columns.quantity.times not a valid value"),
    ("columns: {quantity: {of: Q, times: 0}}", "B,I,Q\nX,A,3", "l.yaml:1 columns.quantity.times value='0' not a valid value; write a number other than 0"),
    ("format: {}", "B,I,Q\nX,A,3", "l.yaml:1 columns required key is missing; add it"),
]  # fmt: skip

MAP = b"B,book_id\nY,MM\n"


@pytest.mark.parametrize(("layout", "text", "line"), TEXTS)
def test_it_is_refused_by_the_sender_s_line_and_column(layout: str, text: str, line: str) -> None:
    told = in_files(
        "positions", {"file": F, "layout": L}, {F: text.encode(), L: layout.encode(), "m.csv": MAP}
    )
    assert told.raw is None
    assert told.errors[0].startswith(f"ERROR {line}")


ENTRIES: list[tuple[Any, str]] = [
    ({"file": F, "layout": "nothing"}, "ERROR layouts/nothing.yaml no such layout; name a file inside the scenario's folder, or one of bloomberg_prtu,"),
    ({"file": F, "set": {"book_id": "X"}}, "ERROR scenario.yaml:1 tables.positions not a table entry; write {file: x.csv"),
    ({"file": F, "layout": L, "set": "X"}, "ERROR scenario.yaml:1 tables.positions not a table entry; write {file: x.csv"),
    ({"files": [F]}, "ERROR scenario.yaml:1 tables.positions not a table entry; write {files: [{file: x.csv, layout: NAME}, …]}"),
    ({"files": [], "as_of": "2024-06-28T16:00:00Z"}, "ERROR scenario.yaml:1 tables.positions not a table entry; write {files:"),
    ({"files": [{"file": F}], "file": F}, "ERROR scenario.yaml:1 tables.positions not a table entry; write {files:"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "line"), ENTRIES)
def test_an_entry_says_which_file_and_which_layout(entry: Any, line: str) -> None:
    told = in_files("positions", entry, {F: b"B,I,Q\nX,A,3", L: PLAIN.encode()})
    assert told.raw is None
    assert told.errors[0].startswith(line)


SHEETS: list[tuple[list[list[Any]], str, str]] = [
    ([["B", "I", "Q"], ["X", "A", '<c t="e"><v>#N/A</v></c>']], "", "f.xlsx:C2 the error #N/A; correct it in the workbook and save it again"),
    ([["B", "I", "Q"], ["X", "A", "<c><f>1+1</f></c>"]], "", "f.xlsx:C2 a formula that was never computed; correct it in the workbook and save it again"),
    ([["B", "I", "Q"], ["X", "A", 3]], "A2:B2", "f.xlsx:2:A2 merged cells; unmerge them and fill each"),
    ([["B", "I", "Q"], ["X", 1.5, 3]], "", "f.xlsx:2:I value='1.5' not a value; ids are text: read the column with dtype=str"),
    ([["B", "I", "Q"], [], ["X", "A", 3]], "", f"f.xlsx:2 a blank line; {CORRECT}"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "merged", "line"), SHEETS)
def test_a_workbook_is_refused_by_its_cell(rows: list[list[Any]], merged: str, line: str) -> None:
    files = {"f.xlsx": workbook(rows, merged=merged), L: SHEET.encode()}
    told = in_files("positions", {"file": "f.xlsx", "layout": L}, files)
    assert told.raw is None
    assert told.errors[0] == f"ERROR {line}"


@pytest.mark.parametrize(
    "data", [b"", b"B,I,Q\n", b"PK\x03\x04junk", workbook([["B", "I", "Q"]])[:300]]
)
@pytest.mark.parametrize("file", ["f.xlsx", "f.ods", "f.parquet", "f.arrow"])
def test_what_is_no_workbook_and_no_table_is_said(file: str, data: bytes) -> None:
    told = in_files("positions", {"file": file, "layout": L}, {file: data, L: SHEET.encode()})
    assert told.raw is None
    assert told.errors[0].startswith(f"ERROR {file} not a ")


@pytest.mark.parametrize("cell", [[1, 2], {"a": 1}, b"A"])
def test_a_cell_of_several_values_is_refused(cell: object) -> None:
    out = io.BytesIO()
    parquet.write_table(pa.table({"B": ["X"], "I": ["A"], "Q": [cell]}), out)
    told = in_files(
        "positions",
        {"file": "f.parquet", "layout": L},
        {"f.parquet": out.getvalue(), L: PLAIN.encode()},
    )
    assert told.raw is None
    assert told.errors[0].startswith("ERROR f.parquet:1:Q value=")


def test_without_the_extra_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in (("python_calamine", "f.xlsx"), ("pyarrow", "f.parquet")):
        monkeypatch.setitem(__import__("sys").modules, name, None)
        told = in_files("positions", {"file": file, "layout": L}, {file: b"x", L: PLAIN.encode()})
        remedy = "pip install 'neutralizer[files]', or save the file as CSV"
        assert told.errors == [f"ERROR {file} cannot be read without {name}; {remedy}"]


def test_an_unknown_column_is_told_of_the_file_that_has_it() -> None:
    entry = {"files": [{"file": F, "layout": L}, {"file": "own.csv"}]}
    own = b"book_id,instrument_id,quantity,mark\nX,C,4,9\n"
    told = in_files("positions", entry, {F: b"Q,I,B\n3,A,X", "own.csv": own, L: PLAIN.encode()})
    assert told.raw is not None
    assert told.raw.head("mark") == ("own.csv", 1, "mark")
    assert told.raw.head("quantity") == (F, 1, "Q")


def test_a_key_in_two_senders_files_names_both() -> None:
    """Two senders, one table: rows stand under one header, each with the file it came from."""
    entry = {"files": [{"file": F, "layout": L}, {"file": "own.csv"}]}
    told = in_files(
        "positions",
        entry,
        {
            F: b"Q,I,B\n3,A,X",
            "own.csv": b"book_id,instrument_id,quantity,mark_price\nX,A,4,9\n",
            L: PLAIN.encode(),
        },
    )
    assert told.errors == []
    assert told.raw is not None
    assert told.raw.rows == [["X", "A", "3", ""], ["X", "A", "4", "9"]]
    assert told.raw.where(0, "quantity") == (F, 2, "Q")
    assert told.raw.where(1, "quantity") == ("own.csv", 2, "quantity")
    assert told.raw.first(1, 0) == "first on line 2 of f.csv"


def test_a_control_file_is_of_what_the_sender_wrote() -> None:
    files = {
        "b.csv": CUSTODIAN.encode("latin-1"), "layouts/portfolios.csv": "Portfolio,book_id\nSüd,S\nNord,N\n".encode(),
        "layouts/securities.csv": b"ISIN,Currency,instrument_id\nDE0007164600,EUR,SAP\nFR0000120271,EUR,TTE\n",
        "b.csv.ctl": b"rows: 3\nsums: {Long Qty: 1300, Short Qty: 300}\n",
    }  # fmt: skip
    entry = {"file": "b.csv", "layout": "custodian"}
    assert in_files("positions", entry, files).errors == []
    told = in_files(
        "positions", entry, {**files, "b.csv.ctl": b"rows: 4\nsums: {Long Qty: 1301}\n"}
    )
    assert len(told.errors) == 2


def test_pence_times_a_hundredth_is_exact() -> None:
    layout = "columns: {instrument_id: I, price: {of: P, times: 0.01}}"
    told = through(
        "instruments",
        {"file": "f.csv", "layout": "l.yaml"},
        f_DOT_csv="I,P\nA,1234567890123456789.1\nB,",
        l_DOT_yaml=layout,
    )
    assert [row["price"] for row in told.rows] == ["12345678901234567.891", ""]


GOOD = CUSTODIAN.encode("latin-1")
MAPS = {
    "layouts/portfolios.csv": "Portfolio,book_id\nSüd,S\nNord,N\n".encode(),
    "layouts/securities.csv": b"ISIN,Currency,instrument_id\nDE0007164600,EUR,SAP\nFR0000120271,EUR,TTE\n",
}
RIGHT = [["S", "SAP", "1300.00"], ["N", "TTE", "-300"]]


@pytest.mark.parametrize("seed", range(20))
def test_a_mutated_file_is_an_error_or_a_table_that_says_what_it_says(seed: int) -> None:
    """Fifty files a seed with a byte changed, dropped or doubled, a line cut off, doubled or moved: what is
    read is an error, or has the numbers that stand in the file.
    """
    draw = random.Random(seed)
    for _ in range(50):
        data = _mutated(draw)
        told = in_files(
            "positions", {"file": "b.csv", "layout": "custodian"}, {"b.csv": data, **MAPS}
        )
        assert (told.raw is None) == bool(told.errors)
        if told.raw is not None and told.raw.rows != RIGHT:
            assert told.raw.rows == _by_hand(data)


def _mutated(draw: random.Random) -> bytes:
    at, kind = draw.randrange(len(GOOD)), draw.randrange(6)
    lines = GOOD.split(b"\n")
    k = draw.randrange(len(lines))
    if kind == 0:
        return GOOD[:at] + bytes([draw.randrange(256)]) + GOOD[at + 1 :]
    if kind == 1:
        return GOOD[:at] + GOOD[at + 1 :]
    if kind == 2:
        return GOOD[:at] + GOOD[at : at + 1] + GOOD[at:]
    if kind == 3:
        return GOOD[:at]
    if kind == 4:
        return b"\n".join(lines[:k] + lines[k + 1 :])
    return b"\n".join([*lines[:k], lines[k], *lines[k:]])


def _by_hand(data: bytes) -> list[list[str]]:
    """A second reading, without the project's: rows between the header and the total, digits as they stand."""
    books, things = {"Süd": "S", "Nord": "N"}, {"DE0007164600": "SAP", "FR0000120271": "TTE"}
    rows = [line.split(";") for line in data.decode("latin-1").splitlines()]
    start = next(k for k, row in enumerate(rows) if "ISIN" in row)
    end = next(k for k, row in enumerate(rows) if "Total" in row)
    place = {
        name: rows[start].index(name) for name in ("Portfolio", "ISIN", "Long Qty", "Short Qty")
    }
    lots: dict[tuple[str, str], tuple[int, int]] = {}
    for row in (r for r in rows[start + 1 : end] if r[place["ISIN"]]):
        key = (books[row[place["Portfolio"]]], things[row[place["ISIN"]]])
        for column, sign in (("Long Qty", 1), ("Short Qty", -1)):
            whole, _, rest = row[place[column]].replace(".", "").partition(",")
            if whole:
                hundredths, digits = lots.get(key, (0, 0))
                number = sign * abs(int(whole + rest)) * 10 ** (6 - len(rest))
                lots[key] = (hundredths + number, max(digits, len(rest)))
    return [[*key, _text(number, digits)] for key, (number, digits) in lots.items()]


def _text(number: int, digits: int) -> str:
    whole, rest = divmod(abs(number), 10**6)
    tail = f"{rest:06d}"[:digits]
    return ("-" if number < 0 else "") + str(whole) + (f".{tail}" if tail else "")
