"""The README's commands run, and its output is what they print."""

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tools.command_line import neutralizer

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [text for kind, text in fences if kind == language]


def said(line: str, folder: Path) -> str:
    program, *words = shlex.split(line, comments=True)
    done = neutralizer(*words, cwd=folder)
    assert (program, done.returncode) == ("neutralizer", 0), done.stderr
    return done.stdout


def test_the_commands_run_as_written(tmp_path: Path) -> None:
    lines = [x for block in blocks("sh") for x in block.splitlines() if x.startswith("neutralizer")]
    assert len(lines) >= 4
    for line in lines:
        said(line, tmp_path)


def test_make_targets_exist() -> None:
    made = re.findall(r"^make (\w+)", "\n".join(blocks("sh")), re.MULTILINE)
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(made) >= {"demo", "test"}
    assert set(made) <= set(targets)


def test_the_demo_prints_what_is_shown(tmp_path: Path) -> None:
    shown = next(b for b in blocks("") if b.startswith("OK "))
    found = said(f"neutralizer run {ROOT / 'scenarios/equity-desks'} --dry-run", tmp_path)
    for expected, line in zip(shown.splitlines(), found.splitlines(), strict=False):
        numbers = re.compile(r"[\d,]+\.\d+")
        assert numbers.sub("#", expected) == numbers.sub("#", line)
        for a, b in zip(numbers.findall(expected), numbers.findall(line), strict=True):
            assert float(b.replace(",", "")) == pytest.approx(float(a.replace(",", "")), rel=1e-3)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
