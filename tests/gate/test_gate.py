"""What others report, held against the inputs: each test's docstring is what went wrong upstream."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.firm import in_process

MM = "{book_id: MM, entity: BD, account_id: PB, description: Market maker"


def refused(tmp_path: Path, *changes: tuple[str, str]) -> str:
    """What `run` says of two-desks with MM's reported value, 10 million, and something mutated."""
    folder = tmp_path / "s"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    for old, new in ((MM, MM + ", reported_market_value: 10000000"), *changes):
        assert old in text, old
        text = text.replace(old, new)
    (folder / "scenario.yaml").write_text(text)
    before = sorted(p.name for p in tmp_path.iterdir())
    done = neutralizer("run", folder, "--out", tmp_path / "run", "-q", "--no-baseline")
    if done.returncode == 0:
        return ""
    assert done.returncode == 3
    assert done.stdout == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    return done.stderr


def test_what_agrees_passes(tmp_path: Path) -> None:
    """Nothing."""
    assert refused(tmp_path) == ""


MUTATIONS = {
    "pence for pounds": ("price: 100,", "price: 10000,"),
    "pounds for pence": ("price: 100,", "price: 1,"),
    "lots for units": ("quantity: 100000}", "quantity: 1000}"),
    "a book's sign": ("quantity: 100000}", "quantity: -100000}"),
    "a position twice": ("quantity: 100000}", "quantity: 200000}"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_unit_error_is_refused_before_anything_is_solved(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, MUTATIONS[name])
    assert "tables.books.1.reported_market_value value='10000000' its positions are worth" in said
    assert "check signs, lots, multipliers and currencies" in said


def test_the_tolerance_is_a_setting(tmp_path: Path) -> None:
    """Prices of another source: 8 % apart."""
    mutation = ("price: 100,", "price: 108,")
    assert "7.4% apart, 5.0% allowed" in refused(tmp_path / "a", mutation)
    wide = ("costs: {", "checks: {reported_market_value: 0.1}\ncosts: {")
    assert refused(tmp_path / "b", mutation, wide) == ""


def test_a_hedged_book_is_not_held_to_dust(tmp_path: Path) -> None:
    """A net of nearly nothing differs by a rounding of its report."""
    short = "{book_id: MM, instrument_id: ETF, quantity: 100000}"
    other = (
        "instruments:\n",
        "instruments:\n    - {instrument_id: TWIN, asset_class: etf, currency: USD, price: 100, half_spread_bps: 2, specific_volatility: 0}\n",
    )
    held = (short, short + "\n    - {book_id: MM, instrument_id: TWIN, quantity: -99999}")
    rate = (
        "margin_rates:\n",
        "margin_rates:\n    - {instrument_id: TWIN, long_rate: 0.15, short_rate: 0.15}\n",
    )
    loading = (
        "loadings:\n",
        "loadings:\n      - {instrument_id: TWIN, factor_id: MARKET, loading: 1}\n",
    )
    report = ("reported_market_value: 10000000", "reported_market_value: 130")
    assert refused(tmp_path, other, held, rate, loading, report) == ""


CONTROL = "rows: 2\nsums: {quantity: 40000}\n"
POSITIONS = "book_id,instrument_id,quantity\nARB,ETF,-60000\nMM,ETF,100000\n"


def controlled(tmp_path: Path, control: str, positions: str = POSITIONS) -> tuple[int, str]:
    """two-desks with its positions in a file, and a control file beside it."""
    folder = tmp_path / "s"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    start, end = text.index("  positions:\n"), text.index("  risk:\n")
    text = text[:start] + "  positions: positions.csv\n" + text[end:]
    (folder / "scenario.yaml").write_text(text)
    (folder / "positions.csv").write_text(positions)
    if control:
        (folder / "positions.csv.ctl").write_text(control)
    done = neutralizer("run", folder, "--out", tmp_path / "run", "-q", "--no-baseline")
    return done.returncode, done.stderr


def test_a_table_is_what_its_control_file_says(tmp_path: Path) -> None:
    """Nothing: and the control file is among the inputs, so that the folder proves itself."""
    whole = CONTROL + f"sha256: {hashlib.sha256(POSITIONS.encode()).hexdigest()}\n"
    assert controlled(tmp_path, whole) == (0, "")
    assert (tmp_path / "run" / "inputs" / "positions.csv.ctl").read_text() == whole
    assert neutralizer("verify", tmp_path / "run").returncode == 0
    known = json.loads((tmp_path / "run" / "manifest.json").read_text())["settings"]
    assert known["without_control_file"] == []


def test_a_table_without_a_control_file_is_told(tmp_path: Path) -> None:
    """The control file was not sent."""
    assert controlled(tmp_path, "") == (0, "")
    known = json.loads((tmp_path / "run" / "manifest.json").read_text())["settings"]
    assert known["without_control_file"] == ["positions"]


LOST = {
    "a row lost": (CONTROL, POSITIONS.replace("ARB,ETF,-60000\n", ""), "positions.csv.ctl:1:rows value='2' positions.csv has 1"),
    "a digit lost": (CONTROL, POSITIONS.replace("100000", "10000"), "positions.csv.ctl:2:sums.quantity value='40000' positions.csv has -50000"),
    "a byte changed": ("sha256: " + 64 * "0", POSITIONS, "positions.csv.ctl:1:sha256"),
    "a column renamed": ("sums: {amount: 40000}", POSITIONS, "positions.csv has no such numbers"),
    "another key": ("row: 2", POSITIONS, "positions.csv.ctl:1 not a control file; write rows, sha256 and sums"),
    "another file": ("book_id,quantity\n", POSITIONS, "positions.csv.ctl the file is empty or not a mapping"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_what_was_lost_on_the_way_is_refused(tmp_path: Path, name: str) -> None:
    control, positions, reason = LOST[name]
    code, said = controlled(tmp_path, control, positions)
    assert code == 3
    assert reason in said


@pytest.mark.parametrize(
    ("of", "as_of", "allowed"),
    [
        ("2024-06-28T16:00:00-04:00", "2024-07-01T16:00:00-04:00", True),  # Friday to Monday
        ("2024-06-28T15:59:00-04:00", "2024-07-01T16:00:00-04:00", False),
        ("2024-06-27T16:00:00-04:00", "2024-07-01T16:00:00-04:00", False),
        ("2024-07-03T16:00:00-04:00", "2024-07-05T16:00:00-04:00", True),  # over a holiday
        ("2024-06-28T22:00:00+02:00", "2024-07-01T16:00:00-04:00", True),  # another offset
    ],
)
def test_days_without_business_do_not_age(
    tmp_path: Path, of: str, as_of: str, allowed: bool
) -> None:
    folder = tmp_path / "s"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    text = text.replace("2024-06-27T16:00:00-04:00", as_of)
    text = text.replace("quantity: -60000}", f"quantity: -60000, as_of: '{of}'}}")
    text = text.replace("quantity: 100000}", f"quantity: 100000, as_of: '{of}'}}")
    (folder / "scenario.yaml").write_text(text + "calendar: XNYS\nfreshness: {positions: 24h}\n")
    done = neutralizer("check", folder)
    assert done.returncode == (0 if allowed else 10), done.stderr


def test_a_day_that_is_not_today_s_is_refused(tmp_path: Path) -> None:
    """as_of of 2098 was mistyped; inputs of another date than the one that is asked for are the old feed."""
    future = in_process(
        "check", SCENARIOS / "two-desks", "--set", "as_of=2098-06-27T16:00:00-04:00"
    )
    assert future.returncode == 3
    assert (
        "as_of value='2098-06-27T16:00:00-04:00' over a day after this machine's clock"
        in future.stderr
    )
    out = tmp_path / "run"
    done = in_process("run", SCENARIOS / "two-desks", "--out", out, "--expect-date", "2024-06-28")
    assert done.returncode == 10
    assert done.stderr == "ERROR the scenario is of 2024-06-27, not of 2024-06-28\n"
    assert not out.exists()
    assert in_process("run", SCENARIOS / "two-desks", "--out", out, "--expect-date", "x").returncode == 2  # fmt: skip


def test_yesterday_s_folder_is_not_live(tmp_path: Path) -> None:
    """The feed did not run: the folder is of another day."""
    words = ("run", SCENARIOS / "two-desks", "--dry-run", "-q", "--no-baseline", "--live")
    done = neutralizer(*words, "30m")
    assert done.returncode == 10
    assert "before the clock, 0:30:00 is allowed" in done.stderr
    assert neutralizer(*words, "30").returncode == 2
    assert neutralizer(*words, "99999d").returncode == 0
