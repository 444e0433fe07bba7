"""Shared fixtures: the project's scenarios, and real ones where they lie beside the checkout."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from neutralizer.domain.scenario import Scenario
from neutralizer.load.scenario import load

ROOT = Path(__file__).parent.parent
SCENARIOS = ROOT / "scenarios"
SHARED = ROOT.parent / "shared" / "scenarios"
TORTURE = "NEUTRALIZER_TORTURE" in os.environ  # `make torture`: every moment instead of a few


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
