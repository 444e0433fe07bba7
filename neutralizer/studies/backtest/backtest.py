"""A history decided again: the books together, each alone and by hand; and every setting that is tried."""

from collections.abc import Mapping, Sequence

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.cases import TO, Axis, Case, Change, cases_of
from neutralizer.errors import InputsRefused, Issue, NotSolved
from neutralizer.load.changes import changed
from neutralizer.load.grid import read_grid
from neutralizer.records.study import Study, study
from neutralizer.records.writing import csv_bytes, csv_rows
from neutralizer.report.backtest import PAGE, Path, Tested, page
from neutralizer.studies.backtest.choose import chosen
from neutralizer.studies.backtest.judge import bootstrap, coverage, interval
from neutralizer.studies.backtest.policies import ALONE, BY_HAND, TOGETHER
from neutralizer.studies.backtest.walk import COLUMNS, Row, history_of, walked
from neutralizer.studies.filled import Told, filled
from neutralizer.studies.many import Where
from neutralizer.studies.sent import Sent, in_this_version

TABLE = "table"  # of a path's days, which has a file of its own
OTHERS = (ALONE, BY_HAND)
SUMS = ("plan_cost", "half_spread", "market_impact", "waiting", "end_cost", "crossed_notional", "external_notional", "made", "slippage", "spread_at_fill")  # fmt: skip
COUNTS = ("flows_scaled", "positions_closed")
FIGURES = (
    "path", "days", "without_plan", "cost", *SUMS, "mean_margin", "breaches_before", "breaches_after", *COUNTS,
)  # fmt: skip
HERE = Where()


def backtest(
    files: Mapping[str, bytes],
    axes: Sequence[Axis],
    out: str,
    told: Told,
    where: Where = HERE,
) -> Tested:
    """Writes days-N.csv of each path and cases.csv while it goes on, study.json and the page. `files`: as
    `past_days` finds them. Raises what `run_cases` raises; then the paths that are done are kept.
    """
    bootstrap()  # what judges in the end is there, or nothing is begun
    sent = Sent(dict(files), (), baseline=False)
    first = history_of(sent).days[0].scenario.loaded.scenario
    asked = sent.told("backtest", first.name) | {"axes": {a.name: list(a.values) for a in axes}}
    paths = _paths(axes)
    names = tuple(axis.name for axis in axes)

    def named(case: Case, row: Row) -> Row:
        if TABLE not in row:
            raise NotSolved(f"path {case.number} of the study: {row['why_not']}")
        days = row.pop(TABLE)
        folder.write(_file(case.number), days.encode())
        values = {a.name: c.value for a, c in zip(axes, paths[case.number][1], strict=False)}
        return values | row

    with study(out, asked, ("case", *names, *FIGURES)) as folder:
        cases = [Case(n, _travels(policy, changes)) for n, (policy, changes) in enumerate(paths)]
        for number in [n for n in folder.rows if folder.place.read(_file(n)) is None]:
            del folder.rows[number]  # its days are gone: it is walked again
        filled(folder, work, sent, cases, named, told, where)
        tested = _tested(folder, axes, first.name, first.base_currency)
        folder.write(PAGE, page(tested))
        return tested


def axes_of(
    files: Mapping[str, bytes], grid: tuple[str, bytes] | None, overrides: Sequence[str]
) -> tuple[Axis, ...]:
    """What is tried: a grid by name and bytes, or one setting. Raises InputsRefused where it does not fit the first day."""
    first = history_of(Sent(dict(files), ())).days[0].scenario.loaded
    if grid is not None:
        if overrides:
            remedy = "write it into the grid"
            raise InputsRefused([Issue("--set", 0, "", overrides[0], "there is a grid", remedy)])
        return read_grid(*grid, first)
    axes = []
    for text in overrides:
        of, equals, value = text.partition("=")
        if not equals:
            remedy = "write costs.booking_fee_bps=0.2"
            raise InputsRefused([Issue("--set", 0, "", text, "does not name a scalar", remedy)])
        axes.append(Axis(of, TO, (value,)))
    for axis in axes:
        try:
            changed(first, [Change(axis.of, TO, axis.values[0])])
        except ValueError as error:
            reason, _, remedy = str(error).partition("; ")
            raise InputsRefused(
                [Issue("--set", 0, axis.of, axis.values[0], reason, remedy)]
            ) from None
    return tuple(axes)


def _paths(axes: Sequence[Axis]) -> list[tuple[str, tuple[Change, ...]]]:
    """As recorded, together, alone and by hand; then every combination."""
    settings = [case.changes for case in cases_of(axes)[1:]] if axes else []
    return [(TOGETHER, ()), *((x, ()) for x in OTHERS), *((TOGETHER, c) for c in settings)]


def _travels(policy: str, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return (Change("policy", TO, policy), *changes)


def _file(number: int) -> str:
    return f"days-{number}.csv"


def work(sent: Sent, case: Case) -> Row:
    """One whole path. Raises OtherVersion."""
    in_this_version(sent)
    (policy, *changes) = case.changes
    rows = walked(history_of(sent), policy.value, changes)
    return _summed(policy.value, rows) | {TABLE: csv_bytes(COLUMNS, rows).decode()}


def _summed(policy: str, rows: Sequence[Row]) -> Row:
    sums = {k: sum(float(r[k]) for r in rows) for k in SUMS}
    counts = (*COUNTS, "breaches_before", "breaches_after")
    return {
        "path": policy,
        "days": str(len(rows)),
        "without_plan": str(sum(bool(r["why_not"]) for r in rows)),
        "cost": f"{sums['plan_cost'] + sums['waiting'] + sums['end_cost']:.2f}",
        **{k: f"{v:.2f}" for k, v in sums.items()},
        **{k: str(sum(int(r[k]) for r in rows)) for k in counts},
        "mean_margin": f"{np.mean([float(r['margin']) for r in rows]):.2f}",
    }


def _tested(folder: Study, axes: Sequence[Axis], name: str, money: str) -> Tested:
    rows, paths = folder.in_order(), list[Path]()
    for row in rows:
        data = folder.place.read(_file(int(row["case"])))
        days = csv_rows(data or b"")[1]
        paths.append(Path(row, tuple(days), coverage(*_series(days, "made", "forecast"))))
    first, settings = paths[0], paths[1 + len(OTHERS) :]
    saved = tuple(interval((daily(p) - daily(first)).tolist()) for p in paths)
    choice = None
    if settings:
        choice = chosen(daily(first), np.column_stack([daily(p) for p in settings]))
    return Tested(name, money, tuple(axes), tuple(paths), saved, choice)


def _series(days: Sequence[Row], *names: str) -> tuple[Floats, ...]:
    return tuple(np.array([float(d[name]) for d in days]) for name in names)


def daily(path: Path) -> Floats:
    """(n,) what each day cost at model cost; the last with what brings it to the common end."""
    plan, waiting, end = _series(path.days, "plan_cost", "waiting", "end_cost")
    return plan + waiting + end
