"""Where the limits can be kept, but not in whole lots: the nearest whole-lot answer, and by what it is out."""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Floats
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
        said = f"{refusal}; the nearest found exceeds {names}" + _remedy(scenario, beyond)
        return Infeasible("no_lots", said, rows)
    return refusal


def _remedy(scenario: Scenario, beyond: Floats) -> str:
    """Which limits half a step would do for, if their rows allowed it."""
    allowed = tuple(replace(x, to_a_lot=True) for x in scenario.limits)
    half = limits.half_steps(replace(scenario, limits=allowed))
    names = [
        x.limit_id
        for x, out, most in zip(scenario.limits, beyond, half, strict=True)
        if 0 < out <= most and not x.to_a_lot
    ]
    which = ", ".join(dict.fromkeys(names))
    return f"; `to_a_lot: yes` holds to half a step: {which}" if names else ""
