"""What whole-lot trades are held to, exactly."""

from dataclasses import dataclass

import numpy as np

from neutralizer import limits
from neutralizer.domain.scenario import Floats, Scenario
from neutralizer.domain.trades import Trades, nothing
from neutralizer.margin import cash


@dataclass(frozen=True)
class Standard:
    """What the whole numbers are held to: bounds per limit, and how far each pool may stay short."""

    lower: Floats
    upper: Floats
    pool_slack: Floats

    @staticmethod
    def of(scenario: Scenario, worse_allowed: bool = False) -> "Standard":
        """Bounds with half a step where a band is narrower than its step. `worse_allowed`: what is in
        breach before may stay so, no worse (transfers only).
        """
        lower, upper = limits.bounds(scenario)
        half = limits.half_steps(scenario)
        pools = np.zeros(len(scenario.pools.ids))
        if worse_allowed:
            before = limits.amounts(nothing(scenario), scenario)
            lower, upper = np.minimum(lower, before), np.maximum(upper, before)
            pools = np.maximum(-cash.headroom(nothing(scenario), scenario), 0.0)
        return Standard(lower - half, upper + half, pools)


def excess(scenario: Scenario, trades: Trades, standard: Standard) -> Floats:
    """(limits,) what each measure is beyond the standard by, in its own unit, without tolerance but
    for the rounding error of the sums themselves.
    """
    after = limits.amounts(trades, scenario)
    found = np.maximum(after - standard.upper, standard.lower - after)
    return np.where(found > limits.rounding_errors(scenario), found, 0.0)
