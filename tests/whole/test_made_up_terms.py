"""A measure, a cost and a margin model that the package has never heard of, added by their registry line
alone, run end to end: read, solved, rounded, written, proven, told on the page, explained.
"""

import csv
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neutralizer.domain.trades import entry_position
from neutralizer.terms import costs, limits, margin
from neutralizer.terms.limits._sums import netted_money, notional_sensitivity, notionals
from neutralizer.terms.limits.facts import ANYWHERE, MONEY, SELECTOR, UPPER
from neutralizer.terms.margin.needs import NOTHING
from tests.conftest import SCENARIOS
from tests.tools.firm import in_process

CHARGE = 3e-4  # of the notional ordered
FIFTH = 0.2  # of the notional held


def module(name: str, **faces: Any) -> ModuleType:
    found = ModuleType(name)
    vars(found).update(faces)
    return found


def _spread_out(decision: Any, scenario: Any, wanted: Any) -> Any:
    import cvxpy as cp

    found = []
    for limit in wanted:
        net, _ = netted_money(decision, [limit])
        found.append(cp.norm(net @ decision.position, 2))
    return decision.money * cp.hstack(found)


ROUNDNESS = module(
    "roundness",
    UNIT=MONEY,
    BOUNDS=UPPER,
    TARGET=SELECTOR,
    SCOPES=ANYWHERE,
    CURVED=True,
    expression=_spread_out,
    amount=lambda trades, s, limit: float(np.linalg.norm(notionals(trades, s, limit))),
    sensitivity=notional_sensitivity,
)

DESK_CHARGE = module(
    "desk_charge",
    TERMS=("desk_charge",),
    AXIS="order",
    expression=lambda decision, s: CHARGE * decision.money * decision.size.sum(),
    amounts=lambda trades, s: {"desk_charge": CHARGE * np.abs(trades.order) * s.order_notional},
)


def _a_fifth(decision: Any, scenario: Any, accounts: Any) -> Any:
    import cvxpy as cp

    own = np.equal.outer(np.array(accounts), scenario.entries.account).astype(float)
    return FIFTH * decision.money * (own @ cp.abs(decision.entry))


def _notional(s: Any, own: Any) -> Any:
    return s.instruments.notional[s.entries.instrument[own]]


A_FIFTH = module(
    "a_fifth",
    NEEDS=NOTHING,
    CURVED=False,
    expression=_a_fifth,
    parts=lambda trades, s, own: FIFTH * np.abs(entry_position(s, trades)[own]) * _notional(s, own),
    sensitivity=lambda s, own: FIFTH * _notional(s, own),
)


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """two-desks with the three of them, each by one line."""
    monkeypatch.setitem(limits.REGISTRY, "roundness", ROUNDNESS)
    monkeypatch.setattr(costs, "REGISTRY", (*costs.REGISTRY, DESK_CHARGE))
    monkeypatch.setitem(margin.REGISTRY, "a_fifth", A_FIFTH)
    text = (SCENARIOS / "two-desks" / "scenario.yaml").read_text()
    text = text.replace("pool_id: USD}", "pool_id: USD, model: a_fifth}")
    text = text.replace(
        "  limits:\n",
        "  limits:\n    - {limit_id: round, measure: roundness, scope: 'book:MM', upper: 2500000}\n",
    )
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "scenario.yaml").write_text(text)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_they_run_end_to_end(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = in_process("run", case, "--out", out, "-q")
    assert done.returncode == 0, done.stderr
    (limit,) = (r for r in rows(out / "limits.csv") if r["limit_id"] == "round")
    assert limit["measure"] == "roundness"
    assert float(limit["after"]) <= 2_500_000
    assert limit["status"] == "OK"
    ordered = sum(float(r["notional_base"]) for r in rows(out / "hedges.csv"))
    paid = sum(float(r["amount"]) for r in rows(out / "costs.csv") if r["term"] == "desk_charge")
    assert paid == pytest.approx(CHARGE * ordered, abs=0.02)
    assert json.loads((out / "summary.json").read_text())["costs"]["desk_charge"] == paid
    (account,) = rows(out / "margin_movements.csv")
    held = rows(out / "positions_after.csv")
    etf = sum(float(r["quantity_after"]) for r in held if r["instrument_id"] == "ETF")
    future = sum(float(r["quantity_after"]) for r in held if r["instrument_id"] == "FUT")
    expected = FIFTH * (abs(etf) * 100 + abs(future) * 200_000)
    assert float(account["margin_after"]) == pytest.approx(expected, abs=0.01)
    assert b"roundness" in (out / "report.html").read_bytes()
    assert in_process("verify", out).returncode == 0
    assert "round" in in_process("explain", out).stdout


def test_a_wrong_bound_is_told_in_its_own_words(case: Path) -> None:
    text = (case / "scenario.yaml").read_text()
    wrong = text.replace("upper: 2500000}\n", "lower: 1, upper: 2500000}\n", 1)
    (case / "scenario.yaml").write_text(wrong)
    done = in_process("check", case)
    assert done.returncode == 3
    assert "a lower bound on roundness is not convex" in done.stderr


def test_without_its_line_the_name_is_refused(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(limits.REGISTRY, "roundness")
    done = in_process("check", case)
    assert done.returncode == 3
    assert "value='roundness'" in done.stderr
