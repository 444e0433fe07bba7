"""What is booked tonight: a part of what crosses, that leaves no limit and no pool worse than before."""

from decimal import Decimal

from neutralizer.domain.scenario import Scenario
from neutralizer.proof.files import Files
from neutralizer.proof.ledger import Ledger
from neutralizer.terms.night import worse

ZERO = Decimal(0)
TONIGHT, WITH_HEDGES = "1", "2"


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """The phase of each line, what of each holding crosses tonight, and the state after it."""
    for name in ("internal_transfers.csv", "hedges.csv", "cash_transfers.csv"):
        known = (WITH_HEDGES,) if name == "hedges.csv" else (TONIGHT, WITH_HEDGES)
        faults += [
            f"{row['ticket_id']}: release_phase {row['release_phase'] or 'blank'} is none of its own"
            for row in files[name]
            if row["release_phase"] not in known
        ]
    for (book, instrument), tonight in ledger.tonight.items():
        whole = ledger.transferred[book, instrument]
        if not min(whole, ZERO) <= tonight <= max(whole, ZERO):
            faults.append(
                f"{book} {instrument}: {tonight} crosses tonight, which is no part of the {whole} that cross"
            )
    faults += [
        f"{name} is worse after what is booked tonight than before"
        for name in worse(scenario, ledger.after_transfers)
    ]
