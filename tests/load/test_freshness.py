"""How old the inputs are: by row, by table, in days of business."""

from pathlib import Path

import pytest

from neutralizer.errors import InputsTooOld
from neutralizer.load.scenario import load
from tests.tools.world import TIME, WORLD, Change, refusal, write

DAY = "freshness.positions=24h"
AS_OF = "2024-06-27T16:00:00-04:00"  # a Thursday


def positions(*times: str) -> Change:
    """The three positions, each with a time of its own or none."""
    head, *rows = WORLD["positions.csv"].splitlines()
    lines = [f"{row},{time}" for row, time in zip(rows, times, strict=True)]
    return "positions.csv", WORLD["positions.csv"], "\n".join([f"{head},as_of", *lines]) + "\n"


def entry(time: str) -> Change:
    written = "positions: positions.csv"
    return "scenario.yaml", written, f"positions: {{file: positions.csv, as_of: {time}}}"


def told(path: Path, *overrides: str) -> str:
    """What a folder is too old for; nothing where it is not."""
    try:
        load(path, overrides)
    except InputsTooOld as refused:
        return str(refused)
    return ""


FRESH, OLD, OLDER = "2024-06-27T09:00:00-04:00", "2024-06-26T15:00:00-04:00", "2024-06-25T22:00:00+02:00"  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "table", "sentence"),
    [
        ((FRESH, FRESH, FRESH), OLDER, ""),  # a row's own time beats the table's
        ((FRESH, "", FRESH), FRESH, ""),  # a row without takes the table's
        ((FRESH, "", FRESH), OLD, " (MM/ETF 1 day, 1:00:00)"),
        ((OLD, "", FRESH), FRESH, " (ARB/ETF 1 day, 1:00:00)"),
        ((OLD, OLDER, FRESH), "", " (MM/ETF 2 days, 0:00:00; ARB/ETF 1 day, 1:00:00)"),
        (("", "", ""), OLD, ""),  # the whole table: nothing to name
        (("", "", ""), FRESH, ""),
    ],
)
def test_a_row_s_own_time_beats_its_table_s(
    tmp_path: Path, rows: tuple[str, ...], table: str, sentence: str
) -> None:
    path = write(tmp_path / "s", positions(*rows), *([entry(table)] if table else []))
    found = told(path, DAY)
    if not sentence and not (table == OLD and not any(rows)):
        assert found == ""
        return
    oldest = "2 days, 0:00:00" if OLDER in rows else "1 day, 1:00:00"
    assert found == (
        f"positions is {oldest} old at as_of, 1 day, 0:00:00 is allowed{sentence}: "
        "bring fresh data, or raise freshness.positions"
    )


def test_prices_have_times_too(tmp_path: Path) -> None:
    """ETF is a minute old, the rest has no time of its own."""
    change = ("scenario.yaml", "instruments: instruments.csv", "instruments: {file: instruments.csv, as_of: 2024-06-27T15:00:00-04:00}")  # fmt: skip
    path = write(tmp_path / "s", change)
    assert told(path, "freshness.instruments=1h") == ""
    assert "1:00:00 old at as_of, 0:30:00 is allowed (FUT 1:00:00; EQE 1:00:00; ROLL 1:00:00): " in told(path, "freshness.instruments=30m")  # fmt: skip


def test_three_rows_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    old = ("instruments.csv", TIME, OLDER)
    table = ("scenario.yaml", "instruments: instruments.csv", f"instruments: {{file: instruments.csv, as_of: {OLD}}}")  # fmt: skip
    found = told(write(tmp_path / "s", old, table), "freshness.instruments=8h")
    assert " (ETF 2 days, 0:00:00; FUT 1 day, 1:00:00; EQE 1 day, 1:00:00; and 1 more): " in found


def test_a_table_of_which_a_row_has_no_time_has_none(tmp_path: Path) -> None:
    asked = ("scenario.yaml", "costs:", "freshness: {positions: 24h}\ncosts:")
    lines = refusal(write(tmp_path / "s", positions(FRESH, "", FRESH), asked))
    assert lines == [
        "ERROR scenario.yaml:19 freshness.positions the table has no time; "
        "write {file: x.csv, as_of: 2024-06-28T16:00:00-04:00} or fill the rows' times"
    ]


@pytest.mark.parametrize(
    ("time", "as_of", "old"),
    [
        ("2024-06-28T16:00:00-04:00", "2024-07-01T16:00:00-04:00", "1 day, 0:00:00"),  # Friday to Monday
        ("2024-06-28T23:59:00-04:00", "2024-07-01T16:00:00-04:00", "16:01:00"),
        ("2024-06-29T10:00:00-04:00", "2024-07-01T16:00:00-04:00", "16:00:00"),  # the weekend ages nothing
        ("2024-06-30T23:00:00-04:00", "2024-07-01T16:00:00-04:00", "16:00:00"),
        ("2024-07-01T00:00:00-04:00", "2024-07-01T16:00:00-04:00", "16:00:00"),
        ("2024-07-03T16:00:00-04:00", "2024-07-05T16:00:00-04:00", "1 day, 0:00:00"),  # over a holiday
        ("2024-07-04T12:00:00-04:00", "2024-07-05T16:00:00-04:00", "16:00:00"),
    ],
)  # fmt: skip
def test_what_is_younger_is_never_older(tmp_path: Path, time: str, as_of: str, old: str) -> None:
    path = write(tmp_path / "s", ("scenario.yaml", AS_OF, as_of), positions(as_of, "", as_of), entry(time))  # fmt: skip
    assert load(path, ("calendar=XNYS",)).ages["positions"] == f"{old} old, not checked"
