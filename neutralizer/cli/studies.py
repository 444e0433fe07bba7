"""Commands that solve many cases: sweep."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from neutralizer.cli import options as asked
from neutralizer.cli.talk import show


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.GRID
@asked.STUDY
@asked.NO_BASELINE
@asked.WHERE
@asked.OVERRIDES
def sweep(
    scenario: Path,
    grid: Path,
    out: str,
    baseline: bool,
    workers: int,
    scheduler: str,
    overrides: tuple[str, ...],
) -> None:
    """Run every combination of some changes: settings, limits, cells, walls, carriers left out.

    A study that was stopped goes on with the same command.
    """
    from neutralizer import face
    from neutralizer.load.grid import read_grid
    from neutralizer.prepare.readers import bytes_of
    from neutralizer.report.sweep import on_a_terminal
    from neutralizer.studies.many import Where
    from neutralizer.studies.sweep import sweep as study

    is_scenario = (scenario / "scenario.yaml").is_file()
    of = face.read(scenario if is_scenario else scenario / "inputs", overrides)
    axes = read_grid(grid.name, bytes_of(grid), of.loaded.inputs)
    with _counting() as told:
        found = study(of, axes, out, told, baseline, Where(workers, scheduler))
    show(on_a_terminal(found))
    show(f"wrote {out}", err=True)


@contextmanager
def _counting() -> Iterator[Callable[[int, int], None]]:
    """A bar with rate and time left, on a terminal; silence in cron."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    began, first = time.monotonic(), [0]

    def rate(done: int | None) -> str:
        minutes = (time.monotonic() - began) / 60
        return f"{done} cases, {(done or 0) / minutes:.0f} a minute" if done else ""

    with click.progressbar(length=1, file=sys.stderr, item_show_func=rate, show_pos=True) as bar:

        def told(done: int, of: int) -> None:
            if bar.length != of:  # what was there already counts for no rate
                bar.length, first[0] = of, done
                bar.update(done)
                return
            bar.update(done - bar.pos, done - first[0])

        yield told


COMMANDS = (sweep,)
