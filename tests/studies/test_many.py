"""Where cases are solved changes nothing; what ends in the middle loses nothing."""

from pathlib import Path

import pytest

from neutralizer.domain.cases import Case
from neutralizer.errors import InputsRefused
from neutralizer.studies import many
from neutralizer.studies.many import Where, run_cases
from neutralizer.studies.sent import OtherVersion, Row, Sent
from neutralizer.studies.trip import trip
from tests.tools.dying import ALWAYS, ONCE, work

CASES = [Case(n, ()) for n in range(8)]


def test_a_worker_that_ends_takes_nothing_with_it(tmp_path: Path) -> None:
    """Its case is begun again; one that always ends its worker is given up, and no other with it."""
    found: dict[int, Row] = {}

    def keep(case: Case, row: Row) -> None:
        assert case.number not in found
        found[case.number] = row

    run_cases(work, Sent({}, (str(tmp_path),)), CASES, keep, Where(workers=2))
    assert sorted(found) == list(range(8))
    assert found.pop(ALWAYS) == many.LOST
    assert found[ONCE] == {"status": "optimal", "plan_cost": str(ONCE)}
    assert {row["status"] for row in found.values()} == {"optimal"}


def test_what_goes_wrong_here_ends_the_workers(tmp_path: Path) -> None:
    def keep(case: Case, row: Row) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_cases(work, Sent({}, (str(tmp_path),)), [CASES[0]] * 9, keep, Where(workers=2))
    assert not many.multiprocessing.active_children()


def test_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion, match="runs neutralizer"):
        trip(Sent({}, (), version="0.0.1"), CASES[0])


def test_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "CONNECT", 0.2)
    with pytest.raises(InputsRefused) as refused:
        run_cases(work, Sent({}, ()), CASES, lambda *_: None, Where(scheduler="tcp://127.0.0.1:9"))
    assert "no Dask scheduler answers" in str(refused.value.issues[0])
