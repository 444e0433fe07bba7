"""What one unit of relief of a limit would save: the duals, in base currency per unit of the measure.

A row of the program is sign · measure / scale <= bound / scale, so its dual over its scale, in the
unit of the objective, is the slope of the optimum in the bound (Boyd and Vandenberghe, ch. 5.6).
"""

import numpy as np

from neutralizer import limits
from neutralizer.domain.scenario import Floats, Scenario
from neutralizer.program.solve import Solution

NOTHING = 1e-6  # of what the trades cost: a price whose whole limit is worth less is shown as zero


def shadow_prices(solution: Solution, scenario: Scenario) -> Floats:
    """(limits,) >= 0; of a limit that is held exactly, what relief on its dearer side saves."""
    scale, canonical = limits.scales(scenario), solution.canonical
    found = np.zeros(len(scenario.limits))
    for name, which in solution.program.limit_rows.items():
        duals = np.abs(solution.z[canonical.rows[name]]) * canonical.unit / scale[which]
        np.add.at(found, which, duals)
    return np.where(found * scale > NOTHING * solution.certificate.basis, found, 0.0)
