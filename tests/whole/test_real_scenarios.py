"""The optima and baselines of real data, known from an independent formulation."""

import csv
import shutil
from pathlib import Path

import pytest

from neutralizer.errors import Infeasible
from neutralizer.records.folder import refused_folder
from neutralizer.run import Options, run
from neutralizer.verify import verify
from tests.tools.command_line import neutralizer

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
    assert summary.objective == pytest.approx(optimum, rel=1e-4)
    assert summary.stand_alone_cost == pytest.approx(alone, rel=1e-4)
    assert summary.plan_cost == pytest.approx(optimum, rel=5e-3)
    assert summary.breaches.after == 0
    assert verify(out).run_id == summary.run_id


def test_the_jam_is_refused_with_its_reasons(shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "jam"
    with pytest.raises(Infeasible) as refusal:
        run(shared / "jam-2021-03-19", out, Options())
    assert {c["limit_id"] for c in refusal.value.conflicts} >= {"out-Z", "out-TDOC"}
    assert [p.name for p in tmp_path.iterdir()] == [refused_folder(out).name]
    assert {p.name for p in refused_folder(out).iterdir()} == {"summary.json", "conflicts.csv"}


def test_calendar_spreads_pay_less_by_scan_and_the_plan_changes(
    shared: Path, tmp_path: Path
) -> None:
    """The curve books' account by scan, with arrays from the outright margins."""
    given, scanned = shared / "oil-2022-02-07", tmp_path / "scanned"
    done = neutralizer("arrays", given, "--out", tmp_path / "tables", "--spread-charge", "0.1")
    assert done.returncode == 0, done.stderr
    shutil.copytree(given, scanned)
    for name in ("scan_arrays.csv", "scan_groups.csv"):
        shutil.copyfile(tmp_path / "tables" / name, scanned / name)
    settings = (scanned / "scenario.yaml").read_text()
    named = "tables:\n  scan_arrays: scan_arrays.csv\n  scan_groups: scan_groups.csv\n"
    (scanned / "scenario.yaml").write_text(settings.replace("tables:\n", named, 1))
    accounts = (scanned / "accounts.csv").read_text()
    (scanned / "accounts.csv").write_text(accounts.replace("FCM,USD,rate", "FCM,USD,scan"))
    plans = {}
    for name, folder in (("rate", given), ("scan", scanned)):
        run(folder, tmp_path / name, Options(baseline=False, report=False))
        assert verify(tmp_path / name)
        with open(tmp_path / name / "margin_movements.csv", newline="") as file:
            margin = {x["account_id"]: float(x["margin_before"]) for x in csv.DictReader(file)}
        plans[name] = margin["FCM"], (tmp_path / name / "positions_next.csv").read_bytes()
    assert plans["scan"][0] < 0.5 * plans["rate"][0]
    assert plans["scan"][1] != plans["rate"][1]
