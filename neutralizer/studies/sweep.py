"""Every combination of some changes: one run each, in whole lots and proven, one row each."""

from collections.abc import Sequence

from neutralizer.domain.cases import Axis, Case, cases_of
from neutralizer.face import Scenario
from neutralizer.records.study import study
from neutralizer.report.sweep import PAGE, Swept, page
from neutralizer.studies.filled import Told, filled
from neutralizer.studies.many import Where
from neutralizer.studies.sent import Row, Sent
from neutralizer.studies.trip import FIGURES, trip

HERE = Where()


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
) -> Swept:
    """Writes cases.csv while it goes on, study.json and the page. Raises FolderTaken, Locked, CannotWrite, and what
    `run_cases` raises; then what is done is kept, and the same call goes on with the rest.
    """
    sent = Sent(scenario.loaded.bytes_read, scenario.loaded.overrides, baseline)
    asked = sent.told("sweep", scenario.name) | {
        "axes": {axis.name: list(axis.values) for axis in axes}
    }

    def named(case: Case, row: Row) -> Row:
        return {a.name: c.value for a, c in zip(axes, case.changes, strict=False)} | row

    with study(out, asked, columns(axes)) as folder:
        filled(folder, trip, sent, cases_of(axes), named, told, where)
        s = scenario.loaded.scenario
        swept = Swept(s.name, s.business_date, s.base_currency, tuple(axes), folder.in_order())
        folder.write(PAGE, page(swept))
        return swept
