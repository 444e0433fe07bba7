"""Positions roll forward, exactly; mandates hold; crossings net to zero in every group."""

from collections import defaultdict
from decimal import Decimal

from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.proof.files import Files
from neutralizer.proof.ledger import Ledger

ZERO = Decimal(0)


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """positions_after.csv and positions_next.csv against inputs and tickets."""
    written = {(r["book_id"], r["instrument_id"]): r for r in files["positions_after.csv"]}
    if len(written) != len(files["positions_after.csv"]):
        faults.append("positions_after.csv holds a pair twice")
    following = {
        (r["book_id"], r["instrument_id"]): decimal(r["quantity"])
        for r in files["positions_next.csv"]
    }
    if len(following) != len(files["positions_next.csv"]):
        faults.append("positions_next.csv holds a pair twice")
    for key in sorted(written.keys() - ledger.holding.keys()):
        faults.append(f"positions_after.csv holds {key[0]} {key[1]}, which is no holding")
    for key, h in ledger.holding.items():
        before = scenario.holdings.exact[h]
        moved, filled = ledger.transferred.get(key, ZERO), ledger.hedged.get(key, ZERO)
        after = before + moved + filled
        expected = (before, moved, filled, after)
        row = written.get(key)
        if row is None:
            if any(expected):
                faults.append(f"positions_after.csv lacks {key[0]} {key[1]}")
            continue
        columns = ("quantity_before", "transferred", "hedged", "quantity_after")
        found = tuple(decimal(row[c]) for c in columns)
        if found != expected:
            faults.append(
                f"{key[0]} {key[1]}: {found[0]} + {found[1]} + {found[2]} = {found[3]} does not follow from inputs and tickets"
            )
        if following.pop(key, ZERO) != after:
            faults.append(f"positions_next.csv: {key[0]} {key[1]} is not {after}")
        _mandate(scenario, key, h, after, faults)
    faults += [f"positions_next.csv holds {b} {i}, which is no holding" for b, i in following]
    _net_to_zero(scenario, files, faults)


def _mandate(
    scenario: Scenario, key: tuple[str, str], h: int, after: Decimal, faults: list[str]
) -> None:
    low, high = scenario.holdings.low[h], scenario.holdings.high[h]
    if not _exactly(scenario, h, low) <= after <= _exactly(scenario, h, high):
        faults.append(f"{key[0]} {key[1]}: {after} breaks the mandate ({low:g} to {high:g})")


def _exactly(scenario: Scenario, h: int, bound: float) -> Decimal:
    """A bound of a mandate is nothing, the position before or a target as it was written, or none."""
    holdings = scenario.holdings
    return holdings.exact[h] if bound == holdings.before[h] else Decimal(repr(float(bound)))


def _net_to_zero(scenario: Scenario, files: Files, faults: list[str]) -> None:
    group = dict(zip(scenario.books.ids, scenario.books.group, strict=True))
    total: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in files["positions_after.csv"]:
        if row["book_id"] in group:
            total[group[row["book_id"]], row["instrument_id"]] += decimal(row["transferred"])
    faults += [f"transfers of {i} in {g} sum to {q}" for (g, i), q in sorted(total.items()) if q]
