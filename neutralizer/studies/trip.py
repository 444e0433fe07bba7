"""One case of a sweep: the scenario with what it changes, decided, rounded and proven; its row of figures."""

from functools import partial

from neutralizer.domain.cases import Case
from neutralizer.face import Scenario, solve
from neutralizer.records.writing import csv_rows
from neutralizer.studies.sent import Row, Sent, row_of
from neutralizer.studies.used import cash_moved, margin_after

FIGURES = (
    "status",
    "plan_cost",
    "objective",
    "waiting",
    "saving",
    "crossed_notional",
    "external_notional",
    "margin",
    "cash_moved",
    "firm_volatility",
    "transfers",
    "orders",
    "breaches",
    "binding",
    "why_not",
)


def trip(sent: Sent, case: Case) -> Row:
    """Of a whole run. Raises OtherVersion."""
    return row_of(sent, case, partial(_figures, sent.baseline))


def _figures(baseline: bool, scenario: Scenario) -> Row:
    run = solve(scenario, report=False, baseline=baseline)
    summary, limits = run.summary, csv_rows(run.files["limits.csv"])[1]
    binding = dict.fromkeys(r["limit_id"] for r in limits if r["binding"] == "yes")
    money = {
        "plan_cost": summary.plan_cost,
        "objective": summary.objective,
        "waiting": summary.waiting.plan,
        "saving": summary.saving,
        "crossed_notional": summary.crossed_notional,
        "external_notional": summary.external_notional,
        "margin": margin_after(run),
        "cash_moved": cash_moved(run),
        "firm_volatility": summary.firm_volatility.after,
    }
    return {
        "status": summary.status,
        **{name: "" if x is None else f"{x:.2f}" for name, x in money.items()},
        "transfers": str(summary.lines.transfers),
        "orders": str(summary.lines.orders),
        "breaches": str(summary.breaches.after),
        "binding": ";".join(binding),
        "why_not": "",
    }
