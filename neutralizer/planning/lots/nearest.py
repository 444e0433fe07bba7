"""Where the limits can be kept, but not in whole lots: the nearest whole-lot answer, and by what it is out."""

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.planning.lots.standard import Standard, excess
from neutralizer.planning.lots.whole import whole_lots
from neutralizer.program.conflicts.conflict import limit_row
from neutralizer.program.solve import Solution
from neutralizer.terms import limits

STEPS = (0.5, 1.0, 2.0, 4.0, 8.0)  # of each limit's own: how far it is let out


def nearest_lots(refusal: Infeasible, solution: Solution, scenario: Scenario) -> Infeasible:
    """The refusal with the limits that whole lots exceed, each with by how much."""
    if refusal.reason != "no_lots":
        return refusal
    asked = Standard.of(scenario)
    for steps in STEPS:
        try:
            found = whole_lots(solution, scenario, Standard.of(scenario, steps))
        except Infeasible:
            continue
        beyond = excess(scenario, found.trades, asked)
        rows = [
            limit_row(scenario, int(k), scenario.limits[k]) | {"relaxation": float(beyond[k])}
            for k in np.argsort(-beyond / limits.scales(scenario), kind="stable")
            if beyond[k] > 0
        ]
        names = ", ".join(f"{r['limit_id']} by {r['relaxation']:,.6g}" for r in rows[:5])
        return Infeasible("no_lots", f"{refusal}; the nearest found exceeds {names}", rows)
    return refusal
