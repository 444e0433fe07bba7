"""A proven run's orders over a session, from the command line to the proof of what is written."""

import json
import shutil
from collections import defaultdict
from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused, ProofFailed, Tampered
from neutralizer.run import Options, run
from neutralizer.studies.schedule import Asked, schedule, verify_schedule
from tests.tools.command_line import neutralizer
from tests.tools.timetables import table

DESK = """\
format: 1
name: desk
as_of: 2024-06-27T08:00:00-04:00
calendar: XNYS
base_currency: USD
tables:
  books: [{book_id: A, entity: X}, {book_id: B, entity: Y}]
  instruments:
    - {instrument_id: CALM, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1, adv: 1000000, volatility: 0.01, lot_size: 100}
    - {instrument_id: DARK, asset_class: bond, currency: USD, price: 50, half_spread_bps: 9}
    - {instrument_id: WILD, asset_class: equity, currency: USD, price: 20, half_spread_bps: 2, adv: 5000000, volatility: 0.04, max_participation: 0.1, hedge_instrument: yes}
  positions:
    - {book_id: A, instrument_id: CALM, quantity: 40000}
    - {book_id: A, instrument_id: DARK, quantity: 1300}
    - {book_id: B, instrument_id: WILD, quantity: 100000}
  limits:
    - {limit_id: calm, measure: position, scope: "book:A", target: CALM, lower: 0, upper: 0}
    - {limit_id: dark, measure: position, scope: "book:A", target: DARK, lower: 0, upper: 0}
    - {limit_id: wild, measure: position, scope: "book:B", target: WILD, lower: -50000, upper: -50000}
  risk: {units: daily_fraction, covariance: [{instrument_id: CALM, CALM: 0.0001, DARK: 0, WILD: 0.0002}, {instrument_id: DARK, CALM: 0, DARK: 0.00001, WILD: 0}, {instrument_id: WILD, CALM: 0.0002, DARK: 0, WILD: 0.0016}]}
"""
SLICES = "start,end,selector,share\n09:30,11:00,*,3\n11:00,14:00,*,2\n14:00,16:00,*,5\n"


def quiet(text: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of DESK."""
    return ran(tmp_path_factory.mktemp("desk"))


def ran(folder: Path, *changes: tuple[str, str]) -> Path:
    text = DESK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "s").mkdir()
    (folder / "s" / "scenario.yaml").write_text(text)
    run(folder / "s", folder / "run", Options(report=False, baseline=False))
    return folder / "run"


def sent(folder: Path) -> dict[str, list[int]]:
    """Units of each instrument in each slice."""
    of = {
        r["ticket_id"]: r["instrument_id"]
        for r in table((folder / "run" / "hedges.csv").read_bytes())
    }
    count = len(json.loads((folder / "schedule.json").read_text())["slices"])
    found: dict[str, list[int]] = defaultdict(lambda: [0] * count)
    for row in table((folder / "schedule.csv").read_bytes()):
        found[of[row["ticket_id"]]][int(row["slice"]) - 1] += int(row["quantity"])
    return dict(found)


def test_by_volume_it_costs_what_the_plan_said_and_stands(desk: Path, tmp_path: Path) -> None:
    told = schedule(desk, SLICES.encode(), tmp_path / "out", Asked(deviations=0.0), quiet)
    assert sent(tmp_path / "out") == {
        "CALM": [12_000, 8_000, 20_000],
        "DARK": [390, 260, 650],
        "WILD": [45_000, 30_000, 75_000],
    }
    assert told["impact"] == pytest.approx(told["impact_of_the_plan"], abs=0.02)
    assert told["by_volume"]["impact"] == told["impact"]
    assert told["findings"] == ["with the volume, for want of adv or volatility: DARK"]
    assert verify_schedule(tmp_path / "out") == told


def test_what_is_wild_goes_first(desk: Path, tmp_path: Path) -> None:
    told = schedule(desk, SLICES.encode(), tmp_path / "out", Asked(deviations=0.2), quiet)
    units = sent(tmp_path / "out")
    assert units["WILD"][0] > 75_000
    assert units["DARK"] == [390, 260, 650]
    assert told["deviation"] < 0.7 * told["by_volume"]["deviation"]
    assert told["impact"] > told["by_volume"]["impact"]
    assert all(x % 100 == 0 for x in units["CALM"])


def test_a_sale_of_what_is_held_comes_before_the_short_sale(desk: Path, tmp_path: Path) -> None:
    schedule(desk, SLICES.encode(), tmp_path / "out", Asked(deviations=0.0), quiet)
    rows = [
        r
        for r in table((tmp_path / "out" / "schedule.csv").read_bytes())
        if r["side"].startswith("SELL")
    ]
    of = {r["ticket_id"]: r["instrument_id"] for r in table((desk / "hedges.csv").read_bytes())}
    wild = [
        (r["slice"], r["side"], r["quantity"], r["open_after"])
        for r in rows
        if of[r["ticket_id"]] == "WILD"
    ]
    assert sorted(wild) == [
        ("1", "SELL", "45000", "55000"), ("2", "SELL", "30000", "25000"),
        ("3", "SELL", "25000", "0"), ("3", "SELL_SHORT", "50000", "0"),
    ]  # fmt: skip
    share = {r["slice"]: r["share_of_volume"] for r in rows if of[r["ticket_id"]] == "CALM"}
    assert share == {"1": "0.040000", "2": "0.040000", "3": "0.040000"}


def test_the_pace_is_kept(desk: Path, tmp_path: Path) -> None:
    """WILD takes a tenth of a slice's volume at pace 1: 150,000 in the first, all of it; at its 0.3 of the day."""
    text = SLICES.replace("*,3", "*,1").replace("*,2", "*,2").replace("*,5", "*,7")
    told = schedule(desk, text.encode(), tmp_path / "out", Asked(deviations=5.0, pace=1.0), quiet)
    assert sent(tmp_path / "out")["WILD"][0] == 50_000  # a tenth of 500,000
    assert not [x for x in told["findings"] if "pace" in x]


def test_nothing_after_the_finish(desk: Path, tmp_path: Path) -> None:
    told = schedule(desk, SLICES.encode(), tmp_path / "out", Asked(finish=time(14)), quiet)
    assert sent(tmp_path / "out")["CALM"] == [24_000, 16_000, 0]
    assert told["asked"]["deviations"] == 0
    verify_schedule(tmp_path / "out")
    with pytest.raises(InputsRefused) as refused:
        schedule(desk, SLICES.encode(), tmp_path / "late", Asked(finish=time(10)), quiet)
    assert "too little volume until then for CALM, DARK, WILD" in str(refused.value.issues[0])
    assert not (tmp_path / "late").exists()


def test_a_day_that_closes_early_ends_early(tmp_path: Path) -> None:
    """XNYS closes at 13:00 on 2024-07-03, two hours before the end of a slice of three."""
    early = ran(tmp_path, ("2024-06-27T", "2024-07-03T"))
    told = schedule(early, SLICES.encode(), tmp_path / "out", Asked(deviations=0.0), quiet)
    assert [x["end"][11:16] for x in told["slices"]] == ["11:00", "13:00"]
    assert sent(tmp_path / "out")["CALM"] == [27_700, 12_300]  # 3 to 2 · 2/3, in hundreds
    assert any("closes at 13:00" in x for x in told["findings"])
    assert any(x.startswith("54% of the session is still to come") for x in told["findings"])
    assert (
        told["by_volume"]["impact"] > 1.3 * told["impact_of_the_plan"]
    )  # 3 + 4/3 of 10 of the volume
    verify_schedule(tmp_path / "out")
    plain = schedule(early, None, tmp_path / "plain", Asked(), quiet)
    assert len(plain["slices"]) == 7
    verify_schedule(tmp_path / "plain")


def test_what_has_begun_at_as_of_is_over(tmp_path: Path) -> None:
    """At 11:00 the second and third slice are to come, with seven tenths of the day's volume; at 11:01 one alone."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    late = ran(tmp_path / "a", ("T08:00", "T11:00"))
    told = schedule(late, SLICES.encode(), tmp_path / "out", Asked(deviations=0.0), quiet)
    assert sent(tmp_path / "out")["CALM"] == [11_400, 28_600]
    assert told["by_volume"]["impact"] == pytest.approx(
        told["impact_of_the_plan"] / 0.7**0.5, rel=1e-4
    )
    with pytest.raises(InputsRefused) as refused:
        schedule(
            ran(tmp_path / "b", ("T08:00", "T11:01")),
            SLICES.encode(),
            tmp_path / "x",
            Asked(),
            quiet,
        )
    assert "execution_date" in str(refused.value.issues[0])


def test_without_a_file_half_hours_of_the_session(desk: Path, tmp_path: Path) -> None:
    told = schedule(desk, None, tmp_path / "out", Asked(), quiet)
    assert (told["slices"][0]["start"][11:16], told["slices"][-1]["end"][11:16]) == (
        "09:30",
        "16:00",
    )
    assert len(told["slices"]) == 13
    assert "an assumption" in told["findings"][0]
    assert verify_schedule(tmp_path / "out") == told


def test_a_calendar_without_a_session_needs_a_file(tmp_path: Path) -> None:
    plain = ran(tmp_path, ("calendar: XNYS\n", "calendar: DE\n"))
    with pytest.raises(InputsRefused) as refused:
        schedule(plain, None, tmp_path / "out", Asked(), quiet)
    assert "--profile" in str(refused.value.issues[0])
    schedule(plain, SLICES.encode(), tmp_path / "out", Asked(), quiet)
    verify_schedule(tmp_path / "out")


def test_a_run_without_orders_has_nothing_to_schedule(tmp_path: Path) -> None:
    still = ran(
        tmp_path,
        ("lower: 0, upper: 0", "lower: 0, upper: 90000"),
        ("lower: -50000, upper: -50000", "lower: 0, upper: 900000"),
    )
    with pytest.raises(InputsRefused) as refused:
        schedule(still, SLICES.encode(), tmp_path / "out", Asked(), quiet)
    assert "orders nothing" in str(refused.value.issues[0])


BAD = [
    ("09:30,11:00,*,3", "0930,11:00,*,3", "profile.csv:2:start value='0930' not a time; write the time as hh:mm, such as 17:30"),
    ("09:30,11:00,*,3", "11:00,09:30,*,3", "profile.csv:2:end value='09:30' not after 11:00; correct the times"),
    ("11:00,14:00", "10:30,14:00", "profile.csv:3:start value='10:30' overlaps the slice from 09:30 to 11:00; let one begin where the other ends"),
    ("11:00,14:00,*,2", "09:30,11:00,*,2", "profile.csv:3:start value='09:30' this slice again, first on line 2; keep one"),
    ("*,3", "*,-3", "profile.csv:2:share value='-3' out of range; it must be at least 0"),
    ("*,", "asset_class:equity,", "profile.csv:selector value='DARK' no volume in any slice; add rows with the selector *, or with its id"),
    ("\n11:00,14:00,*,2\n14:00,16:00,*,5", "", "profile.csv:start 1 slices; write 2 to 400"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fragment"), BAD)
def test_a_bad_file_is_refused_by_line(
    desk: Path, tmp_path: Path, old: str, new: str, fragment: str
) -> None:
    assert old in SLICES
    with pytest.raises(InputsRefused) as refused:
        schedule(desk, SLICES.replace(old, new).encode(), tmp_path / "out", Asked(), quiet)
    assert fragment in str(refused.value.issues[0]), [str(x) for x in refused.value.issues]
    assert not (tmp_path / "out").exists()


def test_the_row_that_names_an_instrument_beats_its_selector(desk: Path, tmp_path: Path) -> None:
    own = "09:30,11:00,instrument:CALM,1\n14:00,16:00,instrument:CALM,1\n09:30,11:00,asset_class:bond,1\n"
    schedule(desk, (SLICES + own).encode(), tmp_path / "out", Asked(deviations=0.0), quiet)
    assert sent(tmp_path / "out")["CALM"] == [20_000, 0, 20_000]
    assert sent(tmp_path / "out")["DARK"] == [1_300, 0, 0]


@pytest.fixture
def made(desk: Path, tmp_path: Path) -> Path:
    schedule(desk, SLICES.encode(), tmp_path / "out", Asked(deviations=0.2), quiet)
    return tmp_path / "out"


def changed(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def moved(folder: Path, instrument: str, units: int) -> None:
    """Some units a slice later, and what is open between."""
    of = {
        r["ticket_id"]: r["instrument_id"]
        for r in table((folder / "run" / "hedges.csv").read_bytes())
    }
    lines = (folder / "schedule.csv").read_text().splitlines()
    for sign, start in ((-1, "1"), (1, "2")):
        k = next(
            n
            for n, x in enumerate(lines)
            if of.get(x.split(",")[0]) == instrument and x.split(",")[1] == start
        )
        cells = lines[k].split(",")
        cells[5] = str(int(cells[5]) + sign * units)
        lines[k] = ",".join(cells)
    (folder / "schedule.csv").write_text("\n".join(lines) + "\n")


def test_units_that_are_moved_are_seen(made: Path) -> None:
    moved(made, "CALM", 100)
    with pytest.raises(ProofFailed, match=r"schedule\.csv is not what follows"):
        verify_schedule(made)


def test_what_is_no_whole_lot_is_seen(made: Path) -> None:
    moved(made, "CALM", 50)
    with pytest.raises(ProofFailed, match="no whole lots of 100"):
        verify_schedule(made)


def test_what_is_not_sent_whole_is_seen(made: Path) -> None:
    row = next(r for r in table((made / "schedule.csv").read_bytes()) if int(r["quantity"]) > 1000)
    more = str(Decimal(row["quantity"]) + 100)
    changed(made, "schedule.csv", f",{row['quantity']},", f",{more},")
    with pytest.raises(ProofFailed, match="sends"):
        verify_schedule(made)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("schedule.json", '"deviation": ', '"deviation": 9'),
        ("schedule.json", '"findings": [', '"findings": ["all is well", '),
        ("schedule.html", "DARK", "NONE"),
        ("profile.csv", "*,5", "*,6"),
    ],
)
def test_no_file_may_be_changed(made: Path, name: str, old: str, new: str) -> None:
    changed(made, name, old, new)
    with pytest.raises(ProofFailed):
        verify_schedule(made)


def test_the_run_beneath_is_proven_too(made: Path) -> None:
    changed(made / "run", "hedges.csv", "CALM", "DARK")
    with pytest.raises(Tampered):
        verify_schedule(made)


def test_another_run_beneath_is_another_schedule(made: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = ran(tmp_path / "other", ("price: 20", "price: 21"))
    shutil.rmtree(made / "run")
    shutil.copytree(other, made / "run")
    with pytest.raises(ProofFailed):
        verify_schedule(made)


def test_a_file_that_nobody_wrote_is_seen(made: Path) -> None:
    (made / "note.txt").write_text("hello")
    with pytest.raises(ProofFailed, match=r"note\.txt"):
        verify_schedule(made)


def test_on_the_command_line(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(SLICES)
    out = tmp_path / "out"
    done = neutralizer("schedule", desk, "--profile", tmp_path / "p.csv", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert "by volume" in done.stdout
    assert f"written and proven: {out}" in done.stdout
    proven = neutralizer("verify", out)
    assert proven.returncode == 0
    assert proven.stdout.startswith("OK 2024-06-27 desk | 3 orders over 3 slices")
    assert proven.stdout.strip().endswith("proven")
    assert neutralizer("schedule", desk, "--out", out).returncode == 7
    noon = neutralizer("schedule", desk, "--out", tmp_path / "x", "--finish", "noon")
    assert noon.returncode == 2
    assert "hh:mm" in noon.stderr
