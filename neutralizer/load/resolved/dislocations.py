"""Prices that are out, as a rate for each unit that the firm buys or sells on the side that gains."""

import numpy as np

from neutralizer.domain.scenario import NO_DISLOCATIONS, Dislocations, Tradables
from neutralizer.load.resolved.currencies import share
from neutralizer.load.resolved.days import business_date
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs

REACH = 10.0  # times the gross of the firm: what it buys or sells beyond gains nothing, whatever the budget


def dislocations_of(
    inputs: Inputs, select: Selector, tradables: Tradables, gross: float
) -> Dislocations:
    """None without a budget. What has expired is left out, and what the way out again would cost more than it
    is expected to bring. `gross`: of the firm before, base currency.
    """
    table, today = inputs["dislocations"], business_date(inputs)
    budget = inputs.settings.costs.dislocation_budget
    if not budget or not len(table):
        return NO_DISLOCATIONS
    t, found = tradables, []
    currency = dict(zip(inputs["instruments"]["instrument_id"], inputs["instruments"]["currency"], strict=True))  # fmt: skip
    for row, name in enumerate(table["instrument_id"]):
        k, ends = select.index[name], table["expires"][row]
        fair = table["fair_value"][row] * share(currency[name])
        gap = (fair - t.price[k]) * t.multiplier[k] * t.fx[k] * table["confidence"][row]
        out = t.half_spread[k] + (t.sell_charge[k] if gap > 0 else t.buy_charge[k])
        if (ends is None or ends >= today) and abs(gap) > out:
            rate = abs(gap) - out
            most = np.nan_to_num(table["max_quantity"][row], nan=np.inf)
            most = min(most, budget / rate, REACH * gross / t.notional[k])
            found.append((k, rate, np.sign(gap), most))
    if not found:
        return NO_DISLOCATIONS
    columns = [np.array(c) for c in zip(*sorted(found), strict=True)]
    return Dislocations(columns[0].astype(np.int64), *(c.astype(np.float64) for c in columns[1:]))
