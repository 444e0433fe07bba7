"""Whole lots without some of their orders: what they filled is taken back, and small moves keep the limits."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from neutralizer.domain.plan import Hedge
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.lots.checked import checked
from neutralizer.planning.lots.grain import grain_of
from neutralizer.planning.lots.milp import Rounding
from neutralizer.planning.lots.standard import Standard
from neutralizer.planning.lots.whole import DEAR, Rounded, premium, reported
from neutralizer.program.solve import Solution


def taken_back(
    solution: Solution, scenario: Scenario, rounded: Rounded, hedges: Iterable[Hedge]
) -> Rounded | None:
    """None where a limit or a pool does not hold without them, or where that costs more than whole lots may."""
    whole, grain = rounded.whole, grain_of(scenario)
    order, lots = whole.order.copy(), whole.lots.copy()
    change, steps = whole.change.copy(), whole.steps.copy()
    step = scenario.instruments.step[scenario.holdings.instrument]
    for hedge in hedges:
        order[hedge.order] = lots[hedge.order] = 0.0
        for fill in hedge.allocations:
            units = float(fill.quantity)
            change[fill.holding] -= units
            steps[fill.holding] -= np.rint(units / step[fill.holding])
    less = replace(whole, order=order, lots=lots, change=change, steps=steps)
    found = checked(less, scenario, Standard.of(scenario), grain)
    rounding = Rounding(solution, grain, scenario)
    if found is None or premium(rounding, found) > DEAR * solution.certificate.basis:
        return None
    return reported(rounding, *found)
