"""What prices that are out by a known amount are worth: −min(Σ_d rate · min(sign · z, most), budget).

z is what the firm buys outside of an instrument, net, so that passing a position on inside earns nothing. It is
concave in the orders, and minimised with the costs; nobody is paid it tonight, so it is told apart from them and is
never part of `objective` or `plan_cost`. What is spent to earn it is, and of each book alone too. A budget of 0, the
default, leaves it out.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import diags_array

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERM = "dislocation"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency, convex: below zero where it earns."""
    import cvxpy as cp

    d = scenario.dislocations
    if not len(d.instrument):
        return cp.Constant(0.0)
    notional = scenario.instruments.notional[d.instrument]
    of_orders = scenario.tradables.legs[scenario.orders.tradable][:, d.instrument]
    of_money = diags_array(notional) @ of_orders.T @ diags_array(1 / scenario.order_notional)
    bought = of_money @ (decision.buy - decision.sell)
    most = d.most * notional / decision.money
    gain = (d.rate / notional) @ (most - decision.unused(most, cp.multiply(d.sign, bought)))
    budget = scenario.costing.dislocation_budget / decision.money
    return decision.money * (decision.unused(budget, gain) - budget)


def credits(trades: Trades, scenario: Scenario) -> Floats:
    """(D,) base currency, before the budget; below zero where the firm goes against it."""
    d = scenario.dislocations
    bought = scenario.tradables.legs[scenario.orders.tradable].T @ trades.order
    found: Floats = d.rate * np.minimum(d.sign * bought[d.instrument], d.most)
    return found


def credit(trades: Trades, scenario: Scenario) -> float:
    """Base currency."""
    return float(min(credits(trades, scenario).sum(), scenario.costing.dislocation_budget))
