"""The wheel, tried from outside the tree: modules, child process and example scenarios are inside."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT


def test_a_wheel_runs_from_outside_the_tree(tmp_path: Path) -> None:
    build = "from hatchling.build import build_wheel; print(build_wheel(__import__('sys').argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, check=True
    )
    wheel = tmp_path / done.stdout.decode().split()[-1]
    site, away = tmp_path / "site", tmp_path / "away"
    away.mkdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    assert (site / "neutralizer" / "py.typed").is_file()
    environment = os.environ | {"PYTHONPATH": str(site)}

    def neutralizer(*words: str) -> str:
        command = [sys.executable, "-m", "neutralizer", *words]
        found = subprocess.run(command, cwd=away, env=environment, capture_output=True, check=True)
        return found.stdout.decode()

    where = "import neutralizer; print(neutralizer.__file__)"
    origin = subprocess.run(
        [sys.executable, "-c", where], cwd=away, env=environment, capture_output=True, check=True
    )
    assert origin.stdout.decode().startswith(str(site))
    neutralizer("init", "book", "--from", "multi-asset")
    assert neutralizer("run", "book", "--out", "night", "-q", "--no-baseline").startswith("OK ")
    assert "proven" in neutralizer("verify", "night")
