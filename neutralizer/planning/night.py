"""What of a plan's crossings may be booked tonight: of each (book, instrument) between nothing and all of
it, zero-sum in each group, in whole steps, and of the largest notional that by itself leaves no limit and
no pool worse than before, unless it is inside its bounds. The rest is booked with the hedges. The plan and
its cost stay.

Cash tickets stay whole: each leaves tonight where the transfers of tonight allow or need it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.orders import crosses_only
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Costing, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.planning.compose import fractions_of, paired
from neutralizer.planning.lots.in_lots import in_lots
from neutralizer.planning.lots.whole import Rounded
from neutralizer.program.solve import solve
from neutralizer.terms.limits.asked import not_worse
from neutralizer.terms.night import worse

REWARD = Costing(
    quadratic_impact=False,
    impact_coefficient=0.0,
    booking_fee=-1.0,  # of every notional that crosses tonight: the most is the cheapest
    years=0.0,
    risk_aversion=0.0,
)
ROUNDS = 4  # of leaving out what would be split below the minimum size


@dataclass(frozen=True)
class Tonight:
    """What crosses tonight, (H,) signed units, and which cash tickets leave with it."""

    moved: tuple[Decimal, ...]
    cash: tuple[bool, ...]


def in_phases(scenario: Scenario, rounded: Rounded, plan: Plan) -> Plan:
    """The plan with every transfer and cash ticket in its phase, and the state after the first."""
    chosen = _chosen(scenario, rounded, plan)
    rest = tuple(t - m for t, m in zip(plan.transferred, chosen.moved, strict=True))
    fractions = fractions_of(scenario, rounded.whole)
    whole = _everything(plan, chosen)
    transfers = (
        *paired(scenario, chosen.moved, fractions if whole else [], 1),
        *paired(scenario, rest, [] if whole else fractions, 2),
    )
    cash = tuple(
        replace(c, phase=1 if now else 2) for c, now in zip(plan.cash, chosen.cash, strict=True)
    )
    return replace(plan, transfers=transfers, cash=cash, after_transfers=state(plan, chosen))


def state(plan: Plan, chosen: Tonight) -> Trades:
    """After what is booked tonight: its transfers and cash, with the loans and pledges of the plan."""
    moved, sent = np.array([float(q) for q in chosen.moved]), np.zeros(len(plan.trades.cash))
    for ticket, now in zip(plan.cash, chosen.cash, strict=True):
        sent[ticket.route] = float(ticket.amount) * now
    still = np.zeros_like(plan.trades.order)
    return replace(plan.trades, change=moved, order=still, cash=sent)


def _chosen(scenario: Scenario, rounded: Rounded, plan: Plan) -> Tonight:
    everything, nothing = plan.transferred, (Decimal(0),) * len(plan.transferred)
    for cash in (_cash(plan, True), _cash(plan, False)):
        found = Tonight(everything, cash)
        if not worse(scenario, state(plan, found)):
            return found
    for routes in (True, False) if plan.cash else (False,):
        some = _some(scenario, rounded, plan, routes)
        if some is not None:
            return some
    return Tonight(nothing, _cash(plan, False))


def _cash(plan: Plan, now: bool) -> tuple[bool, ...]:
    return (now,) * len(plan.cash)


def _everything(plan: Plan, chosen: Tonight) -> bool:
    return chosen.moved == plan.transferred


def _some(scenario: Scenario, rounded: Rounded, plan: Plan, routes: bool) -> Tonight | None:
    """The most that may cross tonight, `routes`: with as much of the plan's cash as that needs; None where
    none is found that leaves nothing worse.
    """
    tonight = crossing_at_a_reward(scenario, plan, _in_steps(scenario, rounded, plan), routes)
    try:
        for _ in range(ROUNDS):
            found = in_lots(tonight, solve(tonight), transfers_only=True)
            small = _split_too_small(scenario, plan, found.trades.change)
            if not small.any():
                break
            tonight = _without(tonight, small)
        else:
            return None
    except (Infeasible, NotSolved):
        return None
    moved = tuple(_exactly(scenario, found.trades.change))
    used = tuple(bool(found.trades.cash[c.route] > 0) for c in plan.cash)
    for cash in (_cash(plan, True), used, _cash(plan, False)):
        chosen = Tonight(moved, cash)
        if not worse(scenario, state(plan, chosen)):
            return chosen
    return None


def crossing_at_a_reward(scenario: Scenario, plan: Plan, moved: Floats, routes: bool) -> Scenario:
    """The scenario in which nothing may end worse, and of what a plan crosses, (H,) `moved`, any part may
    cross, at a reward of its notional; `routes`: with the cash of the plan.
    """
    s = crosses_only(not_worse(scenario))
    h, sent = s.holdings, np.zeros(len(s.routes.source))
    for c in plan.cash:
        sent[c.route] = float(c.amount) if routes else 0.0
    box = replace(h, low=h.before + np.minimum(moved, 0), high=h.before + np.maximum(moved, 0))
    return replace(
        s,
        holdings=box,
        routes=replace(s.routes, capacity=sent),
        pools=replace(s.pools, borrow_limit=plan.trades.borrowed),
        collateral=replace(s.collateral, quantity=plan.trades.pledged),
        targets=replace(s.targets, rate=np.full(len(s.targets.rate), np.nan)),
        limits=tuple(replace(x, penalty=0.0) for x in s.limits),
        conversions=replace(s.conversions, rate=0 * s.conversions.rate),
        costing=REWARD,
        minimum_order=0.0,
        minimum_transfer=0.0,
    )


def _in_steps(scenario: Scenario, rounded: Rounded, plan: Plan) -> Floats:
    """(H,) what crosses in whole steps, units; of a group and instrument in which a fraction goes the other
    way nothing.
    """
    moved = np.array([float(q) for q in plan.transferred])
    if not rounded.whole.passed:
        return moved
    steps, row = list(plan.transferred), scenario.orders.row
    for giver, taker, quantity in fractions_of(scenario, rounded.whole):
        steps[giver] += quantity
        steps[taker] -= quantity
    found = np.array([float(q) for q in steps])
    odd = (found * moved < 0) | (np.abs(found) > np.abs(moved))
    return np.where(np.isin(row, row[odd]), 0.0, found)


def _split_too_small(scenario: Scenario, plan: Plan, moved: Floats) -> Bools:
    """(H,) whether what crosses tonight or what is left of it is there and below the minimum size."""
    notional, least = scenario.holding_notional, scenario.minimum_transfer
    rest = np.array([float(q) for q in plan.transferred]) - moved
    parts = [np.abs(x) * notional for x in (moved, rest)]
    found: Bools = (moved != 0) & (rest != 0) & (np.minimum(*parts) < least)
    return found


def _without(tonight: Scenario, small: Bools) -> Scenario:
    """Without the groups and instruments in which something would be split too small."""
    h, row = tonight.holdings, tonight.orders.row
    gone = np.isin(row, row[small])
    still = replace(h, low=np.where(gone, h.before, h.low), high=np.where(gone, h.before, h.high))
    return replace(tonight, holdings=still)


def _exactly(scenario: Scenario, moved: Floats) -> Iterator[Decimal]:
    """Whole steps as decimals."""
    step = scenario.instruments.step[scenario.holdings.instrument]
    for units, one in zip(moved.tolist(), step.tolist(), strict=True):
        yield round(units / one) * Decimal(repr(one))
