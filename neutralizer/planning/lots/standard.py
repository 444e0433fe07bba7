"""What whole-lot trades are held to, exactly."""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms import limits


@dataclass(frozen=True)
class Standard:
    """What the whole numbers are held to: bounds per limit, and how far each pool may stay short."""

    lower: Floats
    upper: Floats
    widened: Floats  # what the bounds were let out by
    pool_slack: Floats

    @staticmethod
    def of(scenario: Scenario, steps: float = 0.0, soft_only: bool = False) -> "Standard":
        """Bounds with half a step where a band is narrower than its step; let out by `steps` of their
        own, all of them or the soft ones only.
        """
        lower, upper = limits.bounds(scenario)
        gives = np.array([bool(x.soft) or not soft_only for x in scenario.limits], dtype=float)
        widened = np.maximum(limits.half_steps(scenario), steps * gives * limits.steps(scenario))
        return Standard(lower - widened, upper + widened, widened, scenario.pools.shortfall)


def excess(scenario: Scenario, trades: Trades, standard: Standard) -> Floats:
    """(limits,) what each measure is beyond the standard by, in its own unit, without tolerance but
    for the rounding error of the sums themselves.
    """
    after = limits.amounts(trades, scenario)
    found = limits.beyond(after, standard.lower, standard.upper)
    return np.where(found > limits.rounding_errors(trades, scenario), found, 0.0)
