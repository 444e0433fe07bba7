"""The method by blocks against Clarabel, on drawn programs and on a drawn firm; and what it leaves to Clarabel."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import clarabel
import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.sparse import csc_matrix, csr_array

import neutralizer as nz
from benchmarks.generate import generate
from neutralizer.errors import NotSolved
from neutralizer.program.certificate import violations
from neutralizer.program.solve import solve
from neutralizer.program.solvers import by_blocks
from neutralizer.program.solvers.blocks import batches, border, solved
from neutralizer.program.solvers.blocks.cones import Cones, Scaling
from neutralizer.program.solvers.blocks.method import _cones
from neutralizer.program.solvers.blocks.parts import parts_of
from neutralizer.program.solvers.blocks.system import Factored, System
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer

DRAWN = 200
Drawn = tuple[np.ndarray, csr_array, np.ndarray, list[tuple[str, int, float]]]


def drawn(seed: int) -> Drawn:
    """A program with an optimum: blocks of columns with rows and small cones of their own, and zero rows, flat rows
    and large cones over all of them; b and c so that some x, s, z inside fit.
    """
    rng = np.random.default_rng(seed)
    blocks, wide = int(rng.integers(1, 8)), int(rng.integers(2, 6))
    n = blocks * wide

    def own(rows: int) -> np.ndarray:
        return block_diag(*(rng.normal(size=(rows, wide)) for _ in range(blocks)))

    def across(rows: int) -> np.ndarray:
        return rng.normal(size=(rows, n)) * (rng.random((rows, n)) < 0.6)

    large = [int(k) for k in rng.integers(2, 9, rng.integers(0, 3))]
    # Columns are not free: each is at least nothing, and no more than its box.
    flat = [
        np.vstack([-np.eye(n), np.eye(n)]),
        own(int(rng.integers(0, 3))),
        across(int(rng.integers(0, 3))),
    ]
    small, zero = own(3), [own(int(rng.integers(0, 2))), across(int(rng.integers(0, 2)))]
    if rng.random() < 0.3:
        small = small[:0]
    a = np.vstack([*zero, *flat, small, *(across(k) for k in large)])
    count = sum(len(x) for x in zero), sum(len(x) for x in flat), len(small) // 3
    cones = [("zero", count[0], 0.0), ("nonneg", count[1], 0.0), *[("soc", 3, 0.0)] * count[2]]
    cones = [x for x in (*cones, *(("soc", k, 0.0) for k in large)) if x[1]]
    inside = [_inside(rng, kind, size) for kind, size, _ in cones]
    s = np.concatenate(
        [
            np.zeros(len(u)) if kind == "zero" else u
            for (kind, _, _), u in zip(cones, inside, strict=True)
        ]
    )
    z = np.concatenate([_inside(rng, kind, size) for kind, size, _ in cones])
    x = rng.random(n)
    return -a.T @ z, csr_array(a), a @ x + s, cones


def _inside(rng: np.random.Generator, kind: str, size: int) -> np.ndarray:
    u = rng.normal(size=size)
    if kind == "nonneg":
        return np.abs(u) + 0.1
    if kind == "soc":
        u[0] = np.linalg.norm(u[1:]) + rng.random() + 0.1
    return u


def by_clarabel(c: np.ndarray, a: csr_array, b: np.ndarray, cones: Any) -> Any:
    kinds = {
        "zero": clarabel.ZeroConeT,
        "nonneg": clarabel.NonnegativeConeT,
        "soc": clarabel.SecondOrderConeT,
    }
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    flat = csc_matrix((len(c), len(c)))
    cones = [kinds[kind](size) for kind, size, _ in cones]
    return clarabel.DefaultSolver(flat, c, csc_matrix(a), b, cones, settings).solve()


@pytest.mark.parametrize("first", range(0, DRAWN, 20))
def test_it_finds_what_clarabel_finds(first: int) -> None:
    for seed in range(first, first + 20):
        c, a, b, cones = drawn(seed)
        found, right = solved(c, a, b, cones), by_clarabel(c, a, b, cones)
        assert found["status"] == "Solved", seed
        scale = 1 + abs(right.obj_val)
        assert c @ found["x"] == pytest.approx(right.obj_val, abs=1e-5 * scale), seed
        assert -b @ found["z"] == pytest.approx(right.obj_val, abs=1e-5 * scale), seed
        assert np.abs(a.T @ found["z"] + c).max() <= 1e-5 * (1 + np.abs(c).max()), seed
        its = _cones(cones)
        assert np.abs((a @ found["x"] - b)[: its.zero]).max(initial=0.0) <= 1e-5, seed
        assert its.margin(b - a @ found["x"]) >= -1e-5, seed
        assert its.margin(found["z"]) >= -1e-9, seed


def test_where_there_is_no_answer_it_says_none() -> None:
    """x <= -1 and x >= 0; and a cost that falls without end."""
    one = csr_array(np.array([[-1.0], [1.0]]))
    none = solved(np.ones(1), one, np.array([0.0, -1.0]), [("nonneg", 2, 0.0)])
    endless = solved(-np.ones(1), csr_array([[-1.0]]), np.zeros(1), [("nonneg", 1, 0.0)])
    assert (none["status"], endless["status"]) == ("Stalled", "Stalled")


def test_a_step_s_equations_hold() -> None:
    """[0 Aᵀ; A -W²] [x; z] = [f; g] at drawn points inside, though columns and zero rows have something added."""
    for seed in range(40):
        c, a, b, cones = drawn(seed)
        rng, its = np.random.default_rng(seed), _cones(cones)
        s, z = (np.concatenate([_inside(rng, kind, size) for kind, size, _ in cones]) for _ in "sz")
        scaling = Scaling.of(its, s, z)
        factored = Factored(System(a, b, its), scaling)
        f, g = rng.normal(size=len(c)), rng.normal(size=len(b))
        x, y = factored.solve(f, g, (1e-9, 1e-9))
        assert a.T @ y == pytest.approx(f, abs=1e-7)
        assert a @ x - scaling.squared(y) == pytest.approx(g, abs=1e-7)


def test_the_scaling_brings_both_sides_to_one_point() -> None:
    rng, cones = np.random.default_rng(4), Cones(2, 3, [2, 3, 7])
    s, z = (
        np.concatenate([rng.random(5) + 0.1, *(_inside(rng, "soc", k) for k in (2, 3, 7))])
        for _ in "sz"
    )
    w, u = Scaling.of(cones, s, z), rng.normal(size=cones.rows)
    u[:2] = s[:2] = 0.0
    assert w.times(z) == pytest.approx(w.times(s, inverse=True))
    assert w.squared(z) == pytest.approx(s)
    assert w.times(w.times(u), inverse=True) == pytest.approx(u)
    assert w.squared(w.squared(u, inverse=True)) == pytest.approx(u)
    assert cones.product(s, cones.quotient(s, u)) == pytest.approx(u)


def test_a_step_ends_at_the_boundary() -> None:
    """Not before and not behind it."""
    rng, cones = np.random.default_rng(5), Cones(0, 3, [2, 3, 7])
    for _ in range(200):
        u = np.concatenate([rng.random(3) + 0.1, *(_inside(rng, "soc", k) for k in (2, 3, 7))])
        by = rng.normal(size=cones.rows) * 3
        far = cones.step(u, by)
        assert cones.margin(u + 0.999999 * far * by) > 0
        assert far == 1.0 or cones.margin(u + 1.000001 * far * by) < 1e-9


def test_columns_of_an_instrument_are_one_part() -> None:
    """Two blocks of three columns, tied by a sum with a free column of its own and by a row over all."""
    rows = [[1, 1, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 0]]
    a = csr_array(
        np.array([[1, 0, 0, 1, 0, 0, -1], *rows, *-np.eye(7)[:6], np.ones(7)], dtype=float)
    )
    part = parts_of(a, np.zeros(11), Cones(1, 10, []))
    assert len(set(part[:3])) == len(set(part[3:6])) == 1  # the last row, over all, comes last
    united = parts_of(csr_array(a[:10]), np.zeros(10), Cones(1, 9, []))
    assert len(set(united[:3])) == len(set(united[3:6])) == 1
    assert len(set(united)) == 3


@pytest.mark.parametrize(("module", "name"), [(border, "LARGEST"), (batches, "CELLS")])
def test_what_has_no_parts_is_refused(
    module: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, 3)
    dense = csr_array(np.ones((200, 300)))
    with pytest.raises(border.TooDense, match="rows tie the parts together"):
        solved(np.ones(300), dense, np.ones(200), [("nonneg", 200, 0.0)])


@pytest.mark.parametrize("name", ["two-desks", "equity-desks", "options", "rates"])
def test_a_scenario_has_the_same_optimum(name: str) -> None:
    """Whoever answers: of these curved small programs mostly Clarabel, where its own answer is not certified."""
    read = nz.read(SCENARIOS / name)
    scenario = read.loaded.scenario
    found, right = (solve(replace(scenario, solver=its)) for its in ("blocks", "clarabel"))
    assert found.certificate.near
    assert max(violations(found.trades, scenario).values()) <= 1e-6
    assert found.objective == pytest.approx(right.objective, rel=2e-5)


def test_a_large_firm_is_answered_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First, where a program has many rows."""
    monkeypatch.setattr(by_blocks, "LARGE", 2000)
    generate(tmp_path / "firm", 200, 6, 10, 600, 6, seed=3)
    scenario = nz.read(tmp_path / "firm").loaded.scenario
    found = solve(scenario)
    right = solve(replace(scenario, solver="clarabel"))
    assert (found.solver["name"], right.solver["name"]) == ("blocks", "clarabel")
    assert found.certificate.accepted
    assert max(violations(found.trades, scenario).values()) <= 1e-6
    assert found.objective == pytest.approx(right.objective, rel=2e-5)


def test_a_run_by_it_is_proven(tmp_path: Path) -> None:
    asked = ("--set", "solve.solver=blocks", "--no-baseline")
    done = neutralizer("run", SCENARIOS / "funds", "--out", tmp_path / "run", *asked)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["solver"]["name"] == "blocks"
    assert "refused" not in summary["solver"]
    assert neutralizer("verify", tmp_path / "run").returncode == 0


def test_what_it_does_not_answer_clarabel_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process ends for want of memory, or what it says is not certified; the summary tells which."""
    asked = replace(nz.read(SCENARIOS / "equity-desks").loaded.scenario, solver="blocks")

    def lost(canonical: Any, scenario: Any) -> Any:
        raise NotSolved("blocks ended with code 1: MemoryError")

    def wrong(canonical: Any, scenario: Any) -> Any:
        told = {
            "status": "Stalled",
            "iterations": 1,
            "seconds": 0.0,
            "name": "blocks",
            "version": "0",
        }
        rows, columns = canonical.a.shape
        residuals = {"primal_residual": 1.0, "dual_residual": 1.0}
        return told | residuals | {"x": np.ones(columns), "z": np.zeros(rows)}

    for other, words in ((lost, "MemoryError"), (wrong, "blocks, Stalled: gap ")):
        monkeypatch.setattr(by_blocks, "run_blocks", other)
        found = solve(asked)
        assert found.solver["name"] == "clarabel"
        assert words in found.solver["refused"]
