"""Sweeps as a desk head runs them: rows, resumption, cluster, object store, page."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import neutralizer as nz
from neutralizer.domain.cases import Axis
from neutralizer.errors import FolderTaken, InputsRefused, Locked
from neutralizer.load.grid import read_grid
from neutralizer.records.one_file import holding
from neutralizer.records.writing import csv_rows
from neutralizer.report.sweep import Swept, by_value, on_a_terminal, said
from neutralizer.studies.many import Where
from neutralizer.studies.sweep import Sketched, sweep
from tests.conftest import ROOT, SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.store import object_store

TWO = SCENARIOS / "two-desks"
GRID = """\
pools.USD.minimum_balance: {times: [90, 1]}
costs.booking_fee_bps: [0.1, 0.2, 0.3]
"""
FILES = ("cases.csv", "study.json", "sweep.html")


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grid") / "grid.yaml"
    path.write_text(GRID)
    return path


@pytest.fixture(scope="module")
def serial(grid: Path) -> Path:
    out = grid.parent / "serial"
    done = neutralizer("sweep", TWO, "--grid", grid, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "cheapest is case" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    return out


def rows(out: Path) -> list[dict[str, str]]:
    return csv_rows((out / "cases.csv").read_bytes())[1]


def same(a: Path, b: Path) -> bool:
    return all((a / name).read_bytes() == (b / name).read_bytes() for name in FILES)


def test_a_row_is_the_run_of_its_case(serial: Path) -> None:
    found = rows(serial)
    assert [r["case"] for r in found] == [str(k) for k in range(7)]
    for row in (found[0], found[4], found[6]):
        s = nz.read(TWO)
        fee = row["costs.booking_fee_bps"]
        if row["case"] != "0":
            s = s.with_settings(costs={"booking_fee_bps": fee})
        r = nz.solve(s, report=False)
        assert row["status"] == r.summary.status
        assert float(row["plan_cost"]) == r.summary.plan_cost
        assert float(row["saving"]) == r.summary.saving
        assert int(row["orders"]) == len(r.hedges)
        assert float(row["margin"]) == sum(float(x) for x in r.pools["margin_after"])
        assert float(row["cash_moved"]) == sum(float(x) for x in r.cash["amount"])
        binding = r.limits[r.limits["binding"] == "yes"]["limit_id"]
        assert row["binding"] == ";".join(dict.fromkeys(binding))


def test_what_has_no_plan_says_why(serial: Path) -> None:
    impossible = rows(serial)[1:4]
    assert {r["status"] for r in impossible} == {"no plan"}
    assert all("USD" in r["why_not"] and not r["plan_cost"] for r in impossible)
    page = (serial / "sweep.html").read_text()
    assert "3 cases (1, 2, 3) without a plan" in page


def test_processes_of_this_machine_change_no_byte(grid: Path, serial: Path, tmp_path: Path) -> None:
    done = neutralizer("sweep", TWO, "--grid", grid, "--out", tmp_path / "out", "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert same(serial, tmp_path / "out")


def test_a_study_that_was_stopped_goes_on(grid: Path, serial: Path, tmp_path: Path) -> None:
    axes = read_grid("grid.yaml", grid.read_bytes(), nz.read(TWO).loaded)

    def stop(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(nz.read(TWO), axes, str(tmp_path / "out"), stop)
    assert len(rows(tmp_path / "out")) == 3
    told: list[int] = []
    sweep(nz.read(TWO), axes, str(tmp_path / "out"), lambda done, of: told.append(done))
    assert told == [3, 4, 5, 6, 7]
    assert same(serial, tmp_path / "out")
    sweep(nz.read(TWO), axes, str(tmp_path / "out"), lambda done, of: told.append(-done))
    assert told[5:] == [-7]


def test_a_study_that_was_killed_goes_on(grid: Path, serial: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "neutralizer", "sweep", TWO, "--grid", grid, "--out", out]
    process = subprocess.Popen(
        [*map(str, words), "--workers", "2"],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 120
    while not (out / "cases.csv").is_file() and time.monotonic() < end:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not process_group(process.pid, within=20)  # no worker outlives it
    assert neutralizer("sweep", TWO, "--grid", grid, "--out", out).returncode == 0
    assert same(serial, out)


def process_group(group: int, within: float) -> bool:
    """Whether a process of the group is still there after so many seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    return True


@pytest.fixture(scope="module")
def sketched(grid: Path) -> Path:
    out = grid.parent / "sketched"
    done = neutralizer("sweep", TWO, "--grid", grid, "--out", out, "--sketch", "--best", 1)
    assert done.returncode == 0, done.stderr
    assert "3 of 6 cases have an optimum before lots; the cheapest is case 4" in done.stdout
    assert "2 cases in whole lots, proven" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    return out


def test_a_sketch_is_the_run_before_its_lots(serial: Path, sketched: Path) -> None:
    """The scenario as it is and the cheapest are made whole; every optimum is that of the run."""
    found, runs = rows(sketched), rows(serial)
    assert [r["status"] for r in found] == ["optimal", *["no plan"] * 3, "optimal", "sketch", "sketch"]  # fmt: skip
    for sketch, run in zip(found, runs, strict=True):
        assert sketch["objective"] == run["objective"]
        assert sketch["why_not"] == run["why_not"]
        if sketch["objective"]:
            assert sketch["binding"] == run["binding"]
            for name in ("external_notional", "crossed_notional", "margin", "firm_volatility"):
                assert float(sketch[name]) == pytest.approx(float(run[name]), rel=1e-3)
        if sketch["status"] == "optimal":
            for name in ("plan_cost", "saving", "transfers", "orders", "breaches"):
                assert sketch[name] == run[name]
        else:
            assert not sketch["plan_cost"]


def test_cases_are_picked_when_all_sketches_are_there(
    grid: Path, serial: Path, sketched: Path, tmp_path: Path
) -> None:
    axes = read_grid("grid.yaml", grid.read_bytes(), nz.read(TWO).loaded)
    out, told = str(tmp_path / "out"), list[int]()
    sweep(nz.read(TWO), axes, out, lambda *_: None, sketched=Sketched(1))
    assert same(sketched, tmp_path / "out")
    sweep(nz.read(TWO), axes, out, lambda done, of: told.append(done), sketched=Sketched(1, (6, 2)))
    assert told == [7, 2, 3]  # of what is picked one has no plan, and two were there
    found = rows(tmp_path / "out")
    assert [r["case"] for r in found if r["plan_cost"]] == ["0", "4", "6"]
    assert found[6]["plan_cost"] == rows(serial)[6]["plan_cost"]
    with pytest.raises(InputsRefused) as refused:
        sweep(nz.read(TWO), axes, out, lambda *_: None, sketched=Sketched(1, (7,)))
    assert "pick from 0, the scenario as it is, to 6" in str(refused.value.issues[0])
    with pytest.raises(FolderTaken, match="another study"):
        sweep(nz.read(TWO), axes, out, lambda *_: None)
    done = neutralizer("sweep", TWO, "--grid", grid, "--out", out, "--pick", 3)
    assert done.returncode == 2
    assert "give --sketch too" in done.stderr


def test_a_folder_of_something_else_is_not_touched(
    grid: Path, serial: Path, tmp_path: Path
) -> None:
    s = nz.read(TWO)
    axes = (Axis("costs.booking_fee_bps", "to", ("0.7",)),)
    before = {p.name: p.read_bytes() for p in serial.iterdir()}
    with pytest.raises(FolderTaken, match="another study"):
        sweep(s, axes, str(serial), lambda *_: None)
    assert before == {p.name: p.read_bytes() for p in serial.iterdir()}
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FolderTaken, match="something else"):
        sweep(s, axes, str(tmp_path), lambda *_: None)
    with holding(serial), pytest.raises(Locked):
        sweep(s, axes, str(serial), lambda *_: None)
    none = neutralizer("sweep", TWO, "--grid", grid, "--out", tmp_path / "no" / "out")
    assert none.returncode == 9
    assert "cannot make" in none.stderr


@contextmanager
def cluster() -> Iterator[Any]:
    """Two workers of Dask, each a process of its own."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as found:
        yield found


@pytest.mark.filterwarnings("default")
def test_a_cluster_changes_no_byte(grid: Path, serial: Path, tmp_path: Path) -> None:
    """Even where a worker is killed in the middle."""
    s = nz.read(TWO)
    axes = read_grid("grid.yaml", grid.read_bytes(), s.loaded)
    with cluster() as dask:
        victims = [nanny.pid for nanny in dask.workers.values()]

        def kill(done: int, of: int) -> None:
            if done == 2 and victims:
                os.kill(victims.pop(), signal.SIGKILL)

        where = Where(scheduler=dask.scheduler_address)
        sweep(s, axes, str(tmp_path / "out"), kill, where=where)
    assert not victims[1:]
    assert same(serial, tmp_path / "out")


@pytest.mark.filterwarnings("default")
def test_an_object_store(grid: Path, serial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with object_store(monkeypatch) as store:
        store.mkdir("desk")
        out = "s3://desk/studies/one"
        done = neutralizer("sweep", TWO, "--grid", grid, "--out", out)
        assert done.returncode == 0, done.stderr
        for name in FILES:
            assert store.cat_file(f"desk/studies/one/{name}") == (serial / name).read_bytes()
        again = neutralizer("sweep", TWO, "--grid", grid, "--out", out)
        assert again.returncode == 0
        other = neutralizer("sweep", TWO, "--grid", grid, "--out", out, "--no-baseline")
        assert other.returncode == 7
        assert "another study" in other.stderr
        nowhere = neutralizer("sweep", TWO, "--grid", grid, "--out", "s3://none/one")
        assert nowhere.returncode == 9, nowhere.stderr
        monkeypatch.setattr("neutralizer.records.places.MOST", 100)
        large = neutralizer("sweep", TWO, "--grid", grid, "--out", out)
        assert large.returncode == 9
        assert "larger than 100 bytes" in large.stderr


def test_what_is_of_sketches_is_refused_without(grid: Path, tmp_path: Path) -> None:
    for option in ("--best", "--pick"):
        done = neutralizer("sweep", TWO, "--grid", grid, "--out", tmp_path / "o", option, "3")
        assert done.returncode == 2
        assert f"{option} is of sketches" in done.stderr


def test_the_effect_of_an_axis_compares_like_with_like() -> None:
    """10 and 30 at b = 1, of which b = 2 has no 30: the mean of `a` is of b = 1 alone."""
    from datetime import date

    a, b = Axis("a", "to", ("1", "2")), Axis("b", "to", ("1", "2"))
    costs = {("1", "1"): "10", ("1", "2"): "20", ("2", "1"): "30", ("2", "2"): ""}
    plain = {"status": "no plan", "why_not": "x", "waiting": "", "external_notional": "0"}
    table = [{"case": "0", "a": "", "b": "", "plan_cost": "15", **plain}]
    table += [
        {"case": str(k), "a": v[0], "b": v[1], "plan_cost": c, **plain}
        for k, (v, c) in enumerate(costs.items(), 1)
    ]
    swept = Swept("s", date(2024, 1, 2), "USD", (a, b), table)
    assert by_value(swept, a) == [("1", 10.0, 2), ("2", 30.0, 1)]
    assert by_value(swept, b) == [("1", 10.0, 2), ("2", 20.0, 1)]
    assert said(swept)[0].startswith("3 of 4 cases have a plan; the cheapest is case 1 (a 1, b 1): 10 USD")  # fmt: skip
    assert "a moves the cost by 20 USD on average." in said(swept)
    assert "no plan" in on_a_terminal(swept)
