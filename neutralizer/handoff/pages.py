"""What an approver reads before signing: totals first, then the largest tickets."""

from collections.abc import Callable
from decimal import Decimal

from neutralizer.domain.scenario import Scenario
from neutralizer.handoff.standing import StandingOrder
from neutralizer.proof.files import Row
from neutralizer.proof.sizes import sizes
from neutralizer.records.finished import Finished
from neutralizer.records.units import KINDS
from neutralizer.records.writing import csv_rows
from neutralizer.report.terminal import one_line, tonight
from neutralizer.report.words import cut

LARGEST = 10
SHOWN = {
    "internal_transfers": ("from_book", "to_book", "instrument_id", "quantity"),
    "hedges": ("side", "quantity", "instrument_id", "crossing_group"),
    "cash_transfers": ("from_pool", "to_pool", "currency", "amount"),
}


def run_page(run: Finished, scenario: Scenario) -> str:
    """Totals, the largest tickets in base currency, and what a person should know."""
    size = sizes(scenario)
    outputs = run.manifest["outputs"]
    lines = [one_line(run.summary).replace(" | ", "\n  ")]
    lines += [f"  run {run.run_id}, prepared by {run.manifest['prepared_by'] or 'nobody named'}"]
    lines += ["", *tonight(run.summary).splitlines(), "", "control totals"]
    for kind in KINDS:
        control = outputs[f"{kind}.csv"]
        lines.append(f"  {kind:<22}{control['rows']:>8} lines")
        lines += [f"    {name:<20}{total:>26}" for name, total in control["totals"].items()]
    for kind, columns in SHOWN.items():
        lines += _largest(run, kind, columns, size)
    told = [*run.manifest["notices"], *run.summary.findings]
    lines += ["", "to be read before", *(f"  {text}" for text in told)] if told else []
    return "\n".join(lines)


def _largest(
    run: Finished, kind: str, columns: tuple[str, ...], size: Callable[[Row], Decimal]
) -> list[str]:
    rows = csv_rows(run.files[f"{kind}.csv"])[1]
    rows.sort(key=lambda row: (-size(row), row["ticket_id"]))
    found = ["", f"largest {kind}"] if rows else []
    for row in rows[:LARGEST]:
        words = " ".join(row[c] for c in columns)
        found.append(f"  {cut(words, 52):<54}{size(row):>20,.2f}")
    more = len(rows) - LARGEST
    return [*found, f"  and {more} more"] if more > 0 else found


def order_page(order: StandingOrder) -> str:
    """What would leave without anybody awake."""
    return "\n".join(
        [
            f"standing order {order.name}, until {order.expires.isoformat()}",
            f"  scenarios     {', '.join(order.scenarios)}",
            f"  kinds         {', '.join(order.kinds)}",
            f"  largest line  {order.largest_line:,.2f} {order.currency}",
            f"  total         {order.total:,.2f} {order.currency}",
            f"  tickets       {order.tickets}",
            f"  as_of         at most {order.as_of_age.total_seconds() / 3600:g} h old",
            f"  accepted      {'; '.join(order.accept) or 'no finding and no notice'}",
        ]
    )
