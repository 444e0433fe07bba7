"""Lines below the minimum sizes go: held at nothing, and the program solved again without them.

A line stays where it closes a position, or where the limits have no answer without it.
"""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Bools
from neutralizer.domain.orders import without_orders
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.solve import Solution, solve

ROUNDS = 4
SHARES = (
    1.0,
    0.5,
    0.2,
)  # of the minimum: where all small lines cannot go at once, the smallest may


def without_small_lines(scenario: Scenario, solution: Solution) -> tuple[Scenario, Solution]:
    """The scenario with its small lines held still, and its answer; both as they were where there is
    nothing small or nothing that may go.
    """
    for _ in range(ROUNDS):
        held = _solved_without(scenario, solution)
        if held is None:
            break
        scenario, solution = held
    return scenario, solution


def _solved_without(scenario: Scenario, solution: Solution) -> tuple[Scenario, Solution] | None:
    for share in SHARES:
        order, change = small_lines(scenario, solution.trades, share)
        if not (order.any() or change.any()):
            return None
        holdings = scenario.holdings
        still = replace(
            holdings,
            low=np.where(change, holdings.before, holdings.low),
            high=np.where(change, holdings.before, holdings.high),
        )
        held = without_orders(replace(scenario, holdings=still), order)
        try:
            return held, solve(held)
        except (Infeasible, NotSolved):
            continue
    return None


def small_lines(scenario: Scenario, trades: Trades, share: float = 1.0) -> tuple[Bools, Bools]:
    """(O,), (H,) orders and changes that are there and below a share of the minimum sizes, but for
    those that close a position.
    """
    order = np.abs(trades.order) * scenario.order_notional
    change = np.abs(trades.change) * scenario.holding_notional
    before, row = scenario.holdings.before, scenario.orders.row
    closes = (before != 0) & (np.abs(trades.change + before) < 1e-6 * np.abs(before))
    closing = np.zeros(scenario.orders.order_rows.shape[0])
    closing[row[closes]] = 1.0
    fills_it = (abs(scenario.orders.order_rows).T @ closing) > 0
    dust = 1e-9 * scenario.gross_before
    small_order = (order > dust) & (order < share * scenario.minimum_order) & ~fills_it
    small_change = (change > dust) & (change < share * scenario.minimum_transfer) & ~closes
    return small_order, small_change
