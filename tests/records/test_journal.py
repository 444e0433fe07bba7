"""The journal: START before, one end after, chained; what never ended is told; what is cut is refused."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from neutralizer.errors import CannotWrite, NotSolved, Tampered
from neutralizer.records import journal as module
from neutralizer.records.history import outliers
from neutralizer.records.journal import begin, events, journalled, stands
from tests.conftest import ROOT, SCENARIOS
from tests.tools.command_line import tree
from tests.tools.firm import Firm, in_process

TWO_DESKS = SCENARIOS / "two-desks"


@pytest.fixture(autouse=True)
def begun(tmp_path: Path) -> None:
    """A journal without a line."""
    begin(tmp_path)


def work(folder: Path, **facts: str) -> None:
    with journalled(folder, "run", **facts) as entry:
        entry.facts = {"run_id": "r"}


def kinds(folder: Path) -> list[str]:
    return [e["event"] for e in events(folder)]


def test_a_start_and_its_end(tmp_path: Path) -> None:
    work(tmp_path, scenario="s")
    with pytest.raises(NotSolved), journalled(tmp_path, "run"):
        raise NotSolved("no answer")
    with pytest.raises(KeyboardInterrupt), journalled(tmp_path, "run"):
        raise KeyboardInterrupt
    found = events(tmp_path)
    assert kinds(tmp_path) == ["START", "COMPLETE", "START", "REFUSED", "START", "FAILED"]
    assert [e.get("start") for e in found] == [None, 1, None, 3, None, 5]
    assert (found[3]["exit_code"], found[3]["reason"]) == (5, "no answer")
    assert found[5]["reason"] == "KeyboardInterrupt()"


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    before = tree(tmp_path)
    with journalled(None, "run"):
        pass
    assert tree(tmp_path) == before
    with pytest.raises(CannotWrite, match="make it first"), journalled(tmp_path / "no", "run"):
        raise AssertionError("the work must not begin")


def test_what_never_ended_is_told_once(tmp_path: Path) -> None:
    """A run was killed: the next one says so, the one after does not."""
    script = (
        "import os, sys\nfrom pathlib import Path\n"
        "from neutralizer.records.journal import journalled\n"
        "with journalled(Path(sys.argv[1]), 'run', scenario='s'):\n    os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=False)
    with journalled(tmp_path, "run") as entry:
        assert len(entry.unfinished) == 1
        assert entry.unfinished[0].startswith("run of 20")
        assert "(s) began and has not ended" in entry.unfinished[0]
    with journalled(tmp_path, "run") as entry:
        assert entry.unfinished == ()
    assert kinds(tmp_path) == ["START", "ENDED", "START", "COMPLETE", "START", "COMPLETE"]


def test_what_still_runs_is_not_told(tmp_path: Path) -> None:
    with journalled(tmp_path, "run"), journalled(tmp_path, "run") as entry:
        assert entry.unfinished == ()


def test_a_torn_line_is_dropped_and_told(tmp_path: Path) -> None:
    """The writer was killed in the middle of a line."""
    work(tmp_path)
    with open(tmp_path / "journal.jsonl", "ab") as out:
        out.write(b'{"number": 3, "at"')
    with journalled(tmp_path, "run") as entry:
        assert "torn" in entry.unfinished[0]
    assert kinds(tmp_path) == ["START", "COMPLETE", "START", "COMPLETE"]


def test_a_head_that_was_not_written_is_corrected(tmp_path: Path) -> None:
    """The writer was killed between the line and the head."""
    work(tmp_path)
    head = (tmp_path / "journal.head").read_bytes()
    work(tmp_path)
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines[:3]))
    (tmp_path / "journal.head").write_bytes(head)
    work(tmp_path)
    assert len(events(tmp_path)) == 5


def test_a_full_disk_leaves_no_line_without_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head cannot be written, twice: afterwards the chain holds."""
    work(tmp_path)

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "put", full)
        for _ in range(2):
            with pytest.raises(CannotWrite), journalled(tmp_path, "run"):
                raise AssertionError("the work must not begin")
    work(tmp_path)
    assert kinds(tmp_path) == ["START", "COMPLETE"] * 2


def test_a_head_that_was_written_keeps_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what comes after the renaming failed."""
    work(tmp_path)
    real = module.put

    def late(path: Path, data: bytes) -> None:
        real(path, data)
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(module, "put", late)
        with pytest.raises(CannotWrite), journalled(tmp_path, "run"):
            raise AssertionError("the work must not begin")
    assert kinds(tmp_path) == ["START", "COMPLETE", "START"]


def test_a_line_that_is_torn_meanwhile_is_cut_off(tmp_path: Path) -> None:
    """Another writer was killed between this entry's start and its end."""
    with journalled(tmp_path, "approve"), (tmp_path / "journal.jsonl").open("ab") as other:
        other.write(b'{"number": 9, "at": "2026')
    assert kinds(tmp_path) == ["START", "COMPLETE"]


def test_a_line_without_what_every_line_has_is_11(tmp_path: Path) -> None:
    """A line that is chained as it should be, and says nothing."""
    work(tmp_path)
    last = events(tmp_path)[-1]
    line = json.dumps({"number": 3, "previous": last["hash"]}) + "\n"
    with (tmp_path / "journal.jsonl").open("a") as out:
        out.write(line)
    with pytest.raises(Tampered, match="line 3"):
        events(tmp_path)


def test_where_no_journal_is_none_is_printed(tmp_path: Path) -> None:
    """A misspelt folder is not a journal that holds; names with line ends forge no lines."""
    done = in_process("journal", tmp_path / "nowhere")
    assert (done.returncode, "holds no journal" in done.stderr) == (3, True)
    work(tmp_path, by="anna\n     2 forged", scenario=os.fsdecode(b"\xff"))
    done = in_process("journal", tmp_path)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)


def first_cut(lines: list[bytes]) -> list[bytes]:
    """The first line is gone."""
    return lines[1:]


def middle_cut(lines: list[bytes]) -> list[bytes]:
    """A line in the middle is gone."""
    return lines[:2] + lines[3:]


def tail_cut(lines: list[bytes]) -> list[bytes]:
    """The last line is gone."""
    return lines[:-1]


def all_cut(lines: list[bytes]) -> list[bytes]:
    """Every line is gone."""
    return []


def rewritten(lines: list[bytes]) -> list[bytes]:
    """A word in a line is another."""
    return [line.replace(b'"scenario": "s"', b'"scenario": "t"') for line in lines]


def swapped(lines: list[bytes]) -> list[bytes]:
    """Two lines have changed places."""
    return [lines[1], lines[0], *lines[2:]]


def added(lines: list[bytes]) -> list[bytes]:
    """A line more, which follows, and the head was left as it was."""
    import hashlib

    more = []
    for number in (5, 6):
        previous = hashlib.sha256([*lines, *more][-1][:-1]).hexdigest()
        event = {"number": number, "at": "", "event": "COMPLETE", "previous": previous}
        more.append(json.dumps(event).encode() + b"\n")
    return lines + more


@pytest.mark.parametrize(
    "change",
    [first_cut, middle_cut, tail_cut, all_cut, rewritten, swapped, added],
    ids=lambda f: f.__name__,
)
def test_a_chain_that_does_not_hold_is_11(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    work(tmp_path, scenario="s")
    work(tmp_path, scenario="s")
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(Tampered):
        events(tmp_path)
    before = path.read_bytes()
    done = in_process("run", TWO_DESKS, "--dry-run", "-q", NEUTRALIZER_JOURNAL=str(tmp_path))
    assert (done.returncode, done.stdout) == (11, "")
    assert path.read_bytes() == before
    assert in_process("journal", tmp_path).returncode == 11


def test_six_at_once_make_one_chain(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from neutralizer.records.journal import journalled\n"
        "for _ in range(5):\n"
        "    with journalled(Path(sys.argv[1]), 'run'):\n        pass\n"
    )
    words = [sys.executable, "-c", script, str(tmp_path)]
    for process in [subprocess.Popen(words, cwd=ROOT) for _ in range(6)]:
        assert process.wait(timeout=60) == 0
    assert sorted(kinds(tmp_path)) == ["COMPLETE"] * 30 + ["START"] * 30


def test_an_end_that_cannot_be_written_does_not_undo_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    with journalled(tmp_path, "run"):
        monkeypatch.setattr(module, "append", full)
    monkeypatch.undo()
    assert kinds(tmp_path) == ["START"]


def test_a_run_leaves_a_line_of_history(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    folder = firm.run(TWO_DESKS)
    found = events(firm.journal)
    assert [e["event"] for e in found] == ["START", "COMPLETE"]
    summary = json.loads((folder / "summary.json").read_text())
    assert found[1]["run_id"] == summary["run_id"]
    header, line = (firm.journal / "history.csv").read_text().splitlines()
    assert header == (
        "run_id,name,business_date,external_notional,crossed_notional,crossed_share,plan_cost,lines,"
        "breaches,firm_volatility"
    )
    assert line == (
        f"{summary['run_id']},two-desks,2024-06-27,2000000.00,6000000.00,0.750000,260.00,2,0,20000.00"
    )
    firm.run(TWO_DESKS)  # the same again
    assert len((firm.journal / "history.csv").read_text().splitlines()) == 2


OWN = {
    "run_id": "today",
    "name": "s",
    "external_notional": "100",
    "crossed_share": "0.5",
    "plan_cost": "10",
    "lines": "20",
    "breaches": "0",
    "firm_volatility": "5",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"external_notional": "104"}, []),
        (
            {"external_notional": "110"},
            ["external_notional is 110; of the last 20 runs the median"],
        ),
        ({"lines": "200", "breaches": "1"}, ["lines is 200", "breaches is 1"]),
        ({"name": "another"}, []),
    ],
)
def test_what_is_unlike_the_last_twenty_is_told(changed: dict[str, str], said: list[str]) -> None:
    past = [OWN | {"run_id": f"r{k}", "external_notional": f"{98 + k % 5}"} for k in range(25)]
    found = outliers(OWN | changed, past)
    assert [f.startswith(s) for f, s in zip(found, said, strict=True)] == [True] * len(said)
    assert outliers(OWN | {"lines": "9999"}, past[:7]) == []


def test_an_unusual_run_waits_for_a_person(tmp_path: Path) -> None:
    """Nine ordinary nights; then one of twice the size, which a standing order does not let go."""
    firm = Firm(tmp_path)
    for k in range(9):
        work_like(firm.journal, f"r{k}")
    out = tmp_path / "runs" / "unusual"
    done = firm.does("night", "run", TWO_DESKS, "--out", out, "-q", "--no-baseline")
    assert done.returncode == 0
    assert (
        "NOTICE external_notional is 2e+06; of the last 9 runs the median is 1e+06" in done.stderr
    )
    assert json.loads((out / "manifest.json").read_text())["notices"] != []


def work_like(folder: Path, run_id: str) -> None:
    with journalled(folder, "run") as entry:
        entry.figures = {
            "run_id": run_id, "name": "two-desks", "business_date": "2024-06-26",
            "external_notional": "1000000", "crossed_notional": "6000000", "crossed_share": "0.857",
            "plan_cost": "260", "lines": "2", "breaches": "0", "firm_volatility": "20000",
        }  # fmt: skip


def test_a_run_that_is_killed_is_told_by_the_next(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    words = ("run", str(TWO_DESKS), "--out", str(tmp_path / "runs" / "run"))
    environment = os.environ | {
        "NEUTRALIZER_AS": "night",
        "NEUTRALIZER_ROLES": str(tmp_path / "roles.yaml"),
        "NEUTRALIZER_JOURNAL": str(firm.journal),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "neutralizer", *words], cwd=ROOT, env=environment
    )
    while not (tmp_path / "runs" / ".run.staging").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    folder = firm.run(TWO_DESKS)
    told = json.loads((folder / "manifest.json").read_text())["notices"]
    assert "has not ended" in told[0]
    assert len([x for x in told if "has not ended" in x]) == 1
    shutil.rmtree(folder)


def test_a_journal_begins_only_when_asked(tmp_path: Path) -> None:
    """A folder whose journal is gone, or a mistyped one, began a new one unseen."""
    empty = tmp_path / "empty"
    empty.mkdir()
    words = ("run", TWO_DESKS, "--out", tmp_path / "run", "--no-baseline", "-q", "--journal", empty)
    done = in_process(*words)
    assert (done.returncode, f"journal {empty} --new" in done.stderr) == (3, True), done
    assert list(empty.iterdir()) == []
    assert in_process("journal", empty).returncode == 3
    assert in_process("journal", empty, "--new").returncode == 0
    assert in_process("journal", empty).stderr == "0 lines, the chain holds\n"
    assert in_process("journal", empty, "--new").returncode == 7
    assert in_process("journal", tmp_path / "no", "--new").returncode == 9
    assert in_process(*words).returncode == 0
    assert kinds(empty) == ["START", "COMPLETE"]


def test_two_journals_have_two_ids(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    begin(tmp_path / "other")
    for folder in (tmp_path, tmp_path / "other"):
        work(folder)
    with journalled(tmp_path, "run") as one, journalled(tmp_path / "other", "run") as other:
        assert one.mark is not None
        assert other.mark is not None
        assert one.mark["id"] != other.mark["id"]
        assert one.mark["line"] == other.mark["line"] == 3
    assert stands(events(tmp_path), one.mark)
    assert not stands(events(tmp_path / "other"), one.mark)
    assert not stands(events(tmp_path)[:2], one.mark)
    assert not stands((), one.mark)


def test_a_first_line_that_follows_nothing_is_11(tmp_path: Path) -> None:
    """Written anew, with a chain that holds by itself: the head says what was begun."""
    work(tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    with pytest.raises(Tampered):
        events(tmp_path)
