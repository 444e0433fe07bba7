"""Everything a run's folder holds, as bytes."""

from collections.abc import Mapping

from neutralizer.comparisons.fairness import books_alone_and_together
from neutralizer.domain.asked import Asked
from neutralizer.domain.executions import live
from neutralizer.domain.plan import Booking, Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import Summary
from neutralizer.domain.superseded import Superseded
from neutralizer.proof import Files
from neutralizer.records.manifest import INPUTS, REPORT, SUMMARY
from neutralizer.records.writing import csv_bytes, csv_rows, json_bytes
from neutralizer.report.claims import Claims
from neutralizer.report.page import render
from neutralizer.report.summary import summarise
from neutralizer.report.tables import evidence, horizon, money, risk, state, wishes
from neutralizer.terms import costs
from neutralizer.terms.costs.attribution import by_book, fills_of
from neutralizer.terms.days import Done
from neutralizer.tickets import REGISTRY

TABLES = (
    state.COLUMNS
    | money.COLUMNS
    | risk.COLUMNS
    | {x.FILE: x.COLUMNS for x in (evidence, wishes, horizon)}
    | {horizon.LIMITS: horizon.LIMIT_COLUMNS}
)


def booked(
    plan: Plan, scenario: Scenario, run_id: str, old: Superseded | None, later: Done = ()
) -> Booking:
    """The plan with the costs of its orders, and what is expected of later days."""
    per_order = costs.amounts(plan.trades, scenario)
    paid = {term: per_order[term] for term in ("half_spread", "market_impact", "commission_tax")}
    return Booking(plan, scenario, run_id, paid, old, later)


def run_files(
    booking: Booking,
    claims: Claims,
    asked: Asked,
    ages: dict[str, str],
    inputs: Mapping[str, bytes],
) -> dict[str, bytes]:
    """Tickets, tables, summary, the page and the inputs' own bytes; the manifest comes after."""
    attributed = by_book(booking.scenario, booking.plan.trades, fills_of(booking.plan))
    waits = wishes.waiting_by_book(booking)
    books = books_alone_and_together(
        booking.scenario, attributed, claims.alone_by_book, waits, claims.waiting_by_book
    )
    tables = {
        "margin_movements.csv": state.margin_rows(booking),
        "positions_after.csv": state.positions_after(booking),
        "positions_next.csv": state.positions_next(booking),
        "limits.csv": state.limit_rows(booking, claims.shadow),
        "pools.csv": state.pool_rows(booking),
        "collateral.csv": state.collateral_rows(booking),
        "costs.csv": state.cost_rows(attributed),
        "reasons.csv": claims.reasons,
        "shadow_prices.csv": claims.prices,
        "books.csv": money.book_rows(books),
        "targets.csv": wishes.rows(booking, claims.left),
        "risk.csv": money.risk_rows(booking),
        "capital.csv": money.capital_rows(booking),
        "evidence.csv": evidence.rows(booking),
        horizon.FILE: horizon.rows(booking.scenario, booking.plan.trades, booking.later),
        horizon.LIMITS: horizon.limit_rows(booking.scenario, booking.plan.trades, booking.later),
    }
    tables |= risk.tables(booking)
    files = {t.FILE: csv_bytes(t.COLUMNS, t.rows(booking)) for t in REGISTRY}
    files |= {name: csv_bytes(TABLES[name], rows) for name, rows in tables.items()}
    summary = summarise(booking, attributed, claims, books, asked, ages)
    files[SUMMARY] = json_bytes(summary.written())
    files |= {INPUTS + name: data for name, data in inputs.items()}
    return files | ({REPORT: render(files)} if asked.report else {})


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
