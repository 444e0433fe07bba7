"""Other bounds, solved again: each alone, and all of them."""

from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused
from neutralizer.studies.what_if import what_if
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.small import two_desks

TWO = SCENARIOS / "two-desks"


def quiet(text: str) -> None:
    """Says nothing."""


def test_each_bound_alone_and_all_of_them() -> None:
    """Each bound alone saves little: the other binds then."""
    now, wide, freed, every = what_if(two_desks(), ("MM-market=3e6", "firm-volatility=none"), quiet)
    assert (now.name, wide.name, every.name) == ("as it is", "MM-market=3e6", "all of them")
    assert now.cost == pytest.approx(260, abs=0.5)
    alone = [case.saved(now) for case in (wide, freed)]
    together = every.saved(now)
    assert together is not None
    assert all(x is not None and -0.01 < x < together for x in alone)
    assert every.external < now.external


def test_one_side_of_a_band_and_what_has_no_plan() -> None:
    """Both books a million long leave the firm no volatility of 1."""
    changes = ("firm-volatility=1", "ARB-market.lower=9e5", "MM-market.lower=9e5")
    *each, every = what_if(two_desks(), changes, quiet)
    assert all(case.cost is not None for case in each)
    assert every.cost is None
    assert every.saved(each[0]) is None
    assert "no plan" in every.why_not


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("MM-market", "not a change"),
        ("MM-markt=1", "did you mean MM-market"),
        ("MM-market=much", "not a number"),
        ("MM-market=-5", "a band below zero"),
        ("MM-market.lower=9e9", "lower 9e"),
        ("firm-volatility.lower=1", "not convex"),
    ],
)
def test_what_is_no_change_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputsRefused) as refusal:
        what_if(two_desks(), (text,), quiet)
    assert told in "\n".join(str(issue) for issue in refusal.value.issues)


def test_the_command_prints_a_table_and_rows() -> None:
    done = neutralizer("what-if", TWO, "firm-volatility=30000")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "as it is" in done.stdout
    rows = neutralizer("what-if", TWO, "firm-volatility=30000", "--csv")
    assert rows.stdout.splitlines()[0].startswith("case,cost,waiting,saved")
    assert neutralizer("what-if", TWO, "no=1").returncode == 3


def test_a_finished_run_is_asked_by_its_inputs(tmp_path: Path) -> None:
    assert neutralizer("run", TWO, "--out", tmp_path / "run", "-q").returncode == 0
    done = neutralizer("what-if", tmp_path / "run", "MM-market=3e6")
    assert done.returncode == 0, done.stderr
