"""Each line's reasons add up: what it costs at the margin is what it relieves, to the solver's last digits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.program.duals.pull import (
    COST,
    DISLOCATION,
    MANDATE,
    OTHER,
    PARTICIPATION,
    ROUTE,
    pulls,
)
from neutralizer.program.duals.shadow import pool_prices, shadow_prices
from neutralizer.program.solve import solve
from neutralizer.records.writing import csv_rows
from neutralizer.run import Options, run
from tests.conftest import SCENARIOS

Named = Callable[[str], Scenario]
NAMES = ("two-desks", "equity-desks", "multi-asset")


@pytest.mark.parametrize("name", NAMES)
def test_the_pulls_are_the_whole_of_every_column(scenario_named: Named, name: str) -> None:
    """Nothing of c + Aᵀz is left without an owner, column by column."""
    solution = solve(scenario_named(name))
    found = pulls(solution, scenario_named(name))
    canonical = solution.canonical
    money = canonical.unit / solution.program.decision.money
    whole = (canonical.c + canonical.a.T @ solution.z) * money
    decided = ~np.isnan(canonical.upper)
    owned = np.asarray(found.matrix.sum(axis=1)).ravel()
    assert np.abs(owned - whole)[decided].max() < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_a_linear_limit_pulls_by_its_price(scenario_named: Named, name: str) -> None:
    """Of a factor exposure the pull is shadow price times loading, signed, on every holding."""
    scenario = scenario_named(name)
    solution = solve(scenario)
    found, prices = pulls(solution, scenario), shadow_prices(solution, scenario)
    checked = 0
    for k, x in enumerate(scenario.limits):
        if x.measure != "factor_exposure" or prices[k] == 0 or x.lower == x.upper:
            continue
        loading = scenario.risk.exposure[scenario.holdings.instrument, x.factor]
        expected = prices[k] * loading / scenario.holding_notional
        columns = found.rise[x.holdings]
        there = columns >= 0
        pulled = found.matrix[columns[there]].toarray()[:, k]
        assert np.abs(pulled) == pytest.approx(
            np.abs(expected[x.holdings][there]), rel=1e-4, abs=1e-9
        )
        checked += int(there.sum())
    assert checked or name == "multi-asset"


@pytest.mark.parametrize("name", NAMES)
def test_the_arithmetic_of_every_line_closes(name: str) -> None:
    """marginal external cost + fees and carry = Σ relief + residual; the residual is a rounding error."""
    files = run(SCENARIOS / name, None, Options(dry_run=True, baseline=False, report=False)).files
    rows = csv_rows(files["reasons.csv"])[1]
    tickets = {
        r["ticket_id"]: float(r.get("notional_base") or r["amount"])
        for f in ("hedges.csv", "internal_transfers.csv", "cash_transfers.csv")
        for r in csv_rows(files[f])[1]
    }
    assert {r["ticket_id"] for r in rows} == set(tickets)
    residuals, left, whole = [], 0.0, 0.0
    for ticket, notional in tickets.items():
        own = [r for r in rows if r["ticket_id"] == ticket]
        first = own[0]
        relief = sum(float(r["relief_bps"] or 0) for r in own)
        spent = float(first["marginal_cost_bps"]) + float(first["fees_and_carry_bps"])
        assert spent - relief == pytest.approx(float(first["residual_bps"]), abs=2e-3)
        residuals.append(abs(float(first["residual_bps"])) / max(spent, 1.0))
        left += abs(float(first["residual_bps"])) * notional
        whole += spent * notional
        shares = [float(r["share"]) for r in own if r["share"]]
        assert shares == sorted(shares, reverse=True)
        assert sum(x for x in shares if x > 0) == pytest.approx(1.0, abs=0.01)
        for r in own:
            if r["shadow_price"]:
                product = float(r["shadow_price"]) * float(r["sensitivity"])
                assert product == pytest.approx(float(r["relief_bps"]), rel=1e-3, abs=1e-3)
    assert np.quantile(residuals, 0.8) <= 1e-3
    assert left <= 1e-2 * whole  # a small line that only whole lots need has a large one


def test_owners_beside_limits_and_pools_are_last(scenario_named: Named) -> None:
    scenario = scenario_named("equity-desks")
    solution = solve(scenario)
    found = pulls(solution, scenario)
    owners = len(scenario.limits) + len(pool_prices(solution, scenario))
    assert found.matrix.shape[1] == owners + len(
        {COST, PARTICIPATION, MANDATE, ROUTE, DISLOCATION, OTHER}
    )


def test_transfers_only_says_shares_without_prices(tmp_path: Path) -> None:
    options = Options(dry_run=True, transfers_only=True, report=False)
    rows = csv_rows(run(SCENARIOS / "two-desks", None, options).files["reasons.csv"])[1]
    assert rows
    assert all(not r["shadow_price"] and not r["relief_bps"] for r in rows)
    assert any(float(r["share"] or 0) > 0 for r in rows)
