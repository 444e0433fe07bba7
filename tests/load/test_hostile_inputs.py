"""Every kind of bad input is refused by file, line and column, all at once; the odd but good is kept.

The world below is the two-desks scenario as CSV files, with a second pool in euro and a spread.
"""

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neutralizer.domain.asked import Asked
from neutralizer.errors import NeutralizerError
from neutralizer.load.scenario import Loaded, load
from neutralizer.load.written import folder
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.world import TIME, WORLD, Change, refusal, tree, write

TWO_DESKS = SCENARIOS / "two-desks"


TICKERS = ("NA", "null", "TRUE", "1E5", "12345E10", "00123", "NO")


def warnings(path: Path) -> list[str]:
    return [str(issue) for issue in load(path).warnings]


def raw(data: bytes) -> str:
    """Bytes as text that `write` turns back into the same bytes."""
    return data.decode("utf-8", "surrogateescape")


def test_the_world_is_accepted(tmp_path: Path) -> None:
    loaded = load(write(tmp_path / "s"))
    assert loaded.warnings == ()
    assert loaded.scenario.instruments.ids == ("EQE", "ETF", "FUT")


BYTES = [
    ("positions.csv", WORLD["positions.csv"], "", "positions.csv the file is empty; write a header row"),
    ("books.csv", WORLD["books.csv"], "book_id,entity\n", "books.csv books has no rows; a scenario needs at least one"),
    ("instruments.csv", WORLD["instruments.csv"], "instrument_id,asset_class,currency\n", "instruments.csv instruments has no rows; a scenario needs at least one"),
    ("books.csv", "Market maker", raw(b"caf\xe9"), "books.csv:3 the file is not UTF-8; save it as UTF-8"),
    ("scenario.yaml", "two-desks", raw(b"caf\xe9"), "scenario.yaml:2 the file is not UTF-8; save it as UTF-8"),
    ("books.csv", "Market", "Mar\0ket", r"books.csv:3 value='\x00' a control character stands in the file; remove it"),
    ("books.csv", "Market", "Mar\x1b[31mket", r"books.csv:3 value='\x1b' a control character stands in the file; remove it"),
    ("books.csv", "Market", "Mar\x9b31mket", r"books.csv:3 value='\x9b' a control character stands in the file; remove it"),
    ("scenario.yaml", "two-desks", "two\0desks", r"scenario.yaml:2 value='\x00' a control character stands in the file; remove it"),
    ("scenario.yaml", "name: two-desks", 'name: "two\\edesks"', r"scenario.yaml:2 name value='two\x1bdesks' a control character stands in a value; remove it"),
    ("fx.csv", WORLD["fx.csv"], raw(WORLD["fx.csv"].encode("utf-16")), "fx.csv the file is UTF-16; save it as UTF-8"),
    ("fx.csv", WORLD["fx.csv"], raw(WORLD["fx.csv"].encode("utf-16-le")), r"fx.csv:1 value='\x00' a control character stands in the file; remove it"),
    ("scenario.yaml", WORLD["scenario.yaml"], raw(WORLD["scenario.yaml"].encode("utf-16")), "scenario.yaml the file is UTF-16; save it as UTF-8"),
    ("fx.csv", WORLD["fx.csv"], WORLD["fx.csv"].replace("\n", "\r"), r"fx.csv:1 value='\r' a line ends with CR alone; save with LF or CRLF line ends"),
    ("scenario.yaml", "name: two-desks\n", "name: two-desks\r", r"scenario.yaml:2 value='\r' a line ends with CR alone; save with LF or CRLF line ends"),
    ("fx.csv", WORLD["fx.csv"], "", "fx.csv the file is empty; write a header row"),
    ("fx.csv", WORLD["fx.csv"], "\n\n", "fx.csv the file is empty; write a header row"),
    ("scenario.yaml", WORLD["scenario.yaml"], "", "scenario.yaml the file is empty or not a mapping; write `key: value`, one a line"),
]  # fmt: skip

SHAPE = [
    ("fx.csv", WORLD["fx.csv"], "currency,rate\nEUR,1.07,\n", "fx.csv:2 the row has 3 fields, the header 2; correct the row; quote a field with a comma"),
    ("positions.csv", WORLD["positions.csv"], WORLD["positions.csv"].replace("0\n", "0,9\n"), "positions.csv:4 the row has 4 fields, the header 3; correct the row; quote a field with a comma"),
    ("books.csv", "MM,", "=======\nMM,", "books.csv:3 value='=======' a merge-conflict marker stands in the file; finish the merge"),
    ("books.csv", "MM,", ">>>>>>> theirs\nMM,", "books.csv:3 value='>>>>>>>' a merge-conflict marker stands in the file; finish the merge"),
    ("scenario.yaml", "name:", ">>>>>>> theirs\nname:", "scenario.yaml:2 value='>>>>>>>' a merge-conflict marker stands in the file; finish the merge"),
    ("positions.csv", "MM,ETF", "  \nMM,ETF", "positions.csv:3 the row has 1 fields, the header 3; correct the row; quote a field with a comma"),
    ("fx.csv", "EUR,1.07", '"EUR,1.07', "fx.csv:2 unexpected end of data; correct the quotes of this line"),
    ("crossing_groups.csv", "ARB;MM", "ARB;" + "M" * 257, "crossing_groups.csv:2:books value='ARB;MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM...' a field over 256 characters; shorten it to one line"),
    ("positions.csv", "MM,ETF,100000", "MM,ETF,100000,5", "positions.csv:3 the row has 4 fields, the header 3; correct the row; quote a field with a comma"),
    ("positions.csv", "MM,ETF,100000", "MM,ETF", "positions.csv:3 the row has 2 fields, the header 3; correct the row; quote a field with a comma"),
    ("fx.csv", "EUR,1.07", "EUR,1,07", "fx.csv:2 the row has 3 fields, the header 2; correct the row; quote a field with a comma"),
    ("positions.csv", "quantity", "quantity,quantity", "positions.csv:1:quantity duplicate column; keep one of them"),
    ("positions.csv", "quantity", "Quantity", "positions.csv:1:Quantity unknown column; remove or rename it; did you mean quantity?"),
    ("positions.csv", "quantity", "amount", "positions.csv:1:quantity required column is missing; add it: signed units, + long"),
    ("positions.csv", "quantity", "quan\u202etity", r"positions.csv:1:quan\u202etity unknown column; remove or rename it; did you mean quantity?"),
    ("fx.csv", WORLD["fx.csv"], "currency;rate\nEUR;1,07\n", "fx.csv:1 fields are separated by semicolons; separate them by commas"),
    ("fx.csv", WORLD["fx.csv"], "currency\trate\nEUR\t1.07\n", "fx.csv:1 fields are separated by tabs; separate them by commas"),
    ("books.csv", "Market maker", '"Market maker', "books.csv:3 unexpected end of data; correct the quotes of this line"),
    ("books.csv", "Market maker", '"Market" maker', "books.csv:3 ',' expected after '\"'; correct the quotes of this line"),
    ("books.csv", "Market maker", '"Market\nmaker"', r"books.csv:3:description value='Market\nmaker' a line break in a field; shorten it to one line"),
    ("books.csv", "MM,", "<<<<<<< HEAD\nMM,", "books.csv:3 value='<<<<<<<' a merge-conflict marker stands in the file; finish the merge"),
    ("scenario.yaml", "name:", "<<<<<<< HEAD\nname:", "scenario.yaml:2 value='<<<<<<<' a merge-conflict marker stands in the file; finish the merge"),
    ("positions.csv", "MM,ETF", "book_id,instrument_id,quantity\nMM,ETF", "positions.csv:3 the header stands again; remove this line"),
    ("positions.csv", "MM,ETF", "\nMM,ETF", "positions.csv:3 a blank line; correct the row; quote a field with a comma"),
    ("positions.csv", "book_id", "\nbook_id", "positions.csv:1 the first line is blank; begin with the header row"),
    ("positions.csv", "quantity", "quantity,", "positions.csv:1 a column without a name; name it, or remove the comma"),
    ("books.csv", "Market maker", "x" * 257, "books.csv:3:description value='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' a field over 256 characters; shorten it to one line"),
    ("scenario.yaml", "books: books.csv", "books: [{book_id: MM, description: %s}]" % ("x" * 257), "scenario.yaml:6 tables.books.0.description value='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' a field over 256 characters; shorten it to one line"),
    ("scenario.yaml", "books: books.csv", 'books: [{book_id: MM, description: "a\\nb"}]', r"scenario.yaml:6 tables.books.0.description value='a\nb' a line break in a field; shorten it to one line"),
    ("scenario.yaml", "books: books.csv", "books: [{book_id: MM, description: {a: b}}]", "scenario.yaml:6 tables.books.0.description not a value; write a plain word or number"),
    ("scenario.yaml", "books: books.csv", "books: [{book_id: MM, description: [a, b]}]", "scenario.yaml:6 tables.books.0.description not a value; write a plain word or number"),
    ("scenario.yaml", "books: books.csv", "books: [MM]", "scenario.yaml:6 tables.books.0 not a row; write {column: value, …}"),
    ("scenario.yaml", "books: books.csv", "books: [{book_id: MM, Entity: x}]", "scenario.yaml:6 tables.books.0.Entity unknown column; remove or rename it; did you mean entity?"),
    ("scenario.yaml", "books: books.csv", "books: [{book_id: MM}, {entity: x}]", "scenario.yaml:6 tables.books.1.book_id value='' required value is blank; fill it: the book"),
    ("scenario.yaml", "books: books.csv", "books:", "scenario.yaml:6 tables.books not a table; write a list of rows or the name of a CSV file"),
    ("scenario.yaml", "books: books.csv", "books: {name: books.csv}", "scenario.yaml:6 tables.books not a table entry; write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00}"),
    ("scenario.yaml", "  books: books.csv\n", "", "scenario.yaml:5 tables.books required key is missing; add it"),
]  # fmt: skip

LOOK_ALIKE = "\u041c\u041c"
IDS = [
    ("books.csv", "MM,PB", ",PB", "books.csv:3:book_id value='' required value is blank; fill it: the book"),
    ("books.csv", "MM,PB", " MM,PB", "books.csv:3:book_id value=' MM' not a valid id; remove the blanks around it"),
    ("books.csv", "MM,PB", "MM ,PB", "books.csv:3:book_id value='MM ' not a valid id; remove the blanks around it"),
    ("books.csv", "MM,PB", "M\u00a0M,PB", r"books.csv:3:book_id value='M\xa0M' not a valid id; use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside"),
    ("books.csv", "MM,PB", LOOK_ALIKE + ",PB", r"books.csv:3:book_id value='\u041c\u041c' not a valid id; use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside"),
    ("books.csv", "MM,PB", "MM\u200f,PB", r"books.csv:3:book_id value='MM\u200f' not a valid id; use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside"),
    ("scenario.yaml", "books: books.csv", 'books: [{book_id: "\\e[2J"}]', r"scenario.yaml:6 tables.books.0.book_id value='\x1b[2J' a control character stands in a value; remove it"),
    *[("books.csv", "MM,PB", f"{c}MM,PB", f"books.csv:3:book_id value='{c}MM' not a valid id; ids may not begin with = + - @: a spreadsheet would run them") for c in "=+-@"],
    ("books.csv", "MM,PB", "\tMM,PB", r"books.csv:3:book_id value='\tMM' not a valid id; remove the blanks around it"),
    *[("books.csv", "MM,PB", f"M{c}M,PB", f"books.csv:3:book_id value={f'M{c}M'!a} not a valid id; use ASCII letters") for c in ("/", "\\", "..", "'", ";", "<", "\u00e9")],
    ("books.csv", "MM,PB", "../MM,PB", "books.csv:3:book_id value='../MM' not a valid id; use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside"),
    ("books.csv", "MM,PB", "M" * 65 + ",PB", "books.csv:3:book_id value='MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM' not a valid id; use at most 64 characters"),
    ("positions.csv", "MM,ETF", "mm,ETF", "positions.csv:3:book_id value='mm' no such book; add it to books or correct the id; did you mean MM?"),
    ("positions.csv", "MM,ETF", "MM,Etf", "positions.csv:3:instrument_id value='Etf' no such instrument; add it to instruments or correct the id; did you mean ETF?"),
    ("books.csv", "Market maker", "=HYPERLINK()", "books.csv:3:description value='=HYPERLINK()' not a valid description; remove signs that a spreadsheet would run and invisible characters"),
    ("books.csv", "Market maker", "Market\u202emaker", r"books.csv:3:description value='Market\u202emaker' not a valid description; remove signs that a spreadsheet would run and invisible characters"),
    ("books.csv", "Market maker", "Market\u2028maker", r"books.csv:3:description value='Market\u2028maker' not a valid description; remove signs that a spreadsheet would run and invisible characters"),
    ("factor_covariance.csv", "MARKET,0.0001", "=MARKET,0.0001", "factor_covariance.csv:2:factor_id value='=MARKET' not in the header; carry the same ids both ways"),
    ("scenario.yaml", "name: two-desks", "name: ../two", "scenario.yaml:2 name value='../two' not a valid value; use ASCII letters, digits and _ . : $ ^ # & % ( ) - and single blanks inside"),
    ("mandates.csv", "asset_class:etf", "asset_class: etf", "mandates.csv:2:selector value='asset_class: etf' not a valid selector; remove the blanks around it"),
    ("books.csv", "ARB,PB", "*,PB", "books.csv:2:book_id value='*' `*` is not an id; name one"),
]  # fmt: skip

BAD_NUMBERS = {
    "write a plain decimal number": (
        "12O", "nan", "NaN", "inf", "-inf", "Infinity", "\u0661\u0662", "\uff11", "0x1F", "1.000.5", "--5", "1e", "e5", ".", "-",
        "1 000", " 5", "5 ", "1/2", "5d", "$5",
    ),
    "write a number between 1e-60 and 1e+30 in size, or leave it blank": ("1e400", "-1e400", "1e-400"),
    "write it without underscores": ("1_000",),
    "write a plain number in the column's unit, without %": ("5%",),
    "write a leading minus sign, -5": ("(5)", "5-", "\u22125"),
    "write it without leading zeros": ("012",),
}  # fmt: skip
NUMBERS = [
    *[("positions.csv", "100000", n, f"positions.csv:3:quantity value={n!a} {'out of range' if 'between' in r else 'not a number'}; {r}") for r, ns in BAD_NUMBERS.items() for n in ns],
    ("scenario.yaml", "loadings: loadings.csv", "loadings: [{instrument_id: ETF, factor_id: MARKET, loading: 1_0}]", "scenario.yaml:9 tables.risk.loadings.0.loading value='1_0' not a number; write it without underscores"),
    ("scenario.yaml", "loadings: loadings.csv", "loadings: [{instrument_id: ETF, factor_id: MARKET, loading: 0o7}]", "scenario.yaml:9 tables.risk.loadings.0.loading value='0o7' not a number; write a plain decimal number"),
    ("instruments.csv", "4000,50", "nan,50", "instruments.csv:3:price value='nan' not a number; write a plain decimal number"),
    ("limits.csv", ",,,20000", ",,,inf", "limits.csv:4:upper value='inf' not a number; write a plain decimal number"),
    ("positions.csv", "100000", '"1,000"', "positions.csv:3:quantity value='1,000' not a number; write it without thousands separators"),
    ("positions.csv", "100000", '"1.000,5"', "positions.csv:3:quantity value='1.000,5' not a number; write a point as the decimal sign, no thousands separators"),
    ("positions.csv", "100000", '""', "positions.csv:3:quantity value='' required value is blank; fill it: signed units, + long"),
    ("factor_covariance.csv", "0.00005", "nan", "factor_covariance.csv:3:EURO value='nan' not a number; write a plain decimal number"),
    ("factor_covariance.csv", "0.00005", "", "factor_covariance.csv:3:EURO value='' not a number; write a plain decimal number"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "booking_fee_bps: 0_1", "scenario.yaml:19 costs.booking_fee_bps value='0_1' not a valid value; write it without underscores"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "booking_fee_bps: .nan", "scenario.yaml:19 costs.booking_fee_bps value='.nan' not a valid value; write a plain decimal number"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "booking_fee_bps: -0.1", "scenario.yaml:19 costs.booking_fee_bps value='-0.1' not a valid value; it must be greater than or equal to 0"),
]  # fmt: skip

BAD_TIMES = (
    "2024-06-27", "27/06/2024 15:59", "20240627T155900-0400", "2024-W26-4T15:59:00-04:00", "2024-06-27x15:59:00-04:00",
    "2024-06-27T25:59:00-04:00", "2024-02-30T15:59:00-04:00", "2024-06-27T15:59:00-25:00", "1719518340", "now", "2024-06-27T15:59:00 EST",
)  # fmt: skip


def of(time: str) -> Change:
    """Positions of which one has a time of its own."""
    rows = WORLD["positions.csv"].replace("\n", ",\n").replace("quantity,", "quantity,as_of")
    return "positions.csv", WORLD["positions.csv"], rows.replace("100000,", f"100000,{time}")


def expiring(day: str) -> Change:
    """Instruments with an expiry."""
    rows = WORLD["instruments.csv"].replace(",1\n", ",\n").replace(",lot_size", ",expiry")
    return "instruments.csv", WORLD["instruments.csv"], rows.replace("index,", f"index,{day}")


def settings_say(line: str) -> Change:
    """One more line in scenario.yaml, the fourth."""
    return "scenario.yaml", "base_currency", f"{line}\nbase_currency"


DATES = [
    *[("instruments.csv", TIME, t, f"instruments.csv:2:price_time value={t!a} not a valid price_time; write it as yyyy-mm-ddThh:mm:ss+hh:mm") for t in BAD_TIMES],
    ("instruments.csv", TIME, "2024-06-27T15:59:00", "instruments.csv:2:price_time value='2024-06-27T15:59:00' not a valid price_time; add the offset, for example 2024-06-28T16:00:00-04:00"),
    ("instruments.csv", TIME, "2024-06-27T16:00:01-04:00", "instruments.csv:2:price_time value='2024-06-27T16:00:01-04:00' after as_of; correct the time, or raise as_of"),
    ("instruments.csv", TIME, "2024-06-27T16:59:00-05:00", "instruments.csv:2:price_time value='2024-06-27T16:59:00-05:00' after as_of; correct the time, or raise as_of"),
    ("instruments.csv", TIME, "0001-01-01T00:00:00+14:00", "instruments.csv:2:price_time value='0001-01-01T00:00:00+14:00' not a valid price_time; write a year from 1900 to 2200"),
    ("instruments.csv", TIME, "9999-12-31T23:59:59-14:00", "instruments.csv:2:price_time value='9999-12-31T23:59:59-14:00' not a valid price_time; write a year from 1900 to 2200"),
    (*of("2024-06-28T00:00:00Z"), "positions.csv:3:as_of value='2024-06-28T00:00:00Z' after as_of; correct the time, or raise as_of"),
    (*of("2024-06-27"), "positions.csv:3:as_of value='2024-06-27' not a valid as_of; write it as yyyy-mm-ddThh:mm:ss+hh:mm"),
    (*of("2024-06-27T16:00:00"), "positions.csv:3:as_of value='2024-06-27T16:00:00' not a valid as_of; add the offset, for example 2024-06-28T16:00:00-04:00"),
    (*expiring("31/03/2026"), "instruments.csv:3:expiry value='31/03/2026' not a date; write the date as yyyy-mm-dd"),
    (*expiring("2026-02-30"), "instruments.csv:3:expiry value='2026-02-30' not a date; write a date that exists, as yyyy-mm-dd"),
    ("scenario.yaml", "books: books.csv", "books: {file: books.csv, as_of: 2024-06-28T16:00:00-04:00}", "scenario.yaml:6 tables.books.as_of value='2024-06-28T16:00:00-04:00' after as_of; correct the time, or raise as_of"),
    ("scenario.yaml", "books: books.csv", "books: {file: books.csv, as_of: 2024-06-27}", "scenario.yaml:6 tables.books not a table entry; write it as yyyy-mm-ddThh:mm:ss+hh:mm"),
    ("scenario.yaml", "books: books.csv", "books: {file: books.csv, as_of: 2024-06-27T16:00:00}", "scenario.yaml:6 tables.books not a table entry; add the offset, for example 2024-06-28T16:00:00-04:00"),
    ("scenario.yaml", "books: books.csv", "books: {file: books.csv, as_of: [2024-06-27]}", "scenario.yaml:6 tables.books not a table entry; write it as yyyy-mm-ddThh:mm:ss+hh:mm"),
    ("scenario.yaml", "loadings: loadings.csv", "loadings: {file: loadings.csv, as_of: 2025-06-27T16:00:00Z}", "scenario.yaml:9 tables.risk.loadings.as_of value='2025-06-27T16:00:00+00:00' after as_of; correct the time, or raise as_of"),
    (*settings_say("business_date: 2024-06-26"), "scenario.yaml:4 business_date value='2024-06-26' before the date of as_of, 2024-06-27; tickets are not dated back: write that day or a later one, or leave it out"),
    (*settings_say("execution_date: 2024-06-26"), "scenario.yaml:4 execution_date value='2024-06-26' before the business date 2024-06-27; tickets are not dated back: write that day or a later one, or leave it out"),
    (*settings_say("execution_date: 2024-06-28\nbusiness_date: 2024-07-01"), "scenario.yaml:4 execution_date value='2024-06-28' before the business date 2024-07-01; tickets are not dated back: write that day or a later one, or leave it out"),
    (*settings_say("business_date: 9999-12-31"), "scenario.yaml:4 business_date value='9999-12-31' not a valid value; write a year from 1900 to 2200"),
    ("scenario.yaml", "as_of: 2024-06-27T16:00:00-04:00", "as_of: 0001-01-01T00:00:00+14:00", "scenario.yaml:3 as_of value='0001-01-01T00:00:00+14:00' not a valid value; write a year from 1900 to 2200"),
    ("scenario.yaml", "16:00:00-04:00", "16:00:00", "scenario.yaml:3 as_of value='2024-06-27T16:00:00' not a valid value; add the offset, for example 2024-06-28T16:00:00-04:00"),
    *[
        ("scenario.yaml", "base_currency", f"business_date: {d}\nbase_currency", f"scenario.yaml:4 business_date value='{d}' not a valid value; {r}")
        for d, r in (*[(d, "write the date as yyyy-mm-dd") for d in ("31/03/2026", "20260331", "2026-3-31", "2024-06-27T00:00:00Z")], *[(d, "write a date that exists") for d in ("2026-02-30", "0000-01-01")])
    ],
]  # fmt: skip

YAML = [
    ("scenario.yaml", "base_currency", "name: again\nbase_currency", "scenario.yaml:4 name duplicate key, first on line 2; keep one of them"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "booking_fee_bps: 0.1, booking_fee_bps: 0.1", "scenario.yaml:19 costs.booking_fee_bps duplicate key, first on line 19; keep one of them"),
    ("scenario.yaml", "books: books.csv", "books: [{book_id: MM, book_id: ARB}]", "scenario.yaml:6 tables.books.0.book_id duplicate key, first on line 6; keep one of them"),
    ("scenario.yaml", "books: books.csv", "books: [&b {book_id: MM}, *b]", "scenario.yaml:6 anchors and aliases are not read; write the value out"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "booking_fee: 0.1", "scenario.yaml:19 costs.booking_fee unknown key; remove or rename it; did you mean booking_fee_bps?"),
    ("scenario.yaml", "base_currency: USD", "base_currency: USD\nbase-currency: USD", "scenario.yaml:5 base-currency unknown key; remove or rename it; did you mean base_currency?"),
    ("scenario.yaml", "  fx:", "  FX: fx.csv\n  fx:", "scenario.yaml:10 tables.FX unknown key; remove or rename it; did you mean fx?"),
    ("scenario.yaml", "units: daily_fraction", "unit: daily_fraction", "scenario.yaml:9 tables.risk.unit unknown key; remove or rename it; did you mean units?"),
    ("scenario.yaml", "units: daily_fraction", "units: daily", "scenario.yaml:9 tables.risk.units value='daily' not a valid value; it must be 'daily_fraction', 'annual_fraction' or 'annual_percent'"),
    ("scenario.yaml", "  fx:", '  "f\\ex": fx.csv\n  fx:', r"scenario.yaml:10 the key f\x1bx is not a word; write keys as plain words"),
    ("scenario.yaml", "name: two-desks", "name: &n two-desks", "scenario.yaml:2 anchors and aliases are not read; write the value out"),
    ("scenario.yaml", "base_currency: USD", "base_currency: *n", "scenario.yaml:4 anchors and aliases are not read; write the value out"),
    ("scenario.yaml", "two-desks", "!!python/name:os.system x", "scenario.yaml:2 the tag 'tag:yaml.org,2002:python/name:os.system' is not read; remove it"),
    ("scenario.yaml", "two-desks", "! x", "scenario.yaml:2 the tag '!' is not read; remove it"),
    ("scenario.yaml", "costs: {", "costs: {<<: {a: 1}, ", "scenario.yaml:19 merge keys are not read; write the values out"),
    ("scenario.yaml", "costs:", "---\ncosts:", "scenario.yaml:19 a second document begins; keep one document"),
    ("scenario.yaml", "two-desks", "[" * 30 + "]" * 30, "scenario.yaml:2 nested more than 20 deep; flatten it"),
    ("scenario.yaml", "two-desks", "x" * 1_100_000, "scenario.yaml the file is over 1 MiB; move long tables to CSV files"),
    ("scenario.yaml", "two-desks", "[a", "scenario.yaml:3 not YAML: did not find expected ',' or ']'; correct this line"),
    ("scenario.yaml", "name: two-desks", "\tname: two-desks", "scenario.yaml:2 not YAML: found a tab character that violates indentation; correct this line"),
    ("scenario.yaml", "name: two-desks", "? [a]\n: b", "scenario.yaml:2 a key that is not a word; write keys as plain words"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "horizon_days: 0o10", "scenario.yaml:19 costs.horizon_days value='0o10' not a valid value; write a plain decimal number"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "horizon_days: 010", "scenario.yaml:19 costs.horizon_days value='010' not a valid value; write it without leading zeros"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "horizon_days: 1:30", "scenario.yaml:19 costs.horizon_days value='1:30' not a valid value; write a plain decimal number"),
    ("scenario.yaml", "booking_fee_bps: 0.1", "horizon_days: [1]", "scenario.yaml:19 costs.horizon_days not a valid value; it must be a valid number"),
    ("scenario.yaml", "format: 1", "format: 2", "scenario.yaml:1 format value='2' not a valid value; it must be 1"),
    ("scenario.yaml", "format: 1", "version: 1", "scenario.yaml:1 format required key is missing; add it"),
    ("scenario.yaml", "costs:", "solve: {time_limit: 120}\ncosts:", "scenario.yaml:19 solve.time_limit value='120' not a valid value; write a duration such as 15m, 24h or 7d"),
    ("scenario.yaml", "costs:", "solve: {time_limit: 99999999999999d}\ncosts:", "scenario.yaml:19 solve.time_limit value='99999999999999d' not a valid value; write a duration such as 15m, 24h or 7d"),
    ("scenario.yaml", "costs:", "freshness: {postions: 24h}\ncosts:", "scenario.yaml:19 freshness.postions no such table; correct the name; did you mean positions?"),
    ("scenario.yaml", "costs:", "freshness: {positions: 24h}\ncosts:", "scenario.yaml:19 freshness.positions the table has no time; write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00} or fill the rows' times"),
    ("scenario.yaml", "costs:", "calendar: NOWHERE\ncosts:", "scenario.yaml:19 calendar value='NOWHERE' no such calendar; write a market or country code such as XNYS or DE, or leave it out"),
    ("scenario.yaml", "costs:", "calendar: date\ncosts:", "scenario.yaml:19 calendar value='date' no such calendar; write a market or country code such as XNYS or DE, or leave it out"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  dislocations: [{instrument_id: ROLL, fair_value: 1}]", "scenario.yaml:11 tables.dislocations.0.instrument_id value='ROLL' no such instrument; add it to instruments or correct the id"),
    ("scenario.yaml", "  risk: {units: daily_fraction", "  risk: risk.csv #", "scenario.yaml:9 tables.risk value='risk.csv' not a valid value; it must be a valid dictionary or instance of RiskFiles"),
    ("scenario.yaml", WORLD["scenario.yaml"], "- a\n- b\n", "scenario.yaml the file is empty or not a mapping; write `key: value`, one a line"),
    ("scenario.yaml", WORLD["scenario.yaml"][WORLD["scenario.yaml"].index("tables"):], "tables: 5\n", "scenario.yaml:5 tables value='5' not a valid value; it must be a valid dictionary or instance of TableFiles"),
]  # fmt: skip

REFERENCES = [
    ("positions.csv", "MM,ETF", "MX,ETF", "positions.csv:3:book_id value='MX' no such book; add it to books or correct the id"),
    ("positions.csv", "MM,ETF", "MM,ZZZ", "positions.csv:3:instrument_id value='ZZZ' no such instrument; add it to instruments or correct the id"),
    ("positions.csv", "MM,ETF", "MM,ROLL", "positions.csv:3:instrument_id value='ROLL' no such instrument; add it to instruments or correct the id"),
    ("loadings.csv", "FUT,MARKET", "ZZZ,MARKET", "loadings.csv:3:instrument_id value='ZZZ' no such instrument; add it to instruments or correct the id"),
    ("loadings.csv", "FUT,MARKET", "FUT,MKT", "loadings.csv:3:factor_id value='MKT' no such factor; add it to factors or correct the id"),
    ("limits.csv", "book:ARB", "book:ARC", "limits.csv:2:scope value='book:ARC' no such book; correct the id"),
    ("limits.csv", "book:ARB", "entity:X", "limits.csv:2:scope value='entity:X' no such entity; correct the id"),
    ("limits.csv", "book:ARB", "group:X", "limits.csv:2:scope value='group:X' no such group; correct the id"),
    ("limits.csv", "book:ARB", "pool:X", "limits.csv:2:scope value='pool:X' no such pool; correct the id"),
    ("limits.csv", "book:ARB", "account:X", "limits.csv:2:scope value='account:X' no such account; correct the id"),
    ("limits.csv", "book:ARB", "desk:ARB", "limits.csv:2:scope value='desk:ARB' not a scope; write firm, entity:X, group:X, book:X, book:*, pool:X or account:X"),
    ("limits.csv", "book:ARB", "firm:ARB", "limits.csv:2:scope value='firm:ARB' not a scope; write firm, entity:X, group:X, book:X, book:*, pool:X or account:X"),
    ("limits.csv", "book:ARB,MARKET", "book:ARB,MKT", "limits.csv:2:target value='MKT' no such factor; name a factor"),
    ("limits.csv", "firm,FUT", "firm,FXT", "limits.csv:5:target value='FXT' not an instrument; name one instrument"),
    ("limits.csv", "position,firm,FUT", "gross,firm,ZZZ", "limits.csv:5:target value='ZZZ' not a selector; write *, instrument:ID, or column:value of a text column of instruments"),
    ("limits.csv", "position,firm,FUT,-500", "gross,firm,sector:coal,", "limits.csv:5:target value='sector:coal' it selects nothing; correct the value"),
    ("limits.csv", "volatility,firm", "external,book:MM", "limits.csv:4:scope value='book:MM' external is measured on firm or group; change the scope"),
    ("margin_rates.csv", "FUT,,", "ZZZ,,", "margin_rates.csv:3:instrument_id value='ZZZ' no such instrument; add it to instruments or correct the id"),
    ("margin_rates.csv", "EQE,PBE", "EQE,PBX", "margin_rates.csv:5:account_id value='PBX' no such account; add it to accounts or correct the id; did you mean PB?"),
    ("cash_routes.csv", "USD,EUR", "GBP,EUR", "cash_routes.csv:2:from_pool value='GBP' no such pool; add it to pools or correct the id"),
    ("cash_routes.csv", "USD,EUR", "USD,GBP", "cash_routes.csv:2:to_pool value='GBP' no such pool; add it to pools or correct the id"),
    ("cash_routes.csv", "USD,EUR", "USD,USD", "cash_routes.csv:2:to_pool value='USD' a route from a pool to itself; name another pool"),
    ("books.csv", "MM,PB,", "MM,PX,", "books.csv:3:account_id value='PX' no such account; add it to accounts or correct the id"),
    ("books.csv", "MM,PB,", "MM,,", "books.csv:3:account_id value='' the book has no account; name one, or cover every instrument in book_accounts"),
    ("accounts.csv", "PB,USD", "PB,", "accounts.csv:2:pool_id value='' required value is blank; fill it: the funding pool it draws on"),
    ("accounts.csv", "PB,USD", "PB,GBP", "accounts.csv:2:pool_id value='GBP' no such pool; add it to pools or correct the id"),
    ("mandates.csv", "MM,*", "MX,*", "mandates.csv:3:book_id value='MX' no such book; add it to books or correct the id"),
    ("mandates.csv", "MM,*", "MM,instrument:ZZZ", "mandates.csv:3:selector value='instrument:ZZZ' it selects nothing; correct the value"),
    ("mandates.csv", "MM,*", "MM,sector:coal", "mandates.csv:3:selector value='sector:coal' it selects nothing; correct the value"),
    ("mandates.csv", "MM,*", "MM,colour:red", "mandates.csv:3:selector value='colour:red' not a selector; write *, instrument:ID, or column:value of a text column of instruments"),
    ("mandates.csv", "MM,*", "MM,description:x", "mandates.csv:3:selector value='description:x' not a selector; write *, instrument:ID, or column:value of a text column of instruments"),
    ("crossing_groups.csv", "ARB;MM", "ARB;MX", "crossing_groups.csv:2:books value='ARB;MX' no such book MX; correct the id"),
    ("crossing_groups.csv", "ARB;MM", "ARB; MM", "crossing_groups.csv:2:books value='ARB; MM' not a valid books; remove the blanks around it"),
    ("crossing_groups.csv", "ARB;MM\n", "ARB;MM\nother,MM;EUX\n", "crossing_groups.csv:3:books value='MM;EUX' MM is already in house; a book is in one group"),
    ("crossing_groups.csv", "ARB;MM", "ARB;ARB", "crossing_groups.csv:2:books value='ARB;ARB' ARB is already in house; a book is in one group"),
    ("crossing_groups.csv", "house", "EUX", "crossing_groups.csv:2:group_id value='EUX' a book has this name; a book alone is the group of its own name"),
    ("combinations.csv", "ROLL,FUT", "ROLL,ZZZ", "combinations.csv:2:instrument_id value='ZZZ' no such instrument; add it to instruments or correct the id"),
    ("combinations.csv", "ROLL,FUT", "ROLX,FUT", "combinations.csv:2:combination_id value='ROLX' no cost row; add it to instruments with asset_class combination"),
    ("combinations.csv", "ROLL,FUT,1\nROLL,ETF,-2000\n", "", "instruments.csv:5:instrument_id value='ROLL' a combination without legs; add its legs to combinations"),
    ("books.csv", "MM,PB,BD", "MM,PB,OTHER", "books.csv:3:account_id value='PB' the account PB serves two beneficial owners; give each its own"),
    ("books.csv", "MM,PB,BD", "MM,PB,OTHER", "crossing_groups.csv:2:books value='ARB;MM' the group joins the beneficial owners BD, OTHER; split it, or say cross_entity: yes"),
    ("fx.csv", "EUR,1.07", "GBP,1.27", "instruments.csv:4:currency value='EUR' no rate for this currency; add it to fx"),
    ("fx.csv", "EUR,1.07", "GBP,1.27", "pools.csv:3:currency value='EUR' no rate for this currency; add it to fx"),
    ("fx.csv", "EUR,1.07", "EUR,1.07\nUSD,2", "fx.csv:3:rate value='2' the base currency's own rate is not 1; write 1"),
    ("books.csv", "MM,PB,BD", "ARB,PB,BD", "books.csv:3:book_id value='ARB' duplicate key ARB, first on line 2; keep one of them"),
    ("positions.csv", "MM,ETF", "ARB,ETF", "positions.csv:3:book_id value='ARB' duplicate key ARB/ETF, first on line 2; write one row with the sum of the quantities, unless one of them is a copy"),
    ("loadings.csv", "EQE,EURO", "EQE,MARKET", "loadings.csv:5:instrument_id value='EQE' duplicate key EQE/MARKET, first on line 4; keep one of them"),
    ("margin_rates.csv", "EQE,PBE", "EQE,", "margin_rates.csv:5:instrument_id value='EQE' duplicate key EQE/, first on line 4; keep one of them"),
    ("limits.csv", "MM-market", "ARB-market", "limits.csv:3:limit_id value='ARB-market' duplicate key ARB-market, first on line 2; keep one of them"),
    ("factor_covariance.csv", "EURO,0.00001", "MARKET,0.00001", "factor_covariance.csv:3:factor_id value='MARKET' duplicate row; keep one"),
    ("factor_covariance.csv", "factor_id,MARKET,EURO", "factor_id,MARKET,YEN", "factor_covariance.csv:3:factor_id value='EURO' not in the header; carry the same ids both ways"),
    ("factor_covariance.csv", "EURO,0.00001,0.00005\n", "", "factor_covariance.csv:1:EURO no row of this id; carry the same ids both ways"),
    ("factors.csv", "EURO,", "YEN,", "factors.csv:3:factor_id value='YEN' the factor YEN stands in factors or in factor_covariance only; carry the same factors in both"),
    ("factors.csv", "EURO,value,the currency\n", "EURO,value,the currency\nYEN,value,\n", "factors.csv:4:factor_id value='YEN' the factor YEN stands in factors or in factor_covariance only; carry the same factors in both"),
    ("factors.csv", "EURO,value,the currency\n", "", "factor_covariance.csv:3:EURO value='0.00005' the factor EURO stands in factors or in factor_covariance only; carry the same factors in both"),
    ("accounts.csv", "PBE,EUR", "PB,EUR", "accounts.csv:3:account_id value='PB' duplicate key PB, first on line 2; keep one of them"),
    ("pools.csv", "EUR,EUR", "USD,EUR", "pools.csv:3:pool_id value='USD' duplicate key USD, first on line 2; keep one of them"),
    ("cash_routes.csv", "EUR,USD", "USD,EUR", "cash_routes.csv:3:from_pool value='USD' duplicate key USD/EUR, first on line 2; keep one of them"),
    ("instruments.csv", "FUT,future", "ETF,future", "instruments.csv:3:instrument_id value='ETF' duplicate key ETF, first on line 2; keep one of them"),
    ("mandates.csv", "MM,*,trade\n", "MM,*,trade\nMM,*,trade\n", "mandates.csv:4:book_id value='MM' duplicate key MM/*/trade, first on line 3; keep one of them"),
    ("factors.csv", "EURO,", "MARKET,", "factors.csv:3:factor_id value='MARKET' duplicate key MARKET, first on line 2; keep one of them"),
    ("fx.csv", "EUR,1.07", "EUR,1.07\nEUR,1.08", "fx.csv:3:currency value='EUR' duplicate key EUR, first on line 2; keep one of them"),
    ("combinations.csv", "ROLL,ETF,", "ROLL,FUT,", "combinations.csv:3:combination_id value='ROLL' duplicate key ROLL/FUT, first on line 2; keep one of them"),
    ("crossing_groups.csv", "ARB;MM\n", "ARB;MM\nhouse,EUX\n", "crossing_groups.csv:3:group_id value='house' duplicate key house, first on line 2; keep one of them"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  book_accounts: [{book_id: MX, selector: 'instrument:ETF', account_id: PBE}]", "scenario.yaml:11 tables.book_accounts.0.book_id value='MX' no such book; add it to books or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  book_accounts: [{book_id: MM, selector: 'instrument:ETX', account_id: PBE}]", "scenario.yaml:11 tables.book_accounts.0.selector value='instrument:ETX' it selects nothing; correct the value"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  book_accounts: [{book_id: MM, selector: 'instrument:ETF', account_id: PX}]", "scenario.yaml:11 tables.book_accounts.0.account_id value='PX' no such account; add it to accounts or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  collateral: [{pool_id: GBP, instrument_id: ETF, haircut: 0.1}]", "scenario.yaml:11 tables.collateral.0.pool_id value='GBP' no such pool; add it to pools or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  collateral: [{pool_id: USD, instrument_id: ETX, haircut: 0.1}]", "scenario.yaml:11 tables.collateral.0.instrument_id value='ETX' no such instrument; add it to instruments or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  borrow: [{instrument_id: ETX, available: 1}]", "scenario.yaml:11 tables.borrow.0.instrument_id value='ETX' no such instrument; add it to instruments or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  borrow: [{instrument_id: ETF, account_id: PX, available: 1}]", "scenario.yaml:11 tables.borrow.0.account_id value='PX' no such account; add it to accounts or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  restricted: [{selector: 'instrument:ETX', no_buy: yes}]", "scenario.yaml:11 tables.restricted.0.selector value='instrument:ETX' it selects nothing; correct the value"),
    ("scenario.yaml", "  fx: fx.csv", "  fx: fx.csv\n  restricted: [{selector: 'instrument:ETF', book_id: MX, no_buy: yes}]", "scenario.yaml:11 tables.restricted.0.book_id value='MX' no such book; add it to books or correct the id"),
    ("scenario.yaml", "factors: factors.csv", "covariance: factor_covariance.csv, factors: factors.csv", "scenario.yaml:9 tables.risk.covariance two risk models at once; keep covariance or factor_covariance"),
]  # fmt: skip

MISSING = [
    ("instruments.csv", "EQE,equity,EUR,50", "EQE,equity,EUR,", "instruments.csv:4:price value='' no price; fill price, or bid and ask"),
    ("loadings.csv", "EQE,MARKET,0.9\nEQE,EURO,1\n", "", "instruments.csv:4:instrument_id value='EQE' no loading at all; add a row to loadings, 0 if it is 0"),
    ("margin_rates.csv", "EQE,,0.2,0.3\nEQE,PBE,0.25,0.3\n", "", "books.csv:4:book_id value='EUX' no margin rate for EQE in account PBE; add a row to margin_rates, or use model none"),
    ("margin_rates.csv", "FUT,,0.05,0.05", "FUT,,,", "margin_rates.csv:3:long_rate value='' not one margin; write long_rate and short_rate, or per_unit"),
    ("instruments.csv", "fully_paid,2,yes", "fully_paid,,yes", "instruments.csv:2:half_spread_bps value='' no half spread for what may be ordered; write half_spread_bps, half_spread_per_unit, or bid and ask; 0 if it is 0"),
    ("instruments.csv", "ROLL,combination,USD,100", "ROLL,combination,USD,", "instruments.csv:5:price value='' no price and no notional_per_unit; fill one of them"),
    ("fx.csv", "1.07", "", "fx.csv:2:rate value='' required value is blank; fill it: base currency per unit"),
    ("instruments.csv", "etf,USD,100", "etf,USD,", "instruments.csv:2:price value='' no price; fill price, or bid and ask"),
    ("loadings.csv", "FUT,MARKET,1\n", "", "instruments.csv:3:instrument_id value='FUT' no loading at all; add a row to loadings, 0 if it is 0"),
    ("instruments.csv", "0.5,yes,0.001", "0.5,yes,", "instruments.csv:3:specific_volatility value='' required beside a factor covariance; write it, 0 if it is 0"),
    ("margin_rates.csv", "FUT,,0.05,0.05\n", "", "books.csv:3:book_id value='MM' no margin rate for FUT in account PB; add a row to margin_rates, or use model none"),
    ("margin_rates.csv", "FUT,,0.05,0.05", "FUT,,0.05,", "margin_rates.csv:3:long_rate value='0.05' not one margin; write long_rate and short_rate, or per_unit"),
    ("instruments.csv", "4000,50", "4000,", "instruments.csv:3:multiplier value='' required for future; write it, 1 if it is 1"),
    ("instruments.csv", "50,margined", "50,", "instruments.csv:3:payment value='' required for future; write fully_paid or margined"),
    ("instruments.csv", "margined,0.5", "margined,", "instruments.csv:3:half_spread_bps value='' no half spread for what may be ordered; write half_spread_bps, half_spread_per_unit, or bid and ask; 0 if it is 0"),
    ("pools.csv", "minimum_balance\nUSD,USD,10000000,1000000\nEUR,EUR,500000,0", "borrow_limit\nUSD,USD,10000000,5\nEUR,EUR,500000,0", "pools.csv:2:borrow_rate_bps required where borrow_limit > 0; write it, 0 if it is 0"),
    ("pools.csv", "10000000", "", "pools.csv:2:cash value='' required value is blank; fill it: at as_of, with posted margin, without locked short proceeds"),
    ("loadings.csv", "EQE,EURO,1", "EQE,EURO,", "loadings.csv:5:loading value='' required value is blank; fill it: exposure per notional (value) or per unit (unit)"),
]  # fmt: skip


def in_place_of_lots(columns: str, cells: str) -> tuple[str, str]:
    """The instruments with other columns than lot_size; ETF has the cells, the rest has them blank."""
    blank = "," * columns.count(",")
    rows = (
        WORLD["instruments.csv"].replace("lot_size", columns).replace("broad,1", f"broad,{cells}")
    )
    return WORLD["instruments.csv"], re.sub(",1\n", f",{blank}\n", rows)


ECONOMICS = [
    ("instruments.csv", "fully_paid,2", "fully_paid,-2", "instruments.csv:2:half_spread_bps value='-2' out of range; it must be at least 0"),
    *[("instruments.csv", *in_place_of_lots("bid,ask", quotes), f"instruments.csv:2:price value='100' {by}; correct the price or the quotes, or set checks.price_beyond_quotes_bps") for quotes, by in (("100.01,100.02", "beyond its quotes, 100.01 to 100.02, by 1 bps"), ("99.8,99.9", "beyond its quotes, 99.8 to 99.9, by 10 bps"), ("98,99.5", "beyond its quotes, 98 to 99.5, by 50 bps"))],
    *[
        ("instruments.csv", *in_place_of_lots(column, "-1"), f"instruments.csv:2:{column} value='-1' out of range; it must be at least 0")
        for column in ("commission_bps", "commission_per_unit", "buy_tax_bps", "sell_tax_bps", "half_spread_per_unit", "volatility", "max_participation")
    ],
    ("instruments.csv", *in_place_of_lots("adv", "0"), "instruments.csv:2:adv value='0' out of range; it must be above 0"),
    ("instruments.csv", *in_place_of_lots("bid,ask", "99,98.9"), "instruments.csv:2:bid value='99' bid over ask; correct the quote"),
    ("instruments.csv", *in_place_of_lots("half_spread_per_unit", "0.02"), "instruments.csv:2:half_spread_per_unit value='0.02' two half spreads; keep one"),
    ("instruments.csv", *in_place_of_lots("long_financing_bps,short_financing_bps", "-5,4"), "instruments.csv:2:long_financing_bps value='-5' long and short financing add up to less than zero; being long and short would earn money; correct them"),
    ("margin_rates.csv", "FUT,,0.05", "FUT,,5.01", "margin_rates.csv:3:long_rate value='5.01' out of range; it must be at most 5"),
    ("accounts.csv", "margin_multiplier\nPB,USD,1", "funding_rate_bps\nPB,USD,-1", "accounts.csv:2:funding_rate_bps value='-1' out of range; it must be at least 0"),
    ("pools.csv", "minimum_balance\nUSD,USD,10000000,1000000", "borrow_rate_bps\nUSD,USD,10000000,-1", "pools.csv:2:borrow_rate_bps value='-1' out of range; it must be at least 0"),
    ("fx.csv", "currency,rate\nEUR,1.07", "currency,rate,half_spread_bps\nEUR,1.07,-1", "fx.csv:2:half_spread_bps value='-1' out of range; it must be at least 0"),
    ("scenario.yaml", "booking_fee_bps", "horizon_days: -1, booking_fee_bps", "scenario.yaml:19 costs.horizon_days value='-1' not a valid value; it must be greater than or equal to 0"),
    ("scenario.yaml", "booking_fee_bps", "risk_aversion: -1, booking_fee_bps", "scenario.yaml:19 costs.risk_aversion value='-1' not a valid value; it must be greater than or equal to 0"),
    ("scenario.yaml", "costs:", "lots: {minimum_order_notional: -1}\ncosts:", "scenario.yaml:19 lots.minimum_order_notional value='-1' not a valid value; it must be greater than or equal to 0"),
    ("instruments.csv", "etf,USD,100,,fully_paid", "option,USD,-1,1,fully_paid", "instruments.csv:2:price value='-1' a price of zero or below; only margined instruments may have one"),
    ("cash_routes.csv", "1000000,1", "1000000,-1", "cash_routes.csv:2:fee_bps value='-1' out of range; it must be at least 0"),
    ("cash_routes.csv", "1000000,1", "-1,1", "cash_routes.csv:2:capacity value='-1' out of range; it must be at least 0"),
    ("scenario.yaml", "booking_fee_bps", "impact_coefficient: -1, booking_fee_bps", "scenario.yaml:19 costs.impact_coefficient value='-1' not a valid value; it must be greater than or equal to 0"),
    ("margin_rates.csv", "ETF,,0.15", "ETF,,-0.15", "margin_rates.csv:2:long_rate value='-0.15' out of range; it must be at least 0"),
    ("margin_rates.csv", "ETF,,0.15,0.15", "ETF,,0.15,5.5", "margin_rates.csv:2:short_rate value='5.5' out of range; it must be at most 5"),
    ("instruments.csv", "etf,USD,100", "etf,USD,0", "instruments.csv:2:price value='0' a price of zero or below; only margined instruments may have one"),
    ("instruments.csv", "etf,USD,100", "etf,USD,-1", "instruments.csv:2:price value='-1' a price of zero or below; only margined instruments may have one"),
    ("instruments.csv", "future,USD,4000", "future,USD,-4000", "instruments.csv:3:notional_per_unit the price is zero or below; write notional_per_unit"),
    ("instruments.csv", "broad,1", "broad,0", "instruments.csv:2:lot_size value='0' out of range; it must be above 0"),
    ("instruments.csv", "broad,1", "broad,-1", "instruments.csv:2:lot_size value='-1' out of range; it must be above 0"),
    ("fx.csv", "1.07", "0", "fx.csv:2:rate value='0' out of range; it must be above 0"),
    ("fx.csv", "1.07", "-1.07", "fx.csv:2:rate value='-1.07' out of range; it must be above 0"),
    ("accounts.csv", "1.2", "-1.2", "accounts.csv:3:margin_multiplier value='-1.2' out of range; it must be at least 0"),
    ("limits.csv", "-1000000,1000000", "1000000,-1000000", "limits.csv:2:lower value='1000000' lower over upper -1e+06; exchange them"),
    ("limits.csv", ",,,20000", ",,,-1", "limits.csv:4:upper value='-1' volatility is never negative; write 0 or more"),
    ("limits.csv", ",,,20000", ",,,", "limits.csv:4:upper value='' the limit has no bound; write lower, upper or both"),
    ("limits.csv", ",,,20000", ",,5,20000", "limits.csv:4:lower value='5' a lower bound on volatility is not convex; leave it blank"),
    ("combinations.csv", "-2000", "-2000.5", "combinations.csv:3:ratio value='-2000.5' ratio x lot 1 is not a whole number of the leg's lots of 1; correct the ratio or the combination's lot_size"),
    ("combinations.csv", "-2000", "0", "combinations.csv:3:ratio value='0' ratio x lot 1 is not a whole number of the leg's lots of 1; correct the ratio or the combination's lot_size"),
    ("instruments.csv", "4000,50", "1e300,1e300", "instruments.csv:3:price value='1e300' out of range; write a number between 1e-60 and 1e+30 in size, or leave it blank"),
    ("positions.csv", "100000", "1e307", "positions.csv:3:quantity value='1e307' out of range; write a number between 1e-60 and 1e+30 in size, or leave it blank"),
    ("instruments.csv", "etf,USD,100", "etf,USD,1e-320", "instruments.csv:2:price value='1e-320' out of range; write a number between 1e-60 and 1e+30 in size, or leave it blank"),
    ("accounts.csv", "margin_multiplier\nPB,USD,1", "model\nPB,USD,simm", "accounts.csv:2:model value='simm' no parameters for simm; write simm: {parameters: FILE} in scenario.yaml"),
    ("limits.csv", "description", "kind", "limits.csv:2:kind value='ARB within 1 million' not a valid kind; use one of hard, soft"),
]  # fmt: skip

RISK = [
    ("factor_covariance.csv", "0.0001,0.00001\nEURO,0.00001,0.00005", "0.0001,1e-9\nEURO,1.00001e-9,5e-13", "factor_covariance.csv:2:EURO value='1e-9' the covariance is not symmetric: 1.00001e-09 the other way round; correct the pair"),
    ("factor_covariance.csv", "0.0001,0.00001\nEURO,0.00001", "0.0001,0.00007071069\nEURO,0.00007071069", "factor_covariance.csv:2:MARKET value='0.0001' not positive semidefinite: eigenvalue -1.68e-07, carried by MARKET, EURO; estimate it anew, or let --repair-psd repair it"),
    ("factor_covariance.csv", "0.0001,0.00001", "nan,0.00001", "factor_covariance.csv:2:MARKET value='nan' not a number; write a plain decimal number"),
    ("factor_covariance.csv", "0.0001,0.00001", "-inf,0.00001", "factor_covariance.csv:2:MARKET value='-inf' not a number; write a plain decimal number"),
    ("factor_covariance.csv", "EURO,0.00001", "EURO,0.000010001", "factor_covariance.csv:2:EURO value='0.00001' the covariance is not symmetric: 1.0001e-05 the other way round; correct the pair"),
    ("factor_covariance.csv", "0.0001,0.00001\nEURO,0.00001", "0.0001,0.0001\nEURO,0.0001", "factor_covariance.csv:2:MARKET value='0.0001' not positive semidefinite: eigenvalue -0.414, carried by MARKET, EURO; estimate it anew, or let --repair-psd repair it"),
    ("factor_covariance.csv", "0.00005", "-0.00005", "factor_covariance.csv:3:EURO value='-0.00005' a negative variance; correct the diagonal"),
    ("factor_covariance.csv", "0.00005", "0", "factor_covariance.csv:3:EURO value='0' a variance of zero beside a covariance that is not; correct the diagonal"),
    ("factor_covariance.csv", "0.00005", "1e-320", "factor_covariance.csv:3:EURO value='1e-320' out of range; write a number between 1e-60 and 1e+30 in size, or leave it blank"),
    ("scenario.yaml", "units: daily_fraction, ", "", "scenario.yaml:9 tables.risk.units required key is missing; add it"),
    ("scenario.yaml", "  risk: {units: daily_fraction, factors: factors.csv, loadings: loadings.csv, factor_covariance: factor_covariance.csv}\n", "", "scenario.yaml:5 tables.risk specific_volatility has no units; add risk: {units: daily_fraction}"),
    ("scenario.yaml", "factor_covariance: factor_covariance.csv", "factor_covariance: [{}]", "scenario.yaml:9 tables.risk.factor_covariance.0 not a row; write {column: value, …}"),
    ("scenario.yaml", "factor_covariance: factor_covariance.csv", "factor_covariance: [{factor_id: MARKET, EURO: 0, MARKET: 1}]", "scenario.yaml:9 tables.risk.factor_covariance.0.EURO no row of this id; carry the same ids both ways"),
]  # fmt: skip

SHOCK = "{shock_id: S, factor_id: MARKET, move: -0.1}"
GROUP = "\n  scan_groups: [{product_group: X, currency: USD}]"


def shocks(*rows: str) -> str:
    """Rows of shocks in the YAML, beside fx."""
    return f"  fx: fx.csv\n  shocks: [{', '.join(rows)}]"


def arrays(row: str, groups: str = GROUP) -> str:
    """A row of scan_arrays in the YAML, beside fx and the product groups."""
    return f"  fx: fx.csv{groups}\n  scan_arrays: [{{{row}}}]"


def rolls(row: str, more: str = "") -> tuple[str, str, str]:
    """A window of FUT, which expires in the last row of the world's future."""
    return "scenario.yaml", "  fx: fx.csv", f"  fx: fx.csv\n  rolls: [{row}]{more}"


ROLLS = [
    (*rolls("{selector: FUT}"), "scenario.yaml:11 tables.rolls.0.last_day neither last_day nor rule; write one of them"),
    (*rolls("{selector: FUT, last_day: 2024-07-01, rule: expiry-3b}"), "scenario.yaml:11 tables.rolls.0.last_day value='2024-07-01' both last_day and rule; write one of them"),
    (*rolls("{selector: FUT, rule: expiry-3}"), "scenario.yaml:11 tables.rolls.0.rule value='expiry-3' not a rule; write expiry-5b or first_notice-3b: business days before it"),
    (*rolls("{selector: FUT, rule: expiry-3b}"), "scenario.yaml:11 tables.rolls.0.rule value='expiry-3b' FUT has no expiry; write its expiry, or a last_day"),
    (*rolls("{selector: FUT, rule: first_notice-3b}"), "scenario.yaml:11 tables.rolls.0.rule value='first_notice-3b' FUT has no first_notice; write its first_notice, or a last_day"),
    (*rolls("{selector: FUT, last_day: 2024-07-01, days: 2.5}"), "scenario.yaml:11 tables.rolls.0.days value='2.5' not a whole number of days; write 5"),
    (*rolls("{selector: FUX, last_day: 2024-07-01}"), "scenario.yaml:11 tables.rolls.0.selector value='FUX' not a selector; write *, instrument:ID, or column:value of a text column of instruments"),
    (*rolls("{selector: FUT, last_day: 2024-07-01, into: ETX}"), "scenario.yaml:11 tables.rolls.0.into value='ETX' no such instrument; add it to instruments, or name another"),
    (*rolls("{selector: FUT, last_day: 2024-07-01, into: next}"), "scenario.yaml:11 tables.rolls.0.into value='next' FUT has no next expiry of its underlying; add it to instruments, or name another"),
    (*rolls("{selector: FUT, last_day: 2024-07-01, into: FUT}"), "scenario.yaml:11 tables.rolls.0.into value='FUT' FUT into itself; name another contract"),
    (*rolls("{selector: FUT, last_day: 2024-07-01, into: ETF}, {selector: ETF, last_day: 2024-07-01}"), "scenario.yaml:11 tables.rolls.0.into value='ETF' FUT into ETF, which is given up itself now; name a later contract"),
    (*rolls("{selector: 'currency:USD', last_day: 2024-07-01}, {selector: 'asset_class:etf', last_day: 2024-07-01}"), "scenario.yaml:11 tables.rolls.1.selector value='asset_class:etf' ETF has two rows of one rank, first on line 11; give ETF a row of its own, or make the selectors apart"),
    (*rolls("{selector: FUT, last_day: 2024-07-01}, {selector: FUT, last_day: 2024-07-02}"), "scenario.yaml:11 tables.rolls.1.selector value='FUT' duplicate key FUT, first on line 11; keep one of them"),
    ("scenario.yaml", "costs:", "tenors: [1m, 3w]\ncosts:", "scenario.yaml:19 tenors.1 value='3w' not a valid value; write a time such as 3m or 2y"),
    ("scenario.yaml", "costs:", "tenors: [1m, 12m, 1y]\ncosts:", "scenario.yaml:19 tenors value='1m, 12m, 1y' not each later than the one before; write [1m, 3m, 1y]"),
    ("limits.csv", "position,firm,FUT", "tenor_mismatch,firm,FUT", "limits.csv:5:measure value='tenor_mismatch' there are no tenors; write tenors: [1m, 3m, 6m, 1y] in scenario.yaml"),
]  # fmt: skip


STRESS = [
    ("scenario.yaml", "  fx: fx.csv", shocks("{shock_id: S, move: -0.1}"), "scenario.yaml:11 tables.shocks.0.instrument_id moves not one thing; write instrument_id or factor_id"),
    ("scenario.yaml", "  fx: fx.csv", shocks("{shock_id: S, instrument_id: ETF, factor_id: MARKET, move: -0.1}"), "scenario.yaml:11 tables.shocks.0.instrument_id value='ETF' moves not one thing; write instrument_id or factor_id"),
    ("scenario.yaml", "  fx: fx.csv", shocks("{shock_id: S, instrument_id: ETX, move: -0.1}"), "scenario.yaml:11 tables.shocks.0.instrument_id value='ETX' no such instrument; add it to instruments or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", shocks("{shock_id: S, factor_id: MARKEL, move: -0.1}"), "scenario.yaml:11 tables.shocks.0.factor_id value='MARKEL' no such factor; add it to factors or correct the id; did you mean MARKET?"),
    ("scenario.yaml", "  fx: fx.csv", shocks(SHOCK, SHOCK), "scenario.yaml:11 tables.shocks.1.shock_id value='S' duplicate key S//MARKET, first on line 11; keep one of them"),
    ("scenario.yaml", "  fx: fx.csv", shocks(SHOCK, "{shock_id: S, factor_id: EURO, move: 0.1, shock_set: crash}"), "scenario.yaml:11 tables.shocks.1.shock_set value='crash' S is in another set on another row; write the same on each of its rows"),
    ("scenario.yaml", "  fx: fx.csv", shocks("{shock_id: S, factor_id: MARKET, move: much}"), "scenario.yaml:11 tables.shocks.0.move value='much' not a number; write a plain decimal number"),
    ("limits.csv", "firm-volatility,volatility,firm,", "firm-stress,stress_loss,firm,", "limits.csv:4:target value='' no such shock; add shocks"),
    ("limits.csv", "firm-volatility,volatility,firm,", "firm-tail,expected_shortfall,firm,97.5", "limits.csv:4:target value='97.5' not a level of the tail; write 0.975, or NAME:0.975 for a set"),
    ("limits.csv", "firm-volatility,volatility,firm,", "firm-tail,expected_shortfall,firm,", "limits.csv:4:target value='' not a level of the tail; write 0.975, or NAME:0.975 for a set"),
    ("limits.csv", "firm-volatility,volatility,firm,", "firm-tail,expected_shortfall,firm,crash:0.975", "limits.csv:4:target value='crash:0.975' no such shock; add shocks"),
    ("limits.csv", "firm-volatility,volatility,firm,", "firm-var,var,firm,crash:0.99", "limits.csv:4:target value='crash:0.99' var has no shocks; write the level alone"),
    ("limits.csv", "firm-volatility,volatility,firm,,,", "firm-var,var,firm,0.99,5,", "limits.csv:4:lower value='5' a lower bound on var is not convex; leave it blank"),
    ("limits.csv", "firm-volatility,volatility,firm,", "firm-volatility,volatility,firm,crash", "limits.csv:4:target value='crash' no such risk model; leave it blank, or name one"),
    ("scenario.yaml", "factor_covariance: factor_covariance.csv}", "factor_covariance: factor_covariance.csv, models: {crash: {}}}", "scenario.yaml:9 tables.risk.models.crash the model crash has not the covariance that the normal one has; give it factor_covariance alone"),
    ("scenario.yaml", "factor_covariance: factor_covariance.csv}", "factor_covariance: factor_covariance.csv, models: {crash: {factor_covariance: [{factor_id: MARKET, MARKET: 1}]}}}", "factors.csv:3:factor_id value='EURO' the factor EURO stands in factors or in factor_covariance only; carry the same factors in both"),
    ("scenario.yaml", "factor_covariance: factor_covariance.csv}", "factor_covariance: factor_covariance.csv, models: {normal: {factor_covariance: factor_covariance.csv}}}", "scenario.yaml:9 tables.risk.models.normal the name of the model that stands in risk itself; name it otherwise"),
    ("scenario.yaml", "factor_covariance: factor_covariance.csv}", "factor_covariance: factor_covariance.csv, models: {crash: {factor_covariance: [{factor_id: MARKET, MARKET: -1, EURO: 0}, {factor_id: EURO, MARKET: 0, EURO: 1}]}}}", "scenario.yaml:9 tables.risk.models.crash.factor_covariance.0.MARKET value='-1' a negative variance; correct the diagonal"),
    ("pools.csv", "minimum_balance\nUSD,USD,10000000,1000000", "liquidity_after_stress\nUSD,USD,10000000,crash", "pools.csv:2:liquidity_after_stress value='crash' no such shock; write *, a shock, or set:NAME"),
    ("scenario.yaml", "costs:", "stress: {margin: 0.5}\ncosts:", "scenario.yaml:19 stress.margin value='0.5' not a valid value; it must be greater than or equal to 1"),
    ("scenario.yaml", "costs:", "checks: {reported_margin: -1}\ncosts:", "scenario.yaml:19 checks.reported_margin value='-1' not a valid value; it must be greater than or equal to 0"),
    ("scenario.yaml", "  fx: fx.csv", arrays("instrument_id: ETF, product_group: X, s1: 1, s3: -1"), "scenario.yaml:12 tables.scan_arrays.0.s3 the scan points have a gap: no s2; number them s1, s2, s3 and so on"),
    ("scenario.yaml", "  fx: fx.csv", arrays("instrument_id: ETF, product_group: Y, s1: 1, s2: -1"), "scenario.yaml:12 tables.scan_arrays.0.product_group value='Y' no such scan_group; add it to scan_groups or correct the id"),
    ("scenario.yaml", "  fx: fx.csv", f"  fx: fx.csv{GROUP}\n  scan_credits: [{{credit_id: C, group_a: X, ratio_a: 1, group_b: X, ratio_b: 1, credit_rate: 0.5}}]", "scenario.yaml:12 tables.scan_credits.0.group_b value='X' the same group twice; name another group: within one there is the spread charge"),
    ("scenario.yaml", "  fx: fx.csv", f"  fx: fx.csv{GROUP}\n  scan_credits: [{{credit_id: C, group_a: X, ratio_a: 1, group_b: Z, ratio_b: 1, credit_rate: 2}}]", "scenario.yaml:12 tables.scan_credits.0.credit_rate value='2' out of range; it must be at most 1"),
    ("scenario.yaml", "  fx: fx.csv", arrays("instrument_id: ETF, product_group: X, s1: 1, loss: -1"), "scenario.yaml:12 tables.scan_arrays.0.loss unknown column; remove or rename it; known: instrument_id, product_group, delta, s1"),
    ("scenario.yaml", "  fx: fx.csv", arrays("instrument_id: ETF, product_group: X, s1: 1", GROUP.replace("USD", "CHF")), "scenario.yaml:11 tables.scan_groups.0.currency value='CHF' no rate for this currency; add it to fx"),
    ("accounts.csv", "margin_multiplier\nPB,USD,1", "aggregator\nPB,USD,worst", "accounts.csv:2:aggregator value='worst' not an aggregator; write max, or average_of_worst:k with a whole number k"),
    ("accounts.csv", "margin_multiplier\nPB,USD,1\nPBE,EUR,1.2", "model\nPB,USD,scan\nPBE,EUR,rate", "books.csv:2:book_id value='ARB' no scan array for ETF in account PB; add a row to scan_arrays, or use model rate"),
    ("accounts.csv", "margin_multiplier\nPB,USD,1\nPBE,EUR,1.2", "model\nPB,USD,shortfall\nPBE,EUR,rate", "books.csv:2:book_id value='ARB' no shock for ETF in account PB; add shocks that move it to the account's shock_set"),
    ("accounts.csv", "margin_multiplier\nPB,USD,1", "confidence\nPB,USD,99", "accounts.csv:2:confidence value='99' out of range; it must be at most 0.99999"),
]  # fmt: skip

BAD_PATHS = {
    "the file name is empty, absolute, or a URL": (
        "/etc/passwd", "/dev/zero", "//server/books.csv", "~/books.csv", "~root/books.csv", "file:///etc/passwd",
        "https://example.com/books.csv", "HTTP://example.com/books.csv", "C:/books.csv",
    ),
    "the file lies outside the scenario's folder": ("../books.csv", "./../books.csv", "sub/../../books.csv", "..", "sub\\books.csv"),
    "compressed files are not read": ("books.csv.gz", "books.ZIP", "books.csv.xz"),
    "it is read through a layout: {file: …, layout: …}": ("books.xlsx", "books.parquet"),
    "old workbooks are not read: save it as .xlsx": ("books.xls",),
    "there is no such file": ("nothing.csv",),
    "cannot be read: File name too long": ("x" * 300 + ".csv",),
    "it is not a plain file": ("sub", "pipe.csv", "socket.csv"),
    "the file is a link": ("link.csv", "linked/books.csv", "linked-device.csv"),
    "the file name holds a character that cannot be seen": ('"b\\u202e.csv"',),
    "a control character stands in a value": ('"boo\\0ks.csv"', '"boo\\eks.csv"'),
}  # fmt: skip

CELLS = {
    "bytes": BYTES, "shape": SHAPE, "ids": IDS, "numbers": NUMBERS, "dates": DATES, "yaml": YAML, "references": REFERENCES,
    "missing": MISSING, "economics": ECONOMICS, "risk": RISK, "rolls": ROLLS, "stress": STRESS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "fragment"),
    [pytest.param(*c, id=f"{g}-{k}") for g, cases in CELLS.items() for k, c in enumerate(cases)],
)
def test_it_is_refused_by_file_line_and_column(
    tmp_path: Path, file: str, old: str, new: str, fragment: str
) -> None:
    lines = refusal(write(tmp_path / "s", (file, old, new)))
    assert any(line.startswith("ERROR " + fragment) or f" {fragment}" in line for line in lines), (
        lines
    )


def with_traps(path: Path) -> Path:
    """A folder with what may not be read in it, and beside it."""
    (path.parent / "books.csv").write_text(WORLD["books.csv"])
    for packed in ("books.csv.gz", "books.ZIP", "books.csv.xz", "books.xlsx", "books.parquet"):
        (path / packed).write_bytes(b"\x1f\x8b")
    (path / "sub").mkdir()
    (path / "link.csv").symlink_to("books.csv")
    (path / "linked").symlink_to(path.parent)
    (path / "linked-device.csv").symlink_to("/dev/zero")
    os.mkfifo(path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(os.path.relpath(path / "socket.csv"))
    return path


@pytest.mark.parametrize(
    ("name", "reason"), [(name, reason) for reason, names in BAD_PATHS.items() for name in names]
)
def test_a_table_is_a_plain_file_inside_the_folder(
    tmp_path: Path, name: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    change = ("scenario.yaml", "books: books.csv", f"books: {name}")
    lines = refusal(with_traps(write(tmp_path / "s", change)))
    assert all(
        line.startswith("ERROR scenario.yaml:6 tables.books value=") and f" {reason}; " in line
        for line in lines[:1]
    ), lines
    assert all("scenario.yaml:6 tables.books" in line for line in lines), lines


def test_a_device_is_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "s")
    known = Path.stat
    monkeypatch.setattr(
        Path, "stat", lambda p, **k: known(Path("/dev/null") if p.name == "books.csv" else p, **k)
    )
    assert refusal(path)[0] == (
        "ERROR scenario.yaml:6 tables.books value='books.csv' it is not a plain file; "
        "name a plain CSV file inside the scenario's folder"
    )


@pytest.mark.parametrize("name", ["../x.xml", "/etc/passwd", "sub", "pipe.csv", "link.csv"])
def test_other_files_are_held_to_the_same(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parameters of SIMM, and control files."""
    monkeypatch.chdir(tmp_path)
    change = ("scenario.yaml", "costs:", f"simm: {{parameters: {name}}}\ncosts:")
    path = write(tmp_path / "s", change)
    (path / "sub").mkdir()
    (path / "link.csv").symlink_to("books.csv")
    os.mkfifo(path / "pipe.csv")
    said = f"ERROR scenario.yaml:19 simm.parameters value={name!r} "
    assert refusal(path)[0].startswith(said)
    if "/" not in name:
        (path / name).rename(path / "books.csv.ctl")
        write(path)
        said = "ERROR scenario.yaml:6 tables.books value='books.csv.ctl' "
        assert refusal(path)[0].startswith(said)
        assert "name a plain control file inside the scenario's folder" in refusal(path)[0]


def test_device_and_links_for_the_scenario_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "s")
    (path / "scenario.yaml").rename(path / "other.yaml")
    for make in (
        lambda p: p.symlink_to("other.yaml"),
        lambda p: p.mkdir(),
        os.mkfifo,
        lambda p: p.symlink_to("/dev/zero"),
    ):
        make(path / "scenario.yaml")
        assert "cannot be read" in refusal(path)[0]
        (path / "scenario.yaml").rmdir() if (path / "scenario.yaml").is_dir() else (
            path / "scenario.yaml"
        ).unlink()
    assert "cannot be read" in refusal(path)[0]
    assert "cannot be read" in refusal(tmp_path / "nowhere")[0]


def test_size_is_judged_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "s")
    os.truncate(path / "positions.csv", folder.MOST + 1)
    opened: list[str] = []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda p: opened.append(p.name) or read(p))
    assert any(
        "scenario.yaml:8 tables.positions" in i and "over 256 MiB" in i for i in refusal(path)
    )
    assert "positions.csv" not in opened
    os.truncate(path / "scenario.yaml", folder.MOST_SETTINGS + 1)
    opened.clear()
    assert "scenario.yaml the file is over 1 MiB" in refusal(path)[0]
    assert not opened


TEN: list[Change] = [
    ("scenario.yaml", "booking_fee_bps: 0.1", "booking_fee: 0.1"),
    ("scenario.yaml", "format: 1", "format: 9"),
    ("books.csv", "MM,PB", "MM,PX"),
    ("instruments.csv", "etf,USD,100", "etf,USD,1O0"),
    ("instruments.csv", "4000,50", "4000,"),
    ("positions.csv", "EUX,EQE,1000", "eux,EQE,1000"),
    ("positions.csv", "100000", "1e400"),
    ("limits.csv", "book:ARB", "book:ARC"),
    ("limits.csv", ",,,20000", ",,,"),
    ("fx.csv", "1.07", '"1.07"x'),
]
TEN_FOUND = (
    "scenario.yaml:19 costs.booking_fee unknown key",
    "scenario.yaml:1 format value='9'",
    "books.csv:3:account_id value='PX'",
    "instruments.csv:2:price value='1O0'",
    "instruments.csv:3:multiplier value=''",
    "positions.csv:4:book_id value='eux'",
    "positions.csv:3:quantity value='1e400'",
    "limits.csv:2:scope value='book:ARC'",
    "limits.csv:4:upper value=''",
    "fx.csv:2 ',' expected",
)


def test_ten_mistakes_in_six_files_are_told_at_once(tmp_path: Path) -> None:
    lines = refusal(write(tmp_path / "s", *TEN))
    for fragment in TEN_FOUND:
        assert sum(fragment in line for line in lines) == 1, (fragment, lines)
    assert len(lines) == 10


def test_a_file_that_cannot_be_split_is_not_blamed_on_others(tmp_path: Path) -> None:
    for file in WORLD:
        if file != "scenario.yaml":
            lines = refusal(write(tmp_path / "s", (file, "\n", "\nx,\0\n")))
            assert [line for line in lines if f"ERROR {file}:2" not in line] == []


def test_at_most_fifty_errors_a_file(tmp_path: Path) -> None:
    rows = "".join(f"ARB,X{k},1\n" for k in range(500))
    lines = refusal(write(tmp_path / "s", ("positions.csv", "ARB,ETF,-60000\n", rows)))
    assert len(lines) == 51
    assert lines[-1].startswith("ERROR positions.csv more than 50 errors")


WARNED = [
    ("instruments.csv", *in_place_of_lots("volatility", "0.31"), "instruments.csv:2:volatility value='0.31' a daily volatility of 0.31; check risk.units: annual, or percent?"),
    ("instruments.csv", *in_place_of_lots("volatility", "0.000009"), "instruments.csv:2:volatility value='0.000009' a daily volatility of 9e-06"),
    ("scenario.yaml", "factor_covariance: factor_covariance.csv", "covariance: [{instrument_id: ETF, ETF: 1e-4, FUT: 0, EQE: 0}, {instrument_id: FUT, ETF: 0, FUT: 0.16, EQE: 0}, {instrument_id: EQE, ETF: 0, FUT: 0, EQE: 1e-4}]", "scenario.yaml:9 tables.risk.covariance.1.FUT value='0.16' a daily volatility of 0.4"),
    ("instruments.csv", "margined,0.5,yes", "margined,0,yes", "instruments.csv:3:half_spread_bps value='0' a half spread of zero; check that it is meant"),
    ("margin_rates.csv", "ETF,,0.15,0.15", "ETF,,0.15,5", "margin_rates.csv:2:short_rate value='5' a margin rate above 1"),
    ("instruments.csv", "fully_paid,2", "fully_paid,0", "instruments.csv:2:half_spread_bps value='0' a half spread of zero"),
    ("margin_rates.csv", "ETF,,0.15", "ETF,,1.5", "margin_rates.csv:2:long_rate value='1.5' a margin rate above 1"),
    ("instruments.csv", "fully_paid,3,yes,0.01", "fully_paid,3,yes,0.5", "instruments.csv:4:specific_volatility value='0.5' a daily volatility of 0.5"),
    ("instruments.csv", "fully_paid,3,yes,0.01", "fully_paid,3,yes,0.000001", "instruments.csv:4:specific_volatility value='0.000001' a daily"),
    ("factor_covariance.csv", "0.0001", "0.16", "loadings.csv:2:loading value='1' its factors give it a daily volatility of 0.4"),
    ("mandates.csv", "ARB,asset_class:etf,trade", "ARB,asset_class:etf,none", "limits.csv:2:scope value='book:ARB' nothing that it measures may change"),
    ("limits.csv", "position,firm,FUT", "position,book:EUX,FUT", "limits.csv:5:scope value='book:EUX' nothing that it measures may change"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "fragment"), WARNED)
def test_what_is_odd_but_possible_is_a_warning(
    tmp_path: Path, file: str, old: str, new: str, fragment: str
) -> None:
    found = warnings(write(tmp_path / "s", (file, old, new)))
    assert found[0].startswith("WARNING " + fragment), found
    assert all(line.startswith(f"WARNING {file}") or "loadings.csv" in line for line in found[1:])


@pytest.mark.parametrize("ticker", TICKERS)
def test_an_id_is_kept_as_written(tmp_path: Path, ticker: str) -> None:
    renamed = {file: re.sub(r"\bETF\b", ticker, content) for file, content in WORLD.items()}
    changes = [(file, WORLD[file], content) for file, content in renamed.items()]
    assert ticker in load(write(tmp_path / "s", *changes)).scenario.instruments.ids
    yaml = (TWO_DESKS / "scenario.yaml").read_text()
    path = write(tmp_path / "s")
    (path / "scenario.yaml").write_text(re.sub(r"\b(MM|ARB)\b", rf"\g<1>{ticker}", yaml))
    assert load(path).scenario.books.ids == (f"ARB{ticker}", f"MM{ticker}")
    (path / "scenario.yaml").write_text(re.sub(r"\bMM\b", ticker, yaml))
    assert set(load(path).scenario.books.ids) == {"ARB", ticker}


def crlf(content: str) -> str:
    return content.replace("\n", "\r\n")


def reversed_rows(content: str) -> str:
    head, *rows = content.splitlines()
    return "\n".join([head, *reversed(rows)]) + "\n"


def reversed_columns(content: str) -> str:
    return "".join(",".join(reversed(line.split(","))) + "\n" for line in content.splitlines())


def other_covariance(content: str) -> str:
    return "factor_id,EURO,MARKET\nMARKET,0.00001,0.0001\nEURO,0.00005,0.00001\n"


def quoted(content: str) -> str:
    return "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in content.splitlines()
    )


@pytest.mark.parametrize(
    "change",
    [crlf, lambda c: "\ufeff" + c, lambda c: c + "\n\n", lambda c: c.rstrip("\n"), reversed_rows, reversed_columns, quoted, other_covariance],
    ids=["crlf", "bom", "blank-end", "no-end", "rows", "columns", "quoted", "covariance"],
)  # fmt: skip
def test_the_same_values_are_the_same_scenario(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    files = [file for file in WORLD if file.endswith(".csv")]
    if change is other_covariance:
        files = ["factor_covariance.csv"]
    elif change is reversed_columns:
        files = [f for f in files if f != "factor_covariance.csv"]
    plain = load(write(tmp_path / "s"))
    changed = load(
        write(tmp_path / "t", *[(file, WORLD[file], change(WORLD[file])) for file in files])
    )
    assert same(plain, changed)


def same(one: Loaded, other: Loaded) -> bool:
    return one.run_id(Asked()) == other.run_id(Asked())


def test_bom_and_crlf_in_the_yaml(tmp_path: Path) -> None:
    content = WORLD["scenario.yaml"]
    changed = write(tmp_path / "t", ("scenario.yaml", content, "\ufeff" + crlf(content)))
    assert same(load(write(tmp_path / "s")), load(changed))


def test_every_digit_of_a_quantity_is_kept(tmp_path: Path) -> None:
    digits = "100000.000000000000000000000000000000000000001"
    one = load(write(tmp_path / "s", ("positions.csv", "100000", digits)))
    assert digits in [str(q) for q in one.scenario.holdings.exact]
    assert not same(one, load(write(tmp_path / "t")))
    written = [
        load(write(tmp_path / "t", ("positions.csv", "100000", q)))
        for q in ("1e5", "100000.00", "+100000")
    ]
    assert all(same(w, load(write(tmp_path / "s"))) for w in written)


def test_a_time_of_any_offset_is_kept_as_written(tmp_path: Path) -> None:
    """as_of itself, in India: not in the future."""
    written = "2024-06-28T01:30:00+05:30"
    tradables = load(write(tmp_path / "s", ("instruments.csv", TIME, written))).scenario.tradables
    assert tradables.price_time[tradables.ids.index("ETF")] == written


def test_what_is_margined_may_have_a_price_below_zero(tmp_path: Path) -> None:
    rows = WORLD["instruments.csv"].replace("future,USD,4000", "future,USD,-37.63")
    rows = re.sub(r",1\n", ",\n", rows.replace("lot_size", "notional_per_unit"))
    rows = rows.replace("index,", "index,50000")
    s = load(write(tmp_path / "s", ("instruments.csv", WORLD["instruments.csv"], rows))).scenario
    assert s.instruments.value[s.instruments.ids.index("FUT")] == -37.63 * 50


@pytest.mark.parametrize(
    ("quotes", "allowed"),
    [("99,101", 0), ("100,100", 0), ("100,100.02", 0), ("100.1,101", 10), ("99,99.9", 10), (",", 0), ("101,", 0)],
)  # fmt: skip
def test_a_price_may_lie_as_far_from_its_quotes_as_allowed(
    tmp_path: Path, quotes: str, allowed: int
) -> None:
    path = write(tmp_path / "s", ("instruments.csv", *in_place_of_lots("bid,ask", quotes)))
    load(path, (f"checks.price_beyond_quotes_bps={allowed}",))


def test_days_may_lie_after_as_of(tmp_path: Path) -> None:
    """What is of the evening is booked the next day, and expires whenever it does."""
    days = settings_say("business_date: 2024-06-28\nexecution_date: 2024-07-01")
    s = load(write(tmp_path / "s", days, expiring("9999-12-31"))).scenario
    assert (str(s.business_date), str(s.execution_date)) == ("2024-06-28", "2024-07-01")


@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e8])
def test_a_covariance_may_be_of_low_rank_at_any_scale(tmp_path: Path, scale: float) -> None:
    a, b, c = 0.0001 * scale, 0.00002 * scale, 0.000004 * scale
    content = f"factor_id,MARKET,EURO\nMARKET,{a!r},{b!r}\nEURO,{b!r},{c!r}\n"
    change = ("factor_covariance.csv", WORLD["factor_covariance.csv"], content)
    root = load(write(tmp_path / "s", change)).scenario.risk.factor_root
    assert root is not None
    assert root.shape == (2, 1)


def test_names_are_read_once_however_they_are_written(tmp_path: Path) -> None:
    loaded = load(
        write(tmp_path / "s", ("scenario.yaml", "books: books.csv", "books: ./books.csv"))
    )
    assert set(loaded.bytes_read) == set(WORLD)


@pytest.mark.parametrize(
    "change",
    [
        ("positions.csv", "MM,ETF", "M\x1b]0;owned\x07M,ETF"),
        ("positions.csv", "quantity", "qu\u202eantity"),
        ("scenario.yaml", "name: two-desks", '"na\\e[31mme": x'),
        ("scenario.yaml", "books: books.csv", 'books: "b\\e[2J.csv"'),
        ("limits.csv", "book:ARB", "book:A\u009b31mRB"),
        ("instruments.csv", TIME, "2024-06-27T16:00:01-04:00"),
        ("positions.csv", "100000", "\u0661\u0662"),
        ("margin_rates.csv", "ETF,,0.15", "ETF,,-0.15"),
        ("factor_covariance.csv", "EURO,0.00001", "EURO,0.00002"),
        ("scenario.yaml", "books: books.csv", "books: ../s/books.csv"),
    ],
)
def test_the_command_line_refuses_cleanly(tmp_path: Path, change: Change) -> None:
    write(tmp_path / "s", change)
    out = tmp_path / "runs"
    (out / "yesterday").mkdir(parents=True)
    (out / ".today.staging" / "staged").mkdir(parents=True)
    (out / ".today.staging" / "holder").write_text("process 7")
    (out / ".today.staging" / "staged" / "left.csv").write_text("from a crash\n")
    before = tree(tmp_path)
    for words in (("check", "s"), ("run", "s", "--out", "runs/today")):
        done = neutralizer(*words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith("ERROR ")
        assert "Traceback" not in done.stderr
        assert all(" " <= letter <= "~" or letter == "\n" for letter in done.stderr), done.stderr
    assert tree(tmp_path) == before


ATOMS = [
    b"", b"\0", b"\xff", b"\r", b"\n", b",", b'"', b"'", b":", b"-", b"{", b"}", b"[", b"]", b"*", b"&a", b"!!x", b"---\n", b"\t", b"..",
    b"/", b"0", b"-1", b"1e400", b"1e29", b"1e-59", b"nan", b"12O", b"=1", b"\xe2\x88\x92", b"\xc2\xa0", b"#", b"? ", b"<<", b"x" * 300,
    b"MM", b"ETF", b"USD", b"MARKET", b"combination", b"\xef\xbb\xbf", b"\xf0\x9f\x92\xa5", b"| ", b"> ", b"~", b"null", b"9999-12-31",
]  # fmt: skip
YAML_WORLD = (TWO_DESKS / "scenario.yaml").read_bytes()
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(ATOMS) | st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(file=st.sampled_from(["rows.yaml", *WORLD]), edits=EDITS)
def test_any_bytes_are_read_or_refused(
    tmp_path: Path, file: str, edits: list[tuple[float, int, bytes]]
) -> None:
    """Nothing but a NeutralizerError leaves load(), whatever the bytes."""
    path = write(tmp_path / "s")
    name = "scenario.yaml" if file == "rows.yaml" else file
    data = YAML_WORLD if file == "rows.yaml" else WORLD[file].encode()
    for where, length, atom in edits:
        k = int(where * len(data))
        data = data[:k] + atom + data[k + length :]
    (path / name).write_bytes(data)
    refused: NeutralizerError | None = None
    try:
        load(path)
    except NeutralizerError as found:
        refused = found
    assert all(str(issue).isprintable() for issue in getattr(refused, "issues", ()))
