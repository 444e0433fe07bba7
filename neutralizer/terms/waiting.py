"""What it costs to leave for another day what a book wants to trade today: Σ_w rate · n · what is left.

Only of targets that may wait. It is minimised with the costs and told apart from them: nobody pays it
tonight, so it is never part of `objective` or `plan_cost`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, position, sums

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERM = "waiting"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency: what is left beyond the tolerance, on either side of the target. A side on
    which the position can only end, or never, needs no positive part.
    """
    import cvxpy as cp

    t, total = scenario.targets, cp.Constant(0.0)
    for sign, end, line, kink in _sides(scenario):
        unit = scenario.holding_notional[t.holding] / decision.money
        left_over = cp.multiply(sign * unit, end) - sign * decision.position[t.holding]
        rate = np.nan_to_num(t.rate) * decision.money
        if len(line):
            total = total + rate[line] @ left_over[line]
        if len(kink):
            total = total + rate[kink] @ decision.positive(left_over[kink], kink)
    return total


def slope(scenario: Scenario) -> Floats:
    """(W,) base currency per unit more held, where waiting is a line; 0 where it has a positive part."""
    t, found = scenario.targets, np.zeros(len(scenario.targets.holding))
    for sign, _, line, _ in _sides(scenario):
        found[line] -= sign * (t.rate * scenario.holding_notional[t.holding])[line]
    return found


def _sides(scenario: Scenario) -> Iterator[tuple[float, Floats, Ints, Ints]]:
    """Below the target and above it: the sign of what is missing, the end of the tolerance, and which
    targets lie wholly on that side, and which may lie on it or not.
    """
    t, h = scenario.targets, scenario.holdings
    low, high = h.low[t.holding], h.high[t.holding]
    for sign, end, near, far in ((1.0, t.lower, low, high), (-1.0, t.upper, high, low)):
        always, never = sign * far <= sign * end, sign * near >= sign * end
        line = np.flatnonzero(t.waits & always & ~never)
        yield sign, end, line, np.flatnonzero(t.waits & ~always & ~never)


def left(trades: Trades, scenario: Scenario) -> Floats:
    """(W,) units by which each position misses its target, beyond the tolerance; >= 0."""
    t = scenario.targets
    after = position(scenario, trades)[t.holding]
    found: Floats = np.maximum(np.maximum(t.lower - after, after - t.upper), 0.0)
    return found


def amounts(trades: Trades, scenario: Scenario) -> Floats:
    """(W,) base currency; 0 of what may not wait."""
    t = scenario.targets
    rate = np.nan_to_num(t.rate) * scenario.holding_notional[t.holding]
    found: Floats = rate * left(trades, scenario)
    return found


def by_book(trades: Trades, scenario: Scenario) -> Floats:
    """(B,) base currency."""
    book = scenario.holdings.book[scenario.targets.holding]
    return sums(book, amounts(trades, scenario), len(scenario.books.ids))
