"""The optima and baselines of real data, known from an independent formulation."""

from pathlib import Path

import pytest

from neutralizer.errors import Infeasible
from neutralizer.output.folder import refused_folder
from neutralizer.run import Options, run
from neutralizer.verify import verify

KNOWN = [
    ("macro-2016-11-11", 163_426.7, 306_486.1),
    ("oil-2022-02-07", 318_652.0, 370_145.7),
    ("funds-2021-04-14", 1_243_497.0, 2_882_278.0),
]


@pytest.mark.parametrize(("name", "optimum", "alone"), KNOWN)
def test_optimum_baseline_plan_and_proof(
    shared: Path, tmp_path: Path, name: str, optimum: float, alone: float
) -> None:
    out = tmp_path / name
    summary = run(shared / name, out, Options()).summary
    assert summary["objective"] == pytest.approx(optimum, rel=1e-4)
    assert summary["stand_alone_cost"] == pytest.approx(alone, rel=1e-4)
    assert summary["plan_cost"] == pytest.approx(optimum, rel=5e-3)
    assert summary["breaches"]["after"] == 0
    assert verify(out)["run_id"] == summary["run_id"]


def test_the_jam_is_refused_with_its_reasons(shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "jam"
    with pytest.raises(Infeasible) as refusal:
        run(shared / "jam-2021-03-19", out, Options())
    assert {c["limit_id"] for c in refusal.value.conflicts} >= {"out-Z", "out-TDOC"}
    assert [p.name for p in tmp_path.iterdir()] == [refused_folder(out).name]
    assert {p.name for p in refused_folder(out).iterdir()} == {"summary.json", "conflicts.csv"}
