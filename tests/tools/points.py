"""Random trades, and what an expression is worth there."""

import cvxpy as cp
import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.decision import Decision
from neutralizer.terms.margin import collateral


def random_point(scenario: Scenario, seed: int) -> tuple[Decision, Trades]:
    """A decision with values and the same trades in units, within the mandates; conservation is not asked
    for.
    """
    rng = np.random.default_rng(seed)
    decision, h = Decision(scenario), scenario.holdings
    for variable in (decision.rise, decision.fall, decision.buy, decision.sell):
        variable.value = rng.uniform(0, 2, variable.size) * rng.integers(0, 2, variable.size)
    unit = scenario.holding_notional / decision.money
    for variable, some, room in (
        (decision.rise, decision.risers, h.high - h.before),
        (decision.fall, decision.fallers, h.before - h.low),
    ):
        variable.value = np.minimum(variable.value, (room * unit)[some])
    both = (decision.buy.value > 0) & (decision.sell.value > 0)
    decision.sell.value = np.where(both, 0, decision.sell.value)
    together = np.intersect1d(decision.risers, decision.fallers)
    rise = decision.rise.value.copy()
    moving = set(decision.fallers[decision.fall.value > 0]) & set(together)
    rise[np.isin(decision.risers, list(moving))] = 0
    decision.rise.value = rise
    decision.cash.value = rng.uniform(0, 1, decision.cash.size)
    decision.pledged.value = rng.uniform(0, 1, decision.pledged.size)
    decision.borrowed.value = rng.uniform(0, 1, decision.borrowed.size)
    change = np.zeros(len(scenario.holdings.book))
    change[decision.risers] += decision.rise.value
    change[decision.fallers] -= decision.fall.value
    pools, routes, money = scenario.pools, scenario.routes, decision.money
    trades = Trades(
        change * money / scenario.holding_notional,
        (decision.buy.value - decision.sell.value) * money / scenario.order_notional,
        decision.cash.value * money / pools.fx[routes.source],
        decision.borrowed.value * money / pools.fx,
        decision.pledged.value * money / collateral.value(scenario),
    )
    return decision, trades


def value(decision: Decision, expression: object) -> np.ndarray:
    """The value of an expression, once the exposures and short parts tied to the decision have theirs."""
    for row in decision.constraints().values():
        left = row.args[0]
        if isinstance(left, cp.atoms.affine.index.index) and left.value is None:
            variable = left.args[0]
            if variable.value is None:
                variable.value = np.zeros(variable.shape)
    for row in decision._extra:
        left, right = row.args
        current = left.args[0].value.copy()
        current[:, left.key[1]] = np.reshape(right.value, (current.shape[0], -1))
        left.args[0].value = current
    for column, position in decision.shorts.parts:
        column.value = np.maximum(-position.value, 0.0)
    return np.asarray(expression.value, dtype=float)  # type: ignore[attr-defined]
