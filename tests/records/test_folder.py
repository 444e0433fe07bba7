"""A run's folder appears whole or not at all, whoever else is running and whatever fails."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neutralizer import run as trip
from neutralizer.errors import CannotWrite, FolderTaken, Infeasible, InputsRefused, Locked
from neutralizer.load.scenario import load
from neutralizer.records.folder import HOLDER, read_folder
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.ours import OF_A_RUN
from neutralizer.run import Options
from neutralizer.verify import verify
from tests.conftest import TORTURE
from tests.tools.broken import NUMBERS, Broken

ROOT = Path(__file__).parent.parent.parent
TWO_DESKS = ROOT / "scenarios" / "two-desks"
PLAIN = Options(baseline=False)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "neutralizer", *map(str, words)]


def start(*words: object, **options: Any) -> subprocess.Popen[bytes]:
    """A run of its own, that hears an interrupt even where the tests run in the background."""
    return subprocess.Popen(
        command(*words),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )


def names(path: Path) -> list[str]:
    return sorted(p.name for p in path.iterdir())


def times(path: Path) -> dict[str, int]:
    return {p.as_posix(): p.lstat().st_mtime_ns for p in sorted([path, *path.rglob("*")])}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an ordinary run."""
    out = tmp_path_factory.mktemp("runs") / "run"
    trip.run(TWO_DESKS, out, PLAIN)
    assert verify(out).name == "two-desks"
    return read_folder(out)


@pytest.fixture
def decided(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision is known already, so that a run is its files only."""

    monkeypatch.setattr(trip, "_files", lambda *words: files)
    monkeypatch.setattr(trip, "proven", lambda *words: None)


def test_six_runs_at_once_have_one_winner(tmp_path: Path) -> None:
    out = tmp_path / "run"
    runs = [start("run", TWO_DESKS, "--out", out, "--no-baseline") for _ in range(6)]
    talk = [run.communicate(timeout=120) for run in runs]
    codes = sorted(run.returncode for run in runs)
    assert codes[0] == 0, talk
    assert set(codes) <= {0, 8}, talk
    winners = [said for said, heard in talk if b"written and proven" in said]
    assert len(winners) == 1
    assert names(tmp_path) == ["run"]
    verify(out)


def test_what_a_killed_run_left_is_taken_over(tmp_path: Path) -> None:
    out, staged = tmp_path / "run", tmp_path / ".run.staging"
    killed = start("run", TWO_DESKS, "--out", out)
    wait_for((staged / HOLDER).exists, killed)  # a folder without it no run has staged in
    killed.kill()
    killed.communicate()
    (staged / "staged" / "inputs").mkdir(parents=True, exist_ok=True)
    (staged / "staged" / "inputs" / "half.csv").write_text("half a")
    assert names(tmp_path) == [".run.staging"]
    trip.run(TWO_DESKS, out, PLAIN)
    assert names(tmp_path) == ["run"]
    verify(out)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_killed_at_any_moment_shows_nothing(
    tmp_path: Path, sent: int, record_property: Callable[[str, object], None]
) -> None:
    """So many hundredths of a second after its staging appears; then the next run publishes."""
    moments = range(0, 120, 4) if TORTURE else (1, 40)
    record_property("kills", len(moments))
    for k in moments:
        out, staged = tmp_path / f"run-{k}", tmp_path / f".run-{k}.staging"
        killed = start("run", TWO_DESKS, "--out", out, "--no-baseline")
        wait_for(lambda staged=staged: staged.exists(), killed)
        time.sleep(k / 100)
        killed.send_signal(sent)
        killed.communicate()
        if out.exists():
            verify(out)
        trip.run(TWO_DESKS, out, PLAIN)
        verify(out)
        assert [n for n in names(tmp_path) if n.startswith(f".run-{k}.")] == []


def wait_for(event: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while not event():
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_nothing(tmp_path: Path, sent: int, code: int) -> None:
    out = tmp_path / "run"
    process = start("run", TWO_DESKS, "--out", out)
    wait_for((tmp_path / ".run.staging").exists, process)
    time.sleep(0.3)
    process.send_signal(sent)
    said, heard = process.communicate(timeout=30)
    assert process.returncode == code, heard
    assert said == b""
    assert b"Traceback" not in heard
    assert names(tmp_path) == []


def test_another_run_holds_the_lock(tmp_path: Path, decided: None) -> None:
    """Who it is, is said; what it staged is not touched while it lives, and goes when it does not."""
    staged = tmp_path / ".run.staging"
    (staged / "staged").mkdir(parents=True)
    (staged / "staged" / "theirs").write_text("theirs")
    (staged / "holder").write_text("process 7 on \x1b[2J")
    handle = os.open(staged, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Locked) as refusal:
        trip.run(TWO_DESKS, tmp_path / "run", PLAIN)
    assert str(refusal.value).startswith(r"process 7 on \x1b[2J is writing ")
    assert (staged / "staged" / "theirs").read_text() == "theirs"
    os.close(handle)
    trip.run(TWO_DESKS, tmp_path / "run", PLAIN)
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("name", ["theirs", "staged/theirs"])
def test_nothing_is_removed_that_no_run_staged(tmp_path: Path, decided: None, name: str) -> None:
    """Of a folder with that name which no run began, and of one that a run holds."""
    path = tmp_path / ".run.staging" / name
    path.parent.mkdir(parents=True)
    path.write_text("theirs")
    for holder in (False, True):
        if holder:
            path = tmp_path / ".run.staging" / "theirs"
            path.write_text("theirs")
            (tmp_path / ".run.staging" / "holder").write_text("process 7")
        with pytest.raises(FolderTaken, match="which no run staged"):
            trip.run(TWO_DESKS, tmp_path / "run", PLAIN)
        assert path.read_text() == "theirs"


@pytest.mark.parametrize("to", ["elsewhere", "nowhere"])
def test_a_link_in_the_place_of_the_holder_is_not_followed(
    decided: None, tmp_path: Path, to: str
) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / ".run.staging").mkdir()
    (tmp_path / ".run.staging" / "holder").symlink_to(tmp_path / to)
    with pytest.raises(CannotWrite):
        trip.run(TWO_DESKS, tmp_path / "run", PLAIN)
    assert (tmp_path / "elsewhere").read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


def test_what_a_manifest_names_is_not_ours_for_that(
    files: dict[str, bytes], decided: None, tmp_path: Path
) -> None:
    """A manifest may be anybody's: of what it names only what a run writes is taken for ours."""
    out = tmp_path / "run"
    write(out, another_run(files) | {"thesis.docx": b"three years"})
    told = json.loads((out / "manifest.json").read_text())
    told["outputs"]["thesis.docx"] = told["outputs"]["hedges.csv"]
    (out / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(FolderTaken, match=r"thesis\.docx, which no run wrote"):
        trip.run(TWO_DESKS, out, Options(baseline=False, replace=True))
    assert (out / "thesis.docx").read_bytes() == b"three years"


def test_every_name_that_a_run_writes_is_known(files: dict[str, bytes]) -> None:
    assert {name for name in files if not name.startswith("inputs/")} <= OF_A_RUN


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("replace", [False, True])
def test_whatever_call_fails_all_is_visible_or_nothing(
    files: dict[str, bytes],
    decided: None,
    tmp_path: Path,
    number: int,
    replace: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """N = 1, 2, … until a run passes."""
    old = another_run(files)
    for n in range(1, 400):
        parent = tmp_path / str(n)
        out = parent / "run"
        parent.mkdir()
        if replace:
            write(out, old)
        with pytest.MonkeyPatch.context() as patch:
            broken = Broken(patch, n, number)
            failed = attempt(out, replace)
        found = read_folder(out) if out.exists() else {}
        assert found in (files, old if replace else {}), n
        if not failed:
            assert found == files, n
            assert names(parent) == ["run"], n
        if broken.calls < n:
            break
        trip.run(TWO_DESKS, out, Options(baseline=False, replace=replace))
        assert read_folder(out) == files
        assert names(parent) == ["run"], "what a failure left is cleared by the next run"
    assert not failed
    assert n > 40
    record_property("faults", n - 1)


def attempt(out: Path, replace: bool) -> bool:
    """Whether the run failed; of two ways, by what could not be read or not written."""
    try:
        trip.run(TWO_DESKS, out, Options(baseline=False, replace=replace))
    except (CannotWrite, InputsRefused):
        return True
    return False


def another_run(files: dict[str, bytes]) -> dict[str, bytes]:
    """Yesterday's."""
    told = json.loads(files[MANIFEST]) | {"run_id": "yesterday"}
    return files | {MANIFEST: json.dumps(told).encode()}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_replace_exchanges_the_folders(
    files: dict[str, bytes], decided: None, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    write(out, another_run(files))
    with pytest.raises(FolderTaken):
        trip.run(TWO_DESKS, out, PLAIN)
    assert read_folder(out) == another_run(files)
    assert names(tmp_path) == ["run"]
    trip.run(TWO_DESKS, out, Options(baseline=False, replace=True))
    assert read_folder(out) == files
    assert names(tmp_path) == ["run"]


def test_replace_without_an_exchange_of_the_system(
    files: dict[str, bytes], decided: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    out = tmp_path / "run"
    write(out, another_run(files))
    trip.run(TWO_DESKS, out, Options(baseline=False, replace=True))
    assert read_folder(out) == files
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "inputs/notes.txt",
        "empty/",
        "deep/er/letter.doc",
        "journal.jsonl",
        "neutralizer_20240627_000000000000_v1.done",
        "link@",
        "pipe|",
    ],
)
def test_nothing_is_removed_that_no_run_wrote(
    files: dict[str, bytes], decided: None, tmp_path: Path, name: str
) -> None:
    """Beside a run's files, alone, and beside a refusal; with --replace too, and nothing is solved."""
    run, alone, refused = (tmp_path / n / "run" for n in ("beside", "alone", "refused"))
    write(run, another_run(files))
    write(refused.with_name("run.refused"), {"summary.json": b"{}", "conflicts.csv": b""})
    for folder in (run, alone, refused.with_name("run.refused")):
        folder.mkdir(parents=True, exist_ok=True)
        put_there(folder, name)
    for out in (run, alone, refused):
        before = times(out.parent)
        with pytest.raises(FolderTaken, match="only what this program wrote is removed"):
            trip.run(TWO_DESKS, out, Options(baseline=False, replace=True))
        assert {k for k in times(out.parent) if "staging" not in k} == set(before)


def put_there(folder: Path, name: str) -> None:
    path = folder / name.rstrip("/@|")
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith("/"):
        path.mkdir()
    elif name.endswith("@"):
        path.symlink_to("/nowhere")
    elif name.endswith("|"):
        os.mkfifo(path)
    else:
        path.write_text("mine")


def test_a_manifest_that_lists_them_gives_no_right_to_a_journal(
    files: dict[str, bytes], decided: None, tmp_path: Path
) -> None:
    told = json.loads(files[MANIFEST]) | {"run_id": "yesterday"}
    told["outputs"]["journal.jsonl"] = {}
    write(tmp_path / "run", files | {MANIFEST: json.dumps(told).encode(), "journal.jsonl": b"{}"})
    with pytest.raises(FolderTaken, match=r"journal\.jsonl"):
        trip.run(TWO_DESKS, tmp_path / "run", Options(baseline=False, replace=True))


def test_a_run_that_was_changed_is_written_again(
    files: dict[str, bytes], decided: None, tmp_path: Path
) -> None:
    write(tmp_path / "run", files | {"hedges.csv": b"mine"})
    trip.run(TWO_DESKS, tmp_path / "run", Options(baseline=False, replace=True))
    assert read_folder(tmp_path / "run") == files


def test_an_empty_folder_is_not_taken(decided: None, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    trip.run(TWO_DESKS, tmp_path / "run", PLAIN)
    assert names(tmp_path) == ["run"]


def test_a_taken_folder_is_left_alone(decided: None, tmp_path: Path) -> None:
    out = tmp_path / "run"
    trip.run(TWO_DESKS, out, PLAIN)
    before = times(tmp_path)
    with pytest.raises(FolderTaken):
        trip.run(TWO_DESKS, out, Options(overrides=("costs.booking_fee_bps=0.2",), baseline=False))
    (tmp_path / "file").write_text("")
    for replace in (False, True):
        with pytest.raises(FolderTaken):
            trip.run(TWO_DESKS, tmp_path / "file", Options(baseline=False, replace=replace))
    (tmp_path / "file").unlink()
    after = times(tmp_path)
    assert {k: v for k, v in after.items() if k != str(tmp_path)} == {
        k: v for k, v in before.items() if k != str(tmp_path)
    }


def test_the_same_run_again_touches_nothing(decided: None, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert not trip.run(TWO_DESKS, out, PLAIN).already_there
    before = times(out)
    for options in (PLAIN, Options(baseline=False, replace=True)):
        assert trip.run(TWO_DESKS, out, options).already_there
    assert times(out) == before
    assert names(tmp_path) == ["run"]


def test_there_is_no_place_to_write(decided: None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file" / "run", tmp_path / "no" / "run", tmp_path / ("x" * 250)):
        with pytest.raises(CannotWrite):
            trip.run(TWO_DESKS, out, PLAIN)
    assert names(tmp_path) == ["file"]


def test_a_read_only_parent(decided: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: Any, **options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", refuse)
        with pytest.raises(CannotWrite, match="Permission denied"):
            trip.run(TWO_DESKS, tmp_path / "run", PLAIN)
    assert names(tmp_path) == []


def endless(*words: Any) -> None:
    raise RuntimeError("no end within 5 s")


@pytest.mark.parametrize(
    "to",
    ["elsewhere", "elsewhere/precious", "nowhere"],
)
def test_a_link_in_the_place_of_the_staging_is_not_followed(
    decided: None, tmp_path: Path, to: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").write_text("precious")
    (tmp_path / ".run.staging").symlink_to(to)
    signal.signal(signal.SIGALRM, endless)
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        with pytest.raises(CannotWrite):
            trip.run(TWO_DESKS, tmp_path / "run", PLAIN)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert (tmp_path / "elsewhere" / "precious").read_text() == "precious"
    assert not (tmp_path / "run").exists()


def refuse(*words: Any, **options: Any) -> Any:
    raise Infeasible("infeasible", "no plan", [])


def test_a_refusal_stands_beside_and_goes_with_success(
    decided: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(trip, "_files", refuse)
        for _ in range(2):
            with pytest.raises(Infeasible):
                trip.run(TWO_DESKS, out, PLAIN)
            assert names(tmp_path) == ["run.refused"]
            assert names(tmp_path / "run.refused") == ["conflicts.csv", "summary.json"]
    trip.run(TWO_DESKS, out, PLAIN)
    assert names(tmp_path) == ["run"]
    with monkeypatch.context() as patch:
        patch.setattr(trip, "_files", refuse)
        before = times(out)
        with pytest.raises(Infeasible):
            trip.run(
                TWO_DESKS,
                out,
                Options(overrides=("costs.booking_fee_bps=0.2",), baseline=False, replace=True),
            )
    assert times(out) == before
    assert names(tmp_path) == ["run", "run.refused"]


def test_cron_writes_the_same_bytes(files: dict[str, bytes], tmp_path: Path) -> None:
    """No HOME, no terminal, another language, zone and umask."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C", "TZ": "Asia/Tokyo"}
    done = start(
        "run", TWO_DESKS, "--out", tmp_path / "run", "--no-baseline",
        env=environment, umask=0o077, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    said, heard = done.communicate(timeout=60)
    assert (done.returncode, heard) == (0, b"")
    assert b"\x1b" not in said
    found = read_folder(tmp_path / "run")
    assert found.pop(MANIFEST)
    assert found == {name: data for name, data in files.items() if name != MANIFEST}
    assert (tmp_path / "run" / "hedges.csv").stat().st_mode & 0o077 == 0


def test_a_scenario_is_only_read(tmp_path: Path) -> None:
    before = times(TWO_DESKS)
    load(TWO_DESKS)
    assert times(TWO_DESKS) == before
