"""Files, numbers and waits that others write are bounded: each is refused with its name, none hangs."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused, Locked
from neutralizer.load.scenario import load
from neutralizer.load.written import values
from neutralizer.load.written.plain import plain_bytes, read_json
from neutralizer.records import journal
from neutralizer.records.one_file import LOCK, content, holding
from tests.conftest import SCENARIOS
from tests.tools.command_line import Done, neutralizer
from tests.tools.firm import Firm, released_firm

DEEP = b"[" * 200_000
TOO_LARGE = 2**28 + 1
YAML = (SCENARIOS / "two-desks" / "scenario.yaml").read_text()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def large(path: Path) -> None:
    path.touch()
    os.truncate(path, TOO_LARGE)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


PLACED = (pipe, endless, large, loop)
Placed = Callable[[Path], None]


@contextmanager
def soon(seconds: float = 10) -> Iterator[None]:
    """Whoever waits for a pipe is told."""

    def late(*words: object) -> None:
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that has released a run, in a folder of its own."""
    return released_firm().copied(tmp_path / "firm")


def asked(firm: Firm, *words: object) -> Done:
    with soon():
        return firm.does("night", *words)


@pytest.mark.parametrize("placed", PLACED)
def test_what_is_no_plain_file_beside_a_run_is_11(firm: Firm, placed: Placed) -> None:
    run = firm.root / "runs" / "run"
    placed(run / "odd.csv")
    for words in (
        ("verify", run),
        ("release", run, "--to", firm.handoff),
        ("view", run, "--book", "MM", "--out", firm.root / "view"),
    ):
        done = asked(firm, *words)
        assert (done.returncode, "odd.csv" in done.stderr) == (11, True), (words, done)


@pytest.mark.parametrize("placed", PLACED)
@pytest.mark.parametrize("name", ["acks.csv", "fills.csv"])
def test_what_comes_back_is_a_plain_file(firm: Firm, placed: Placed, name: str) -> None:
    placed(firm.handoff / name)
    done = asked(firm, "status", firm.handoff)
    assert (done.returncode, name in done.stderr) == (3, True), done


@pytest.mark.parametrize("placed", PLACED)
def test_an_approval_that_cannot_be_read_is_none(firm: Firm, placed: Placed) -> None:
    placed(firm.root / "runs" / "run.approvals" / "zoe.json")
    assert asked(firm, "verify", firm.root / "runs" / "run").returncode == 0


@pytest.mark.parametrize("placed", PLACED)
def test_a_journal_is_a_plain_file(firm: Firm, placed: Placed) -> None:
    (firm.journal / journal.FILE).unlink()
    placed(firm.journal / journal.FILE)
    done = asked(firm, "journal", firm.journal)
    assert done.returncode in (3, 11)
    assert journal.FILE in done.stderr


@pytest.mark.parametrize("placed", PLACED)
def test_a_file_of_the_firm_is_a_plain_file(firm: Firm, placed: Placed) -> None:
    (firm.root / "roles.yaml").unlink()
    placed(firm.root / "roles.yaml")
    done = asked(firm, "approve", firm.root / "runs" / "run", "--key", "none", "--yes")
    assert (done.returncode, "roles.yaml" in done.stderr) == (3, True), done


@pytest.mark.parametrize("placed", [pipe, endless, large])
def test_a_control_file_is_plain_and_small(tmp_path: Path, placed: Placed) -> None:
    case = tmp_path / "case"
    shutil.copytree(SCENARIOS / "equity-desks", case)
    name = next(p.name for p in case.glob("*.csv"))
    placed(case / f"{name}.ctl")
    with soon(30):
        done = neutralizer("check", case)
    assert (done.returncode, "ctl" in done.stderr) == (3, True), done


def test_json_that_is_nested_deep_is_refused(firm: Firm) -> None:
    with pytest.raises(ValueError, match="nested too deep"):
        read_json(DEEP)
    run = firm.root / "runs" / "run"
    (firm.root / "runs" / "run.approvals" / "zoe.json").write_bytes(DEEP[:60_000])
    assert asked(firm, "verify", run).returncode == 0
    (run / "manifest.json").write_bytes(DEEP)
    done = asked(firm, "verify", run)
    assert (done.returncode, "manifest.json" in done.stderr) == (3, True)
    forged(firm, lambda told: DEEP)
    assert asked(firm, "status", firm.handoff).returncode == 11


def forged(firm: Firm, change: Callable[[bytes], bytes]) -> None:
    """Another manifest of what was released, and its `.done`."""
    (path,) = firm.handoff.glob("neutralizer_manifest_*.json")
    (done,) = firm.handoff.glob("*.done")
    path.write_bytes(change(path.read_bytes()))
    done.write_text(hashlib.sha256(path.read_bytes()).hexdigest() + "\n")


WRONG = (
    ("version", 10**400),
    ("version", True),
    ("version", "1"),
    ("released_at", "yesterday"),
    ("released_at", "2024-06-27T16:00:00"),
    ("business_date", 7),
    ("name", "\x1b[2J"),
    ("kinds", {"hedges": {"file": "../../etc/passwd", "sha256": ""}}),
    ("kinds", []),
)


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_release_that_we_did_not_make_is_11(firm: Firm, key: str, value: object) -> None:
    forged(firm, lambda told: json.dumps(json.loads(told) | {key: value}).encode())
    assert asked(firm, "status", firm.handoff).returncode == 11


NUMBERS = ("sNaN", "NaN", "9e999999", "1e19", "1E+2", "-Infinity", "9" * 60, "٣", "0x1")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_came_back_is_bounded(firm: Firm, number: str) -> None:
    head = "fill_id,ticket_id,book_id,instrument_id,quantity,price,time\n"
    row = f"F1,,MM,ETF,{number},100,2024-06-27T17:00:00-04:00\n"
    (firm.handoff / "fills.csv").write_text(head + row)
    done = asked(firm, "status", firm.handoff)
    allowed = number == "1E+2"  # a hundred
    assert (done.returncode, "fills.csv:2:quantity" in done.stderr) == (
        0 if allowed else 3,
        not allowed,
    )


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_was_released_is_one_of_ours(firm: Firm, number: str) -> None:
    (path,) = firm.handoff.glob("neutralizer_hedges_*.csv")
    text = path.read_text()
    assert ",10," in text
    path.write_text(text.replace(",10,", f",{number},"))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    def change(told: bytes) -> bytes:
        read = json.loads(told)
        read["kinds"]["hedges"]["sha256"] = sha256
        return json.dumps(read).encode()

    forged(firm, change)
    assert asked(firm, "status", firm.handoff).returncode == 11


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cash: 10000000", "cash: 1e30"),
        ("cash: 10000000", "cash: -1.1e15"),
        ("minimum_balance: 1000000", "minimum_balance: 1e16"),
        ("quantity: 100000", "quantity: 1e16"),
    ],
)
def test_what_is_held_is_at_most_1e15(tmp_path: Path, old: str, new: str) -> None:
    """More than that a double does not hold to the cent."""
    assert old in YAML
    (tmp_path / "scenario.yaml").write_text(YAML.replace(old, new))
    with pytest.raises(InputsRefused) as refused:
        load(tmp_path)
    assert "1e+15" in str(refused.value.issues[0])


def test_a_lock_that_is_held_is_waited_for_and_its_holder_named(tmp_path: Path) -> None:
    with holding(tmp_path):
        began = time.monotonic()
        with (
            pytest.raises(Locked, match=f"process {os.getpid()} on .* is writing into"),
            holding(tmp_path, 0.3),
        ):
            pass
        assert 0.3 <= time.monotonic() - began < 5
    with holding(tmp_path):
        pass


def test_a_lock_says_nothing_that_steers_a_terminal(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_bytes(b"\x1b[2Jmallory" * 100)
    handle = os.open(tmp_path / LOCK, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Locked) as refused, holding(tmp_path):
        pass
    os.close(handle)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_a_lock_that_is_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / LOCK)
    with soon(), holding(tmp_path):
        pass


def test_a_journal_that_is_held_ends_with_8(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LONGEST_WAIT", 0.2)
    with holding(firm.journal):
        done = firm.does("night", "release", firm.root / "runs" / "run", "--to", firm.handoff)
    assert (done.returncode, f"process {os.getpid()}" in done.stderr) == (8, True), done


def test_work_that_is_done_stands_where_the_journal_is_held_at_its_end(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LONGEST_WAIT", 0.2)
    with pytest.MonkeyPatch.context() as patch:
        held = []

        def ends(folder: Path, *words: object) -> None:
            held.append(holding(folder))
            held[0].__enter__()
            whole(folder, *words)  # type: ignore[arg-type]

        whole = journal._end
        patch.setattr(journal, "_end", ends)
        done = firm.does("night", "release", firm.root / "runs" / "run", "--to", firm.handoff)
        held[0].__exit__(None, None, None)
    assert done.returncode == 0
    assert [e["event"] for e in journal.events(firm.journal)][-1] == "START"


def test_a_low_limit_of_memory_is_kept_to(tmp_path: Path) -> None:
    """`ulimit -v` below solve.memory_limit_gb ended every run with 5."""
    shell = (
        f"ulimit -v 4000000; {sys.executable} -m neutralizer run {SCENARIOS / 'two-desks'} "
        f"--out {tmp_path / 'run'} -q --no-baseline"
    )
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_hint_is_looked_for_only_where_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 3,000 mistyped ids of books fifty are shown."""
    looked: list[str] = []
    monkeypatch.setattr(values, "nearest", lambda text, known: looked.append(text) or "")
    many = "\n".join(
        f"    - {{book_id: X{i}, instrument_id: ETF, quantity: 1}}" for i in range(3000)
    )
    limits = "\n".join(
        f'    - {{limit_id: L{i}, measure: gross, scope: "book:X{i}", upper: 1}}'
        for i in range(3000)
    )
    text = YAML.replace("  positions:\n", f"  positions:\n{many}\n")
    text = text.replace("  limits:\n", f"  limits:\n{limits}\n")
    (tmp_path / "scenario.yaml").write_text(text)
    with pytest.raises(InputsRefused):
        load(tmp_path)
    assert len(looked) <= 60


def books(folder: Path, count: int) -> Path:
    """So many books of one group, each with one position and one limit."""
    ids = [f"B{i}" for i in range(count)]
    one = "- {group_id: house, books: [ARB, MM]}"
    text = YAML.replace(one, f"- {{group_id: house, books: [{', '.join(ids)}, ARB, MM]}}")
    rows = "".join(f"    - {{book_id: {b}, entity: BD, account_id: PB}}\n" for b in ids)
    held = "".join(f"    - {{book_id: {b}, instrument_id: ETF, quantity: 7}}\n" for b in ids)
    each = '    - {limit_id: each, measure: gross, scope: "book:*", upper: 9e9}\n'
    for key, more in (("books", rows), ("positions", held), ("limits", each)):
        text = text.replace(f"  {key}:\n", f"  {key}:\n{more}", 1)
    folder.mkdir()
    (folder / "scenario.yaml").write_text(text)
    return folder


def test_reading_grows_with_the_books_and_not_with_their_square(tmp_path: Path) -> None:
    """Eight times as many took 64 times as long."""

    def seconds(path: Path) -> float:
        began = time.process_time()
        load(path)
        return time.process_time() - began

    few, many = books(tmp_path / "few", 250), books(tmp_path / "many", 2000)
    seconds(few)
    assert seconds(many) < 20 * min(seconds(few) for _ in range(3))


def test_what_is_handed_over_can_be_read_by_those_who_may_read_its_folder(firm: Firm) -> None:
    """Whatever umask cron has: a hand-off of 0600 is one that operations do not see."""
    before = os.umask(0o077)
    try:
        for mode, own in ((0o755, 0o644), (0o750, 0o640), (0o770, 0o640), (0o700, 0o600)):
            to, kept = firm.root / f"to-{mode}", firm.root / f"kept-{mode}"
            for folder in (to, kept):
                folder.mkdir()
                folder.chmod(mode)
            journal.begin(kept)
            with journal.journalled(kept, "run"):
                pass
            words = ("release", firm.root / "runs" / "run", "--to", to)
            assert firm.does("night", *words, NEUTRALIZER_JOURNAL="").returncode == 0
            files = [p for p in to.iterdir() if p.name != LOCK]
            assert {p.stat().st_mode & 0o777 for p in files} == {own}
            assert (kept / journal.FILE).stat().st_mode & 0o777 == 0o600 | mode & 0o066
            assert (to / LOCK).stat().st_mode & 0o777 == 0o600 | mode & 0o066
    finally:
        os.umask(before)


def test_a_private_key_stays_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert neutralizer("new-key", tmp_path / "anna.pem").returncode == 0
    finally:
        os.umask(before)
    assert (tmp_path / "anna.pem").stat().st_mode & 0o777 == 0o600


def test_a_plain_file_is_read_whole_and_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1000)
    (tmp_path / "b").symlink_to("a")
    assert plain_bytes(tmp_path / "b", 1000) == b"x" * 1000
    with pytest.raises(OSError, match="it is over"):
        plain_bytes(tmp_path / "a", 999)
    assert content(tmp_path / "c") is None
    with pytest.raises(InputsRefused) as refused:
        content(tmp_path)
    assert "not a plain file" in str(refused.value.issues[0])
