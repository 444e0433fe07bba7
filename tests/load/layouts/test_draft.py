"""A draft says what can be seen in a file, and is a layout that reads it."""

import pytest

from neutralizer.errors import InputsRefused
from neutralizer.prepare.draft_layout import drafted
from tests.load.layouts.senders import (
    CUSTODIAN,
    FIX_BLOTTER,
    IB_ACTIVITY,
    IB_FLEX,
    PYSYSTEM_INSTRUMENTS,
    PYSYSTEM_POSITIONS,
    in_files,
    workbook,
)

SHEET = workbook(
    [["PRTU"], [], ["Portfolio Name", "Security ID", "Position"], ["G", "AAPL US Equity", 12]]
)
FILES = {
    "U1.csv": (IB_ACTIVITY.encode(), "positions", "instrument_id quantity mark_price"),
    "flex.csv": (IB_FLEX.encode(), "positions", "book_id instrument_id quantity mark_price"),
    "b.csv": (CUSTODIAN.encode("latin-1"), "positions", "book_id instrument_id quantity"),
    "fix.csv": (FIX_BLOTTER.encode(), "open_orders", "book_id instrument_id quantity ticket_id"),
    "p.csv": (PYSYSTEM_POSITIONS.encode(), "positions", "instrument_id quantity"),
    "c.csv": (
        PYSYSTEM_INSTRUMENTS.encode(),
        "instruments",
        "instrument_id asset_class currency multiplier",
    ),
    "w.xlsx": (SHEET, "positions", "book_id instrument_id quantity"),
}


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_draft_is_a_layout_that_reads_the_file(file: str) -> None:
    data, table, columns = FILES[file]
    draft = drafted(file, data, table)
    told = in_files(
        table, {"file": file, "layout": "l.yaml"}, {file: data, "l.yaml": draft.encode()}
    )
    assert told.errors == []
    assert told.raw is not None
    assert sorted(told.raw.header) == sorted(columns.split())
    assert told.raw.rows


def test_what_it_could_not_guess_stands_in_comments() -> None:
    draft = drafted("U1.csv", IB_ACTIVITY.encode(), "positions")
    assert "# book_id: ?  required: the book; a column, or =TEXT for one value" in draft
    assert "# not taken: " in draft
    assert 'where: {"Header": ["Data"], "DataDiscriminator": ["Summary"]}' in draft
    assert 'leave: {"Header": ["Total"], "DataDiscriminator": ["Lot"]}' in draft


def test_a_number_that_has_two_readings_is_to_be_checked() -> None:
    draft = drafted("f.csv", b"book;symbol;qty\nA;X;1.234\nA;Y;2.500\n", "positions")
    assert "# check format.number: 1234.56 fits, and so does 1.234,56" in draft


def test_dates_that_have_two_readings_are_to_be_checked() -> None:
    draft = drafted("f.csv", b"instrument_id,expiry\nX,01/02/2024\n", "instruments")
    assert '"dd/mm/yyyy"' in draft
    assert "# check format.date: dd/mm/yyyy fits, and so does mm/dd/yyyy" in draft


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a\x00b\n"])
def test_a_file_without_a_table_is_refused(data: bytes) -> None:
    with pytest.raises(InputsRefused):
        drafted("f.csv", data, "positions")
