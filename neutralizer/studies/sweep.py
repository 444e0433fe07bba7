"""Every combination of some changes, one row each: a run in whole lots and proven, or a sketch of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neutralizer.domain.cases import Axis, Case, cases_of
from neutralizer.errors import InputsRefused, Issue
from neutralizer.face import Scenario
from neutralizer.records.study import Study, study
from neutralizer.report.sweep import PAGE, Swept, page
from neutralizer.studies.before_lots import SKETCH, sketch
from neutralizer.studies.filled import Told, filled
from neutralizer.studies.many import Where
from neutralizer.studies.sent import Row, Sent
from neutralizer.studies.trip import FIGURES, trip

HERE = Where()
BEST = 10  # of the cheapest
# What whole lots add to a sketch: the rest stays as it was, so that alike is compared with alike.
WHOLE = ("status", "plan_cost", "saving", "transfers", "orders", "breaches", "why_not")


@dataclass(frozen=True)
class Sketched:
    """Every case is solved before lots first; runs are made of the scenario as it is, of so many of the cheapest, and
    of the cases that are picked by number.
    """

    best: int = BEST
    picked: tuple[int, ...] = ()


def columns(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Of cases.csv: the case, the value of each axis, its figures."""
    return ("case", *(axis.name for axis in axes), *FIGURES)


def sweep(
    scenario: Scenario,
    axes: Sequence[Axis],
    out: str,
    told: Told,
    baseline: bool = True,
    where: Where = HERE,
    sketched: Sketched | None = None,
) -> Swept:
    """Writes cases.csv while it goes on, study.json and the page. Raises InputsRefused where a picked case is none,
    FolderTaken, Locked, CannotWrite, and what `run_cases` raises; then what is done is kept, and the same call goes
    on with the rest.
    """
    sent = Sent(scenario.loaded.bytes_read, scenario.loaded.overrides, baseline)
    asked = sent.told("sweep", scenario.name) | {
        "axes": {axis.name: list(axis.values) for axis in axes}
    }
    cases = cases_of(axes)
    if sketched is not None:
        asked |= {"sketch": True}
        _are_cases(sketched.picked, len(cases))

    def named(case: Case, row: Row) -> Row:
        return {a.name: c.value for a, c in zip(axes, case.changes, strict=False)} | row

    with study(out, asked, columns(axes)) as folder:
        if sketched is None:
            filled(folder, trip, sent, cases, named, told, where)
        else:
            filled(folder, sketch, sent, cases, named, told, where)
            _made_whole(folder, sent, _chosen(cases, folder.rows, sketched), told, where)
        s = scenario.loaded.scenario
        rows = folder.in_order()
        swept = Swept(
            s.name, s.business_date, s.base_currency, tuple(axes), rows, sketched is not None
        )
        folder.write(PAGE, page(swept))
        return swept


def _are_cases(picked: Sequence[int], count: int) -> None:
    """Raises InputsRefused."""
    for number in picked:
        if not 0 <= number < count:
            remedy = f"pick from 0, the scenario as it is, to {count - 1}"
            raise InputsRefused([Issue("--pick", 0, "", str(number), "no such case", remedy)])


def _chosen(cases: Sequence[Case], rows: Mapping[int, Row], sketched: Sketched) -> list[Case]:
    """What runs are made of: the same whichever of them are there already, since a row keeps its sketch."""
    cost = {
        n: float(row["objective"]) + float(row["waiting"])
        for n, row in rows.items()
        if row.get("objective")
    }
    best = sorted(set(cost) - {0}, key=lambda n: (cost[n], n))[: sketched.best]
    chosen = {0, *best, *sketched.picked} & set(cost)
    return [case for case in cases if case.number in chosen]


def _made_whole(folder: Study, sent: Sent, cases: Sequence[Case], told: Told, where: Where) -> None:
    """Runs of cases whose sketches are there."""

    def with_its_sketch(case: Case, row: Row) -> Row:
        return folder.rows[case.number] | {name: row.get(name, "") for name in WHOLE}

    def done(row: Row) -> bool:
        return row["status"] != SKETCH

    filled(folder, trip, sent, cases, with_its_sketch, told, where, done)
