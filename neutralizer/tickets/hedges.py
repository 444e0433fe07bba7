"""hedges.csv: what is bought or sold outside, with what it is expected to cost."""

import numpy as np

from neutralizer.domain.calendar import later
from neutralizer.domain.money import plain, rounded
from neutralizer.domain.plan import Booking, Hedge
from neutralizer.tickets._amend import amended
from neutralizer.tickets._common import head, hedge_id, parent_id, terms

FILE = "hedges.csv"
COLUMNS = tuple(
    "ticket_id version action ref_ticket_id run_id business_date execution_date settle_date "
    "release_phase sequence parent_order crossing_group instrument_id isin side quantity "
    "reference_price price_rule price_source price_time currency multiplier notional_base "
    "share_of_adv half_spread_cost impact_cost commission_tax_cost".split()
)
COSTS = {
    "half_spread_cost": "half_spread",
    "impact_cost": "market_impact",
    "commission_tax_cost": "commission_tax",
}


def rows(booking: Booking) -> list[dict[str, str]]:
    """One line per order, two where a sale is split, sorted by ticket id; `sequence` by size."""
    s = booking.scenario
    found = [_row(booking, hedge) for hedge in booking.plan.hedges]
    size = {
        hedge_id(booking, x): (
            -float(x.quantity) * float(s.order_notional[x.order]),
            x.order,
            x.part,
        )
        for x in booking.plan.hedges
    }
    for k, ticket in enumerate(sorted(size, key=lambda t: size[t]), 1):
        next(row for row in found if row["ticket_id"] == ticket)["sequence"] = str(k)
    return amended("hedges", booking, sorted(found, key=lambda row: row["ticket_id"]))


def _row(booking: Booking, hedge: Hedge) -> dict[str, str]:
    s = booking.scenario
    t = int(s.orders.tradable[hedge.order])
    days, adv = s.tradables.settlement_days[t], float(s.tradables.adv[t])
    notional = float(hedge.quantity) * float(s.tradables.notional[t])
    settles = "" if np.isnan(days) else later(s.execution_date, int(days), s.calendar).isoformat()
    paid = {
        column: str(
            rounded(float(booking.order_costs[term][hedge.order]) * hedge.share, s.base_currency)
        )
        for column, term in COSTS.items()
    }
    return (
        head(booking, hedge_id(booking, hedge))
        | terms(s, t)
        | paid
        | {
            "execution_date": s.execution_date.isoformat(),
            "settle_date": settles,
            "release_phase": "2",
            "parent_order": parent_id(booking, hedge),
            "crossing_group": s.orders.group[hedge.order],
            "side": hedge.side,
            "quantity": plain(hedge.quantity),
            "reference_price": plain(float(s.tradables.price[t])),
            "notional_base": str(rounded(notional, s.base_currency)),
            "share_of_adv": "" if np.isnan(adv) else f"{float(hedge.quantity) / adv:.6f}",
        }
    )
