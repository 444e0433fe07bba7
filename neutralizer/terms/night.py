"""What may be booked before the hedges: what leaves no limit and no pool worse than before, unless it is
inside its bounds.
"""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, nothing
from neutralizer.terms import limits
from neutralizer.terms.margin import cash


def outside(scenario: Scenario, state: Trades) -> Floats:
    """(limits,) excess beyond the written bounds, in the measure's unit; of a rounding error nothing."""
    beyond = limits.beyond(limits.amounts(state, scenario), *limits.written(scenario))
    return np.where(beyond > limits.rounding_errors(state, scenario), beyond, 0.0)


def everything(plan: Plan) -> Trades:
    """The state after all transfers and all cash of a plan, and none of its orders."""
    moved = np.array([float(q) for q in plan.transferred])
    return replace(plan.trades, change=moved, order=np.zeros_like(plan.trades.order))


def worse(scenario: Scenario, state: Trades) -> list[str]:
    """The limits and pools that a state leaves worse than before, by name and scope."""
    s, before = scenario, nothing(scenario)
    error = limits.rounding_errors(state, s) + limits.rounding_errors(before, s)
    more = outside(s, state) - outside(s, before) > error
    short, was = (np.minimum(cash.headroom(x, s), 0.0) for x in (state, before))
    found = [f"{x.limit_id} {x.scope}" for x, out in zip(s.limits, more, strict=True) if out]
    return found + [f"pool {p}" for p, less in zip(s.pools.ids, short < was, strict=True) if less]
