"""How help looks, where the options of `run` arrive, and what SIGTERM does before and after."""

import os
import signal
import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from neutralizer.cli.headings import KNOWN
from neutralizer.cli.runs import run
from neutralizer.decide import Options
from neutralizer.gate.against import Against
from tests.tools.command_line import neutralizer

OPTIONS = [o for o in run.params if isinstance(o, click.Option)]
MEANINGS = 2 + max(len(o.opts[0] + (o.metavar or "")) for o in OPTIONS) + 3  # their column


@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_fits_the_terminal(width: int) -> None:
    """No line is too long, no sentence is cut off, and every meaning begins in one column."""
    whole, of_run = (
        neutralizer(*words, "--help", COLUMNS=str(width)).stdout for words in ((), ("run",))
    )
    for told in (whole, of_run):
        assert max(map(len, told.splitlines())) <= width
        assert "..." not in told.replace("[ARGS]...", "")
    for name in KNOWN:
        assert f"\n  {name:<10}  " in whole
    named = [x for x in of_run.splitlines() if x.startswith("  -")]
    assert len(named) == len(OPTIONS) + 1
    assert all(x[MEANINGS - 2 : MEANINGS] == "  " != x[MEANINGS] for x in named), named


def asked(monkeypatch: pytest.MonkeyPatch, *words: str) -> Options:
    """What `run` asks for, without running."""
    found: list[Options] = []

    def noted(root: Path, out: Path | None, options: Options) -> None:
        found.append(options)
        raise click.exceptions.Exit(0)

    monkeypatch.setattr("neutralizer.run.run", noted)
    monkeypatch.delenv("NEUTRALIZER_JOURNAL", raising=False)
    done = neutralizer("run", "here", "--as", "anna", *words)
    assert done.returncode == 0, done.stderr
    return found[0]


def without_say(options: Options) -> dict[str, Any]:
    """Every field but the one that is a function."""
    return {name: value for name, value in vars(options).items() if name != "say"}


def test_nothing_asked_is_every_default(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, "--dry-run")
    assert without_say(found) == without_say(Options(dry_run=True, prepared_by="anna"))
    assert asked(monkeypatch, "--dry-run", "--transfers-only").transfers_only


def test_every_option_arrives_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "--out x --replace --no-report --best-effort --relax 2 --repair-psd --set a=1 --strip"
    words += " --no-baseline --shock bad --live 30m --expect-date 2024-06-27 --previous p"
    words += " --handoff h --supersede s --reason why --journal j --accept-jump ETF"
    words += " --accept-stale fx --waived-by ben --waiver-reason split"
    found = asked(monkeypatch, *words.split(), "--until", "2024-06-28T23:00:00+00:00")
    waivers = found.against.waivers
    assert (waivers.jumps, waivers.stale, waivers.by) == (("ETF",), ("fx",), "ben")
    assert (waivers.reason, str(waivers.until)) == ("split", "2024-06-28 23:00:00+00:00")
    expected = Options(
        replace=True,
        report=False,
        best_effort=True,
        relax=2,
        overrides=("a=1", "checks.repair_psd=yes"),
        strip=True,
        baseline=False,
        shock="bad",
        against=Against(timedelta(minutes=30), date(2024, 6, 27), Path("p"), Path("h"), waivers),
        supersede=Path("s"),
        reason="why",
        journal=Path("j"),
        prepared_by="anna",
    )
    assert without_say(found) == without_say(expected)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--dry-run --live soon", "soon: write a duration"),
        ("--dry-run --expect-date today", "today: write the date as yyyy-mm-dd"),
        ("--dry-run --transfers-only --relax 1", "gives nothing away"),
        ("--dry-run --supersede x", "needs --reason and --handoff"),
        ("--quiet", "--out"),
    ],
)
def test_what_cannot_be_asked_is_2(words: str, said: str) -> None:
    done = neutralizer("run", "nowhere", *words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_sigterm_does_what_it_did_before_a_command() -> None:
    def ours(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGTERM, ours)
    try:
        for words in (("--version",), ("nonsense",), ("check", "nowhere")):
            neutralizer(*words)
            assert signal.getsignal(signal.SIGTERM) is ours
    finally:
        signal.signal(signal.SIGTERM, before)


def test_sigterm_ends_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("neutralizer.load.firm.model_card.card_here", ended)
    assert neutralizer("model-card").returncode == 128 + signal.SIGTERM


def test_another_thread_leaves_signals_alone() -> None:
    before, codes = signal.getsignal(signal.SIGTERM), list[int]()
    thread = threading.Thread(target=lambda: codes.append(neutralizer("--version").returncode))
    thread.start()
    thread.join()
    assert codes == [0]
    assert signal.getsignal(signal.SIGTERM) is before
