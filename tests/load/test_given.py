"""What a caller holds in memory becomes the text it would be in a file, or a mistake at its row."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neutralizer.domain.asked import Asked
from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.scenario import load
from neutralizer.load.written.canonical import canonical, given_parts, parts_of
from neutralizer.load.written.folder import Folder
from neutralizer.load.written.given import Given, text_of
from neutralizer.load.written.memory import Memory
from tests.conftest import SCENARIOS


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "number", ""),
        (float("nan"), "id", ""),
        (Decimal("NaN"), "number", ""),
        ("NA", "id", "NA"),
        ("007", "id", "007"),
        (7, "id", "7"),
        (7.0, "id", "7"),
        (0.0, "id", "0"),
        (2**60, "id", str(2**60)),
        (0.1, "number", "0.1"),
        (-0.0, "number", "-0.0"),
        (3e6, "number", "3000000"),
        (1e22, "number", "1e+22"),
        (np.float64(0.1), "number", "0.1"),
        (np.int64(5), "number", "5"),
        (Decimal("1.10"), "number", "1.10"),
        (True, "choice", "yes"),
        (np.bool_(False), "choice", "no"),
        (date(2024, 6, 27), "date", "2024-06-27"),
        (datetime(2024, 6, 27), "date", "2024-06-27"),
        (datetime.fromisoformat("2024-06-27T16:00:00-04:00"), "datetime", "2024-06-27T16:00:00-04:00"),
        (timedelta(days=7), "", "7d"),
        (timedelta(minutes=90), "", "90m"),
        (timedelta(seconds=1.5), "", "1.5s"),
        (["A", "B"], "list", "A;B"),
    ],
)  # fmt: skip
def test_a_cell_is_what_a_person_would_write(value: Any, kind: str, text: str) -> None:
    assert text_of(value, kind) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1.5, "id"), (1e16, "id"), (float("inf"), "id"), ({}, "number"), (["A"], "id"), (b"x", "id")],
)
def test_what_has_no_one_text_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=r"text|write"):
        text_of(value, kind)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (3, "not a table"),
        ("positions.csv", "not a table"),
        ({"book_id": "ARB"}, "not a table"),
        ([1, 2], "not a table"),
        ({"book_id": ["A"], "quantity": [1, 2]}, "its columns are not of one length"),
    ],
)
def test_what_is_no_table_is_said(value: Any, reason: str) -> None:
    given = Given()
    assert given.table("positions", value) == []
    assert [m.reason for m in given.mistakes] == [reason]


def test_rows_need_not_have_every_column() -> None:
    rows = [{"a": 1}, {"b": "x", "a": None}]
    assert Given().table("t", rows) == [["a", "b"], ["1", ""], ["", "x"]]


@pytest.mark.parametrize("name", ["two-desks", "equity-desks", "multi-asset", "options", "rates"])
def test_the_canonical_folder_is_the_same_scenario(name: str) -> None:
    """In one form, in memory: the same digest, and again the same bytes."""
    read = load(SCENARIOS / name)
    memory = canonical(parts_of(read.inputs))
    again = load(memory)
    assert again.run_id(Asked()) == read.run_id(Asked())
    assert again.bytes_read == memory.files
    assert canonical(parts_of(again.inputs)).files == memory.files


def test_settings_are_kept_with_what_was_set() -> None:
    read = load(SCENARIOS / "two-desks", ("costs.booking_fee_bps=0.2",))
    assert load(canonical(parts_of(read.inputs))).run_id(Asked()) == read.run_id(Asked())


def told(**given: Any) -> list[str]:
    with pytest.raises(InputsRefused) as refused:
        load(canonical(given_parts(given)))
    return [str(issue) for issue in refused.value.issues]


def test_mistakes_are_named_by_table_and_row() -> None:
    """The first row is row 1; a line break in a cell before does not move the rows after it."""
    found = told(
        name="x",
        as_of="2024-06-27T16:00:00-04:00",
        base_currency="USD",
        costs={"booking_fee_bps": "0,1"},
        books=[{"book_id": "A"}, {"book_id": "C"}, {"book_id": "C"}],
        pools={"pool_id": ["A\nB", "C", "D" * 300]},
        instruments={"instrument_id": [1.5], "colour": ["red"]},
        positions={"book_id": ["C", "D"], "instrument_id": ["E", "E"], "quantity": [1, "1,0"]},
        position=[{"a": 1}],
    )
    said = "\n".join(found)
    assert "ERROR pools:1:pool_id value='A\\nB' a line break in a field" in said
    assert "ERROR pools:3:pool_id value='DDD" in said
    assert "ERROR books:3:book_id value='C' duplicate key C, first in row 2" in said
    assert "ERROR instruments:1:instrument_id value='1.5' not a value; ids are text" in said
    assert "ERROR instruments:colour unknown column" in said
    assert "ERROR positions:2:quantity value='1,0' not a number" in said
    assert "ERROR settings:costs.booking_fee_bps value='0,1' not a valid value" in said
    assert "ERROR settings:tables.position unknown key; remove or rename it; did you mean" in said
    assert ".csv" not in said
    assert ".yaml" not in said


def test_arrow_without_pyarrow_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    class Arrow:
        def __arrow_c_stream__(self, schema: object = None) -> object:
            raise AssertionError

    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    given = Given()
    given.table("positions", Arrow())
    assert given.mistakes == [
        Issue(
            "positions", 0, "", None, "an Arrow table cannot be read without pyarrow",
            "pip install pyarrow, or hand over a DataFrame of pandas",
        )
    ]  # fmt: skip


def test_a_file_that_is_not_held_is_said() -> None:
    given = {"simm": {"parameters": "simm.xml"}, "positions": []}
    assert any("settings:simm.parameters value='simm.xml' there is no such file" in s
               for s in told(**given))  # fmt: skip


def test_what_is_not_held_is_looked_for_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "simm.xml").write_bytes(b"<x/>")
    memory, issues = Memory({"a.csv": b"a\n"}, folder=Folder(tmp_path)), Issues()
    assert memory.file("simm.xml", 1, "simm.parameters", "XML", issues) == b"<x/>"
    assert memory.file("../simm.xml", 1, "simm.parameters", "XML", issues) is None
    assert memory.table("./a.csv", 1, "a", issues) == b"a\n"
    assert memory.beside("a.csv.ctl", 1, "a", issues) is None
    assert memory.read == {"simm.xml": b"<x/>", "a.csv": b"a\n"}
    assert memory.fresh.read == {}
    assert len(issues.errors) == 1
