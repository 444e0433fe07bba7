"""What an attack found: files that were read wrongly, or ended the process."""

import io
import time
import zipfile
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from neutralizer.errors import InputsRefused
from neutralizer.load.came_back import executions_in
from neutralizer.prepare.draft_layout import drafted
from tests.load.layouts.senders import Told, in_files, ods, rows, word, workbook

PLAIN = "columns: {book_id: B, instrument_id: I, quantity: Q}"
GERMAN = "format: {separator: ';', number: '1.234,56'}\ncolumns: {book_id: B, instrument_id: I, quantity: {long: L, short: S}}"


def read(
    layout: str, data: bytes, file: str = "f.csv", table: str = "positions", **maps: bytes
) -> Told:
    files = {file: data, "l.yaml": layout.encode(), **{f"{k}.csv": v for k, v in maps.items()}}
    return in_files(table, {"file": file, "layout": "l.yaml"}, files)


def stored(**columns: object) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize("text", ["0.500", "0.005", "00", "01,5"])
def test_a_grouped_number_does_not_begin_with_a_nought(text: str) -> None:
    assert read(GERMAN, f"B;I;L;S\nX;A;{text};\n".encode()).errors


@pytest.mark.parametrize(
    "text", ["B,I,Q\nX,Total,3\nTotal,,7\n", "B,I,Q\nX,A,1\nTotal,,1\nX,C,2\nTotal,,3\n"]
)
def test_a_footer_that_stands_twice_is_refused(text: str) -> None:
    assert read("format: {footer: Total}\n" + PLAIN, text.encode()).errors


def test_hours_that_come_twice_stay_apart() -> None:
    utc = [datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    moments = pa.array(utc).cast(pa.timestamp("us", "Europe/Berlin"))
    told = read(
        "columns: {book_id: B, instrument_id: I, quantity: Q, as_of: T}",
        stored(B=["X", "X"], I=["A", "C"], Q=[1, 2], T=moments),
        "f.parquet",
    )
    assert [row["as_of"] for row in told.rows] == [
        "2024-10-27T02:30:00+02:00",
        "2024-10-27T02:30:00+01:00",
    ]


@pytest.mark.parametrize(("form", "text"), [("ddmmyyyy", "1112024"), ("yyyymmdd", "2024111")])
def test_a_date_that_lost_its_nought_is_refused(form: str, text: str) -> None:
    assert read(
        f"format: {{date: {form}}}\ncolumns: {{instrument_id: I, expiry: D}}",
        f"I,D\nA,{text}\n".encode(),
        table="instruments",
    ).errors


@pytest.mark.parametrize("text", ["2024-06-28", "20240628"])
def test_a_date_is_no_time(text: str) -> None:
    told = read(
        "format: {zone: '+02:00'}\ncolumns: {instrument_id: I, price_time: T}",
        f"I,T\nA,{text}\n".encode(),
        table="instruments",
    )
    assert told.rows[0]["price_time"] == text  # which no rule takes for a time


@pytest.mark.parametrize("cell", [date(2024, 3, 1), datetime(2024, 3, 1)])
def test_a_date_is_no_id(cell: date) -> None:
    assert read(PLAIN, stored(B=["X"], I=[cell], Q=[1]), "f.parquet").errors


def test_merged_cells_of_an_opendocument_sheet_are_refused() -> None:
    merged = '<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>X</text:p></table:table-cell>'
    data = ods(
        rows(
            word("B") + word("I") + word("Q"),
            merged + word("A") + word("1"),
            "<table:covered-table-cell/>" + word("C") + word("2"),
        )
    )
    assert read(PLAIN, data, "f.ods").errors[0].startswith("ERROR f.ods:A3 merged cells")


def changed(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as other:
        for member in archive.namelist():
            content = archive.read(member)
            other.writestr(member, content.replace(old, new) if name in member else content)
    return out.getvalue()


@pytest.mark.parametrize("place", ["XFD1048576", "Z1048576", "A99999999999"])
def test_a_cell_far_away_is_refused_before_it_is_read(place: str) -> None:
    data = workbook([["B", "I", "Q"], ["X", "A", 5], ["note"]])
    assert read(PLAIN, changed(data, "sheet1", b'r="A3"', f'r="{place}"'.encode()), "f.xlsx").errors


def test_formulas_that_wait_for_their_program_are_refused() -> None:
    data = workbook([["B", "I", "Q"], ["X", "A", "<c><f>SUM(Z1:Z3)</f><v>0</v></c>"]])
    assert read(PLAIN, data, "f.xlsx").errors == []
    stale = changed(data, "workbook.xml", b"</sheets>", b'</sheets><calcPr fullCalcOnLoad="1"/>')
    assert "f.xlsx:C2 a formula that was never computed" in read(PLAIN, stale, "f.xlsx").errors[0]


def test_a_hidden_sheet_is_not_the_first() -> None:
    data = changed(
        workbook([["B", "I", "Q"], ["X", "A", 5]]),
        "workbook.xml",
        b'sheetId="1"',
        b'sheetId="1" state="hidden"',
    )
    assert "no such sheet" in read(PLAIN, data, "f.xlsx").errors[0]


def test_a_map_tells_theirs_from_ours_where_both_have_one_name() -> None:
    layout = "columns: {instrument_id: I, currency: {of: currency, by: m.csv}}"
    told = read(layout, b"I,currency\nA,GBX\n", table="instruments", m=b"currency,ours\nGBX,GBP\n")
    assert told.rows[0]["currency"] == "GBP"


def test_many_blank_rows_take_no_time() -> None:
    started = time.process_time()
    assert read(PLAIN, b"B,I,Q\nX,A,1\n" + b",,\n" * 200_000).rows == [
        {"book_id": "X", "instrument_id": "A", "quantity": "1"}
    ]
    assert time.process_time() - started < 10


def test_a_small_file_of_many_rows_is_refused() -> None:
    n = 4_000_000
    data = stored(B=pa.repeat("X", n), I=pa.repeat("A", n), Q=pa.repeat(1, n))
    assert len(data) < 100_000
    assert "too large when unpacked" in read(PLAIN, data, "f.parquet").errors[0]


def test_damaged_offsets_are_refused() -> None:
    out = io.BytesIO()
    feather.write_feather(
        pa.table({"B": ["XY"], "I": ["ABC"], "Q": [1]}), out, compression="uncompressed"
    )
    data = out.getvalue()
    offsets = (0).to_bytes(4, "little") + (3).to_bytes(4, "little")
    assert data.count(offsets) >= 1
    for wrong in (2**31 - 1, -5):
        damaged = data.replace(
            offsets, (0).to_bytes(4, "little") + wrong.to_bytes(4, "little", signed=True)
        )
        assert read(PLAIN, damaged, "f.arrow").errors


@pytest.mark.parametrize(
    "form",
    [
        "number: [a]",
        "date: [a]",
        "date: {a: b}",
        "date: dd.mm.yyyy dd",
        "time: 'yyyymmdd hh:mm mm', zone: '+00:00'",
    ],
)
def test_a_form_that_is_none_is_refused(form: str) -> None:
    assert (
        read(f"format: {{{form}}}\n{PLAIN}", b"B,I,Q\nX,A,1\n")
        .errors[0]
        .startswith("ERROR l.yaml:1 format")
    )


def test_whatever_is_not_blank_counts_in_a_typed_file_too() -> None:
    told = read(
        'where: {Q: "*"}\n' + PLAIN, stored(B=["X", "X"], I=["A", "C"], Q=[10.5, None]), "f.parquet"
    )
    assert [row["quantity"] for row in told.rows] == ["10.5"]
    assert told.left == ["positions: rows of f.parquet that are left: Q blank (1)"]


@pytest.mark.parametrize(
    ("control", "cell"),
    [
        (b"sums: {Q: sNaN}", "3"),
        (b"sums: {Q: 3}", "sNaN"),
        (b"sums: {Q: 3}", "9e999999999999999999"),
    ],
)
def test_a_total_of_what_is_no_number_is_refused(control: bytes, cell: str) -> None:
    files = {
        "f.csv": f"B,I,Q\nX,A,{cell}\n".encode(),
        "l.yaml": PLAIN.encode(),
        "f.csv.ctl": control,
    }
    assert in_files("positions", {"file": "f.csv", "layout": "l.yaml"}, files).errors


@pytest.mark.parametrize("files", [
    {"layouts.yaml": b"executions_ib*: l.yaml\n", "l.yaml": b"columns: {exec_id: E}", "executions_ib.xlsx": b"x"},
    {"executions_ib.xlsx": b"x"},
    {"layouts.yaml": b"U123*: l.yaml\n", "l.yaml": b"columns: {exec_id: E}", "U123.csv": b"x"},
])  # fmt: skip
def test_what_a_broker_sent_is_never_passed_over(files: dict[str, bytes]) -> None:
    with pytest.raises(InputsRefused):
        executions_in(files)


def test_a_draft_takes_no_unknown_side_for_a_purchase() -> None:
    data = b"Portfolio,Symbol,Qty,Side\nA,X,100,Kauf\nA,Y,50,Verkauf\nA,Z,5,Tausch\n"
    draft = drafted("k.csv", data, "positions")
    assert 'negative: ["Verkauf"], positive: ["Kauf"]' in draft
    told = in_files(
        "positions",
        {"file": "k.csv", "layout": "l.yaml"},
        {"k.csv": data, "l.yaml": draft.encode()},
    )
    assert "k.csv:4:Side value='Tausch' not known on which side it is" in told.errors[0]


def test_a_draft_reads_numbers_as_the_whole_file_does() -> None:
    draft = drafted(
        "a.csv", b"Portfolio;Symbol;Qty;Price\nA;X;1.200;10,5\nA;Y;2.500;20,5\n", "positions"
    )
    assert 'number: "1.234,56"' in draft
