"""Prices that are out: made use of on the cheap carrier, within a cap and a budget, and in no cost.

MM has 2 million to sell, for 400 in ETF or 120 in futures. ETF at 100 is worth 99.90: 10 basis points, of which the
half spread on the way out again takes 2, so a share sold gains 0.08.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.load.scenario import load
from neutralizer.program.solve import solve
from neutralizer.terms import dislocation
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.desks import desks, rows

BUDGET = ("booking_fee_bps: 0.1}", "booking_fee_bps: 0.1, dislocation_budget: 10000}")


def table(*cells: str) -> tuple[str, str]:
    """Rows of the table."""
    text = ", ".join(f"{{instrument_id: ETF, {c}}}" for c in cells)
    return "  positions:\n", f"  dislocations: [{text}]\n  positions:\n"


def resolved(tmp_path: Path, *changes: tuple[str, str]) -> Scenario:
    return load(desks(tmp_path / "desks", *changes)).scenario


def run(tmp_path: Path, name: str, *changes: tuple[str, str]) -> Path:
    folder, out = desks(tmp_path / name, *changes), tmp_path / f"{name}.run"
    done = neutralizer("run", folder, "--out", out, "-q")
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", out).returncode == 0
    return out


def orders(out: Path) -> dict[str, float]:
    return {
        r["instrument_id"]: (1 if r["side"] == "BUY" else -1) * float(r["quantity"])
        for r in rows(out / "hedges.csv")
    }


def test_what_is_dear_is_sold_up_to_its_cap(tmp_path: Path) -> None:
    out = run(tmp_path, "a", table("fair_value: 99.9, max_quantity: 20000"), BUDGET)
    assert orders(out) == {"ETF": -20000}
    told = json.loads((out / "summary.json").read_text())
    assert told["dislocation"] == {"plan": 1600.0, "objective": 1600.0}
    assert told["plan_cost"] == pytest.approx(400 + 140)
    assert told["saving"] == pytest.approx(told["stand_alone_cost"] - told["objective"])
    served = {r["limit_id"]: r for r in rows(out / "reasons.csv") if r["ticket_id"].startswith("HDG")}  # fmt: skip
    assert float(served["dislocation"]["relief_bps"]) == pytest.approx(1.4)
    assert float(served["dislocation"]["residual_bps"]) == 0
    assert "Prices that are out count for 1.60k" in (out / "report.html").read_text()


def test_the_budget_bounds_what_it_may_count_for(tmp_path: Path) -> None:
    budget = (BUDGET[0], BUDGET[1].replace("10000", "1000"))
    out = run(tmp_path, "a", table("fair_value: 99.9"), budget)
    assert orders(out) == {"ETF": -12500, "FUT": -4}


def test_off_the_tickets_are_those_without_the_table(tmp_path: Path) -> None:
    plain, off = run(tmp_path, "plain"), run(tmp_path, "off", table("fair_value: 99.9"))
    for name in (
        "internal_transfers.csv",
        "hedges.csv",
        "hedge_allocations.csv",
        "cash_transfers.csv",
    ):
        ids = [json.loads((x / "summary.json").read_text())["run_id"] for x in (plain, off)]
        assert (plain / name).read_text() == (off / name).read_text().replace(ids[1], ids[0])


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ("fair_value: 99.9, expires: 2024-06-26", []),
        ("fair_value: 99.9, expires: 2024-06-27", [0.08]),
        ("fair_value: 99.985", []),
        ("fair_value: 99.9, confidence: 0.5", [0.03]),
        ("fair_value: 99.9, confidence: 0", []),
        ("fair_value: 100.1", [0.08]),
    ],
)
def test_what_counts_is_what_is_left_after_the_way_out(
    tmp_path: Path, cells: str, found: list[float]
) -> None:
    d = resolved(tmp_path, table(cells), BUDGET).dislocations
    assert d.rate == pytest.approx(found)
    assert d.sign.tolist() == [1.0 if "100.1" in cells else -1.0 for _ in found]
    assert d.most == pytest.approx([10000 / x for x in found])


def test_going_against_it_costs_and_the_cap_holds(tmp_path: Path) -> None:
    s = resolved(tmp_path, table("fair_value: 99.9, max_quantity: 20000"), BUDGET)
    etf = np.flatnonzero(s.orders.tradable == s.tradables.ids.index("ETF"))[0]
    for sold, credit in ((10000, 800.0), (50000, 1600.0), (-10000, -800.0)):
        order = np.zeros(len(s.orders.tradable))
        order[etf] = -sold
        assert dislocation.credit(replace(nothing(s), order=order), s) == pytest.approx(credit)


def test_a_budget_without_end_is_no_larger_than_the_firm(tmp_path: Path) -> None:
    """What gains is bounded by ten times the gross of 16 million, whatever is written: the scale of the program."""
    endless = (BUDGET[0], BUDGET[1].replace("10000", "1000000000000000"))
    s = resolved(tmp_path, table("fair_value: 99.9"), endless)
    assert s.dislocations.most == pytest.approx([1_600_000])
    assert s.costing.dislocation_budget == pytest.approx(0.08 * 1_600_000)
    out = run(tmp_path, "a", table("fair_value: 99.9"), endless)
    assert orders(out)["ETF"] < -20000


def test_crossings_earn_nothing(tmp_path: Path) -> None:
    folder = desks(tmp_path / "a", table("fair_value: 99.9"), BUDGET)
    done = neutralizer("run", folder, "--dry-run", "--transfers-only", "--no-baseline", "--json")
    told = json.loads(done.stdout)
    assert told["crossed_notional"] > 0
    assert told["dislocation"]["plan"] == 0


def test_a_firm_is_never_worse_off_by_what_it_may_use() -> None:
    """Certified with it and without it: cost less what is gained is at most the cost without, for each of
    ten draws; what is minimised is what the numbers come to.
    """
    plain = load(SCENARIOS / "equity-desks").scenario
    least = solve(plain).objective
    rng = np.random.default_rng(1)
    count = len(plain.instruments.ids)
    for _ in range(10):
        which = np.sort(rng.choice(count, 5, replace=False))
        rate = plain.instruments.notional[which] * rng.uniform(1e-4, 2e-3, 5)
        d = type(plain.dislocations)(
            which, rate, rng.choice([-1.0, 1.0], 5), rng.uniform(1e3, 1e5, 5)
        )
        costing = replace(plain.costing, dislocation_budget=20_000.0)
        found = solve(replace(plain, dislocations=d, costing=costing))
        assert found.compared <= least + found.certificate.allowed + 1e-6
        assert found.objective >= least - found.certificate.allowed - 1
        assert found.certificate.cost == pytest.approx(found.compared, rel=1e-9)
        assert found.dislocation <= 20_000 + 1e-6


@pytest.mark.parametrize("fair", ["0.99", "1e-20", "1e20", "66", "151"])
def test_a_fair_value_of_another_unit_is_refused(tmp_path: Path, fair: str) -> None:
    done = neutralizer("check", desks(tmp_path / "a", table(f"fair_value: {fair}")))
    assert done.returncode == 3
    assert "the price is 100, in the same unit as the instrument's row" in done.stderr
