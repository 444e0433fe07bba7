"""two-desks over several evenings: its folder with other tables, and the rows of a file."""

import csv
import io
import shutil
from pathlib import Path

from tests.conftest import SCENARIOS

Row = dict[str, str]


def desks(path: Path, *changes: tuple[str, str]) -> Path:
    """two-desks, changed."""
    shutil.copytree(SCENARIOS / "two-desks", path)
    text = (path / "scenario.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (path / "scenario.yaml").write_text(text)
    return path


def rows(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text())))
