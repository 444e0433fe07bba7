"""The walk-throughs, the end-of-day wrapper and the manuals say what the program does today."""

import configparser
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from examples.refresh import (
    EXAMPLES,
    NAMES,
    PAGES,
    ROOT,
    environment,
    fits,
    outputs,
    pinned,
    printed,
)
from tests.tools.alike import apart, fits_nearly
from tests.tools.desks import rows
from tests.tools.firm import Firm, tonight, without_firm_files

SCRIPTS = sorted(EXAMPLES.rglob("*.sh"))
END_OF_DAY = EXAMPLES / "end-of-day" / "end-of-day.sh"


@pytest.mark.parametrize("name", NAMES)
def test_walk_through_gives_what_is_expected(name: str, tmp_path: Path) -> None:
    """CSV files byte for byte; summary.json without what is the solver's own. What matters, where the
    processor's linear algebra is another.
    """
    expected = {p.name: p.read_bytes() for p in (EXAMPLES / name / "expected").iterdir()}
    found = outputs(name, tmp_path)
    if not pinned():
        assert apart(found, expected) == []
        return
    assert sorted(found) == sorted(expected)
    ours, theirs = (json.loads(files.pop("summary.json")) for files in (found, expected))
    for summary in (ours, theirs):
        del summary["solver"], summary["rounding"]
    assert ours.pop("objective") == pytest.approx(theirs.pop("objective"), rel=1e-6)
    assert ours == theirs
    for file in expected:
        assert found[file].decode() == expected[file].decode(), file


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_script_is_sound(script: Path) -> None:
    """It parses, and can be started as it is."""
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert script.read_text().startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_page_shows_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    """Every `$` line of a console block runs as written; a line of … stands for any lines."""
    like = fits if pinned() else fits_nearly
    for command, shown, lines in printed(page, tmp_path):
        assert like(shown, lines), "\n".join([f"$ {command}", *lines])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links of a page name files that are there."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", ["tables", "options", "settings"])
def test_the_reference_is_what_the_program_prints(name: str) -> None:
    """docs/tables.md is the column table's own print, docs/options.md that of the commands, and
    docs/settings.md that of the models that check the settings.
    """
    command = [sys.executable, str(ROOT / "docs" / f"build_{name}.py")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed == (ROOT / "docs" / f"{name}.md").read_text()


def test_end_of_day_runs_once(tmp_path: Path) -> None:
    """0, then the same run again, 0: nothing is written twice."""
    first = _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path)
    assert (first.returncode, first.stdout[:27]) == (0, "OK 2024-06-27 two-desks | 1")
    run = tmp_path / "runs" / "2024-06-27"
    manifest = (run / "manifest.json").read_bytes()
    again = _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert (run / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("quantity: 100000", "quantity: 1e5x", 3, "ERROR scenario.yaml:"),
        (
            "lower: -2000000, upper: 2000000",
            "lower: 9000000, upper: 9500000",
            4,
            "limit MM-market (book:MM)",
        ),
        ("costs: {", "solve: {time_limit: 0s}\ncosts: {", 5, "No certified answer"),
        ("as_of: 2024-06-27", "as_of: 2024-06-26", 10, "the scenario is of 2024-06-26"),
    ],
)
def test_end_of_day_says_what_is_wrong(
    old: str, new: str, code: int, said: str, tmp_path: Path
) -> None:
    """One broken copy for each exit code that inputs alone can bring about."""
    done = _end_of_day(_changed(tmp_path, old, new), tmp_path)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stderr
    assert (tmp_path / "runs" / "2024-06-27").exists() == (code == 0)


def test_two_nights_and_mornings(tmp_path: Path) -> None:
    """One script: partial fills, a bust, two acks that contradict each other, a supersede; at the end every
    book has what the plan gave it, and nothing is open.
    """
    without_firm_files()
    folder = tmp_path / "firm"
    script = END_OF_DAY.parent / "two-nights.sh"
    env = environment(tmp_path / "bin")
    done = subprocess.run(["sh", str(script), str(folder)], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("exit 13") == 1
    assert "37 of 240, fills" in done.stdout
    assert "45 of 240, fills" in done.stdout
    assert re.search(r"DOES NOT FIT: TRF-\S+ is BOOKED at \S+ and REJECTED at ", done.stdout)
    runs, handoff = folder / "runs", folder / "handoff"
    booked = [r for path in sorted(handoff.rglob("allocations_*.csv")) for r in rows(path)]
    assert {r["ref_booking_id"] for r in booked if r["action"] == "REVERSE"} <= {
        r["booking_id"] for r in booked
    }
    for run in ("2024-06-27", "2024-06-28-2"):
        for leg in rows(runs / run / "hedge_allocations.csv"):
            own = [r for r in booked if all(r[c] == leg[c] for c in ("ticket_id", "book_id"))]
            net = sum(int(r["quantity"]) * (1 if r["action"] == "NEW" else -1) for r in own)
            assert net == int(leg["quantity"])
    assert rows(runs / "2024-06-28-2" / "hedges.csv")[0]["action"] == "REPLACE"
    assert "OPEN" not in done.stdout.split("confirms the cancel")[1]
    assert list(folder.glob("mail-*.eml"))


def test_end_of_day_keeps_a_run_of_other_inputs(tmp_path: Path) -> None:
    """7 where other inputs come the same day; 11 where a file was changed since."""
    _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path)
    other = _changed(tmp_path, "booking_fee_bps: 0.1", "booking_fee_bps: 0.2")
    assert _end_of_day(other, tmp_path).returncode == 7
    with open(tmp_path / "runs" / "2024-06-27" / "hedges.csv", "a") as file:
        file.write("x")
    assert _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path).returncode == 11


def test_end_of_day_tries_a_locked_folder_again(tmp_path: Path) -> None:
    """8 after a second try; nothing is left behind."""
    staging = tmp_path / "runs" / ".2024-06-27.staging"
    staging.mkdir(parents=True)
    handle = os.open(staging, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    done = _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path)
    os.close(handle)
    assert (done.returncode, "Another run still writes" in done.stderr) == (8, True)


def test_end_of_day_cannot_write(tmp_path: Path) -> None:
    """9 where the runs folder cannot be made; 2 without its arguments."""
    (tmp_path / "runs").write_text("a file")
    assert _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path).returncode == 9
    assert subprocess.run(["sh", str(END_OF_DAY)], capture_output=True).returncode == 2


def test_timetables_agree() -> None:
    """crontab and systemd run the same command at 22:15, Monday to Friday."""
    folder = END_OF_DAY.parent
    lines = (folder / "crontab").read_text().splitlines()
    entries = [x for x in lines if x and not x.startswith("#")]
    assert [x.partition("=")[0] for x in entries[:-1]] == ["SHELL", "PATH", "MAILTO"]
    *when, command = entries[-1].split(maxsplit=5)
    assert when == ["15", "22", "*", "*", "1-5"]
    assert "%" not in command  # cron reads it as a line end
    units = {}
    for kind in ("timer", "service"):
        units[kind] = configparser.RawConfigParser(strict=False)
        units[kind].read(folder / f"neutralizer-end-of-day.{kind}")
    assert units["timer"]["Timer"]["OnCalendar"] == "Mon..Fri 22:15"
    assert units["service"]["Service"]["ExecStart"] == command


def test_end_of_day_releases_what_the_standing_order_allows(tmp_path: Path) -> None:
    """Transfers and cash of a run without findings; the next evening is held against this one."""
    firm, named = _firm_with_an_order(tmp_path)
    quiet = tonight(tmp_path / "quiet", ("costs: {", "costs: {impact_coefficient: 0, "))
    text = (quiet / "scenario.yaml").read_text()
    today = re.search(r"as_of: (\S{10})", text)[1]  # type: ignore[index]
    done = _end_of_day(quiet, tmp_path, today, **named)
    assert (done.returncode, done.stderr) == (0, "")
    assert "released" in done.stdout
    assert len([n for n in firm.names() if n.endswith("_v1_auto.done")]) == 1
    next_day = (datetime.fromisoformat(today) + timedelta(days=1)).date().isoformat()
    tomorrow = text.replace("name: two-desks", f"name: two-desks\nbusiness_date: {next_day}")
    (quiet / "scenario.yaml").write_text(tomorrow.replace("price: 100,", "price: 101,"))
    again = _end_of_day(quiet, tmp_path, next_day, **named)
    assert again.returncode == 0, again.stderr
    assert f"it is of {next_day}, and today is {today}" in again.stdout
    manifest = json.loads((tmp_path / "runs" / next_day / "manifest.json").read_text())
    assert manifest["previous"] is not None
    (firm.root / "roles.yaml").unlink()
    assert _end_of_day(quiet, tmp_path, next_day, **named).returncode == 3


def test_end_of_day_keeps_what_people_must_read_for_the_morning(tmp_path: Path) -> None:
    """A finding: the run is there, and waits."""
    firm, named = _firm_with_an_order(tmp_path)
    done = _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path, **named)
    assert done.returncode == 0
    assert "Nothing was released tonight; it waits for two people" in done.stdout
    assert firm.names() == []
    named["NEUTRALIZER_AS"] = "guest"
    shutil.rmtree(tmp_path / "runs")
    assert _end_of_day(ROOT / "scenarios" / "two-desks", tmp_path, **named).returncode == 12


def _firm_with_an_order(work: Path) -> tuple[Firm, dict[str, str]]:
    """A firm whose standing order two have signed, and the wrapper's variables."""
    firm = Firm(work / "firm")
    order, caps = firm.root / "order.yaml", firm.root / "caps.yaml"
    shutil.copy(END_OF_DAY.parent / "order.yaml", order)
    caps.write_text("currency: USD\ntickets: 100\n")
    caps.chmod(0o644)
    for name in ("anna", "ben"):
        assert firm.approves(name, order).returncode == 0
    return firm, {
        "HANDOFF": str(firm.handoff),
        "ORDER": str(order),
        "NEUTRALIZER_AS": "night",
        "NEUTRALIZER_ROLES": str(firm.root / "roles.yaml"),
        "NEUTRALIZER_JOURNAL": str(firm.journal),
        "NEUTRALIZER_CAPS": str(caps),
    }


def _end_of_day(
    scenario: Path, work: Path, day: str = "2024-06-27", **named: str
) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(END_OF_DAY), str(scenario), str(work / "runs"), day]
    env = {**environment(work / "bin"), "RETRY_AFTER": "0", **named}
    return subprocess.run(command, env=env, cwd=work, capture_output=True, text=True)


def _changed(work: Path, old: str, new: str) -> Path:
    """A copy of two-desks with one text replaced."""
    copy = work / "changed"
    shutil.copytree(ROOT / "scenarios" / "two-desks", copy)
    text = (copy / "scenario.yaml").read_text()
    assert old in text
    (copy / "scenario.yaml").write_text(text.replace(old, new))
    return copy


def test_shares_of_reasons_are_of_something() -> None:
    """Where nothing works for a line, what works against it is no multiple of the last digits of nothing."""
    for name in NAMES:
        shares = [r["share"] for r in rows(EXAMPLES / name / "expected" / "reasons.csv")]
        assert all(abs(float(share)) < 100 for share in shares if share), name
