"""Every combination of some changes: one run each, in whole lots and proven, one row each."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neutralizer.domain.cases import Axis, Case, cases_of
from neutralizer.domain.version import VERSION
from neutralizer.face import Scenario
from neutralizer.records.study import study
from neutralizer.report.sweep import PAGE, Swept, page
from neutralizer.studies.many import Where, run_cases
from neutralizer.studies.trip import FIGURES, Row, Sent, trip

EVERY = 1.0  # seconds between two writings of what is done

Told = Callable[[int, int], None]  # of so many cases so many are done


@dataclass
class _Kept:
    """Rows that are there and not yet written, when they last were, and how many cases are done."""

    rows: dict[int, Row]
    written: float
    done: int


def columns(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Of cases.csv: the case, the value of each axis, its figures."""
    return ("case", *(axis.name for axis in axes), *FIGURES)


def sweep(
    scenario: Scenario,
    axes: Sequence[Axis],
    out: str,
    told: Told,
    baseline: bool = True,
    where: Where | None = None,
) -> Swept:
    """Writes cases.csv while it goes on, study.json and the page. Raises FolderTaken, Locked, CannotWrite, and what
    `run_cases` raises; then what is done is kept, and the same call goes on with the rest.
    """
    sent, cases = (
        Sent(scenario.loaded.bytes_read, scenario.loaded.overrides, baseline),
        cases_of(axes),
    )
    with study(out, _asked(scenario, axes, sent), columns(axes)) as folder:
        left = [case for case in cases if case.number not in folder.rows]
        kept = _Kept({}, time.monotonic(), len(cases) - len(left))
        told(kept.done, len(cases))

        def keep(case: Case, row: Row) -> None:
            kept.rows[case.number] = _row(case, axes, row)
            if time.monotonic() - kept.written >= EVERY:
                folder.keep(kept.rows)
                kept.rows, kept.written = {}, time.monotonic()
            kept.done += 1
            told(kept.done, len(cases))

        try:
            run_cases(trip, sent, left, keep, where or Where())
        finally:
            folder.keep(kept.rows)
        s = scenario.loaded.scenario
        swept = Swept(s.name, s.business_date, s.base_currency, tuple(axes), folder.in_order())
        folder.write(PAGE, page(swept))
        return swept


def _asked(scenario: Scenario, axes: Sequence[Axis], sent: Sent) -> dict[str, object]:
    """What makes a study the same: its scenario, its grid and the program."""
    return {
        "study": "sweep",
        "version": VERSION,
        "scenario": scenario.name,
        "inputs_sha256": sent.digest,
        "baseline": sent.baseline,
        "axes": {axis.name: list(axis.values) for axis in axes},
    }


def _row(case: Case, axes: Sequence[Axis], figures: Row) -> Row:
    values = {axis.name: change.value for axis, change in zip(axes, case.changes, strict=False)}
    return {"case": str(case.number)} | values | figures
