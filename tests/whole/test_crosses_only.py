"""`--transfers-only`: crosses, or nothing at all, and never a refusal or a fault."""

import json
from pathlib import Path

import pytest

from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer

NOTHING = (
    "nothing is crossed: no crossing in whole lots was found that leaves no limit and no pool worse"
)


@pytest.mark.parametrize("name", sorted(p.name for p in SCENARIOS.iterdir() if p.is_dir()))
def test_every_scenario_of_the_project_has_a_plan_of_crosses(tmp_path: Path, name: str) -> None:
    """Doing nothing is one: options ended with 4, and multi-asset with 70."""
    out = tmp_path / "run"
    words = ("--transfers-only", "--no-baseline", "--out", out, "-q")
    done = neutralizer("run", SCENARIOS / name, *words)
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", out).returncode == 0
    told = json.loads((out / "summary.json").read_bytes())
    assert told["lines"]["orders"] == 0
    assert told["breaches"]["after"] <= told["breaches"]["before"]
    assert (NOTHING in told["findings"]) == (told["rounding"]["name"] == "nothing")
