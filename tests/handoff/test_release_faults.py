"""A release is whole or nothing, whatever call fails and whoever else releases; so is an approval."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from neutralizer.errors import CannotWrite, InputsRefused, Tampered
from neutralizer.handoff import release as module
from neutralizer.handoff.approval import approve
from neutralizer.handoff.release import release
from neutralizer.records.approvals import approvals_of, run_subject
from neutralizer.records.finished import finished
from neutralizer.records.handed import handed_over
from neutralizer.records.journal import begin, events, journalled
from neutralizer.verify import Standing
from tests.conftest import ROOT, TORTURE
from tests.tools.broken import NUMBERS, Broken
from tests.tools.command_line import tree
from tests.tools.firm import Firm, approved_firm

Note = Callable[[str, object], None]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm whose run two have approved."""
    return approved_firm().copied(tmp_path_factory.mktemp("approved") / "firm")


def run_of(firm: Firm) -> Path:
    return firm.root / "runs" / "run"


@pytest.fixture
def quick(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proven already, so that a release is its files only."""
    monkeypatch.setenv("NEUTRALIZER_ROLES", str(firm.root / "roles.yaml"))
    run = finished(run_of(firm))
    monkeypatch.setattr(module, "finished", lambda folder: run)
    monkeypatch.setattr(module, "stands", lambda run: Standing(None, None, ""))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", NUMBERS)
def test_whatever_call_fails_a_release_is_whole_or_not_there(
    firm: Firm, quick: None, tmp_path: Path, number: int, record_property: Note
) -> None:
    """N = 1, 2, … until a release passes; each failure is followed by one that passes."""
    for n in range(1, 400):
        to = tmp_path / str(n)
        to.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            broken = Broken(patch, n, number)
            failed = _attempt(lambda to=to: release(run_of(firm), to, "night", None))
        seen = handed_over(to)
        if failed:
            assert seen == [], n
            assert [p for p in to.iterdir() if not p.name.startswith(".")] == [], n
        if broken.calls < n:
            break
        release(run_of(firm), to, "night", None)
        (whole,) = handed_over(to)
        assert len(whole.files) == 6, n
    assert not failed
    assert n > 60
    record_property("faults", n - 1)


def _attempt(act: Callable[[], object]) -> bool:
    """Whether it failed; of two ways, by what could not be read or not written."""
    try:
        act()
    except (CannotWrite, InputsRefused):
        return True
    return False


@pytest.mark.parametrize("number", NUMBERS)
def test_whatever_call_fails_an_approval_is_whole_or_not_there(
    firm: Firm,
    tmp_path: Path,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Note,
) -> None:
    from datetime import UTC, datetime, timedelta

    monkeypatch.setenv("NEUTRALIZER_ROLES", str(firm.root / "roles.yaml"))
    key, now = firm.keys["ben"].read_bytes(), datetime.now(UTC)
    for n in range(1, 60):
        folder = tmp_path / str(n)
        folder.mkdir()
        subject = run_subject(folder, "r", b"{}")
        words = (subject, "ben", key, "", now, now + timedelta(hours=1))
        with pytest.MonkeyPatch.context() as patch:
            broken = Broken(patch, n, number)
            failed = _attempt(lambda words=words: approve(*words))
        assert len(approvals_of(subject)) == (0 if failed else 1) or n >= broken.calls - 1, n
        if broken.calls < n:
            break
        approve(*words)
        assert [a.name for a in approvals_of(subject)] == ["ben"]
    assert not failed
    assert n > 4
    record_property("faults", n - 1)


@pytest.mark.parametrize("number", NUMBERS)
def test_whatever_call_fails_the_journal_holds(
    tmp_path: Path, number: int, record_property: Note
) -> None:
    """Before the work it refuses; after it the work stands, and the next entry tells."""
    for n in range(1, 100):
        folder = tmp_path / str(n)
        folder.mkdir()
        begin(folder)
        done: list[int] = []
        with pytest.MonkeyPatch.context() as patch:
            broken = Broken(patch, n, number)

            def work(folder: Path = folder, done: list[int] = done) -> None:
                with journalled(folder, "run"):
                    done.append(1)

            failed = _attempt(work)
        assert failed != bool(done), n
        if broken.calls < n:
            break
        with journalled(folder, "run"):
            pass
        assert [e["event"] for e in events(folder)][-2:] == ["START", "COMPLETE"], n
    assert not failed
    assert n > 10
    record_property("faults", n - 1)


def _start(firm: Firm, to: Path) -> "subprocess.Popen[bytes]":
    words = ("release", str(run_of(firm)), "--to", str(to), "--as", "night")
    return subprocess.Popen(
        [sys.executable, "-m", "neutralizer", *words],
        cwd=ROOT,
        env=os.environ | {"NEUTRALIZER_ROLES": str(firm.root / "roles.yaml")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_six_releases_at_once_have_one_winner(firm: Firm, tmp_path: Path) -> None:
    started = [_start(firm, tmp_path) for _ in range(6)]
    talk = [process.communicate(timeout=120) for process in started]
    codes = [process.returncode for process in started]
    assert set(codes) <= {0, 8}, talk
    assert len([said for said, _ in talk if said.startswith(b"released")]) == 1
    assert len(handed_over(tmp_path)) == 1


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_release_is_never_half_seen(
    firm: Firm, tmp_path: Path, sent: int, record_property: Note
) -> None:
    """When so many files are there; without `.done` it is nothing, and the next release corrects it."""
    moments = range(15) if TORTURE else (0, 4, 14)
    record_property("kills", len(moments))
    for k in moments:
        to = tmp_path / str(k)
        to.mkdir()
        process = _start(firm, to)
        end = time.monotonic() + 20
        while len(list(to.iterdir())) < k and process.poll() is None:
            assert time.monotonic() < end
        process.send_signal(sent)
        process.communicate(timeout=30)
        assert len(handed_over(to)) <= 1
        done = _start(firm, to)
        done.communicate(timeout=60)
        assert done.returncode == 0
        (whole,) = handed_over(to)
        assert len(whole.files) == 6
        assert not [p.name for p in to.iterdir() if p.name.endswith(".staging")]


def test_a_done_without_its_manifest_is_11(firm: Firm, tmp_path: Path) -> None:
    """Somebody made a `.done` by hand."""
    (tmp_path / "neutralizer_20240627_000000000000_v1.done").write_text("x\n")
    with pytest.raises(Tampered, match="not the one that was released"):
        handed_over(tmp_path)


def test_there_is_no_folder_to_release_into(firm: Firm, tmp_path: Path) -> None:
    before = tree(run_of(firm))
    done = firm.does("night", "release", run_of(firm), "--to", tmp_path / "no")
    assert done.returncode == 9
    assert "cannot write into" in done.stderr
    assert tree(run_of(firm)) == before
    assert json.loads((run_of(firm) / "manifest.json").read_text())["prepared_by"] == "night"
