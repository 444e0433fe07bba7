"""Reading and checking take time in proportion to what there is to read."""

import time
from pathlib import Path

import pytest

from benchmarks.generate import generate, read_table
from neutralizer.gate import checked
from neutralizer.load.scenario import load

EVERYTHING = 10**7  # holdings asked of the generator: each book holds each name


def seconds(folder: Path, books: int, names: int) -> float:
    """Of this process, to check so many books that hold so many names each; the least of three."""
    generate(folder, names + 10, books, 10, EVERYTHING, 4, 1)
    assert len(read_table(folder, "positions")) == books * names
    taken = []
    for _ in range(3):
        started = time.process_time()
        checked(folder)
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize(("books", "names"), [(80, 250), (20, 1000)], ids=["books", "names"])
def test_four_times_the_positions_take_about_four_times_as_long(
    tmp_path: Path, books: int, names: int
) -> None:
    """Sixteen times would be a loop within a loop."""
    assert seconds(tmp_path / "more", books, names) < 8 * seconds(tmp_path / "few", 20, 250)


def test_a_group_may_have_many_books(tmp_path: Path) -> None:
    """Their names together are longer than a field of text may be."""
    generate(tmp_path / "s", 30, 150, 2, 300, 2, 1)
    assert len(read_table(tmp_path / "s", "crossing_groups")[0]["books"]) > 256
    scenario = load(tmp_path / "s").scenario
    assert scenario.books.group.count("house") == 120
