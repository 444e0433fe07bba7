"""Orders of a few lots that a tie left in: taken out where everything holds without them and nothing is dearer.

A search may stop within a few ten-thousandths of the best cost, and an order of three shares costs less.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.planning.allocate import largest_remainder
from neutralizer.planning.lots.checked import checked
from neutralizer.planning.lots.grain import Grain
from neutralizer.planning.lots.integers import Whole
from neutralizer.planning.lots.standard import Standard
from neutralizer.program.certificate import cost_of

LITTLE = 1e-4  # of the gross before: an order below it may be such a one
PASSES = 4
TRIES, WAYS = 20, 4  # orders tried, and holdings that may take what one of them filled
Found = tuple[Whole, Trades]


def tidied(found: Found, scenario: Scenario, standard: Standard, grain: Grain) -> Found:
    """The same without orders that nothing needs, the smallest tried first. What becomes smaller, because a
    small repair puts a part of it back, is tried again.
    """
    for _ in range(PASSES):
        lighter = _lighter(found, scenario, standard, grain)
        if lighter is found:
            break
        found = lighter
    return found


def _lighter(found: Found, scenario: Scenario, standard: Standard, grain: Grain) -> Found:
    for order in _little(scenario, found[0]).tolist():
        for without in _without(scenario, found[0], order):
            tried = checked(without, scenario, standard, grain)
            if tried is not None and _price(scenario, tried) < _price(scenario, found):
                found = tried
                break
    return found


def _price(scenario: Scenario, found: Found) -> float:
    return sum(cost_of(found[1], scenario))


def _little(scenario: Scenario, whole: Whole) -> Ints:
    """Outright orders of little, the smallest first."""
    size = np.abs(whole.order) * scenario.order_notional
    outright = scenario.orders.tradable < len(scenario.instruments.ids)
    some = np.flatnonzero(outright & (size > 0) & (size < LITTLE * scenario.gross_before))
    return some[np.argsort(size[some], kind="stable")][:TRIES]


def _without(scenario: Scenario, whole: Whole, order: int) -> Iterator[Whole]:
    """Whole lots without one order, in a few ways: what it filled is taken from all changes of its side
    alike, or from one holding of its row, the largest changes first.
    """
    row = int(scenario.orders.order_rows[:, [order]].tocoo().row[0])
    h, step = scenario.holdings, scenario.instruments.step[scenario.holdings.instrument]
    members = np.flatnonzero((scenario.orders.row == row) & scenario.may_change)
    members = members[np.argsort(-np.abs(whole.steps[members]), kind="stable")]
    total = round(float(whole.order[order] / step[members[0]]))
    lots, orders = whole.lots.copy(), whole.order.copy()
    lots[order] = orders[order] = 0.0
    same = members[whole.steps[members] * total > 0]
    ways = [(members[[k]], np.array([total])) for k in range(min(WAYS, len(members)))]
    if len(same) > 1:
        ways.insert(0, (same, largest_remainder(total, np.full(len(same), 1 / len(same)))))
    for some, taken in ways:
        steps, change = whole.steps.copy(), whole.change.copy()
        steps[some] -= taken
        change[some] = (steps * step + whole.remainder)[some]
        after = h.before + change
        if ((h.low <= after) & (after <= h.high))[some].all():
            yield replace(whole, change=change, order=orders, steps=steps, lots=lots)
