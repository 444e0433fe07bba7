"""Rounds what stayed continuous: orders to whole lots, changes to whole steps, each conservation row
summing exactly to what its group trades outside.
"""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.lots.grain import Grain
from neutralizer.planning.lots.integers import Whole


def round_fine(scenario: Scenario, grain: Grain, whole: Whole) -> Whole | None:
    """The same with whole lots and steps everywhere; None where a row cannot be closed."""
    h, orders, t = scenario.holdings, scenario.orders, scenario.tradables
    lot = t.lot[orders.tradable]
    lots = np.where(grain.coarse_order, whole.lots, _toward_cap(scenario, grain, whole.order / lot))
    step = scenario.instruments.step[h.instrument]
    steps = whole.steps.copy()
    fills = orders.order_rows @ (lots * lot)
    fine = np.flatnonzero(~grain.coarse_holding)
    row = orders.row[fine]
    by_row = fine[np.argsort(row, kind="stable")]
    starts = np.flatnonzero(np.diff(orders.row[by_row], prepend=-1))
    for members in np.split(by_row, starts[1:]) if len(by_row) else ():
        target = round(float(fills[orders.row[members[0]]] / step[members[0]]))
        low = np.ceil((h.low - h.before)[members] / step[members] - 1e-9)
        high = np.floor((h.high - h.before)[members] / step[members] + 1e-9)
        closed = _closed(whole.change[members] / step[members], low, high, target)
        if closed is None:
            return None
        steps[members] = closed
    change = np.where(grain.coarse_holding, whole.change, steps * step)
    return replace(whole, change=change, order=lots * lot, steps=steps, lots=lots)


def _toward_cap(scenario: Scenario, grain: Grain, lots: Floats) -> Floats:
    """Nearest whole lots; toward zero where the nearest would break a participation cap."""
    orders, t = scenario.orders, scenario.tradables
    nearest = np.rint(lots)
    size = np.abs(nearest) * t.lot[orders.tradable]
    traded = np.bincount(orders.tradable, weights=size, minlength=len(t.ids))
    over = (traded > t.cap)[orders.tradable] & ~grain.coarse_order
    return np.where(over, np.trunc(lots), nearest)


def _closed(wanted: Floats, low: Floats, high: Floats, target: int) -> Floats | None:
    """Whole numbers nearest to `wanted` within [low, high] that sum to `target`: largest remainders."""
    near = np.rint(wanted)
    wanted = np.where(np.abs(wanted - near) < 1e-6, near, wanted)
    found = np.clip(np.floor(wanted), low, high)
    missing = target - int(found.sum())
    while missing:
        sign = 1 if missing > 0 else -1
        room = (found < high) if sign > 0 else (found > low)
        if not room.any():
            return None
        order = np.argsort(np.where(room, -sign * (wanted - found), np.inf), kind="stable")
        some = order[: min(abs(missing), int(room.sum()))]
        each = abs(missing) // len(some)  # at once: a row may lack a billion
        space = (high - found if sign > 0 else found - low)[some]
        moved = np.minimum(space, each)
        found[some] += sign * moved
        missing -= sign * int(moved.sum())
    return found
