"""What pools post for margin in place of cash: securities, after a haircut.

    counted[p] = Σ_c pledged[c] · v_c · (1 − haircut[c])          in the pool's currency

A pool pledges what its accounts hold long after the trades, or what it has been given apart from them.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Matrix
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, entry_position, sums
from neutralizer.terms.rows import PLEDGES, Row

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision


def value(scenario: Scenario) -> Floats:
    """(C,) base currency of one unit, before the haircut."""
    found: Floats = scenario.instruments.value[scenario.collateral.instrument]
    return found


def _held(scenario: Scenario) -> Matrix:
    """(C, N) 1 where an entry is what a pool can pledge from."""
    c, e = scenario.collateral, scenario.entries
    pool = scenario.accounts.pool[e.account]
    of_books = np.isnan(c.quantity)[:, None]
    inside = of_books & (c.pool[:, None] == pool) & (c.instrument[:, None] == e.instrument)
    return csr_array(inside.astype(float))


def available(trades: Trades, scenario: Scenario) -> Floats:
    """(C,) units that may be pledged after the trades."""
    own = _held(scenario) @ entry_position(scenario, trades)
    found: Floats = np.where(
        np.isnan(scenario.collateral.quantity), own, scenario.collateral.quantity
    )
    return found


def counted(trades: Trades, scenario: Scenario) -> Floats:
    """(P,) what the pledges count for, in the pool's currency."""
    c = scenario.collateral
    worth = trades.pledged * value(scenario) * (1 - c.haircut)
    return sums(c.pool, worth, len(scenario.pools.ids)) / scenario.pools.fx


def pools(scenario: Scenario) -> Floats:
    """(P,) 1 for pools that can pledge anything."""
    found: Floats = np.minimum(
        sums(
            scenario.collateral.pool,
            np.ones(len(scenario.collateral.pool)),
            len(scenario.pools.ids),
        ),
        1,
    )
    return found


def counted_expression(decision: "Decision", scenario: Scenario) -> Any:
    """(P,) base currency over `money`."""
    c = scenario.collateral
    shape = (len(scenario.pools.ids), len(c.pool))
    return (
        csr_array((1 - c.haircut, (c.pool, np.arange(len(c.pool)))), shape=shape) @ decision.pledged
    )


def constraints(decision: "Decision", scenario: Scenario) -> dict[Row, Any]:
    """No more is pledged than there is."""
    c = scenario.collateral
    of_books = np.flatnonzero(np.isnan(c.quantity))
    if not len(of_books):
        return {}
    each = scenario.instruments.value / scenario.instruments.notional
    held = _held(scenario)[of_books] * each[scenario.entries.instrument][None, :]
    return {PLEDGES: decision.pledged[of_books] - csr_array(held) @ decision.entry <= 0}
