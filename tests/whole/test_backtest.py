"""A history decided again: the recorded path is walked to the cent, others on their own, and nothing looks ahead."""

import csv
import importlib
import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from examples.backtest.draw import draw
from neutralizer.domain.summary import Summary
from neutralizer.errors import FolderTaken, InputsRefused, NotSolved, Tampered
from neutralizer.studies.backtest.backtest import axes_of, backtest
from neutralizer.studies.backtest.history import past_days
from neutralizer.studies.backtest.policies import BY_HAND, TOGETHER
from neutralizer.studies.backtest.walk import Row, history_of, walked
from neutralizer.studies.many import LOST
from neutralizer.studies.sent import Sent
from tests.tools.command_line import neutralizer
from tests.tools.store import object_store

DAYS = 9
FILES = ("cases.csv", "days-0.csv", "days-1.csv", "days-2.csv", "days-3.csv", "backtest.html", "study.json")  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history") / "runs"
    draw(folder, DAYS)
    return folder


@pytest.fixture(scope="module")
def tested(runs: Path) -> Path:
    out = runs.parent / "out"
    done = neutralizer("backtest", runs, "--out", out, "--set", "costs.impact_coefficient=0.4")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "Together costs" in done.stdout
    return out


def read(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def path_of(folder: Path, policy: str = TOGETHER, **settings: str) -> list[Row]:
    from neutralizer.domain.cases import TO, Change

    history = history_of(Sent(past_days(folder), ()))
    return walked(
        history, policy, [Change(k.replace("__", "."), TO, v) for k, v in settings.items()]
    )


def edited(folder: Path, to: Path, change: Callable[[str, dict[str, Any]], None]) -> Path:
    """A history of scenarios, each changed."""
    for path in sorted(folder.iterdir()):
        document = yaml.safe_load((path / "scenario.yaml").read_text())
        change(path.name, document)
        (to / path.name).mkdir(parents=True)
        (to / path.name / "scenario.yaml").write_text(yaml.safe_dump(document))
    return to


def test_the_recorded_path_is_walked_to_the_cent(runs: Path, tested: Path) -> None:
    days = read(tested / "days-0.csv")
    written = [Summary.read((p / "summary.json").read_bytes()) for p in sorted(runs.iterdir())]
    assert [d["date"] for d in days] == [w.business_date for w in written[:-1]]
    for day, summary in zip(days, written, strict=False):
        assert float(day["plan_cost"]) == pytest.approx(summary.plan_cost, abs=0.011)
        assert float(day["external_notional"]) == summary.external_notional
        assert float(day["forecast"]) == summary.firm_volatility.after_transfers
        assert int(day["breaches_before"]) == summary.breaches.before
    assert {(d["flows_scaled"], d["positions_closed"], d["end_cost"]) for d in days} == {("0", "0", "0.00")}  # fmt: skip


def test_what_a_day_made_is_what_its_positions_gained(runs: Path, tested: Path) -> None:
    """From the files of the runs alone: positions after the night part, and two days' prices."""
    days, folders = read(tested / "days-0.csv"), sorted(runs.iterdir())
    for day, today, tomorrow in zip(days, folders[:-1], folders[1:], strict=True):
        prices = []
        for folder in (today, tomorrow):
            rows = yaml.safe_load((folder / "inputs" / "scenario.yaml").read_text())["tables"]["instruments"]  # fmt: skip
            prices.append({r["instrument_id"]: r["price"] * r.get("multiplier", 1) for r in rows})
        held: dict[str, float] = {}
        for r in read(today / "positions_after.csv"):
            held[r["instrument_id"]] = held.get(r["instrument_id"], 0.0) + float(r["quantity_before"])  # fmt: skip
        made = sum(units * (prices[1][i] - prices[0][i]) for i, units in held.items())
        assert float(day["made"]) == pytest.approx(
            made, abs=0.02
        )  # the firm's: crossing moves nothing
        ordered: dict[str, float] = {}
        for r in read(today / "positions_after.csv"):
            ordered[r["instrument_id"]] = ordered.get(r["instrument_id"], 0.0) + float(r["hedged"])
        dearer = sum(units * (prices[1][i] - prices[0][i]) for i, units in ordered.items())
        assert float(day["slippage"]) == pytest.approx(dearer, abs=0.02)


def test_another_setting_walks_its_own_path(tested: Path) -> None:
    cases = read(tested / "cases.csv")
    assert [c["path"] for c in cases] == ["together", "alone", "by hand", "together"]
    assert [c["days"] for c in cases] == [str(DAYS - 1)] * 4
    assert cases[3]["costs.impact_coefficient"] == "0.4"
    first, other = (read(tested / f"days-{n}.csv")[0] for n in (0, 3))  # on the same positions
    assert float(other["plan_cost"]) > float(first["plan_cost"]) - 5  # at one ruler, but for lots
    assert other["external_notional"] != first["external_notional"]
    assert float(cases[1]["crossed_notional"]) == 0 < float(cases[0]["crossed_notional"])
    for n, case in enumerate(cases):
        days = read(tested / f"days-{n}.csv")
        total = sum(float(d[k]) for d in days for k in ("plan_cost", "waiting", "end_cost"))
        assert float(case["cost"]) == pytest.approx(total, abs=0.01 * len(days))
        assert float(days[-1]["end_cost"]) > 0 or n == 0
    page = (tested / "backtest.html").read_text()
    assert "it is modelled, never realised" in page


def test_processes_of_this_machine_change_no_byte(runs: Path, tested: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--set", "costs.impact_coefficient=0.4", "--workers", 2)
    assert neutralizer("backtest", runs, "--out", out, *words).returncode == 0
    for name in FILES:
        assert (out / name).read_bytes() == (tested / name).read_bytes(), name


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "days"
    draw(folder, 6, runs=False)
    return folder


def test_a_run_is_replayed_with_the_settings_it_was_asked_for(
    scenarios: Path, tmp_path: Path
) -> None:
    """And its tables may be old by then. What a study reads of a run is the same."""
    from neutralizer.face import read_either

    asked = ("costs.booking_fee_bps=0.7",)
    other = tmp_path / "old"
    (tmp_path / "runs").mkdir()
    for path in sorted(scenarios.iterdir())[:4]:
        document = yaml.safe_load((path / "scenario.yaml").read_text())
        header = ("book_id", "instrument_id", "quantity")
        rows = document["tables"]["positions"]
        text = "\n".join([",".join(header), *(",".join(str(r[h]) for h in header) for r in rows)])
        document["freshness"] = {"positions": "1h"}
        document["tables"]["positions"] = {
            "file": "positions.csv",
            "as_of": f"{path.name}T02:00:00-05:00",
        }
        (other / path.name).mkdir(parents=True)
        (other / path.name / "positions.csv").write_text(text + "\n")
        (other / path.name / "scenario.yaml").write_text(yaml.safe_dump(document))
        done = neutralizer(
            "run", other / path.name, "--out", tmp_path / "runs" / path.name, "--no-report", "--set", asked[0],
            "--accept-stale", "positions", "--waived-by", "head", "--waiver-reason", "late", "--until", "2030-01-01T00:00:00Z",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    for day, folder in zip(
        path_of(tmp_path / "runs"), sorted((tmp_path / "runs").iterdir()), strict=False
    ):
        written = Summary.read((folder / "summary.json").read_bytes())
        assert float(day["plan_cost"]) == pytest.approx(written.plan_cost, abs=0.011)
        found = read_either(folder).loaded.inputs.settings
        assert (found.costs.booking_fee_bps, found.freshness) == (0.7, {})


def test_nothing_looks_ahead(scenarios: Path, tmp_path: Path) -> None:
    """Other prices and positions on the last two days change no decision before them."""
    last = sorted(p.name for p in scenarios.iterdir())[-2:]

    def change(day: str, document: dict[str, Any]) -> None:
        if day in last:
            for row in document["tables"]["instruments"]:
                row["price"] *= 1.07
            for row in document["tables"]["positions"]:
                row["quantity"] *= 2

    other = edited(scenarios, tmp_path / "other", change)
    for policy in (TOGETHER, BY_HAND):
        first, second = path_of(scenarios, policy), path_of(other, policy)
        assert first[:3] == second[:3]
        known = {"made", "slippage", "spread_at_fill", "end_cost"}  # of the next close
        assert {k: v for k, v in first[3].items() if k not in known} == {k: v for k, v in second[3].items() if k not in known}  # fmt: skip
        assert first[3] != second[3]
        assert first[4] != second[4]


def test_a_split_and_a_new_symbol_change_nothing(scenarios: Path, tmp_path: Path) -> None:
    names = sorted(p.name for p in scenarios.iterdir())

    def change(day: str, document: dict[str, Any]) -> None:
        tables = document["tables"]
        every = [tables[n] for n in ("instruments", "positions", "margin_rates")]
        rows = [r for t in (*every, tables["risk"]["loadings"]) for r in t]
        for row in rows if day >= names[3] else ():
            if row["instrument_id"] == "S2":
                row["instrument_id"] = "N2"
                row |= {k: row[k] * by for k, by in (("price", 0.25), ("adv", 4), ("quantity", 4)) if k in row}  # fmt: skip

    other = edited(scenarios, tmp_path / "other", change)
    (other / "actions.csv").write_text(f"date,instrument_id,ratio,new_id\n{names[3]},S2,4,N2\n")
    first, second = path_of(scenarios, BY_HAND), path_of(other, BY_HAND)
    for a, b in zip(first, second, strict=True):
        for k in ("plan_cost", "made", "forecast", "external_notional", "end_cost"):
            assert float(a[k]) == pytest.approx(float(b[k]), rel=1e-6, abs=0.05), k
    (other / "actions.csv").unlink()
    closed = path_of(other, BY_HAND)
    assert sum(int(r["positions_closed"]) for r in closed) > 0


def test_a_day_without_a_plan_does_nothing_and_is_told(scenarios: Path, tmp_path: Path) -> None:
    names = sorted(p.name for p in scenarios.iterdir())

    def change(day: str, document: dict[str, Any]) -> None:
        if day == names[2]:
            document["tables"]["pools"][0]["minimum_balance"] = 900_000_000

    other = edited(scenarios, tmp_path / "other", change)
    days = path_of(other)
    assert (days[2]["status"], days[2]["external_notional"]) == ("no plan", "0.00")
    assert "CASH" in days[2]["why_not"]
    out = tmp_path / "out"
    found = backtest(past_days(other), (), str(out), lambda *_: None)
    assert found.paths[0].row["without_plan"] == "1"
    assert f"on {names[2]}" in (out / "backtest.html").read_text()


def test_a_day_whose_inputs_are_refused_is_told(scenarios: Path, tmp_path: Path) -> None:
    """A setting that the third day's bound does not fit: the path goes on with what it holds."""
    names = sorted(p.name for p in scenarios.iterdir())

    def change(day: str, document: dict[str, Any]) -> None:
        if day == names[2]:
            document["tables"]["limits"][0]["lower"] = 1_200_000

    other = edited(scenarios, tmp_path / "other", change)
    days = path_of(other, BY_HAND, **{"limits__ALPHA-market__upper": "1100000"})
    assert [d["status"] == "refused" for d in days] == [n == names[2] for n in names[:-1]]
    assert "lower over upper" in days[2]["why_not"]
    assert float(days[2]["made"]) != 0


def test_a_path_whose_days_are_gone_is_walked_again(scenarios: Path, tmp_path: Path) -> None:
    files, out = past_days(scenarios), tmp_path / "out"
    backtest(files, (), str(out), lambda *_: None)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    (out / "days-1.csv").unlink()
    told: list[int] = []
    backtest(files, (), str(out), lambda done, of: told.append(done))
    assert told == [2, 3]
    assert before == {p.name: p.read_bytes() for p in out.iterdir()}
    (out / "cases.csv").write_text("case,mine\n0,1\n")
    with pytest.raises(FolderTaken, match="cannot be read"):
        backtest(files, (), str(out), lambda *_: None)


def test_a_lost_path_is_said(
    scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("neutralizer.studies.backtest.backtest")
    monkeypatch.setattr(module, "work", lambda sent, case: dict(LOST))
    with pytest.raises(NotSolved, match="its worker ended 3 times"):
        backtest(past_days(scenarios), (), str(tmp_path / "out"), lambda *_: None)


def test_what_judges_is_there_before_anything_is_walked(
    scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)
    with pytest.raises(InputsRefused) as refused:
        backtest(past_days(scenarios), (), str(tmp_path / "out"), lambda *_: None)
    assert "arch is not installed" in str(refused.value.issues[0])
    assert not (tmp_path / "out").exists()


def test_what_is_no_history_is_refused(scenarios: Path, runs: Path, tmp_path: Path) -> None:
    def said(folder: Path) -> str:
        with pytest.raises(InputsRefused) as refused:
            past_days(folder)
        return str(refused.value.issues[0])

    assert "no such folder" in said(tmp_path / "none")
    few = tmp_path / "few"
    for name in sorted(p.name for p in scenarios.iterdir())[:2]:
        shutil.copytree(scenarios / name, few / name)
    assert "2 days" in said(few)
    shutil.copytree(few / name, few / "again")
    assert f"two folders of {name}" in said(few)
    shutil.rmtree(few / "again")
    other = edited(few, tmp_path / "others", lambda day, d: d.update(name=f"n{day[-1]}"))
    shutil.copytree(scenarios / "2024-03-08", other / "third")
    assert "several scenarios" in said(other)
    bad = tmp_path / "bad"
    shutil.copytree(scenarios, bad)
    (bad / "actions.csv").write_text("date,instrument_id,ratio\n2024-13-01,S1,x\n")
    assert "actions.csv:2" in said(bad)
    torn = tmp_path / "torn"
    shutil.copytree(runs, torn)
    with (next(iter(sorted(torn.iterdir()))) / "positions_next.csv").open("a") as out:
        out.write("ALPHA,S1,1\n")
    with pytest.raises(Tampered):
        past_days(torn)


@pytest.mark.filterwarnings("default")
def test_a_history_in_an_object_store(scenarios: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read of it is what is read of its folder."""
    with object_store(monkeypatch) as store:
        store.mkdir("desk-past")
        store.put(f"{scenarios}/", "desk-past/days/", recursive=True)
        assert past_days("s3://desk-past/days") == past_days(scenarios)
        done = neutralizer("backtest", "s3://desk-past/none", "--out", scenarios.parent / "none")
        assert done.returncode == 3
        assert "s3://desk-past/none" in done.stderr
        assert "name what is there" in done.stderr
        monkeypatch.setattr("neutralizer.records.places.MOST", 100)
        with pytest.raises(InputsRefused) as refused:
            past_days("s3://desk-past/days")
        assert "larger than 100 bytes" in refused.value.issues[0].reason


def test_settings_that_do_not_fit_are_refused(scenarios: Path) -> None:
    files = past_days(scenarios)
    for overrides, grid, said in (
        (("costs.boking_fee_bps=1",), None, "did you mean booking_fee_bps"),
        (("costs",), None, "does not name a scalar"),
        (("costs.booking_fee_bps=1",), ("g.yaml", b"walls: [kept]\n"), "there is a grid"),
        ((), ("g.yaml", b"limits.none.upper: [1]\n"), "no such row"),
    ):
        with pytest.raises(InputsRefused) as refused:
            axes_of(files, grid, overrides)
        assert said in str(refused.value.issues[0])


def test_many_settings_are_judged(scenarios: Path, tmp_path: Path) -> None:
    """A dearer fee is no better setting; the page says so."""
    grid = ("g.yaml", b"costs.booking_fee_bps: [0.2, 0.4]\nlimits.firm-volatility.upper: {times: [1, 1.5]}\n")  # fmt: skip
    files = past_days(scenarios)
    found = backtest(files, axes_of(files, grid, ()), str(tmp_path / "out"), lambda *_: None)
    assert len(found.settings) == 4
    assert found.choice is not None
    assert np.isfinite([p.cost for p in found.paths]).all()
    assert "4" in (tmp_path / "out" / "backtest.html").read_text()
