"""A solver's numbers -> decisions in the scenario's own units."""

from typing import Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.program.canonical import Canonical
from neutralizer.terms.decision import Decision
from neutralizer.terms.margin import collateral


def recovered(
    decision: Decision, canonical: Canonical, x: Floats, scenario: Scenario | None = None
) -> Trades:
    """A solver's x in the scenario's units, projected onto the equalities of units and the mandates: those of
    `scenario`, where a later day begins otherwise than its decision was written for.
    """
    scenario = scenario or decision.scenario
    holdings, orders, money = scenario.holdings, scenario.orders, decision.money

    def value(variable: Any) -> Floats:
        columns = canonical.columns.get(variable.id)
        size = variable.size
        return np.zeros(size) if columns is None else np.maximum(x[columns], 0.0)

    change = np.zeros(len(holdings.book))
    np.add.at(change, decision.risers, value(decision.rise))
    np.subtract.at(change, decision.fallers, value(decision.fall))
    change *= money / scenario.holding_notional
    order = (value(decision.buy) - value(decision.sell)) * money / scenario.order_notional
    order[orders.forbidden(order)] = (
        0.0  # the solver keeps them to its tolerance, which may be half a lot
    )
    change = np.clip(change, holdings.low - holdings.before, holdings.high - holdings.before)
    apart = orders.order_rows @ order - orders.change_rows @ change
    weight = np.abs(change) + 1e-9 * scenario.may_change
    total = orders.change_rows @ weight
    share = np.divide(
        weight, total[orders.row], out=np.zeros_like(weight), where=total[orders.row] > 0
    )
    change = change + share * apart[orders.row]
    change = np.clip(change, holdings.low - holdings.before, holdings.high - holdings.before)
    pools, routes = scenario.pools, scenario.routes
    return Trades(
        change,
        order,
        np.minimum(value(decision.cash) * money / pools.fx[routes.source], routes.capacity),
        np.minimum(value(decision.borrowed) * money / pools.fx, pools.borrow_limit),
        value(decision.pledged) * money / collateral.value(scenario),
    )
