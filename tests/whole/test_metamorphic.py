"""What must hold whatever the numbers are: no expected answer is needed."""

import csv
import io
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from neutralizer.domain.orders import alone
from neutralizer.load.scenario import load
from neutralizer.program.solve import solve
from neutralizer.run import Options, run
from tests.conftest import SCENARIOS

Rows = list[dict[str, str]]


def variant(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None], name: str = "two-desks"
) -> Path:
    """A copy of a scenario whose YAML was edited as data."""
    folder = tmp_path / f"variant{len(list(tmp_path.iterdir()))}"
    shutil.copytree(SCENARIOS / name, folder)
    path = folder / "scenario.yaml"
    book = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    edit(book)
    path.write_text(yaml.safe_dump(book, sort_keys=False))
    return folder


def edit_csv(folder: Path, table: str, edit: Callable[[Rows], Rows]) -> None:
    rows = edit(list(csv.DictReader(io.StringIO((folder / table).read_text()))))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / table).write_text(out.getvalue())


def decided(folder: Path) -> dict[str, bytes]:
    files = run(folder, None, Options(dry_run=True, baseline=False)).files
    return {n: d for n, d in files.items() if n != "manifest.json" and not n.startswith("inputs/")}


def optimum(folder: Path) -> tuple[float, float]:
    """Cost and certified bound."""
    found = solve(load(folder).scenario)
    return found.certificate.cost, found.certificate.bound


def test_row_and_column_order_change_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "shuffled"
    shutil.copytree(SCENARIOS / "equity-desks", folder)

    def shuffled(rows: Rows) -> Rows:
        mixed = random.Random(4).sample(rows, len(rows))
        return [dict(reversed(row.items())) for row in mixed]

    for table in (
        "positions.csv",
        "instruments.csv",
        "loadings.csv",
        "limits.csv",
        "margin_rates.csv",
    ):
        if (folder / table).exists():
            edit_csv(folder, table, shuffled)
    assert decided(folder) == decided(SCENARIOS / "equity-desks")


def test_scaling_all_money_scales_the_cost_and_keeps_the_lots(tmp_path: Path) -> None:
    """Prices and money bounds a hundred times larger, quantities as they were."""

    def richer(book: dict[str, Any]) -> None:
        tables = book["tables"]
        for row in tables["instruments"]:
            row["price"] = str(float(row["price"]) * 100)
            for column in ("half_spread_per_unit", "commission_per_unit", "notional_per_unit"):
                if row.get(column):
                    row[column] = str(float(row[column]) * 100)
        for row in tables["limits"]:
            for column in ("lower", "upper"):
                if row.get(column):
                    row[column] = str(float(row[column]) * 100)
        for row in tables["pools"]:
            row["cash"] = str(float(row["cash"]) * 100)
            row["minimum_balance"] = str(float(row.get("minimum_balance", "0")) * 100)

    small, large = decided(SCENARIOS / "two-desks"), decided(variant(tmp_path, richer))
    assert small["positions_after.csv"] == large["positions_after.csv"]
    cost = run(SCENARIOS / "two-desks", None, Options(dry_run=True)).summary.plan_cost
    hundredfold = run(variant(tmp_path, richer), None, Options(dry_run=True)).summary.plan_cost
    assert hundredfold == pytest.approx(100 * cost)


def test_negating_positions_and_bounds_mirrors_the_changes(tmp_path: Path) -> None:
    def mirrored(book: dict[str, Any]) -> None:
        for row in book["tables"]["positions"]:
            row["quantity"] = str(-float(row["quantity"]))
        for row in book["tables"]["limits"]:
            if row["measure"] in ("net", "factor_exposure", "position"):
                low, high = row.get("lower", ""), row.get("upper", "")
                row["lower"] = str(-float(high)) if high else ""
                row["upper"] = str(-float(low)) if low else ""

    def changes(folder: Path) -> dict[tuple[str, str], float]:
        rows = csv.DictReader(io.StringIO(decided(folder)["positions_after.csv"].decode()))
        return {
            (r["book_id"], r["instrument_id"]): float(r["transferred"]) + float(r["hedged"])
            for r in rows
        }

    found, turned = changes(SCENARIOS / "two-desks"), changes(variant(tmp_path, mirrored))
    assert found == {key: -value for key, value in turned.items()}


def test_relaxing_never_costs_more_and_forbidding_crossing_never_less(tmp_path: Path) -> None:
    name = "multi-asset"

    def wider(folder: Path) -> Path:
        def edit(rows: Rows) -> Rows:
            for row in rows:
                for column in ("lower", "upper"):
                    if row.get(column) and row["measure"] != "position":
                        sign = 1.1 if (float(row[column]) > 0) == (column == "upper") else 0.9
                        row[column] = str(float(row[column]) * sign)
            return rows

        edit_csv(folder, "limits.csv", edit)
        return folder

    cost, bound = optimum(SCENARIOS / name)
    relaxed = wider(variant(tmp_path, lambda book: None, name))
    assert optimum(relaxed)[1] <= cost
    apart = solve(alone(load(SCENARIOS / name).scenario))
    assert apart.certificate.cost >= bound


def test_a_dearer_twin_changes_nothing(tmp_path: Path) -> None:
    def with_twin(book: dict[str, Any]) -> None:
        tables = book["tables"]
        future = next(r for r in tables["instruments"] if r["instrument_id"] == "FUT")
        tables["instruments"].append(future | {"instrument_id": "TWIN", "half_spread_bps": "50"})
        tables["risk"]["loadings"].append(
            {"instrument_id": "TWIN", "factor_id": "MARKET", "loading": "1"}
        )
        margin = next(r for r in tables["margin_rates"] if r["instrument_id"] == "FUT")
        tables["margin_rates"].append(margin | {"instrument_id": "TWIN"})

    plain, twin = decided(SCENARIOS / "two-desks"), decided(variant(tmp_path, with_twin))
    assert plain["positions_after.csv"] == twin["positions_after.csv"]


def test_tomorrow_asks_for_nothing(tmp_path: Path) -> None:
    """positions_next fed back: no ticket of any kind."""
    files = decided(SCENARIOS / "two-desks")
    rows = list(csv.DictReader(io.StringIO(files["positions_next.csv"].decode())))

    def next_day(book: dict[str, Any]) -> None:
        book["tables"]["positions"] = rows

    again = decided(variant(tmp_path, next_day))
    for name in ("internal_transfers.csv", "hedges.csv", "cash_transfers.csv"):
        assert again[name].count(b"\n") == 1, name


def test_renaming_a_book_renames_the_tickets(tmp_path: Path) -> None:
    folder = tmp_path / "renamed"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    path = folder / "scenario.yaml"
    path.write_text(path.read_text().replace("ARB", "ZEBRA"))
    plain, renamed = decided(SCENARIOS / "two-desks"), decided(folder)
    for name in ("positions_next.csv", "costs.csv"):
        lines = sorted(plain[name].decode().replace("ARB", "ZEBRA").splitlines())
        assert sorted(renamed[name].decode().splitlines()) == lines
