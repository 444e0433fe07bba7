"""What fully paid positions take out of the pools, and what the pools hold after it.

outflow[a] = Σ_{fully paid i} v_i · (max(x, 0) − max(x⁰, 0)), short proceeds locked as collateral;
with free short proceeds Σ v_i · (x − x⁰). balance[p] = cash + received − sent − Σ outflow.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Bools, Floats, Ints, Matrix
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, entry_position, sums
from neutralizer.terms import margin
from neutralizer.terms.margin import collateral

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision


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
    count = len(scenario.accounts.ids)
    out = _per_pool(scenario, np.ones(count)) @ outflows(trades, scenario) / scenario.pools.fx
    everything = np.ones(len(scenario.routes.source), dtype=bool)
    found: Floats = scenario.pools.cash - out + routed(trades, scenario, everything)
    return found


def routed(trades: Trades, scenario: Scenario, arriving: Bools) -> Floats:
    """(P,) what routes bring less what they take; only `arriving` ones bring, all take."""
    pools, routes = scenario.pools, scenario.routes
    received = trades.cash * (1 - routes.fee) * pools.fx[routes.source] / pools.fx[routes.target]
    count = len(pools.ids)
    return sums(routes.target, received * arriving, count) - sums(routes.source, trades.cash, count)


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
    """(P,) the least of a pool's rungs, in its currency; a plan keeps it >= 0."""
    found: Floats = rungs(trades, scenario).min(axis=0)
    return found


def rungs(trades: Trades, scenario: Scenario) -> Floats:
    """(4, P) what is free of a pool's cash, in its currency, inf where a rung is not asked of it.

    final     balance + borrowed + collateral − margin − what its shocks call for − minimum balance
    cash      the same without margin and collateral, which stands in for margin alone
    morning   cash now, what arrives today and loans, + collateral − margin − minimum balance
    and that  without margin and collateral
    """
    pools, s = scenario.pools, scenario
    same_day = s.routes.days == 0
    posted = collateral.counted(trades, s) - requirements(trades, s)
    final = balances(trades, s) + trades.borrowed - pools.minimum_balance - stress_calls(trades, s)
    early = pools.cash + routed(trades, s, same_day) + trades.borrowed - pools.minimum_balance
    found = np.array([final + posted, final, early + posted, early])
    found[~asked(s)] = np.inf
    return found


def asked(scenario: Scenario) -> Bools:
    """(4, P) which rungs each pool has to keep."""
    pledging = collateral.pools(scenario) > 0
    morning = scenario.pools.morning
    return np.array([np.ones(len(pledging), dtype=bool), pledging, morning, morning & pledging])


def headroom_expression(decision: "Decision", scenario: Scenario) -> Any:
    """(P,) the same in base currency over `money`, concave."""
    import cvxpy as cp

    s, pools, money = scenario, scenario.pools, decision.money
    accounts = np.ones(len(s.accounts.ids))
    every = margin.expression(decision, s, range(len(s.accounts.ids)))
    called = _per_pool(s, accounts) @ decision.charged(
        cp.multiply(s.accounts.multiplier, every) / money
    )
    stressed = [
        _stress_expression(decision, s, p, called[p] * (s.stress.margin - 1))
        for p in range(len(pools.ids))
    ]
    kept = pools.minimum_balance * pools.fx / money
    final = final_expression(decision, s) + decision.borrowed - kept
    final = final - cp.hstack(stressed) if any(pools.shocks) else final
    posted = -called
    if len(s.collateral.pool):
        posted = collateral.counted_expression(decision, s) + posted
    early = (
        decision.opening
        + _routed_expression(decision, s, s.routes.days == 0)
        + decision.borrowed
        - kept
    )
    ladder, needed = (final + posted, final, early + posted, early), asked(s)
    if not needed[1:].any():
        return ladder[0]
    own = [[ladder[k][p] for k in np.flatnonzero(needed[:, p])] for p in range(len(pools.ids))]
    return cp.hstack([cp.min(cp.hstack(rows)) for rows in own])


def final_expression(decision: "Decision", scenario: Scenario) -> Any:
    """(P,) cash after what is fully paid and what is routed, base currency over `money`, concave: of a later
    day counted from today on, so that what was paid in between falls out.
    """
    import cvxpy as cp

    pools, entries, money = scenario.pools, scenario.entries, decision.money
    value, locked = _paid(scenario)
    notional = scenario.instruments.notional[entries.instrument]
    share, before = value / notional, entries.before * notional / money
    some = np.flatnonzero(share)
    shape = (len(scenario.accounts.ids), len(entries.account))
    of_account = csr_array((np.ones(shape[1]), (entries.account, np.arange(shape[1]))), shape=shape)
    of_entry = _per_pool(scenario, np.ones(shape[0])) @ of_account
    x = decision.entry[some]
    flow = of_entry[:, some] @ cp.multiply(share[some], x)
    shorts = np.flatnonzero(locked[some])
    if len(shorts):
        kept = some[shorts]
        short = decision.shorts.of(decision.entry_rows[kept])
        flow = flow + of_entry[:, kept] @ cp.multiply(share[kept], short)
    start = np.where(locked, np.maximum(before, 0), before)
    fixed = pools.cash * pools.fx / money + of_entry @ (share * start)
    return fixed - flow + routed_so_far(decision, scenario)


def routed_so_far(decision: "Decision", scenario: Scenario) -> Any:
    """(P,) what routes bring on this day and brought before it, less what they take, base over `money`."""
    everything = np.ones(len(scenario.routes.source), dtype=bool)
    return decision.routed_before + _routed_expression(decision, scenario, everything)


def _routed_expression(decision: "Decision", scenario: Scenario, arriving: Bools) -> Any:
    """(P,) `routed` in base currency over `money`."""
    routes, count = scenario.routes, np.arange(len(scenario.routes.source))
    shape = (len(scenario.pools.ids), len(count))
    sent = csr_array((np.ones(len(count)), (routes.source, count)), shape=shape)
    received = csr_array(((1 - routes.fee) * arriving, (routes.target, count)), shape=shape)
    return (received - sent) @ decision.cash


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
        lost = lost + (short / notional).T @ decision.shorts.of(decision.entry_rows[own])
    return cp.max(cp.hstack([lost + more, np.zeros(1)]))
