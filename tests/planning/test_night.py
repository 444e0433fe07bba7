"""What may be booked tonight, held against a second program for it, and the files that say so."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from neutralizer.errors import Infeasible, NotSolved
from neutralizer.load.scenario import load
from neutralizer.run import Options, run
from tests.conftest import TORTURE
from tests.tools.second_night import crossings, most
from tests.tools.strategies import Folder, scenarios, wishful

QUIET = Options(dry_run=True, baseline=False, report=False)


@seed(20261126)
@settings(
    max_examples=50 if TORTURE else 20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.one_of(scenarios(), wishful()))
def test_it_is_the_most_that_a_second_program_finds(drawn: Folder) -> None:
    """In whole steps no more than in fractions, and less by no more than the steps and a tenth."""
    with tempfile.TemporaryDirectory() as name:
        folder = drawn.write(Path(name) / "scenario")
        try:
            found = run(folder, None, QUIET)
        except (Infeasible, NotSolved):
            return
        best, _ = most(folder, found.files)
        scenario = load(folder).scenario
    of = dict(zip(scenario.instruments.ids, range(len(scenario.instruments.ids)), strict=True))
    steps = sum(
        float(scenario.instruments.step[of[i]] * scenario.instruments.notional[of[i]])
        for (_, i), units in crossings(found.files).items()
        if units
    )
    tonight = found.summary.night.crossed_notional
    assert tonight <= best * (1 + 1e-6) + 1
    assert tonight >= 0.9 * best - steps
