"""Commands that solve many cases: sweep, frontier, sensitivity, backtest."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from neutralizer.cli import options as asked
from neutralizer.cli.talk import show

POINTS_OF_ONE, POINTS_OF_TWO = 20, 7  # of each limit


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.GRID
@asked.STUDY
@asked.NO_BASELINE
@asked.SKETCH
@asked.WHERE
@asked.OVERRIDES
def sweep(
    scenario: Path,
    grid: Path,
    out: str,
    baseline: bool,
    sketch: bool,
    best: int | None,
    picked: tuple[int, ...],
    workers: int,
    scheduler: str,
    overrides: tuple[str, ...],
) -> None:
    """Run every combination of some changes: settings, limits, cells, walls, carriers left out.

    A study that was stopped goes on with the same command.
    """
    from neutralizer.face import read_either
    from neutralizer.load.grid import read_grid
    from neutralizer.prepare.readers import bytes_of
    from neutralizer.report.sweep import on_a_terminal
    from neutralizer.studies.many import Where
    from neutralizer.studies.sweep import BEST, Sketched
    from neutralizer.studies.sweep import sweep as study

    for option, given in (("--best", best is not None), ("--pick", bool(picked))):
        if given and not sketch:
            raise click.UsageError(f"{option} is of sketches: give --sketch too")
    of = read_either(scenario, overrides)
    axes = read_grid(grid.name, bytes_of(grid), of.loaded)
    where = Where(workers, scheduler)
    sketched = Sketched(BEST if best is None else best, picked) if sketch else None
    _told(out, lambda told: study(of, axes, out, told, baseline, where, sketched), on_a_terminal)


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.LIMITS
@asked.POINTS
@asked.STUDY
@asked.WHERE
@asked.OVERRIDES
def frontier(
    scenario: Path,
    names: tuple[str, ...],
    points: int | None,
    out: str,
    workers: int,
    scheduler: str,
    overrides: tuple[str, ...],
) -> None:
    """Say what a limit costs, bound by bound: from where nothing keeps it to where it binds no more.

    A study that was stopped goes on with the same command.
    """
    from neutralizer.face import read_either
    from neutralizer.report.frontier import on_a_terminal
    from neutralizer.studies.frontier import bound_of
    from neutralizer.studies.frontier import frontier as study
    from neutralizer.studies.many import Where

    of = read_either(scenario, overrides)
    bounds = [bound_of(of, name) for name in names]
    count = points or (POINTS_OF_TWO if len(bounds) > 1 else POINTS_OF_ONE)
    where = Where(workers, scheduler)
    _told(out, lambda told: study(of, bounds, count, out, told, where), on_a_terminal)


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.STUDY
@asked.BEFORE_LOTS
@asked.WHERE
@asked.OVERRIDES
def sensitivity(
    scenario: Path,
    out: str,
    sketch: bool,
    workers: int,
    scheduler: str,
    overrides: tuple[str, ...],
) -> None:
    """Say what a plan hangs on: spreads, impact, volumes, volatilities, correlations, margin, marks.

    Each is made other and the scenario decided again, and the plan as it is priced as if the other were true.
    """
    from neutralizer.face import read_either
    from neutralizer.report.sensitivity import on_a_terminal
    from neutralizer.studies.many import Where
    from neutralizer.studies.sensitivity import sensitivity as study

    of = read_either(scenario, overrides)
    where = Where(workers, scheduler)
    _told(out, lambda told: study(of, out, told, where, sketch), on_a_terminal)


@click.command()
@click.argument("history")
@asked.TRIED
@asked.STUDY
@asked.WHERE
@asked.OVERRIDES
def backtest(
    history: str,
    grid: Path | None,
    out: str,
    workers: int,
    scheduler: str,
    overrides: tuple[str, ...],
) -> None:
    """Decide a history of days again: together, each book alone, by hand, and with other settings.

    HISTORY is a folder of dated scenarios, or of past runs. Each path walks on what it left itself; what clients and
    settlements did is added as it was. --set is one other setting, --grid many.
    """
    from neutralizer.prepare.readers import bytes_of
    from neutralizer.report.backtest import on_a_terminal
    from neutralizer.studies.backtest.backtest import axes_of
    from neutralizer.studies.backtest.backtest import backtest as study
    from neutralizer.studies.backtest.history import past_days
    from neutralizer.studies.many import Where

    files = past_days(history)
    given = None if grid is None else (grid.name, bytes_of(grid))
    axes = axes_of(files, given, overrides)
    where = Where(workers, scheduler)
    _told(out, lambda told: study(files, axes, out, told, where), on_a_terminal)


def _told(
    out: str, study: Callable[[Callable[[int, int], None]], Any], words: Callable[[Any], str]
) -> None:
    """Does a study and says what it found."""
    with _counting() as told:
        found = study(told)
    show(words(found))
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
