"""Everything a run's folder holds, as bytes."""

from collections.abc import Mapping
from typing import Any

from neutralizer.costs.attribution import Costs
from neutralizer.domain.plan import Booking
from neutralizer.domain.scenario import Floats
from neutralizer.domain.trades import Trades
from neutralizer.output import reports
from neutralizer.output.writing import csv_bytes, csv_rows, json_bytes
from neutralizer.proof import Files
from neutralizer.tickets import REGISTRY

SUMMARY = "summary.json"
INPUTS = "inputs/"


def run_files(
    booking: Booking,
    costs: Costs,
    best: Trades,
    shadow: Floats | None,
    summary: dict[str, Any],
    inputs: Mapping[str, bytes],
) -> dict[str, bytes]:
    """Tickets, reports, summary and the inputs' own bytes; the manifest comes after."""
    files = {t.FILE: csv_bytes(t.COLUMNS, t.rows(booking)) for t in REGISTRY}
    tables = {
        "margin_movements.csv": reports.margin_rows(booking),
        "positions_after.csv": reports.positions_after(booking),
        "positions_next.csv": reports.positions_next(booking),
        "limits.csv": reports.limit_rows(booking, best, shadow),
        "pools.csv": reports.pool_rows(booking),
        "costs.csv": reports.cost_rows(costs),
    }
    files |= {name: csv_bytes(reports.COLUMNS[name], rows) for name, rows in tables.items()}
    files[SUMMARY] = json_bytes(summary)
    return files | {INPUTS + name: data for name, data in inputs.items()}


def parsed(files: Mapping[str, bytes]) -> Files:
    """The written bytes as the proof reads them. Raises ValueError where a file is no table."""
    import json

    rows = {}
    columns = {t.FILE: t.COLUMNS for t in REGISTRY} | reports.COLUMNS
    for name, expected in columns.items():
        if name not in files:
            raise ValueError(f"{name} is missing")
        header, rows[name] = csv_rows(files[name])
        if tuple(header) != expected:
            raise ValueError(f"{name} has other columns than the contract's")
    return Files(rows, json.loads(files[SUMMARY]))
