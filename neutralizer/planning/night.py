"""What of a plan's crossings may be booked tonight: of each (book, instrument) between nothing and all of
it, zero-sum in each group, in whole steps, and of the largest notional that by itself leaves no limit and
no pool worse than before, unless it is inside its bounds. The rest is booked with the hedges. The plan and
its cost stay.

Cash tickets stay whole: each leaves tonight where the transfers of tonight allow or need it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.orders import crosses_only
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import NO_DISLOCATIONS, Costing, Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.planning.compose import fractions_of, paired
from neutralizer.planning.lots.in_lots import in_lots
from neutralizer.planning.lots.whole import Rounded
from neutralizer.program.solve import Solution, solve
from neutralizer.terms.limits.asked import not_worse
from neutralizer.terms.night import worse

REWARD = Costing(
    quadratic_impact=False,
    impact_coefficient=0.0,
    booking_fee=-1.0,  # of every notional that crosses tonight: the most is the cheapest
    years=0.0,
    risk_aversion=0.0,
)
ENOUGH = 0.995  # of an answer: no search for whole steps
SHARES = (
    0.9999,
    0.999,
    0.99,
    0.95,
    0.8,
    0.5,
)  # of an answer, tried where no whole steps were found
FEW = 4  # cash tickets: of more not every choice is tried
OF_CHANGES = ("turnover", "external", "margin")  # measures that do not net what a scope holds
MOST_LINES = 300  # groups and instruments that are tried one after the other
ROUNDS = 4  # of leaving out what would be split below the minimum size


@dataclass(frozen=True)
class Tonight:
    """What crosses tonight, (H,) signed units, and which cash tickets leave with it."""

    moved: tuple[Decimal, ...]
    cash: tuple[bool, ...]


Way = Callable[[Scenario, Plan, Scenario, Solution], Tonight | None]


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
    for cash in (_cash(plan, True), _cash(plan, False)):
        found = Tonight(plan.transferred, cash)
        if not worse(scenario, state(plan, found)):
            return found
    moved = _in_steps(scenario, rounded, plan)
    for whole in (_whole_steps, _in_parts):
        some = [
            _some(scenario, plan, crossing_at_a_reward(scenario, plan, moved, routes), whole)
            for routes in ((True, False) if plan.cash else (False,))
        ]
        some += [_line_by_line(scenario, plan)] if scenario.minimum_transfer else []
        if any(some):
            return max((x for x in some if x), key=lambda x: _notional(scenario, x))
    return Tonight((Decimal(0),) * len(plan.transferred), _cash(plan, False))


def _cash(plan: Plan, now: bool) -> tuple[bool, ...]:
    return (now,) * len(plan.cash)


def _everything(plan: Plan, chosen: Tonight) -> bool:
    return chosen.moved == plan.transferred


def _some(scenario: Scenario, plan: Plan, tonight: Scenario, whole: Way) -> Tonight | None:
    """The most that may cross tonight, in whole steps; None where none is found that leaves nothing worse."""
    with suppress(Infeasible, NotSolved):
        for _ in range(ROUNDS):
            found = whole(scenario, plan, tonight, solve(tonight))
            if found is None:
                return None
            moved = np.array([float(q) for q in found.moved])
            small = _split_too_small(scenario, plan, moved)
            if not small.any():
                return found
            tonight = _less(scenario, plan, tonight, small)
    return None


def _whole_steps(s: Scenario, plan: Plan, tonight: Scenario, solution: Solution) -> Tonight | None:
    """The steps nearest to an answer, or below it; where they leave something worse, or are much less, what a
    search for whole steps finds; the larger of both.
    """
    used, moved = solution.trades.cash > 0, solution.trades.change
    near = (_held(s, plan, _steps(tonight, moved, nearest), used) for nearest in (True, False))
    found = next((x for x in near if x is not None), None)
    if found and _notional(s, found) >= ENOUGH * float(s.holding_notional @ np.abs(moved)):
        return found
    searched = in_lots(tonight, solution, transfers_only=True).trades
    other = _held(s, plan, searched.change, searched.cash > 0)
    return max((x for x in (found, other) if x), key=lambda x: _notional(s, x), default=None)


def _in_parts(s: Scenario, plan: Plan, tonight: Scenario, solution: Solution) -> Tonight | None:
    """The steps below the largest share of an answer that leaves nothing worse, which splits every line."""
    used, moved = solution.trades.cash > 0, solution.trades.change
    parts = (_held(s, plan, _steps(tonight, x * moved, nearest=False), used) for x in SHARES)
    return next((x for x in parts if x is not None), None)


def _line_by_line(s: Scenario, plan: Plan) -> Tonight | None:
    """What crosses in each group and instrument whole or not at all, the largest first: no line is split, and so
    none too small.
    """
    whole, row = np.array([float(q) for q in plan.transferred]), s.orders.row
    size = np.bincount(row, s.holding_notional * np.abs(whole))
    moved, found = np.zeros(len(whole)), None
    for r in np.argsort(-size, kind="stable")[:MOST_LINES].tolist():
        more = np.where(row == r, whole, moved)
        tried = _held(s, plan, more, np.ones(len(s.routes.source), dtype=bool)) if size[r] else None
        found, moved = (tried, more) if tried else (found, moved)
    return found


def _held(s: Scenario, plan: Plan, moved: Floats, used: Bools) -> Tonight | None:
    """What crosses with all cash tickets, with those that were used, or with others of them, most first: the
    first that leaves nothing worse.
    """
    exact = tuple(_exactly(s, moved))
    ways = [_cash(plan, True), tuple(bool(used[c.route]) for c in plan.cash), _cash(plan, False)]
    if len(plan.cash) <= FEW:
        ways += sorted(product((True, False), repeat=len(plan.cash)), key=lambda way: -sum(way))
    found = (Tonight(exact, cash) for cash in dict.fromkeys(ways))
    return next((x for x in found if not worse(s, state(plan, x))), None)


def _notional(s: Scenario, found: Tonight) -> float:
    """Of what crosses, base currency, counted on both sides."""
    return float(s.holding_notional @ np.abs([float(q) for q in found.moved]))


def _steps(s: Scenario, moved: Floats, nearest: bool) -> Floats:
    """(H,) whole steps, the nearest or those towards zero, given as much as taken in each group and instrument:
    the side that has more gives up steps of its largest.
    """
    step, row = s.instruments.step[s.holdings.instrument], s.orders.row
    counted = moved / step
    steps = np.rint(counted) if nearest else np.trunc(counted + np.sign(counted) * 1e-9)
    for r in np.flatnonzero(np.bincount(row, steps) != 0).tolist():
        own = np.flatnonzero(row == r)
        over = int(steps[own].sum())
        while over:
            side = own[np.sign(steps[own]) == np.sign(over)]
            k = side[int(np.argmax(np.abs(steps[side])))]
            less = min(abs(over), int(abs(steps[k])))
            steps[k] -= np.sign(over) * less
            over -= int(np.sign(over)) * less
    return steps * step


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
        limits=tuple(replace(x, penalty=0.0) for x in s.limits if _can_move(s, x, moved)),
        conversions=replace(s.conversions, rate=0 * s.conversions.rate),
        dislocations=NO_DISLOCATIONS,
        costing=REWARD,
        minimum_order=0.0,
        minimum_transfer=0.0,
    )


def _can_move(s: Scenario, limit: Limit, moved: Floats) -> bool:
    """Whether what crosses can change a limit's measure: not where its scope has all or none of what crosses
    in each group and instrument, for it nets them. Such a limit has no room that a solver could be given.
    """
    if limit.measure in OF_CHANGES:
        return True
    inside = np.zeros(len(moved), dtype=bool)
    inside[limit.holdings] = True
    row, crosses = s.orders.row, moved != 0
    count = s.orders.change_rows.shape[0]
    own, every = (np.bincount(row, crosses & x, count) for x in (inside, np.ones_like(inside)))
    return bool(((own > 0) & (own < every)).any())


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


def _less(scenario: Scenario, plan: Plan, tonight: Scenario, small: Bools) -> Scenario:
    """With so much less of what would be split too small that a line of the minimum size is left for later, in
    whole steps; without the groups and instruments in which no such line would be left for tonight.
    """
    h, row, least = tonight.holdings, tonight.orders.row, scenario.minimum_transfer
    step = scenario.instruments.step[h.instrument]
    units = np.ceil(least / scenario.holding_notional / step - 1e-9) * step  # of the least line
    whole = np.array([float(q) for q in plan.transferred])
    most = np.abs(whole) - units
    box = np.maximum(h.high - h.before, h.before - h.low)
    cut = np.isin(row, row[small])
    gone = np.isin(row, row[cut & (whole != 0) & ((most < units) | (box <= most))])
    room = np.where(gone, 0.0, np.where(cut, np.minimum(box, np.maximum(most, 0.0)), box))
    return replace(
        tonight,
        holdings=replace(
            h,
            low=np.maximum(h.low, h.before - room),
            high=np.minimum(h.high, h.before + room),
        ),
    )


def _exactly(scenario: Scenario, moved: Floats) -> Iterator[Decimal]:
    """Whole steps as decimals."""
    step = scenario.instruments.step[scenario.holdings.instrument]
    for units, one in zip(moved.tolist(), step.tolist(), strict=True):
        yield round(units / one) * Decimal(repr(one))
