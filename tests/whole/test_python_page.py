"""docs/python.md and the notebook run, and show what they show."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tools.cells import shown

NOTEBOOK = ROOT / "examples" / "notebook" / "desks.ipynb"


def lines(text: str) -> list[str]:
    """Without blanks at the ends of lines, which differ between versions of pandas."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def test_every_block_of_the_page_shows_what_stands_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", page, re.S | re.M)
    assert len(blocks) == page.count("```python")
    assert sum(bool(text) for _, text in blocks) == page.count("```text")
    names = {"folder": tmp_path}
    for code, text in blocks:
        assert lines(shown(code, names)) == lines(text), code


def test_every_cell_of_the_notebook_shows_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], set(notebook)) == (
        4, {"cells", "metadata", "nbformat", "nbformat_minor"},
    )  # fmt: skip
    names: dict[str, object] = {}
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert cells
    for number, cell in enumerate(cells, 1):
        stored = ""
        for output in cell["outputs"]:
            text = (
                output["text"]
                if output["output_type"] == "stream"
                else output["data"]["text/plain"]
            )
            stored += "".join(text) + "\n"
        assert cell["execution_count"] == number
        assert lines(shown("".join(cell["source"]), names)) == lines(stored), cell["source"]
