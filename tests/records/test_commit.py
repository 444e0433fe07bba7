"""Whatever ends a command, and whenever: its exit code says what is there."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neutralizer import run as trip
from neutralizer.handoff import release
from neutralizer.records import one_file
from neutralizer.records.commit import Commit
from neutralizer.records.finished import finished
from neutralizer.records.folder import read_folder
from neutralizer.records.handed import handed_over
from neutralizer.records.journal import events
from neutralizer.records.one_file import LOCK
from neutralizer.verify import Standing
from tests.conftest import SCENARIOS, TORTURE
from tests.tools.command_line import neutralizer
from tests.tools.firm import Firm, approved_firm
from tests.tools.struck import NOWHERE, Ended, struck

TWO_DESKS = SCENARIOS / "two-desks"
TERM, INT, HUP, KILL = signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL
Note = Callable[[str, object], None]
HITS = ((TERM,), (TERM, TERM), (INT, INT, TERM), (HUP,), (KILL,))
HEARD = {128 + TERM, 128 + INT, 128 + HUP, -KILL}


def moments(calls: int) -> Iterator[tuple[int, bool]]:
    """Before and after each call; without torture every fifteenth, and the last six."""
    for n in range(1, calls + 1):
        if TORTURE or n % 15 == 1 or n > calls - 6:
            yield n, False
            yield n, True


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The files of an ordinary run."""
    return read_folder(approved_firm().root / "runs" / "run")


@pytest.fixture
def decided(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision is known already, so that a run is its files only."""
    monkeypatch.setattr(trip, "_files", lambda *words: files)
    monkeypatch.setattr(trip, "proven", lambda *words: None)


@pytest.mark.parametrize("signals", HITS)
def test_a_run_ends_with_0_exactly_where_its_folder_is_there(
    decided: None,
    files: dict[str, bytes],
    tmp_path: Path,
    signals: tuple[int, ...],
    record_property: Note,
) -> None:
    def done(out: Path, at: int = NOWHERE, after: bool = False) -> Ended:
        return struck(
            ("run", TWO_DESKS, "--out", out, "-q", "--no-baseline"), at, *signals, after=after
        )

    (tmp_path / "first").mkdir()
    plain = done(tmp_path / "first" / "run")
    assert plain.code == 0, plain.said
    hit = list(moments(plain.calls))
    for n, after in hit:
        root = tmp_path / f"{n}-{after}"
        root.mkdir()
        ended = done(root / "run", n, after)
        assert "Traceback" not in ended.said
        assert ended.code in HEARD | {0}, (n, ended)
        if ended.code != -KILL:
            assert [p.name for p in root.iterdir()] == ([] if ended.code else ["run"]), (n, ended)
        if (root / "run").exists():
            assert read_folder(root / "run") == files, n
        assert done(root / "run").code == 0, n
        assert [p.name for p in root.iterdir()] == ["run"], n
    record_property("kills", len(hit))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm whose run two have approved."""
    return approved_firm().copied(tmp_path_factory.mktemp("approved") / "firm")


@pytest.fixture
def stands_already(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Proven already, so that a release is its files only; the run's folder."""
    monkeypatch.setenv("NEUTRALIZER_ROLES", str(firm.root / "roles.yaml"))
    monkeypatch.setenv("NEUTRALIZER_AS", "night")
    run = finished(firm.root / "runs" / "run")
    monkeypatch.setattr(release, "finished", lambda folder: run)
    monkeypatch.setattr(release, "stands", lambda run: Standing(None, None, ""))  # type: ignore[arg-type]
    return firm.root / "runs" / "run"


def released(run: Path, root: Path, at: int = NOWHERE, *signals: int, **how: Any) -> Ended:
    """A release into a folder of its own, told to a copy of the journal that knows the run."""
    to, journal = root / "to", root / "journal"
    to.mkdir(parents=True, exist_ok=True)
    if not journal.exists():
        shutil.copytree(run.parent.parent / "journal", journal)
    return struck(("release", run, "--to", to, "--journal", journal), at, *signals, **how)


@pytest.mark.parametrize("signals", HITS)
def test_a_release_ends_with_0_exactly_where_done_is_there(
    stands_already: Path, tmp_path: Path, signals: tuple[int, ...], record_property: Note
) -> None:
    """What was hit before `.done` leaves nothing at all, unless it was killed; the next release is whole."""
    plain = released(stands_already, tmp_path / "first")
    assert plain.code == 0, plain.said
    hit = list(moments(plain.calls))
    for n, after in hit:
        root = tmp_path / f"{n}-{after}"
        ended = released(stands_already, root, n, *signals, after=after)
        left = [p.name for p in (root / "to").iterdir() if p.name != LOCK]
        assert "Traceback" not in ended.said
        assert ended.code in HEARD | {0}, (n, ended)
        if ended.code != -KILL:
            assert len(handed_over(root / "to")) == (0 if ended.code else 1), (n, ended)
            assert bool(left) == (ended.code == 0), (n, ended, left)
        assert released(stands_already, root).code == 0, n
        (whole,) = handed_over(root / "to")
        assert len(whole.files) == 6, n
    record_property("kills", len(hit))


def test_a_journal_says_complete_where_a_signal_came_too_late(
    stands_already: Path, tmp_path: Path
) -> None:
    calls = released(stands_already, tmp_path / "first").calls
    for late, n in enumerate(range(calls, 0, -1)):
        root = tmp_path / str(n)
        ended = released(stands_already, root, n, TERM)
        last = events(root / "journal")[-1]["event"]
        assert last == ("FAILED" if ended.code else "COMPLETE"), n
        if ended.code:
            assert late > 3
            break


def test_a_disk_that_is_full_for_the_output_does_not_undo_it(
    decided: None, stands_already: Path, tmp_path: Path
) -> None:
    run = ("run", TWO_DESKS, "--out", tmp_path / "run", "--no-baseline")
    for words in (run, (*run, "--json"), ("release", stands_already, "--to", tmp_path)):
        for _ in ("done", "done already"):
            assert struck(words, out="/dev/full").code == 0, words
    assert (tmp_path / "run" / "manifest.json").exists()
    assert len(handed_over(tmp_path)) == 1
    assert struck(("check", TWO_DESKS), out="/dev/full").code == 9  # nothing was made


def test_a_reader_that_has_gone_does_not_undo_it(stands_already: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    shell = (
        f"{sys.executable} -m neutralizer run {TWO_DESKS} --out run --no-baseline | true; "
        "echo ${PIPESTATUS[0]}; "
        f"{sys.executable} -m neutralizer run {TWO_DESKS} --out closed --no-baseline >&- 2>&-; echo $?"
    )
    done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "0"], done
    assert "Traceback" not in done.stderr
    assert read_folder(tmp_path / "run").keys() == read_folder(tmp_path / "closed").keys()


def test_a_failed_sync_after_done_takes_nothing_back(
    stands_already: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operations have seen `.done`: it stays."""

    def fails(folder: Path) -> None:
        if any(p.name.endswith(".done") for p in folder.iterdir()):
            raise OSError(5, "input/output error")

    monkeypatch.setattr(one_file, "sync", fails)
    assert neutralizer("release", stands_already, "--to", tmp_path).returncode == 0
    assert len(handed_over(tmp_path)) == 1


def test_a_process_does_at_each_signal_what_it_did_before() -> None:
    before = {n: signal.getsignal(n) for n in (TERM, INT, HUP)}
    assert neutralizer("check", TWO_DESKS).returncode == 0
    assert {n: signal.getsignal(n) for n in before} == before


def test_a_signal_that_is_ignored_stays_so(decided: None, tmp_path: Path) -> None:
    """As nohup asks."""
    before = signal.signal(HUP, signal.SIG_IGN)
    try:
        words = ("run", TWO_DESKS, "--out", tmp_path / "run", "--no-baseline")
        assert struck(words, 3, HUP).code == 0
    finally:
        signal.signal(HUP, before)


def test_what_waited_for_a_step_that_failed_is_answered_after_it() -> None:
    commit = Commit()

    def step() -> None:
        with commit.made():
            assert commit.late(TERM)
            raise OSError

    with pytest.raises(SystemExit) as ended:
        step()
    assert ended.value.code == 143
    assert not commit.stands
    assert commit.late(TERM), "it is ending already"


def test_who_asks_again_much_later_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the first signal was lost in."""
    commit = Commit()
    assert [commit.late(TERM), commit.late(TERM)] == [False, True]
    monkeypatch.setattr("time.monotonic", lambda: 1e12)
    assert not commit.late(TERM)
