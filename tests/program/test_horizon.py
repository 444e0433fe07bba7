"""Several days decided together: a second formulation, and any day-by-day path."""

from pathlib import Path

import pytest

from neutralizer.comparisons.over_days import day_by_day
from neutralizer.load.scenario import load
from neutralizer.program.priorities import answered
from neutralizer.terms.later import paid
from tests.tools.horizons import drawn, second, text


def loaded(folder: Path, seed: int):
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(text(drawn(seed)))
    return load(folder).scenario


@pytest.mark.parametrize("seed", range(30))
def test_a_second_formulation_agrees(tmp_path: Path, seed: int) -> None:
    scenario = loaded(tmp_path, seed)
    held, found = answered(scenario)
    assert held.horizon == scenario.horizon or held is not None
    assert found.expected == pytest.approx(second(drawn(seed)), rel=2e-5)
