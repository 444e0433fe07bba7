"""Shared fixtures: the project's scenarios, and real ones where they lie beside the checkout."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from neutralizer.domain.scenario import Scenario
from neutralizer.load.scenario import load

ROOT = Path(__file__).parent.parent
SCENARIOS = ROOT / "scenarios"
SHARED = ROOT.parent / "shared" / "scenarios"
TORTURE = (
    "NEUTRALIZER_TORTURE" in os.environ
)  # `make torture`: every moment and every draw instead of a few


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--quick`: without the solver and other processes."""
    parser.addoption("--quick", action="store_true", help="skip what starts another process")


@pytest.fixture(scope="session", autouse=True)
def no_process_when_quick(request: pytest.FixtureRequest) -> Iterator[None]:
    """With --quick whatever would start a process, as each solver does, is skipped there and then."""
    if not request.config.getoption("--quick"):
        yield
        return

    def skipped(*words: object, **options: object) -> None:
        pytest.skip("starts another process")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", skipped)
        patch.setattr(os, "fork", skipped)
        yield


@pytest.fixture(scope="session")
def scenario_named() -> Callable[[str], Scenario]:
    """The resolved scenario of a name, read once."""
    known: dict[str, Scenario] = {}

    def named(name: str) -> Scenario:
        if name not in known:
            known[name] = load(SCENARIOS / name).scenario
        return known[name]

    return named


@pytest.fixture
def shared() -> Path:
    """The folder of real-data scenarios; skips without it."""
    if not SHARED.is_dir():
        pytest.skip("the real-data scenarios are not beside this checkout")
    return SHARED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """How many calls were made to fail, and how many processes were killed."""
    for name in ("faults", "kills"):
        counts = [
            int(str(value))
            for report in terminalreporter.getreports("passed")
            for key, value in report.user_properties
            if key == name
        ]
        if counts:
            terminalreporter.write_line(f"{name} injected: {sum(counts)}")
