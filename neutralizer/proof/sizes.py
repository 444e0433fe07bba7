"""How large a ticket is, base currency: from its quantity and the inputs, never from a cell that says so."""

from collections.abc import Callable
from decimal import Decimal

from neutralizer.domain.money import decimal, rounded
from neutralizer.domain.scenario import Scenario
from neutralizer.proof.files import Row

TICKETS = ("internal_transfers.csv", "hedges.csv", "cash_transfers.csv")


def sizes(scenario: Scenario) -> Callable[[Row], Decimal]:
    """The size of a row of one of the ticket files: units at the unit's notional, cash at the rate of its
    pool. Raises KeyError where it names nothing known, ValueError where its quantity is no number.
    """
    t, pools = scenario.tradables, scenario.pools
    unit = dict(zip(t.ids, t.notional.tolist(), strict=True))
    rate = {p: float(x) for p, x in zip(pools.ids, pools.fx, strict=True)}

    def size(row: Row) -> Decimal:
        if "from_pool" in row:
            amount = float(decimal(row["amount"])) * rate[row["from_pool"]]
        else:
            amount = float(decimal(row["quantity"])) * unit[row["instrument_id"]]
        return rounded(amount, scenario.base_currency)

    return size
