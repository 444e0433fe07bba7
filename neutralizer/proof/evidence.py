"""What evidence.csv says of each transfer's price is what the inputs say."""

from datetime import datetime
from decimal import Decimal

import numpy as np

from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.proof.files import Files, Row, same
from neutralizer.proof.ledger import Ledger

SHARED = tuple(
    "instrument_id from_book to_book quantity currency price price_rule price_source price_time".split()
)

COPIED = ("bid", "ask", "from_mark", "to_mark", "age_seconds")


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """One line per transfer, the same in what they share; quotes, marks and profits recomputed."""
    tickets = {row["ticket_id"]: row for row in files["internal_transfers.csv"]}
    for row in files["evidence.csv"]:
        ticket = tickets.pop(row["ticket_id"], None)
        if ticket is None:
            faults.append(f"evidence.csv: {row['ticket_id']} is no transfer, or is a duplicate")
        elif any(row[c] != ticket[c] for c in SHARED):
            faults.append(f"evidence.csv: {row['ticket_id']} is not what the ticket says")
        else:
            faults += [
                f"evidence.csv: {row['ticket_id']}: {f}" for f in _line(scenario, ledger, row)
            ]
    faults += [f"evidence.csv lacks {name}" for name in tickets]


def _line(scenario: Scenario, ledger: Ledger, row: Row) -> list[str]:
    t = scenario.tradables
    i = t.ids.index(row["instrument_id"])
    price, quantity = float(t.price[i]), float(decimal(row["quantity"]))
    worth = quantity * float(t.multiplier[i]) * float(t.fx[i])
    marks = [
        float(scenario.holdings.mark[ledger.holding[row[side], row["instrument_id"]]])
        for side in ("from_book", "to_book")
    ]
    bid, ask = float(t.bid[i]), float(t.ask[i])
    basis = 1e4 / abs(price) if price else np.nan
    beyond = [x for x in (bid - price, price - ask) if not np.isnan(x)]
    expected = {
        "bid": bid,
        "ask": ask,
        "beyond_quotes_bps": max(*beyond, 0.0) * basis if len(beyond) == 2 else np.nan,
        "from_mark": marks[0],
        "to_mark": marks[1],
        "mark_dispersion_bps": abs(marks[0] - marks[1]) * basis,
        "from_profit": worth * (price - marks[0]),
        "to_profit": worth * (marks[1] - price),
        "age_seconds": _age(scenario, t.price_time[i]),
    }
    return [
        f"{name} {row[name] or 'blank'} is not {value:g}"
        for name, value in expected.items()
        if not _says(row[name], value, exactly=name in COPIED)
    ]


def _says(written: str, value: float, exactly: bool) -> bool:
    """Whether a cell holds a number; of nothing it is blank."""
    if not written or np.isnan(value):
        return not written and bool(np.isnan(value))
    return decimal(written) == Decimal(repr(value)) if exactly else same(written, value)


def _age(scenario: Scenario, time: str) -> float:
    """Seconds at as_of; nan where nobody says."""
    made = datetime.fromisoformat(time) if time else None
    return (scenario.as_of - made).total_seconds() if made else np.nan
