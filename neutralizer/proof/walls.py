"""Who faces whom: a central book is on one side of every transfer of its group, and barred pairs
neither cross with each other nor through another; nobody buys and sells one tradable outside at once.
"""

from decimal import Decimal

from neutralizer.domain.scenario import Scenario
from neutralizer.proof.files import Files, Row
from neutralizer.proof.ledger import Ledger

ZERO = Decimal(0)


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """Transfers against the central books and the barred pairs; orders against their owners."""
    _through_the_centre(scenario, files, faults)
    _kept_apart(scenario, files, faults)
    _on_one_side(scenario, files, faults)


def _through_the_centre(scenario: Scenario, files: Files, faults: list[str]) -> None:
    """A transfer of a group with a central book joins that book to another."""
    for row in files["internal_transfers.csv"]:
        central = central_book(scenario, row)
        if central and (row["from_book"] == central) == (row["to_book"] == central):
            faults.append(
                f"{row['ticket_id']}: {row['from_book']} gives to {row['to_book']}, and not through "
                f"{central}, the central book of {row['crossing_group']}"
            )


def _kept_apart(scenario: Scenario, files: Files, faults: list[str]) -> None:
    """No transfer joins a barred pair, and no group holds transfers of both."""
    crossing: dict[str, set[str]] = {}
    for row in files["internal_transfers.csv"]:
        crossing.setdefault(row["crossing_group"], set()).update((row["from_book"], row["to_book"]))
    for pair in ({scenario.books.ids[b] for b in pair} for pair in scenario.books.barred):
        names = " and ".join(sorted(pair))
        faults += [
            f"{row['ticket_id']}: {names} may never cross with each other"
            for row in files["internal_transfers.csv"]
            if pair == {row["from_book"], row["to_book"]}
        ]
        faults += [
            f"{names} may never cross with each other, and both cross in {group}"
            for group, books in sorted(crossing.items())
            if pair <= books
        ]


def _on_one_side(scenario: Scenario, files: Files, faults: list[str]) -> None:
    """The books of one beneficial owner receive purchases or sales of a tradable, not both."""
    owner = dict(zip(scenario.books.ids, scenario.books.owner, strict=True))
    hedges = {row["ticket_id"]: row for row in files["hedges.csv"]}
    sides: dict[tuple[str, str], set[bool]] = {}
    for row in files["hedge_allocations.csv"]:
        hedge = hedges.get(row["ticket_id"])
        if hedge is not None and row["book_id"] in owner:
            key = (owner[row["book_id"]], hedge["instrument_id"])
            sides.setdefault(key, set()).add(hedge["side"] == "BUY")
    faults += [
        f"{name or 'the owner'} buys and sells {tradable} outside at once"
        for (name, tradable), both in sorted(sides.items())
        if len(both) > 1
    ]


def central_book(scenario: Scenario, row: Row) -> str:
    """The central book of a transfer's group, blank where there is none."""
    b = scenario.books.via.get(row["crossing_group"])
    return "" if b is None else scenario.books.ids[b]


def passed_fractions(scenario: Scenario, ledger: Ledger, row: Row, step: Decimal) -> set[Decimal]:
    """What a transfer with a central book may be beyond whole steps: the fraction that its other book
    has below a step, and those that the group's books have, each moved whole.
    """
    central, name = central_book(scenario, row), row["instrument_id"]
    if not central:
        return set()
    gives = row["to_book"] == central
    other = row["from_book"] if gives else row["to_book"]
    found = {ZERO}
    for book, group in zip(scenario.books.ids, scenario.books.group, strict=True):
        h = ledger.holding.get((book, name))
        fraction = ZERO if h is None else scenario.holdings.exact[h] % step
        if group == row["crossing_group"] and fraction:
            own = fraction if gives == (book == other) else -fraction
            found |= {(x + own + step) % step for x in found}
    return found
