"""Who faces whom: a central book is on one side of every transfer of its group, and barred pairs
neither cross with each other nor through another.
"""

from decimal import Decimal

from neutralizer.domain.scenario import Scenario
from neutralizer.proof.files import Files, Row
from neutralizer.proof.ledger import Ledger

ZERO = Decimal(0)


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """internal_transfers.csv against the central books and the barred pairs."""
    _through_the_centre(scenario, files, faults)
    _kept_apart(scenario, files, faults)


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
