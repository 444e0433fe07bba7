"""Small moves after rounding: a lot more or less of a fine instrument, where a limit is just missed.

Rounding a thousand holdings leaves a few limits out by a few shares. Each step takes the limit that
is furthest out, and the smallest order that brings it back without pushing the others out.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import without_cash
from neutralizer.planning.lots.grain import Grain
from neutralizer.planning.lots.integers import Whole
from neutralizer.terms import limits

MOVES = 300
TRIES = 25  # orders tried for one limit before it is given up
MOST_LOTS = 1000

Beyond = Callable[[Whole], Floats]  # (limits,) what each measure is out by, in its own unit


def repair(scenario: Scenario, grain: Grain, whole: Whole, beyond: Beyond) -> Whole:
    """Returns the lots with fewer limits broken. Best effort: some may remain."""
    movable, order = _movable(scenario, grain, whole)
    scale = limits.scales(scenario)
    out = beyond(whole) / scale
    for _ in range(MOVES):
        if not out.any() or not len(movable):
            break
        better = _best_move(scenario, whole, int(out.argmax()), out, movable, order, beyond)
        if better is None:
            break
        whole = better
        out = beyond(whole) / scale
    return whole


def _movable(scenario: Scenario, grain: Grain, whole: Whole) -> tuple[Ints, Ints]:
    """Fine holdings that may change, and the outright order, not a closed one, that would fill each.
    Where small lines are not wanted, only lines that are there.
    """
    orders, holdings = scenario.orders, scenario.holdings
    matrix = orders.order_rows.tocoo()
    outright = orders.tradable[matrix.col] < len(scenario.instruments.ids)
    order_of_row = np.full(orders.order_rows.shape[0], -1, dtype=np.int64)
    order_of_row[matrix.row[outright]] = matrix.col[outright]
    order = order_of_row[orders.row]
    closed = np.append(orders.closed, True)[order]  # the last stands for no order at all, -1
    free = scenario.may_change & ~grain.coarse_holding & ~closed
    if scenario.minimum_transfer > 0:
        free &= whole.change != 0
    some = np.flatnonzero(free & (holdings.low < holdings.high))
    if scenario.minimum_order > 0:
        some = some[whole.order[order[some]] != 0]
    return some, order[some]


def _best_move(
    scenario: Scenario,
    whole: Whole,
    limit: int,
    out: Floats,
    movable: Ints,
    order: Ints,
    beyond: Beyond,
) -> Whole | None:
    """The smallest order that brings one limit back and leaves the whole less out than before."""
    effect = _effects(scenario, whole, limit, movable, order)
    missing = float(out[limit] * limits.scales(scenario)[limit])
    with np.errstate(divide="ignore"):
        lots = np.ceil(missing / np.abs(effect))
    lot = scenario.tradables.lot[scenario.orders.tradable[order]]
    size = lots * lot * scenario.holding_notional[movable]
    size = np.where((effect != 0) & (lots <= MOST_LOTS), size, np.inf)
    for k in np.argsort(size, kind="stable")[:TRIES]:
        if not np.isfinite(size[k]):
            break
        moved = _moved(
            scenario, whole, int(movable[k]), int(order[k]), -np.sign(effect[k]) * lots[k]
        )
        if moved is not None and (beyond(moved) / limits.scales(scenario)).sum() < out.sum():
            return moved
    return None


def _effects(scenario: Scenario, whole: Whole, limit: int, movable: Ints, order: Ints) -> Floats:
    """What one lot bought by each holding adds to what the limit is out by, in its own unit."""
    row = scenario.limits[limit]
    measure = limits.REGISTRY[row.measure].amount
    start = measure(without_cash(scenario, whole.change, whole.order), scenario, row)
    direction = 1.0 if start > row.upper else -1.0
    moves = limits.sensitivity(scenario, row) > 0
    found = np.zeros(len(movable))
    for k, (h, o) in enumerate(zip(movable.tolist(), order.tolist(), strict=True)):
        if not moves[h]:
            continue
        change, orders = whole.change.copy(), whole.order.copy()
        lot = scenario.tradables.lot[scenario.orders.tradable[o]]
        change[h] += lot
        orders[o] += lot
        found[k] = direction * (
            measure(without_cash(scenario, change, orders), scenario, row) - start
        )
    return found


def _moved(scenario: Scenario, whole: Whole, holding: int, order: int, lots: float) -> Whole | None:
    """One holding and its order moved by whole lots; None outside the mandate or the cap."""
    t = int(scenario.orders.tradable[order])
    lot = float(scenario.tradables.lot[t])
    step = float(scenario.instruments.step[scenario.holdings.instrument[holding]])
    change, orders = whole.change.copy(), whole.order.copy()
    steps, all_lots = whole.steps.copy(), whole.lots.copy()
    steps[holding] += round(lots * lot / step)
    all_lots[order] += lots
    change[holding] = steps[holding] * step + whole.remainder[holding]
    orders[order] = all_lots[order] * lot
    after = scenario.holdings.before[holding] + change[holding]
    if not scenario.holdings.low[holding] <= after <= scenario.holdings.high[holding]:
        return None
    traded = np.abs(orders[scenario.orders.tradable == t]).sum()
    if traded > scenario.tradables.cap[t] or scenario.orders.forbidden(orders)[order]:
        return None
    return replace(whole, change=change, order=orders, steps=steps, lots=all_lots)
