"""The stand-alone baseline: the same program with every book a crossing group of its own.

Pools, account netting, routes, firm limits and the firm-wide impact stay joint.
"""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import volatility
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.solve import solve


@dataclass(frozen=True)
class Baseline:
    """What it costs when nobody crosses, base currency; None with the reason where it has no answer."""

    cost: float | None
    firm_volatility: float | None
    reason: str = ""


def stand_alone(scenario: Scenario) -> Baseline:
    """Solves the baseline; its infeasibility is an answer, not a refusal."""
    separate = alone(scenario)
    try:
        found = solve(separate)
    except (Infeasible, NotSolved) as refusal:
        return Baseline(None, None, str(refusal))
    everything = np.arange(len(separate.holdings.book))
    return Baseline(found.objective, volatility(separate, found.trades, everything))
