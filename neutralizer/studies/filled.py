"""The rows of a study, written while it goes on; those that are there already are not made again."""

import time
from collections.abc import Callable, Sequence

from neutralizer.domain.cases import Case
from neutralizer.records.study import Study
from neutralizer.studies.many import Where, Work, run_cases
from neutralizer.studies.sent import Row, Sent

EVERY = 1.0  # seconds between two writings of what is done

Told = Callable[[int, int], None]  # so many cases are done, of so many


class _Filling:
    """Rows that are there and not yet written."""

    def __init__(self, study: Study, done: int) -> None:
        self.study, self.done = study, done
        self._rows: dict[int, Row] = {}
        self._written = time.monotonic()

    def add(self, number: int, row: Row) -> None:
        self.done += 1
        self._rows[number] = row
        if time.monotonic() - self._written >= EVERY:
            self.write()

    def write(self) -> None:
        self.study.keep(self._rows)
        self._rows, self._written = {}, time.monotonic()


def filled(
    study: Study,
    work: Work,
    sent: Sent,
    cases: Sequence[Case],
    named: Callable[[Case, Row], Row],
    told: Told,
    where: Where,
    done: Callable[[Row], bool] = lambda row: True,
) -> None:
    """Every case has its row, as `named` names it, when this returns; where it raises, those that were done have.
    `done`: whether a row that is there is what is wanted.
    """
    there = study.rows
    left = [x for x in cases if x.number not in there or not done(there[x.number])]
    filling = _Filling(study, len(cases) - len(left))
    told(filling.done, len(cases))

    def keep(case: Case, row: Row) -> None:
        filling.add(case.number, {"case": str(case.number)} | named(case, row))
        told(filling.done, len(cases))

    try:
        run_cases(work, sent, left, keep, where)
    finally:
        filling.write()
