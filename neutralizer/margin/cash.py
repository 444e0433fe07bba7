"""What fully paid positions take out of the pools, and what the pools hold after it.

outflow[a] = Σ_{fully paid i} v_i · (max(x, 0) − max(x⁰, 0)), short proceeds locked as collateral;
with free short proceeds Σ v_i · (x − x⁰). balance[p] = cash + received − sent − Σ outflow.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer import margin
from neutralizer.domain.scenario import Bools, Floats, Ints, Matrix, Scenario
from neutralizer.domain.trades import Trades, entry_position, sums

if TYPE_CHECKING:
    from neutralizer.decision import Decision


def _paid(scenario: Scenario) -> tuple[Floats, Bools]:
    """(N,) unit value where fully paid, else 0; and whether short proceeds are locked."""
    entries = scenario.entries
    paid = scenario.instruments.fully_paid[entries.instrument]
    value = np.where(paid, scenario.instruments.value[entries.instrument], 0.0)
    return value, scenario.accounts.locked[entries.account]


def outflows(trades: Trades, scenario: Scenario) -> Floats:
    """(A,) cash that each account takes, base currency, + out."""
    value, locked = _paid(scenario)
    before, after = scenario.entries.before, entry_position(scenario, trades)
    covered = np.maximum(after, 0) - np.maximum(before, 0)
    flow = value * np.where(locked, covered, after - before)
    return sums(scenario.entries.account, flow, len(scenario.accounts.ids))


def _per_pool(scenario: Scenario, weights: Floats) -> Matrix:
    accounts = scenario.accounts
    shape = (len(scenario.pools.ids), len(accounts.ids))
    return csr_array((weights, (accounts.pool, np.arange(len(accounts.ids)))), shape=shape)


def balances(trades: Trades, scenario: Scenario) -> Floats:
    """(P,) cash after, before margin and loans, in the pool's currency."""
    pools, routes = scenario.pools, scenario.routes
    found = (
        pools.cash
        - _per_pool(scenario, np.ones(len(scenario.accounts.ids)))
        @ outflows(trades, scenario)
        / pools.fx
    )
    np.subtract.at(found, routes.source, trades.cash)
    received = trades.cash * (1 - routes.fee) * pools.fx[routes.source] / pools.fx[routes.target]
    np.add.at(found, routes.target, received)
    return found  # type: ignore[no-any-return]


def requirements(trades: Trades, scenario: Scenario) -> Floats:
    """(P,) margin times multiplier that each pool has to carry, in the pool's currency."""
    called = scenario.accounts.multiplier * margin.amounts(trades, scenario)
    found: Floats = _per_pool(scenario, np.ones(len(called))) @ called / scenario.pools.fx
    return found


def stress_calls(trades: Trades, scenario: Scenario) -> Floats:
    """(P,) what the worst of each pool's shocks would call for beyond today's margin, in the pool's
    currency: margin times `stress.margin`, and the loss of what pays in cash. Zero without shocks.
    """
    s, pools = scenario, scenario.pools
    more = (s.stress.margin - 1) * requirements(trades, s)
    x, found = entry_position(s, trades), np.zeros(len(pools.ids))
    for p, shocks in enumerate(pools.shocks):
        if shocks:
            own, straight, short = _paying(s, p, shocks)
            lost = straight.T @ x[own] + short.T @ np.maximum(-x[own], 0)
            found[p] = max(float(lost.max()) / pools.fx[p] + more[p], 0.0)
    return found


def _paying(scenario: Scenario, pool: int, shocks: tuple[int, ...]) -> tuple[Ints, Floats, Floats]:
    """The pool's entries and (n, shocks) base a unit: the loss of what is margined, and what a unit
    short against locked proceeds pays as prices rise.
    """
    s = scenario
    own = np.flatnonzero(s.accounts.pool[s.entries.account] == pool)
    which = s.entries.instrument[own]
    loss = s.shocks.loss[which][:, shocks]
    paid = s.instruments.fully_paid[which][:, None]
    locked = s.accounts.locked[s.entries.account[own]][:, None]
    return own, np.where(paid, 0.0, loss), np.where(paid & locked, np.maximum(-loss, 0.0), 0.0)


def headroom(trades: Trades, scenario: Scenario) -> Floats:
    """(P,) balance + borrowed − margin − what its shocks call for − minimum balance, in the pool's
    currency; a plan keeps it >= 0.
    """
    free = balances(trades, scenario) + trades.borrowed - requirements(trades, scenario)
    return free - stress_calls(trades, scenario) - scenario.pools.minimum_balance


def headroom_expression(decision: "Decision", scenario: Scenario) -> Any:
    """(P,) the same in base currency over `money`, concave."""
    import cvxpy as cp

    pools, routes, entries, money = (
        scenario.pools,
        scenario.routes,
        scenario.entries,
        decision.money,
    )
    value, locked = _paid(scenario)
    notional = scenario.instruments.notional[entries.instrument]
    share, before = value / notional, entries.before * notional / money
    some = np.flatnonzero(share)
    out = _per_pool(scenario, np.ones(len(scenario.accounts.ids)))
    of_entry = out @ csr_array(
        (np.ones(len(entries.account)), (entries.account, np.arange(len(entries.account)))),
        shape=(len(scenario.accounts.ids), len(entries.account)),
    )
    x = decision.entry[some]
    flow = of_entry[:, some] @ cp.multiply(share[some], x)
    shorts = np.flatnonzero(locked[some])
    if len(shorts):
        flow = flow + of_entry[:, some[shorts]] @ cp.multiply(
            share[some[shorts]], cp.neg(x[shorts])
        )
    start = np.where(locked, np.maximum(before, 0), before)
    count = np.arange(len(routes.source))
    shape = (len(pools.ids), len(count))
    sent = csr_array((np.ones(len(count)), (routes.source, count)), shape=shape)
    received = csr_array((1 - routes.fee, (routes.target, count)), shape=shape)
    every = margin.expression(decision, scenario, range(len(scenario.accounts.ids)))
    called = out @ decision.charged(cp.multiply(scenario.accounts.multiplier, every) / money)
    fixed = (pools.cash - pools.minimum_balance) * pools.fx / money + of_entry @ (share * start)
    free = fixed - flow + (received - sent) @ decision.cash + decision.borrowed - called
    stressed = [
        _stress_expression(decision, scenario, p, called[p] * (scenario.stress.margin - 1))
        for p in range(len(pools.ids))
    ]
    return free - cp.hstack(stressed) if any(pools.shocks) else free


def _stress_expression(decision: "Decision", scenario: Scenario, pool: int, more: Any) -> Any:
    """Scalar: `stress_calls` of one pool over `money`, convex."""
    import cvxpy as cp

    shocks = scenario.pools.shocks[pool]
    if not shocks:
        return cp.Constant(0.0)
    own, straight, short = _paying(scenario, pool, shocks)
    notional = scenario.instruments.notional[scenario.entries.instrument[own]][:, None]
    x = decision.entry[own]
    lost = (straight / notional).T @ x
    if short.any():
        lost = lost + (short / notional).T @ cp.neg(x)
    return cp.max(cp.hstack([lost + more, np.zeros(1)]))
