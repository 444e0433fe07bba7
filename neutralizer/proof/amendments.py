"""Every open ticket of a superseded run is replaced or cancelled, once; nothing else is."""

from decimal import Decimal

from neutralizer.domain.money import decimal
from neutralizer.domain.superseded import SAME_LINE, Superseded, line_of
from neutralizer.proof.files import Files, Row

OWN = {
    *"ticket_id version action ref_ticket_id run_id business_date".split(),
    *"quantity notional_base sequence share_of_adv".split(),
    *"half_spread_cost impact_cost commission_tax_cost".split(),
}


def prove(files: Files, old: Superseded | None, faults: list[str]) -> None:
    """Actions, versions and references of the three kinds of tickets."""
    version = "1" if old is None else str(old.version + 1)
    for kind in SAME_LINE:
        rows, cancels = files[f"{kind}.csv"], files.cancels.get(f"{kind}.csv", [])
        for row in (*rows, *cancels):
            if row["version"] != version:
                faults.append(f"{row['ticket_id']}: version {row['version']} is not {version}")
        if old is None:
            faults += [
                f"{r['ticket_id']}: {r['action']} {r['ref_ticket_id']}, and nothing is superseded"
                for r in (*rows, *cancels)
                if r["action"] != "NEW" or r["ref_ticket_id"]
            ]
        else:
            _references(kind, rows, cancels, old, faults)


def _references(
    kind: str, rows: list[Row], cancels: list[Row], old: Superseded, faults: list[str]
) -> None:
    due = {row["ticket_id"]: row for row in old.still_open(kind)}
    untouched = {row["ticket_id"] for row in old.replaceable(kind).values()}
    for row in (*rows, *cancels):
        name, ref = row["ticket_id"], row["ref_ticket_id"]
        if row["action"] == "NEW" and not ref:
            continue
        before = due.pop(ref, None)
        if before is None:
            faults.append(f"{name}: {ref or 'nothing'} is not open, or is named twice")
        elif row["action"] == "CANCEL":
            faults += [f"{name}: {fault}" for fault in _cancel(row, dict(before), old)]
        elif row["action"] != "REPLACE" or ref not in untouched:
            faults.append(f"{name}: {row['action']} of {ref}, of which something is done")
        elif line_of(kind, row) != line_of(kind, before):
            faults.append(f"{name}: it replaces {ref}, which is another line")
    faults += [f"{ref} is open and neither replaced nor cancelled" for ref in due]


def _cancel(row: Row, before: Row, old: Superseded) -> list[str]:
    faults = [
        f"{c} {row[c]!r} is not {before[c]!r}" for c in before.keys() - OWN if row[c] != before[c]
    ]
    if "quantity" not in row:
        return faults
    left, whole = old.left(before), decimal(before["quantity"])
    if decimal(row["quantity"]) != left:
        faults.append(f"quantity {row['quantity']} is not the {left} that is open")
    notional = decimal(before["notional_base"]) * left / whole
    if abs(decimal(row["notional_base"]) - notional) > Decimal("0.01"):
        faults.append(f"notional_base {row['notional_base']} is not {notional:.2f}")
    return faults
