"""Rate margin: Σ_i max(long_rate · n · x, −short_rate · n · x), x the account's netted position.

Rates are fractions of notional; a per-unit margin is a rate of its own on both sides.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, entry_position
from neutralizer.terms.margin.needs import RATES

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

NEEDS = RATES
CURVED = False


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) base currency: long · x + (long + short) · x⁻."""
    entries = scenario.entries
    charged = (entries.long_rate > 0) | (entries.short_rate > 0)
    some = np.flatnonzero(np.isin(entries.account, accounts) & charged)
    row = np.searchsorted(np.array(accounts), entries.account[some])
    shape = (len(accounts), len(some))
    each = csr_array((entries.long_rate[some], (row, np.arange(len(some)))), shape=shape)
    both = csr_array(
        ((entries.long_rate + entries.short_rate)[some], (row, np.arange(len(some)))), shape=shape
    )
    short = decision.shorts.of(decision.entry_rows[some])
    return decision.money * (each @ decision.entry[some] + both @ short)


def parts(trades: Trades, scenario: Scenario, own: Ints) -> Floats:
    """What each entry of one account asks for, base currency."""
    entries = scenario.entries
    notional = scenario.instruments.notional[entries.instrument[own]]
    x = entry_position(scenario, trades)[own] * notional
    found: Floats = np.maximum(entries.long_rate[own] * x, -entries.short_rate[own] * x)
    return found


def sensitivity(scenario: Scenario, own: Ints) -> Floats:
    """The larger of the two rates on the unit notional."""
    entries = scenario.entries
    rate = np.maximum(entries.long_rate, entries.short_rate)[own]
    found: Floats = rate * scenario.instruments.notional[entries.instrument[own]]
    return found
