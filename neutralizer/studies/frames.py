"""The studies from Python, `nz.sweep` and the others; their rows as DataFrames of pandas."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from neutralizer.errors import InputsRefused
from neutralizer.face import Scenario
from neutralizer.load.grid import read_grid
from neutralizer.load.written.given import Given
from neutralizer.studies import frontier as of_limits
from neutralizer.studies import sensitivity as of_plans
from neutralizer.studies import sweep as of_grids
from neutralizer.studies.backtest import backtest as of_past
from neutralizer.studies.backtest.history import past_days
from neutralizer.studies.many import Where
from neutralizer.studies.sent import Row

if TYPE_CHECKING:
    from pandas import DataFrame

TEXTS = frozenset({"status", "binding", "why_not"})
GRID = "grid"  # what a mistake in it is told of


def sweep(
    scenario: Scenario,
    grid: Mapping[str, Any],
    out: str | Path | None = None,
    *,
    baseline: bool = True,
    sketch: bool = False,
    best: int = 10,
    picked: Sequence[int] = (),
    workers: int = 1,
    scheduler: str = "",
    told: Callable[[int, int], None] = lambda done, of: None,
) -> "DataFrame":
    """One run for each combination of the grid's values, after the scenario as it is: a row each, by case. With
    `sketch` every case is solved before lots, and runs are made of the `best` and the `picked` alone.

    `grid`: lists of values, {"times": a list} or {"plus": a list} by setting or cell, as docs/studies.md says. `out`:
    the study's folder, where a study that was stopped goes on; without one nothing is kept. `told(done, of)` after
    each case. With `workers` it is called below `if __name__ == "__main__"`. Raises InputsRefused, FolderTaken,
    Locked, CannotWrite; a case without a plan has the reason in `why_not`.
    """
    axes = read_grid(GRID, _yaml(grid), scenario.loaded)
    where = Where(workers, scheduler)
    sketched = of_grids.Sketched(best, tuple(picked)) if sketch else None
    found = _in(
        out,
        lambda folder: of_grids.sweep(scenario, axes, folder, told, baseline, where, sketched).rows,
    )
    words = {axis.name for axis in axes if not _are_numbers(axis.values)}
    return _frame(found, TEXTS | words)


def frontier(
    scenario: Scenario,
    limits: str | Sequence[str],
    out: str | Path | None = None,
    *,
    points: int = 20,
    workers: int = 1,
    scheduler: str = "",
    told: Callable[[int, int], None] = lambda done, of: None,
) -> "DataFrame":
    """The optimum before lots by the bound of one limit, or of two, from the narrowest: cost and shadow price.

    `limits`: LIMIT, LIMIT.upper or LIMIT.lower. The rest, and what is raised, as for `sweep`; Infeasible and
    NotSolved besides, where there is no plan whatever the bound.
    """
    names = [limits] if isinstance(limits, str) else list(limits)
    bounds = [of_limits.bound_of(scenario, name) for name in names]
    where = Where(workers, scheduler)
    found = _in(
        out,
        lambda folder: of_limits.frontier(scenario, bounds, points, folder, told, where).rows,
    )
    return _frame(found, TEXTS)


def sensitivity(
    scenario: Scenario,
    out: str | Path | None = None,
    *,
    sketch: bool = False,
    workers: int = 1,
    scheduler: str = "",
    told: Callable[[int, int], None] = lambda done, of: None,
) -> "DataFrame":
    """What a plan hangs on: a row for each assumption made other, after the scenario as it is; with `sketch` before
    lots. Raises as `frontier`.
    """
    where = Where(workers, scheduler)
    found = _in(
        out, lambda folder: of_plans.sensitivity(scenario, folder, told, where, sketch).rows
    )
    return _frame(found, TEXTS | {"assumption", "kept_breaks", "moved_most"})


def backtest(
    history: str | Path,
    grid: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    *,
    workers: int = 1,
    scheduler: str = "",
    told: Callable[[int, int], None] = lambda done, of: None,
) -> "DataFrame":
    """A history of days decided again: a row for each path, together, alone and by hand as recorded, then every
    combination of the grid. The days of each path are in `out`. Raises InputsRefused, Tampered, and as `sweep`.
    """
    files, where = past_days(history), Where(workers, scheduler)
    axes = of_past.axes_of(files, (GRID, _yaml(grid)), ()) if grid else ()
    found = _in(
        out,
        lambda folder: [p.row for p in of_past.backtest(files, axes, folder, told, where).paths],
    )
    words = {axis.name for axis in axes if not _are_numbers(axis.values)}
    return _frame(found, TEXTS | words | {"path"})


def _in(out: str | Path | None, study: Callable[[str], Sequence[Row]]) -> Sequence[Row]:
    if out is not None:
        return study(str(out))
    with TemporaryDirectory() as folder:
        return study(str(Path(folder) / "study"))


def _yaml(grid: Mapping[str, Any]) -> bytes:
    """Raises InputsRefused where a value has no one text."""
    texts = Given(GRID)

    def listed(of: str, values: Any) -> Any:
        if isinstance(values, Mapping):
            return {str(how): listed(of, inner) for how, inner in values.items()}
        if isinstance(values, str) or not hasattr(values, "__iter__"):
            return texts.setting(values, (of,))
        return [texts.setting(value, (of,)) for value in values]

    found = {str(of): listed(str(of), values) for of, values in grid.items()}
    if texts.mistakes:
        raise InputsRefused(texts.mistakes)
    text: str = yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=2**20)
    return text.encode()


def _are_numbers(values: Sequence[str]) -> bool:
    try:
        return bool([float(v) for v in values])
    except ValueError:
        return False


def _frame(rows: Sequence[Row], texts: frozenset[str]) -> "DataFrame":
    """Numbers as doubles, NaN where blank; the rest is text."""
    import pandas

    frame = pandas.DataFrame(rows).set_index("case")
    frame.index = frame.index.astype(int)
    numbers = [c for c in frame.columns if c not in texts]
    frame[numbers] = frame[numbers].apply(pandas.to_numeric)
    return frame
