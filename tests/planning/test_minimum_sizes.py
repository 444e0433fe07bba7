"""Lines below the minimum sizes go, unless they close a position or the limits need them."""

from dataclasses import replace

import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.load.scenario import load
from neutralizer.planning.lots.search import Tries
from neutralizer.planning.lots.standard import Standard
from neutralizer.planning.lots.whole import Rounded, whole_lots
from neutralizer.program.solve import Solution, solve
from neutralizer.records.writing import csv_rows
from neutralizer.run import Options, run
from tests.conftest import SCENARIOS


def decided(name: str, order: float, transfer: float) -> dict[str, list[dict[str, str]]]:
    overrides = (
        f"lots.minimum_order_notional={order}",
        f"lots.minimum_transfer_notional={transfer}",
    )
    options = Options(overrides=overrides, baseline=False, dry_run=True)
    files = run(SCENARIOS / name, None, options).files
    return {n: csv_rows(d)[1] for n, d in files.items() if n.endswith(".csv") and "/" not in n}


def orders(tables: dict[str, list[dict[str, str]]]) -> dict[str, float]:
    """Notional of each order; the two parts of a split sale together."""
    found: dict[str, float] = {}
    for row in tables["hedges.csv"]:
        parent = row["parent_order"]
        found[parent] = found.get(parent, 0.0) + float(row["notional_base"])
    return found


def closed(tables: dict[str, list[dict[str, str]]]) -> set[str]:
    """Instruments in which some book's position is closed."""
    rows = tables["positions_after.csv"]
    return {r["instrument_id"] for r in rows if r["quantity_after"] == "0"}


def test_small_orders_go_unless_they_close_a_position() -> None:
    least = 50_000.0
    every, tables = decided("equity-desks", 0, 0), decided("equity-desks", least, 0)
    instrument = {r["parent_order"]: r["instrument_id"] for r in tables["hedges.csv"]}
    small = [p for p, notional in orders(tables).items() if notional < least]
    assert sum(n < least for n in orders(every).values()) >= len(small)
    assert {instrument[p] for p in small} <= closed(tables)


def test_a_large_minimum_finds_another_way() -> None:
    """The futures order is too small a line: what closes a position in the ETF does it instead."""
    tables = decided("two-desks", 1e12, 0)
    assert {r["instrument_id"] for r in tables["hedges.csv"]} == {"ETF"}


def test_lines_that_must_stay_are_said() -> None:
    overrides = ("lots.minimum_order_notional=1e12", "lots.minimum_transfer_notional=1e12")
    options = Options(overrides=overrides, baseline=False, dry_run=True)
    summary = run(SCENARIOS / "multi-asset", None, options).summary
    assert any("below the minimum sizes stay" in finding for finding in summary.findings)


def test_small_lines_come_back_where_whole_lots_need_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held still, the scenario may lack whole lots that it has with its small lines."""
    tried: list[bool] = []

    def first_none(
        solution: Solution, scenario: Scenario, standard: Standard, tries: Tries
    ) -> Rounded:
        tried.append(bool(scenario.orders.closed.any()))
        if tried == [True]:
            raise Infeasible("no_lots", "none")
        return whole_lots(solution, scenario, standard, tries)

    monkeypatch.setattr("neutralizer.planning.lots.in_lots.whole_lots", first_none)
    assert {r["instrument_id"] for r in decided("two-desks", 1e12, 0)["hedges.csv"]} == {"FUT"}
    assert tried == [True, False]


def test_no_lots_is_called_a_proof_only_without_window_and_room() -> None:
    """A standard that nothing meets, and a search that never leaves its window."""
    scenario = load(SCENARIOS / "multi-asset").scenario
    solution = solve(scenario)
    bounds = Standard.of(scenario)
    nothing = replace(bounds, upper=bounds.upper - 1e15, lower=bounds.lower + 1e15)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neutralizer.planning.lots.whole.MOST_INTEGERS", 0)
        with pytest.raises(Infeasible, match="no proof"):
            whole_lots(solution, scenario, nothing, Tries())
