"""No margin: what is held asks for no cash beyond its price."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.margin.needs import NOTHING

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

NEEDS = NOTHING
CURVED = False


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) zeros."""
    import cvxpy as cp

    return cp.Constant(np.zeros(len(accounts)))


def parts(trades: Trades, scenario: Scenario, own: Ints) -> Floats:
    """Zeros."""
    return np.zeros(len(own))


def sensitivity(scenario: Scenario, own: Ints) -> Floats:
    """Zeros."""
    return np.zeros(len(own))
