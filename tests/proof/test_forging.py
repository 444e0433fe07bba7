"""A folder forged cell by cell, with all hashes made to fit: it is refused, but for what is claimed.

Of every column of every table and every key of summary.json, in three scenarios.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from neutralizer.decide import Options, decided
from neutralizer.domain.asked import Asked
from neutralizer.domain.summary import Past, Since, Strip
from neutralizer.errors import ProofFailed
from neutralizer.load.scenario import Loaded, load
from neutralizer.proof.horizon import done
from neutralizer.proof.ledger import rebuild
from neutralizer.records.manifest import SUMMARY
from neutralizer.records.writing import csv_bytes, csv_rows, json_bytes
from neutralizer.report.again import plan_of
from neutralizer.report.claims import COLUMNS, KEYS, OF_DAYS, TABLES, Claims, claimed
from neutralizer.report.files import booked, parsed, run_files
from neutralizer.report.tables.money import COLUMNS as MONEY
from neutralizer.verify import proven
from tests.conftest import ROOT, SCENARIOS, TORTURE

NAMES = ("two-desks", "options", *(("equity-desks",) if TORTURE else ()))
ASKED = Asked(report=False)  # the page has tests of its own
DAYS = "multi-day"  # of the examples
ROWS = 3  # of each table
PRICES = MONEY["shadow_prices.csv"]


@cache
def written(name: str) -> tuple[Loaded, dict[str, bytes]]:
    """Inputs and files of a run that is right."""
    loaded = load(ROOT / "examples" / DAYS / "scenario" if name == DAYS else SCENARIOS / name)
    options = Options(report=False, shock="crash" if name == "options" else "")
    return loaded, decided(loaded, loaded.run_id(options.asked), options).files


def asked(name: str) -> Asked:
    return Asked(report=False, shock="crash" if name == "options" else "")


def stands(name: str, files: dict[str, bytes]) -> bool:
    """Whether a folder of these files is proven."""
    loaded, _ = written(name)
    try:
        proven(loaded, asked(name), loaded.run_id(asked(name)), files)
    except ProofFailed:
        return False
    return True


def other_texts(text: str, column: list[str]) -> Iterator[str]:
    """Wrong cells: twice, nothing, blank, nothing in disguise, and what another row says."""
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        yield f"{2 * number:.2f}" if number else "1.00"
        yield from ("0", "0E+12", "sNaN", "9e999999")
    yield ""
    yield next((other for other in column if other not in (text, "")), f"{text}X")


def tables() -> Iterator[tuple[str, str, str]]:
    for name in NAMES:
        for file, data in sorted(written(name)[1].items()):
            if file.endswith(".csv") and not file.startswith("inputs/"):
                for column in csv_rows(data)[0]:
                    yield name, file, column


def forgeries(file: str, column: str, data: bytes) -> Iterator[bytes]:
    header, rows = csv_rows(data)
    places = sorted({0, len(rows) // 2, len(rows) - 1}) if rows else []
    for k in places[:ROWS]:
        for text in other_texts(rows[k][column], [row[column] for row in rows]):
            if text != rows[k][column]:
                yield csv_bytes(header, [r | {column: text} if r is rows[k] else r for r in rows])


def is_claimed(file: str, column: str) -> bool:
    return file in TABLES or column in COLUMNS.get(file, ())


FILES = sorted({(name, file) for name, file, _ in tables()})


@pytest.mark.parametrize(("name", "file"), FILES)
def test_a_forged_cell_is_told(name: str, file: str) -> None:
    """Every column, three rows of it; what is claimed alone may be anything."""
    files = written(name)[1]
    columns = csv_rows(files[file])[0]
    believed = [
        (column, data)
        for column in columns
        if not is_claimed(file, column)
        for data in forgeries(file, column, files[file])
        if stands(name, files | {file: data})
    ]
    assert not believed


def test_a_line_too_few_or_too_many_is_told() -> None:
    files = written("equity-desks")[1]
    for file, data in sorted(files.items()):
        if file.endswith(".csv") and not file.startswith("inputs/") and file not in TABLES:
            header, rows = csv_rows(data)
            for wrong in (rows[:-1], [*rows, *rows[-1:]]) if rows else ():
                forged = files | {file: csv_bytes(header, wrong)}
                assert not stands("equity-desks", forged), file


def keys(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of summary.json by their paths, and what they hold."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from keys(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def with_value(told: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one leaf changed; without it where the value is Ellipsis."""
    copy = json.loads(json.dumps(told))
    *steps, last = path.split(".")
    inner = copy
    for step in steps:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return dict(copy)


def other_values(value: Any) -> Iterator[Any]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from (2 * value or 1, -value or 1, f"{value}", 9e300)
    if isinstance(value, bool):
        yield not value
    if isinstance(value, list):
        yield from ([*value, "a word"], value[:-1] or ["a word"])
    if isinstance(value, str):
        yield from (f"{value}X", "" if value else "X")
    yield from (None, 0, ...)


def claimed_key(path: str) -> bool:
    return any(path == key or path.startswith(f"{key}.") for key in KEYS)


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_summary_is_told(name: str) -> None:
    """Every key of it; and what is claimed is what may be anything, no more."""
    files = written(name)[1]
    told = json.loads(files[SUMMARY])
    believed = {
        (path, repr(value))
        for path, before in keys(told)
        if not claimed_key(path)
        for value in other_values(before)
        if value is ... or value != before or type(value) is not type(before)
        if stands(name, files | {SUMMARY: json_bytes(with_value(told, path, value))})
    }
    assert not believed
    assert not stands(name, files | {SUMMARY: json_bytes(told | {"note": "it is safe"})})


OTHERS: dict[str, Any] = {
    "objective": 1.0,
    "penalty": 1.0,
    "alone": 1.0,
    "no_baseline": "it was a bad day",
    "equal_risk": 1.0,
    "volatility_alone": 1.0,
    "alone_by_book": {},
    "dislocation": 1.0,
    "waiting": 1.0,
    "waiting_alone": 1.0,
    "waiting_equal_risk": 1.0,
    "waiting_by_book": {"GROWTH": Decimal("1.00")},
    "left": {},
    "since": Since(run_id="0123456789ab", business_date="2020-01-01"),
    "history": (Past(run_id="0123456789ab", business_date="2020-01-01"),),
    "by_hand": None,
    "strip": (Strip(impact_coefficient=1, stand_alone_cost=1, objective=1, saving=0),),
    "shock": None,
    "ahead": dict.fromkeys(OF_DAYS, 1.0) | {"no_comparison": "none"},
    "solver": {"name": "a friend"},
    "rounding": {},
    "held_at_nothing": ("the purchase of nobody",),
    "shadow": {},
    "prices": (dict.fromkeys(PRICES, "1"),),
    "reasons": (),
}


def test_what_is_claimed_is_no_more_than_it_has_to_be() -> None:
    """With another value of one claim and all that follows from it the files stand; none is in the list
    for nothing.
    """
    assert set(OTHERS) == {f.name for f in fields(Claims)}
    loose = _loosened("options") | _loosened("funds") | _loosened(DAYS, ("ahead",))
    assert loose == {*KEYS, *COLUMNS, *TABLES}


def _loosened(name: str, which: Iterable[str] = tuple(OTHERS)) -> set[str]:
    """What another value of some claims changes in a run of one scenario, which stands all the same."""
    loaded, files = written(name)
    read, s, loose = parsed(files), loaded.scenario, set[str]()
    run_id, true = loaded.run_id(asked(name)), claimed(read)
    later = done(s, read["horizon.csv"])
    booking = booked(plan_of(s, read, rebuild(s, read, [])), s, run_id, None, later)
    for claim in which:
        other = replace(true, **{claim: OTHERS[claim]})
        forged = run_files(booking, other, asked(name), loaded.ages, loaded.bytes_read)
        assert stands(name, forged), claim
        before, after = (dict(keys(json.loads(x[SUMMARY]))) for x in (files, forged))
        for path in before.keys() | after.keys():
            if before.get(path, ...) != after.get(path, ...):
                loose |= {key for key in KEYS if path == key or path.startswith(f"{key}.")}
        for file, columns in COLUMNS.items():
            loose |= {file} if files[file] != forged[file] and columns else set()
        loose |= {file for file in TABLES if files[file] != forged[file]}
    return loose


def test_the_page_is_that_of_its_files() -> None:
    """A page of other numbers, beside files that are right."""
    loaded = written("two-desks")[0]
    run_id = loaded.run_id(Asked())
    files = decided(loaded, run_id, Options()).files
    proven(loaded, Asked(), run_id, files)
    wrong = files["report.html"].replace(b"2,000,000", b"3,000,000")
    for forged in (
        files | {"report.html": wrong},
        {n: d for n, d in files.items() if n != "report.html"},
    ):
        with pytest.raises(ProofFailed, match=r"report\.html"):
            proven(loaded, Asked(), run_id, forged)
