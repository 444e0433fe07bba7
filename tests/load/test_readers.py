"""The readers one by one: what each takes, and every word of what it refuses."""

import hashlib
import os
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.rules import freshness
from neutralizer.load.written import folder, values
from neutralizer.load.written.columns import REQUIRED, Column
from neutralizer.load.written.control import controlled
from neutralizer.load.written.folder import Folder
from neutralizer.load.written.inputs import Inputs, read_inputs
from neutralizer.load.written.table import Raw, Table, fields_are_right, read_csv, typed
from neutralizer.load.written.text import decoded
from neutralizer.load.written.yaml_text import YamlText, read_yaml

# --- values ---------------------------------------------------------------------------------------

TAKEN: list[tuple[Callable[[str], Any], str, Any]] = [
    (values.number, "1e-60", 1e-60), (values.number, "-1e30", -1e30), (values.number, "0", 0.0),
    (values.number, "0e99", 0.0), (values.number, "+.5", 0.5), (values.number, "5.", 5.0),
    (values.identifier, "x" * 64, "x" * 64), (values.identifier, "A B", "A B"),
    (values.day, "2024-02-29", date(2024, 2, 29)),
    (values.instant, "2024-06-27 16:00Z", datetime.fromisoformat("2024-06-27T16:00:00+00:00")),
    (values.time_of_day, "00:00", time(0, 0)), (values.time_of_day, "23:59", time(23, 59)),
    (values.business_day, "1900-01-01", date(1900, 1, 1)), (values.business_day, "2200-12-31", date(2200, 12, 31)),
    (values.duration, "120s", timedelta(minutes=2)), (values.duration, "15m", timedelta(minutes=15)),
    (values.duration, "1.5h", timedelta(minutes=90)), (values.duration, "7d", timedelta(days=7)),
    (values.plain, "x" * 90, "x" * 80), (values.plain, "caf\u00e9\x1b", "caf\\xe9\\x1b"),
    (lambda text: values.nearest(text, ["Cash", "cast"]), "CASH", "; did you mean Cash?"),
    (lambda text: values.nearest(text, ["cash", "pool"]), "cashh", "; did you mean cash?"),
    (lambda text: values.nearest(text, ["cash", "pool"]), "risk", ""),
    (lambda text: values.BPS, "a basis point", 1e-4),
]  # fmt: skip


@pytest.mark.parametrize(("read", "text", "value"), TAKEN)
def test_a_value_is_taken(read: Callable[[str], Any], text: str, value: Any) -> None:
    """A value at the edge of what is allowed was refused, or read as another."""
    assert read(text) == value


REFUSED: list[tuple[Callable[[str], Any], str, str]] = [
    (values.number, "9.9e-61", "write a number between 1e-60 and 1e+30 in size, or leave it blank"),
    (values.number, "1.1e30", "write a number between 1e-60 and 1e+30 in size, or leave it blank"),
    (values.number, "", "write a plain decimal number"),
    (values.number, "1,000", "write it without thousands separators"),
    (values.number, "1.000,5", "write a point as the decimal sign, no thousands separators"),
    (values.number, "1_000", "write it without underscores"),
    (values.number, "5%", "write a plain number in the column's unit, without %"),
    (values.number, "(5)", "write a leading minus sign, -5"),
    (values.number, "007", "write it without leading zeros"),
    (values.identifier, " A", "remove the blanks around it"),
    (values.identifier, "=A", "ids may not begin with = + - @: a spreadsheet would run them"),
    (values.identifier, "=" * 70, "ids may not begin with = + - @: a spreadsheet would run them"),
    (values.identifier, "x" * 65, "use at most 64 characters"),
    (values.identifier, "a/b", "use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside"),
    (values.identifier, "/" * 64, "use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside"),
    (values.day, "20240627", "write the date as yyyy-mm-dd"),
    (values.day, "2024-02-30", "write a date that exists, as yyyy-mm-dd"),
    (values.instant, "2024-06-27", "write it as yyyy-mm-ddThh:mm:ss+hh:mm"),
    (values.instant, "2024-06-31T16:00Z", "write it as yyyy-mm-ddThh:mm:ss+hh:mm"),
    (values.instant, "2024-06-27T16:00", "add the offset, for example 2024-06-28T16:00:00-04:00"),
    (values.instant, "2201-01-01T16:00Z", "write a year from 1900 to 2200"),
    (values.business_day, "1899-12-31", "write a year from 1900 to 2200"),
    (values.business_day, "today", "write the date as yyyy-mm-dd"),
    (values.time_of_day, "24:00", "write the time as hh:mm, such as 17:30"),
    (values.time_of_day, "9:00", "write the time as hh:mm, such as 17:30"),
    (values.duration, "24", "write a duration such as 15m, 24h or 7d"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "text", "remedy"), REFUSED)
def test_a_value_is_refused_with_its_remedy(
    read: Callable[[str], Any], text: str, remedy: str
) -> None:
    """A value was taken that means something else, or the remedy was another mistake's."""
    with pytest.raises(ValueError, match=f"^{re.escape(remedy)}$"):
        read(text)


# --- text and tables ------------------------------------------------------------------------------


def lines(issues: Issues) -> list[str]:
    """The issues as they are shown."""
    return [str(issue).removeprefix("ERROR ") for issue in issues.found]


UTF8 = "the file is not UTF-8; save it as UTF-8"
SIGN = "a control character stands in the file; remove it"
TEXTS = [
    (b"\nA\n\x01", "t:3 value='\\x01' " + SIGN), (b"\nA\xff", "t:2 " + UTF8), (b"\xff", "t:1 " + UTF8),
    (b"A\x7f", "t:1 value='\\x7f' " + SIGN), (b"\n\n\x01", "t:3 value='\\x01' " + SIGN),
    (b"\xfe\xff\0A", "t the file is UTF-16; save it as UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "fault"), TEXTS)
def test_bytes_that_are_no_text(data: bytes, fault: str) -> None:
    """A file that is not plain text, refused at its line."""
    issues = Issues()
    assert decoded("t", data, issues) is None
    assert lines(issues) == [fault]


MEND = "correct the row; quote a field with a comma"
SHORT = "shorten it to one line"
TABLES = [
    ("", ["t.csv the file is empty; write a header row"]),
    ("\n\n", ["t.csv the file is empty; write a header row"]),
    ('"a\n', ["t.csv:1 unexpected end of data; correct the quotes of this line"]),
    ('a,b\n1,"2\n', ["t.csv:2 unexpected end of data; correct the quotes of this line"]),
    ('a\n"1\n2"\n"x', ["t.csv:4 unexpected end of data; correct the quotes of this line"]),
    ("a;b\n1;2;3\n4,5\n", ["t.csv:1 fields are separated by semicolons; separate them by commas"]),
    ("a\tb\n1\n4,5\n", ["t.csv:1 fields are separated by tabs; separate them by commas"]),
    ("\na\n", ["t.csv:1 the first line is blank; begin with the header row"]),
    ("a,\n1,2\n", ["t.csv:1 a column without a name; name it, or remove the comma"]),
    ("a,b,a,b\n", [
        "t.csv:1:a duplicate column; keep one of them",
        "t.csv:1:b duplicate column; keep one of them",
    ]),
    ("a,,\n", ["t.csv:1 a column without a name; name it, or remove the comma"]),
    ("a,b\n1\n\n1,2,3\na,b\n1,2\n", [
        f"t.csv:2 the row has 1 fields, the header 2; {MEND}",
        f"t.csv:3 a blank line; {MEND}",
        f"t.csv:4 the row has 3 fields, the header 2; {MEND}",
        "t.csv:5 the header stands again; remove this line",
    ]),
    (f"a,b\n1,{'x' * 257}\n", [
        f"t.csv:2:b value='{'x' * 75}...' a field over 256 characters; {SHORT}",
    ]),
    ('a,b\n1,"x\ny"\n2,"x\r\n"\n', [
        f"t.csv:2:b value='x\\ny' a line break in a field; {SHORT}",
        f"t.csv:4:b value='x\\r\\n' a line break in a field; {SHORT}",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), TABLES)
def test_a_table_that_has_no_shape(text: str, faults: list[str]) -> None:
    """A file that is no table: every line of it that is wrong, and nothing else."""
    issues = Issues()
    assert read_csv("t", "t.csv", text.encode(), issues) is None
    assert lines(issues) == faults


@pytest.mark.parametrize(
    "text", ["a;b,c\n1,2\n", "a\n1;2\n", f"a\n{'x' * 256}\n", "a,b\n\n\n", "a"]
)
def test_a_table_that_is_odd_has_its_shape(text: str) -> None:
    """A table was refused for a sign that may stand in it, or for blank lines at its end."""
    issues = Issues()
    assert read_csv("t", "t.csv", text.encode(), issues) is not None
    assert lines(issues) == []


def test_blank_lines_at_the_end_are_no_rows() -> None:
    """The lines of a table went out of step with its rows."""
    raw = read_csv("t", "t.csv", b"a\n1\n\n\n", Issues())
    assert raw is not None
    assert (raw.rows, raw.lines) == ([["1"]], [2])


@pytest.mark.parametrize(
    ("group", "books", "column"),
    [
        ("G", ";".join(["x" * 64] * 9), ""),
        ("G", "x" * 256 + ";y", ""),
        ("G", "x" * 257 + ";y", "books"),
        ("x;" * 130, "A;B", "group_id"),
    ],
)
def test_a_list_may_be_long_its_members_not(group: str, books: str, column: str) -> None:
    """A group of many books was refused as one long field."""
    issues = Issues()
    read_csv("crossing_groups", "g.csv", f"group_id,books\n{group},{books}\n".encode(), issues)
    assert [i.column for i in issues.found] == ([column] if column else [])


def test_a_carriage_return_in_a_yaml_field_is_a_line_break() -> None:
    """YAML can write one as an escape, where a CSV file cannot hold it."""
    issues = Issues()
    fields = Raw("t", "t.yaml", ("a",), [["x\ry"], ["x"]], [3, 4])
    fields_are_right(fields, issues)
    assert lines(issues) == [
        f"t.yaml:3 tables.t.0.a value='x\\ry' a line break in a field; {SHORT}"
    ]


COLUMNS = (
    Column("id", "id", "the id", REQUIRED),
    Column("n", "number", "a number", None, (), 0, 5),
    Column("m", "number", "another", 7.0, above=0),
    Column("kind", "choice", "one of two", "soft", ("hard", "soft")),
    Column("note", "text", "for people", ""),
    Column("day", "date", "a day"),
    Column("at", "datetime", "a moment"),
    Column("hour", "time", "a time"),
    Column("some", "list", "ids"),
    Column("which", "selector", "which", ""),
)


def read(text: str) -> tuple[Table, list[str]]:
    """A CSV text typed by COLUMNS, and what is said of it."""
    issues = Issues()
    raw = read_csv("t", "t.csv", text.encode(), issues)
    assert raw is not None
    return typed(raw, COLUMNS, issues), lines(issues)


def test_cells_are_typed_by_their_column() -> None:
    """A value was read as another kind, or a blank as something else than absent."""
    table, said = read(
        "id,n,m,kind,note,day,at,hour,some,which\n"
        "A,5,2,hard,some words,2024-06-27,2024-06-27T16:00Z,17:30,X;Y,sector:*\n"
        "B,,,,,,,,,\n"
    )
    assert said == []
    assert len(table) == 2
    np.testing.assert_array_equal(table["n"], [5, np.nan])
    np.testing.assert_array_equal(table["m"], [2, 7])
    assert table["n"].dtype == float
    assert (table["kind"], table["note"]) == (["hard", "soft"], ["some words", ""])
    assert table["day"] == [date(2024, 6, 27), None]
    assert table["at"] == [datetime.fromisoformat("2024-06-27T16:00:00+00:00"), None]
    assert table["hour"] == [time(17, 30), ""]
    assert table["some"] == [("X", "Y"), ()]
    assert table["which"] == ["sector:*", ""]
    absent, said = read("id\nA\n")
    assert said == []
    np.testing.assert_array_equal(absent["n"], [np.nan])
    assert (absent["kind"], absent["some"]) == (["soft"], [()])


RUN = "remove signs that a spreadsheet would run and invisible characters"
CELLS = [
    ("n", "-0.1", "out of range; it must be at least 0"),
    ("n", "5.1", "out of range; it must be at most 5"),
    ("m", "0", "out of range; it must be above 0"),
    ("kind", "xyz", "not a valid kind; use one of hard, soft"),
    ("kind", "Hard", "not a valid kind; use one of hard, soft; did you mean hard?"),
    ("note", "x ", "not a valid note; remove the blanks around it"),
    ("note", "=x", f"not a valid note; {RUN}"),
    ("note", "x\u00a0y", f"not a valid note; {RUN}"),
    ("note", "x\u200by", f"not a valid note; {RUN}"),
    ("day", "27.6.2024", "not a date; write the date as yyyy-mm-dd"),
    ("at", "now", "not a valid at; write it as yyyy-mm-ddThh:mm:ss+hh:mm"),
    ("hour", "5pm", "not a time; write the time as hh:mm, such as 17:30"),
    ("some", "X; Y", "not a valid some; remove the blanks around it"),
    ("which", "=x:y", "not a valid which; ids may not begin with = + - @: a spreadsheet would run them"),
    ("which", "x: y", "not a valid which; remove the blanks around it"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "cell", "fault"), CELLS)
def test_a_cell_that_is_wrong_is_told_once(column: str, cell: str, fault: str) -> None:
    """A cell was taken that its column does not allow; what is judged later leaves it alone."""
    table, said = read(f"id,{column}\nA,\nB,{cell}\n")
    assert said == [f"t.csv:3:{column} value={cell!a} {fault}"]
    issues = Issues()
    table.error(issues, 1, column, "again", "do")
    table.error(issues, 0, column, "other", "do")
    assert lines(issues) == [f"t.csv:2:{column} value='' other; do"]


def test_columns_that_are_missing_or_unknown() -> None:
    """A header is misspelt: told once, with what was meant; a blank in a required column is told."""
    assert read("Id,n\nA,1\n")[1] == [
        "t.csv:1:Id unknown column; remove or rename it; did you mean id?",
        "t.csv:1:id required column is missing; add it: the id",
    ]
    known = ", ".join(c.name for c in COLUMNS)
    assert read("id,zzz\nA,1\n")[1] == [
        f"t.csv:1:zzz unknown column; remove or rename it; known: {known}"
    ]
    assert read("n\n")[1] == []
    assert read("id,n\n,1\nA,2\n")[1] == [
        "t.csv:2:id value='' required value is blank; fill it: the id"
    ]
    assert read("id,n\n+,1\n")[1] == [
        "t.csv:2:id value='+' not a valid id; ids may not begin with = + - @: a spreadsheet would run them"
    ]


def test_a_column_of_yaml_is_named_where_it_is_written_first() -> None:
    """The unknown column of the third row was blamed on the first."""
    issues = Issues()
    rows = [["A", "", ""], ["B", "", "1"], ["C", "2", "1"]]
    raw = Raw("t", "s.yaml", ("id", "x", "y"), rows, [7, 8, 9])
    typed(raw, COLUMNS, issues)
    known = ", ".join(c.name for c in COLUMNS)
    end = f"unknown column; remove or rename it; known: {known}"
    assert lines(issues) == [f"s.yaml:9 tables.t.2.x {end}", f"s.yaml:8 tables.t.1.y {end}"]
    assert raw.head("id")[1:] == (7, "tables.t.0.id")
    assert raw.head("none")[1:] == (7, "tables.t.0.none")
    assert Raw("loadings", "s.yaml", ("a",), [[""]], [3]).head("a") == (
        "s.yaml",
        3,
        "tables.risk.loadings.0.a",
    )
    assert Raw("t", "t.csv", ("a",), [["1"]], [2]).head("b\x1b") == ("t.csv", 1, "b\\x1b")


def test_an_issue_at_a_column_that_was_not_given() -> None:
    """There is no cell to show: the place is named, no value."""
    table, _ = read("id\nA\n")
    issues = Issues()
    table.error(issues, 0, "n", "too few", "add some")
    table.warning(issues, 0, "n", "odd", "look")
    table.warning(issues, 0, "id", "odd", "look")
    assert lines(issues) == [
        "t.csv:2:n too few; add some",
        "WARNING t.csv:2:n odd; look",
        "WARNING t.csv:2:id value='A' odd; look",
    ]


# --- YAML -----------------------------------------------------------------------------------------

DOCUMENT = """\
a: 1
b:
  - x
  - {c: 2, d: [3, 4]}
e: |
  two
  lines
"""


def test_yaml_is_text_and_every_value_has_its_line() -> None:
    """A scalar was turned into a number, or an issue pointed to another line."""
    issues = Issues()
    document = read_yaml("s.yaml", DOCUMENT.encode(), issues)
    assert document is not None
    assert lines(issues) == []
    assert document.root == {"a": "1", "b": ["x", {"c": "2", "d": ["3", "4"]}], "e": "two\nlines\n"}
    of = document.line
    assert [of(("a",)), of(("b", 0)), of(("b", 1)), of(("b", 1, "d", 1)), of(("e",))] == [
        1,
        3,
        4,
        4,
        5,
    ]
    assert [of(("b", 1, "d", 7)), of(("b", 9)), of(("z",)), of(())] == [4, 2, 1, 1]
    assert YamlText("s.yaml").line(("a",)) == 1


def nested(depth: int) -> str:
    return "a: " + "[" * depth + "]" * depth


WORD = "write keys as plain words"
DOCUMENTS = [
    ("- a\n", "s.yaml the file is empty or not a mapping; write `key: value`, one a line"),
    ("", "s.yaml the file is empty or not a mapping; write `key: value`, one a line"),
    ("a: 1\n---\nb: 2\n", "s.yaml:2 a second document begins; keep one document"),
    ("a: 1\nb: &x 2\n", "s.yaml:2 anchors and aliases are not read; write the value out"),
    ("a: 1\nb: *x\n", "s.yaml:2 anchors and aliases are not read; write the value out"),
    ("a: 1\nb: !x 2\n", "s.yaml:2 the tag '!x' is not read; remove it"),
    ("\na: {<<: 1}\n", "s.yaml:2 merge keys are not read; write the values out"),
    ("\n? [a]\n: b\n", f"s.yaml:2 a key that is not a word; {WORD}"),
    ("\ncaf\u00e9: b\n", f"s.yaml:2 the key caf\\xe9 is not a word; {WORD}"),
    ('\n"a\\tb": b\n', f"s.yaml:2 the key a\\tb is not a word; {WORD}"),
    (f"\n{'k' * 65}: b\n", f"s.yaml:2 the key {'k' * 65} is not a word; {WORD}"),
    (nested(21), "s.yaml:1 nested more than 20 deep; flatten it"),
    ("a: 1\nb: [\n", "s.yaml:3 not YAML: did not find expected node content; correct this line"),
    ("a: \uffff\n", "s.yaml not YAML: a character that may not stand there; remove it"),
    ("a: 1\n\x01", "s.yaml:2 value='\\x01' a control character stands in the file; remove it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), DOCUMENTS)
def test_a_document_that_is_refused(text: str, fault: str) -> None:
    """What makes YAML dangerous was read, or refused at another line."""
    issues = Issues()
    assert read_yaml("s.yaml", text.encode(), issues) is None
    assert lines(issues) == [fault]


@pytest.mark.parametrize(
    "text", [nested(20), f"{'k' * 64}: b", 'a: "x\\ty\\nz\\r"', "a: \u00a0~\n"]
)
def test_a_document_at_the_edge_is_read(text: str) -> None:
    """What may stand in a document was refused."""
    issues = Issues()
    assert read_yaml("s.yaml", text.encode(), issues) is not None
    assert lines(issues) == []


STAND = "a control character stands in a value; remove it"
MISTAKES = [
    ("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", [
        "s.yaml:4 b.c duplicate key, first on line 3; keep one of them",
        "s.yaml:5 a duplicate key, first on line 1; keep one of them",
    ]),
    ('a:\n  - "\\x1f"\n', [f"s.yaml:2 a.0 value='\\x1f' {STAND}"]),
    ('a: "\\x7f"\n', [f"s.yaml:1 a value='\\x7f' {STAND}"]),
    ('a: "\\x9f"\n', [f"s.yaml:1 a value='\\x9f' {STAND}"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), MISTAKES)
def test_what_is_wrong_inside_a_document_is_told_with_the_rest(
    text: str, faults: list[str]
) -> None:
    """One mistake hid the next: the document is read on."""
    issues = Issues()
    assert read_yaml("s.yaml", text.encode(), issues) is not None
    assert lines(issues) == faults


# --- control files --------------------------------------------------------------------------------

SENT = b"id,n,m,word\nA,1.10,,x\nB,2.20,0.3,y\n"
HASH = hashlib.sha256(SENT).hexdigest()
FETCH = "the table is not what was sent: fetch both again"
WRITE = "t.csv.ctl:1 not a control file; write rows, sha256 and sums: {column: total}"
CONTROLS = [
    (f"rows: 2\nsha256: {HASH.upper()}\nsums: {{n: 3.3, m: 0.30}}\n", []),
    ("rows: 2\n", []),
    ("sums: {n: 3.30}\n", []),
    ("rows: 3\n", [f"t.csv.ctl:1:rows value='3' t.csv has 2; {FETCH}"]),
    ("rows: 2\nsha256: abc\n", [f"t.csv.ctl:2:sha256 value='abc' t.csv has {HASH}; {FETCH}"]),
    ("rows: 2\nsums:\n  m: 0.3\n  n: 3.4\n", [f"t.csv.ctl:4:sums.n value='3.4' t.csv has 3.30; {FETCH}"]),
    ("sums: {z: 1, word: 1}\n", [
        f"t.csv.ctl:1:sums.z value='1' t.csv has no such numbers; {FETCH}",
        f"t.csv.ctl:1:sums.word value='1' t.csv has no such numbers; {FETCH}",
    ]),
    ("sums: {n: much}\n", [f"t.csv.ctl:1:sums.n value='much' t.csv has 3.30; {FETCH}"]),
    ("sums: {z: None}\n", [f"t.csv.ctl:1:sums.z value='None' t.csv has no such numbers; {FETCH}"]),
    ("{}\n", [WRITE]),
    ("rows: 2\nrow: 2\n", [WRITE]),
    ("rows: 2\nsums: 3\n", [WRITE]),
    ("- rows\n", ["t.csv.ctl the file is empty or not a mapping; write `key: value`, one a line"]),
]  # fmt: skip


@pytest.mark.parametrize(("control", "faults"), CONTROLS)
def test_a_control_file_is_held_to_its_table(control: str, faults: list[str]) -> None:
    """A table that lost a row, a byte or an amount was read as if it were whole."""
    issues = Issues()
    raw = read_csv("t", "t.csv", SENT, issues)
    assert raw is not None
    controlled(raw, SENT, control.encode(), issues)
    assert lines(issues) == faults


# --- folders --------------------------------------------------------------------------------------

PLAIN = "name a plain CSV file inside the scenario's folder"
HIDDEN = "the file name holds a character that cannot be seen"
URL = "the file name is empty, absolute, or a URL"
OUTSIDE = "the file lies outside the scenario's folder"
PACKED = "compressed files are not read"
NAMES = [
    ("t.csv", ""), ("./sub/t.csv", ""), ("big.csv", ""), ("a\u202eb.csv", HIDDEN), ("", URL), ("/t.csv", URL),
    ("~/t.csv", URL), ("\\t.csv", URL), ("c:t.csv", URL), ("file:t.csv", URL), ("sub/../t.csv", OUTSIDE),
    ("sub\\t.csv", OUTSIDE), ("t.csv.GZ", PACKED), ("t.xls", "old workbooks are not read: save it as .xlsx"), ("t.xlsx", "it is read through a layout: {file: …, layout: …}"), ("link.csv", "the file is a link"),
    ("linked/t.csv", "the file is a link"), ("none.csv", "there is no such file"),
    ("none/t.csv", "there is no such file"), ("sub", "it is not a plain file"),
    ("bigger.csv", "the file is over 256 MiB"), ("x" * 300, "cannot be read: File name too long"),
    ("t.csv/x", "cannot be read: Not a directory"),
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder with a table, one below it, a link to each, and tables at and over the largest size."""
    assert (folder.MOST, folder.MOST_SETTINGS) == (2**28, 2**20)
    (tmp_path / "sub").mkdir()
    for name in ("t.csv", "sub/t.csv"):
        (tmp_path / name).write_bytes(b"id\n")
    (tmp_path / "link.csv").symlink_to("t.csv")
    (tmp_path / "linked").symlink_to("sub")
    monkeypatch.setattr(folder, "MOST", 100)
    for name, size in (("big.csv", 100), ("bigger.csv", 101)):
        (tmp_path / name).write_bytes(b"x" * size)
    return Folder(tmp_path)


@pytest.mark.parametrize(("name", "reason"), NAMES)
def test_a_name_is_a_plain_file_inside(place: Folder, name: str, reason: str) -> None:
    """A file outside the folder was opened, or a plain one inside it refused."""
    issues = Issues()
    data = place.table(name, 6, "books", issues)
    fault = f"scenario.yaml:6 tables.books value={name!a} {reason}; {PLAIN}"
    if reason:
        assert (data, place.read) == (None, {})
        assert [(i.value, i.reason, i.remedy) for i in issues.found] == [(name, reason, PLAIN)]
        assert len(name) > 80 or lines(issues) == [fault]
    else:
        assert lines(issues) == []
        assert data == (place.root / name).read_bytes()
        assert place.read == {name.removeprefix("./"): data}


def test_a_file_beside_need_not_be_there(place: Folder) -> None:
    """A control file that is a link, even to nowhere, was taken for none at all."""
    issues = Issues()
    assert place.beside("t.csv", 1, "k", issues) == b"id\n"
    assert place.beside("none.csv", 1, "k", issues) is None
    assert place.beside("x" * 300, 1, "k", issues) is None
    assert lines(issues) == []
    (place.root / "nowhere").symlink_to("none")
    assert place.beside("nowhere", 1, "k", issues) is None
    assert place.beside("link.csv", 2, "k", issues) is None
    end = "the file is a link; name a plain control file inside the scenario's folder"
    assert lines(issues) == [
        f"scenario.yaml:1 k value='nowhere' {end}",
        f"scenario.yaml:2 k value='link.csv' {end}",
    ]


@pytest.mark.parametrize("kind", ["none", "link", "folder", "pipe", "large", "name"])
def test_settings_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    """scenario.yaml is not a plain file of a bearable size."""
    path = tmp_path / "scenario.yaml"
    (tmp_path / "other").write_bytes(b"a: 1")
    {
        "none": lambda: None,
        "link": lambda: path.symlink_to("other"),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "large": lambda: path.write_bytes(b" " * (folder.MOST_SETTINGS + 1)),
        "name": lambda: None,
    }[kind]()
    root = tmp_path / "a\0b" if kind == "name" else tmp_path
    with pytest.raises(InputsRefused) as refusal:
        Folder(root).settings()
    (issue,) = refusal.value.issues
    large = ("scenario.yaml", 0, "the file is over 1 MiB", "move long tables to CSV files")
    remedy = "name a folder that holds scenario.yaml, or make one with `neutralizer init`"
    expected = large if kind == "large" else (str(root / path.name), 0, "cannot be read", remedy)
    assert (issue.file, issue.line, issue.reason, issue.remedy) == expected


def test_settings_are_read_up_to_the_largest(tmp_path: Path) -> None:
    """A scenario.yaml of exactly 1 MiB."""
    data = b" " * folder.MOST_SETTINGS
    (tmp_path / "scenario.yaml").write_bytes(data)
    place = Folder(tmp_path)
    assert place.settings() == data
    assert place.read == {"scenario.yaml": data}


# --- freshness ------------------------------------------------------------------------------------

AGED = """format: 1
name: aged
as_of: 2024-07-01T16:00:00-04:00
base_currency: USD
calendar: XNYS
tables:
  books: {file: books.csv, as_of: 2024-06-28T15:00:00-04:00}
  instruments: [{instrument_id: X, asset_class: etf, currency: USD, price: 1, price_time: 2024-07-01T10:00:00-04:00}%INSTRUMENT%]
  positions: [{book_id: B, instrument_id: X, quantity: 1, as_of: 2024-06-28T16:00:00-04:00}, {book_id: B, instrument_id: Y, quantity: 1, as_of: 2024-06-28T14:00:00-04:00}]
  fx: {file: fx.csv}
  risk:
    units: daily_fraction
    loadings: {file: loadings.csv, as_of: 2024-06-27T16:00:00-04:00}
    factor_covariance: {file: covariance.csv, as_of: 2024-06-26T16:00:00-04:00}
%FRESHNESS%
"""


def aged(path: Path, asked: str, **words: str) -> Inputs:
    """Inputs of a Monday with tables of the days before it."""
    text = AGED.replace("%FRESHNESS%", f"freshness: {{{asked}}}" if asked else "")
    text = text.replace("%INSTRUMENT%", words.get("instrument", ""))
    (path / "scenario.yaml").write_text(text.replace(*words.get("change", "|").split("|")))
    for name, head in (("books", "book_id\nB\n"), ("fx", "currency,rate\n")):
        (path / f"{name}.csv").write_text(head)
    (path / "loadings.csv").write_text("instrument_id,factor_id,loading\nX,F,1\n")
    (path / "covariance.csv").write_text("factor_id,F\nF,1\n")
    return read_inputs(Folder(path), (), Issues())


def asked_of(inputs: Inputs) -> list[str]:
    """What is said of ages that are asked for and not there."""
    issues = Issues()
    freshness.freshness_is_answerable(inputs, Selector(inputs), issues)
    return [f"{i.column}: {i.reason}; {i.remedy}" for i in issues.found]


def test_ages_leave_out_days_without_business(tmp_path: Path) -> None:
    """What is of Friday afternoon was three days old on Monday, and stopped the run."""
    inputs = aged(tmp_path, "positions: 26h, books: 1d, risk: 3d")
    assert freshness.ages(inputs) == {
        "books": "1 day, 1:00:00 old, 1 day, 0:00:00 allowed",
        "factor_covariance": "3 days, 0:00:00 old, not checked",
        "fx": "carries no time, not checked",
        "instruments": "6:00:00 old, not checked",
        "loadings": "2 days, 0:00:00 old, not checked",
        "positions": "1 day, 2:00:00 old, 1 day, 2:00:00 allowed",
    }
    assert freshness.too_old(inputs, frozenset()) == [
        "books is 1 day, 1:00:00 old at as_of, 1 day, 0:00:00 is allowed: bring fresh data, or raise freshness.books"
    ]
    assert freshness.too_old(inputs, frozenset({"books"})) == []
    assert asked_of(inputs) == []


def test_the_oldest_rows_are_named(tmp_path: Path) -> None:
    """A table was too old, and nobody knew which of its rows."""
    row = "{book_id: B, instrument_id: %s, quantity: 1, as_of: 2024-06-2%s:00:00-04:00}"
    more = [row % ("Z1", "8T13"), row % ("Z2", "7T15"), row % ("Z3", "6T15")]
    end = "quantity: 1, as_of: 2024-06-28T14:00:00-04:00}"
    two = aged(tmp_path, "positions: 1d")
    assert freshness.too_old(two, frozenset()) == [
        "positions is 1 day, 2:00:00 old at as_of, 1 day, 0:00:00 is allowed (B/Y 1 day, 2:00:00): "
        "bring fresh data, or raise freshness.positions"
    ]
    five = aged(tmp_path, "positions: 1d", change=f"{end}|{', '.join([end, *more])}")
    assert freshness.too_old(five, frozenset()) == [
        "positions is 3 days, 1:00:00 old at as_of, 1 day, 0:00:00 is allowed "
        "(B/Z3 3 days, 1:00:00; B/Z2 2 days, 1:00:00; B/Z1 1 day, 3:00:00; and 1 more): "
        "bring fresh data, or raise freshness.positions"
    ]


@pytest.mark.parametrize(
    ("moment", "old"),
    [
        ("2024-07-01T16:00:00-04:00", timedelta(0)),
        ("2024-07-01T17:00:00-04:00", -timedelta(hours=1)),
        ("2024-06-30T16:00:00-04:00", timedelta(hours=16)),  # a Sunday: as of Monday's first minute
        ("2024-06-29T16:00:00-04:00", timedelta(hours=16)),
        ("2024-06-28T22:30:00-04:00", timedelta(hours=17, minutes=30)),
        ("2024-06-29T02:30:00+00:00", timedelta(hours=17, minutes=30)),  # Friday at our offset
        ("2024-06-27T16:00:00-04:00", timedelta(days=2)),
        ("2024-06-18T16:00:00-04:00", timedelta(days=8)),  # over Juneteenth and two weekends
    ],
)
def test_an_age_is_of_business_days(tmp_path: Path, moment: str, old: timedelta) -> None:
    """A weekend or a holiday was counted, or a day of business was not."""
    assert freshness.age(aged(tmp_path, ""), datetime.fromisoformat(moment)) == old


def test_an_age_within_a_day_off_is_of_the_clock(tmp_path: Path) -> None:
    """A Sunday's run called what is of that morning younger than nothing."""
    sunday = aged(tmp_path, "", change="as_of: 2024-07-01T16|as_of: 2024-06-30T16")
    moment = datetime.fromisoformat("2024-06-30T10:00:00-04:00")
    assert freshness.age(sunday, moment) == timedelta(hours=6)


def test_the_oldest_time_counts(tmp_path: Path) -> None:
    """A table was as young as its youngest row, or as one of its files."""
    inputs = aged(tmp_path, "")
    found = {name: freshness.oldest(inputs, name) for name in ("risk", "positions", "books", "fx")}
    assert {k: t and t.isoformat() for k, t in found.items()} == {
        "risk": "2024-06-26T16:00:00-04:00",
        "positions": "2024-06-28T14:00:00-04:00",
        "books": "2024-06-28T15:00:00-04:00",
        "fx": None,
    }
    some = aged(tmp_path, "", instrument=", {instrument_id: Y, asset_class: etf, currency: USD}")
    assert freshness.oldest(some, "instruments") is None
    none = aged(tmp_path, "", change=", as_of: 2024-06-2|, x: ")
    assert freshness.oldest(none, "risk") is None


def test_an_age_that_is_asked_for_is_there(tmp_path: Path) -> None:
    """A freshness was asked of a table without times, and nothing was checked."""
    inputs = aged(tmp_path, "fx: 1h, postions: 1d, risk: 1d, books: 9d, units: 1d")
    remedy = "write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00} or fill the rows' times"
    assert asked_of(inputs) == [
        f"freshness.fx: the table has no time; {remedy}",
        "freshness.postions: no such table; correct the name; did you mean positions?",
        "freshness.units: no such table; correct the name",
    ]
    assert freshness.too_old(inputs, frozenset()) == [
        "risk is 3 days, 0:00:00 old at as_of, 1 day, 0:00:00 is allowed: bring fresh data, or raise freshness.risk"
    ]
    (tmp_path / "fx.csv").unlink()
    inputs.broken.add("fx")
    assert len(asked_of(inputs)) == 2
