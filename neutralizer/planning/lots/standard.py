"""What whole-lot trades are held to, exactly."""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
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
    def of(scenario: Scenario) -> "Standard":
        """The bounds that hold, with half a step where a band is narrower than its step."""
        lower, upper = limits.bounds(scenario)
        widened = limits.half_steps(scenario)
        return Standard(lower - widened, upper + widened, widened, scenario.pools.shortfall)

    def without(self, some: Bools) -> "Standard":
        """The same without the bounds of some limits."""
        lower, upper = np.where(some, -np.inf, self.lower), np.where(some, np.inf, self.upper)
        return Standard(lower, upper, self.widened, self.pool_slack)


def excess(scenario: Scenario, trades: Trades, standard: Standard) -> Floats:
    """(limits,) what each measure is beyond the standard by, in its own unit, without tolerance but
    for the rounding error of the sums themselves.
    """
    after = limits.amounts(trades, scenario)
    found = limits.beyond(after, standard.lower, standard.upper)
    return np.where(found > limits.rounding_errors(trades, scenario), found, 0.0)
