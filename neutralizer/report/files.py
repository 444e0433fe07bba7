"""Everything a run's folder holds, as bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neutralizer.domain.arrays import Floats
from neutralizer.domain.executions import live
from neutralizer.domain.plan import Booking
from neutralizer.domain.summary import Summary
from neutralizer.domain.trades import Trades
from neutralizer.proof import Files
from neutralizer.records.manifest import INPUTS, REPORT, SUMMARY
from neutralizer.records.writing import csv_bytes, csv_rows, json_bytes
from neutralizer.report.page import render
from neutralizer.report.tables import evidence, money, state
from neutralizer.terms.costs.attribution import Costs
from neutralizer.tickets import REGISTRY

if TYPE_CHECKING:
    from neutralizer.comparisons.fairness import BookResult
    from neutralizer.program.duals.shadow import Price

TABLES = state.COLUMNS | money.COLUMNS | {evidence.FILE: evidence.COLUMNS}


@dataclass(frozen=True)
class Results:
    """What a run found, as its files tell it."""

    booking: Booking
    costs: Costs
    best: Trades  # the continuous optimum
    shadow: Floats | None  # (limits,) None where nothing was priced
    prices: "Sequence[Price]"
    reasons: list[dict[str, str]]
    books: "Sequence[BookResult]"
    summary: Summary


def run_files(results: Results, inputs: Mapping[str, bytes], report: bool) -> dict[str, bytes]:
    """Tickets, tables, summary, the page and the inputs' own bytes; the manifest comes after."""
    booking = results.booking
    files = {t.FILE: csv_bytes(t.COLUMNS, t.rows(booking)) for t in REGISTRY}
    tables = {
        "margin_movements.csv": state.margin_rows(booking),
        "positions_after.csv": state.positions_after(booking),
        "positions_next.csv": state.positions_next(booking),
        "limits.csv": state.limit_rows(booking, results.best, results.shadow),
        "pools.csv": state.pool_rows(booking),
        "collateral.csv": state.collateral_rows(booking),
        "costs.csv": state.cost_rows(results.costs),
        "reasons.csv": money.filled("reasons.csv", results.reasons),
        "shadow_prices.csv": money.price_rows(results.prices),
        "books.csv": money.book_rows(results.books),
        "risk.csv": money.risk_rows(booking),
        "capital.csv": money.capital_rows(booking),
        "evidence.csv": evidence.rows(booking),
    }
    files |= {name: csv_bytes(TABLES[name], rows) for name, rows in tables.items()}
    files[SUMMARY] = json_bytes(results.summary.written())
    files |= {INPUTS + name: data for name, data in inputs.items()}
    return files | ({REPORT: render(files)} if report else {})


def parsed(files: Mapping[str, bytes]) -> Files:
    """The written bytes as the proof reads them. Raises ValueError where a file is no table."""
    rows, cancels = {}, {}
    columns = {t.FILE: t.COLUMNS for t in REGISTRY} | TABLES
    for name, expected in columns.items():
        if name not in files:
            raise ValueError(f"{name} is missing")
        header, every = csv_rows(files[name])
        if tuple(header) != expected:
            raise ValueError(f"{name} has other columns than the contract's")
        cancels[name] = [row for row in every if row.get("action") == "CANCEL"]
        rows[name] = live(every)
    return Files(rows, Summary.read(files[SUMMARY]), cancels)
