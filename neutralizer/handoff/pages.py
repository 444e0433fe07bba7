"""What an approver reads before signing: totals first, then the largest tickets."""

from neutralizer.handoff.standing import StandingOrder
from neutralizer.records.finished import Finished
from neutralizer.records.handed import KINDS
from neutralizer.records.writing import csv_rows
from neutralizer.report.terminal import one_line
from neutralizer.report.words import cut

LARGEST = 10
SIZES = {"internal_transfers": "notional_base", "hedges": "notional_base"}
SHOWN = {
    "internal_transfers": ("from_book", "to_book", "instrument_id", "quantity"),
    "hedges": ("side", "quantity", "instrument_id", "crossing_group"),
    "cash_transfers": ("from_pool", "to_pool", "currency", "amount"),
}


def run_page(run: Finished) -> str:
    """Totals, the largest tickets, and what a person should know."""
    outputs = run.manifest["outputs"]
    lines = [one_line(run.summary).replace(" | ", "\n  ")]
    lines += [f"  run {run.run_id}, prepared by {run.manifest['prepared_by'] or 'nobody named'}"]
    lines += ["", "control totals"]
    for kind in KINDS:
        control = outputs[f"{kind}.csv"]
        lines.append(f"  {kind:<22}{control['rows']:>8} lines")
        lines += [f"    {name:<20}{total:>26}" for name, total in control["totals"].items()]
    for kind, columns in SHOWN.items():
        lines += _largest(run, kind, columns)
    told = [*run.manifest["notices"], *run.summary.findings]
    lines += ["", "to be read before", *(f"  {text}" for text in told)] if told else []
    return "\n".join(lines)


def _largest(run: Finished, kind: str, columns: tuple[str, ...]) -> list[str]:
    rows = csv_rows(run.files[f"{kind}.csv"])[1]
    size = SIZES.get(kind, "amount")
    rows.sort(key=lambda row: (-float(row[size]), row["ticket_id"]))
    found = ["", f"largest {kind}"] if rows else []
    for row in rows[:LARGEST]:
        words = " ".join(row[c] for c in columns)
        found.append(f"  {cut(words, 52):<54}{float(row[size]):>20,.2f}")
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
        ]
    )
