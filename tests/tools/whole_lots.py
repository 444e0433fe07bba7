"""Whether a scenario has a whole-lot answer at all: the second formulation with integers, no window.

Volatility limits are left out, so that "none" is a proof and "some" is only possible.
"""

from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np

from tests.tools.second_formulation import Program, Row, number, read_scenario


class Linear(Program):
    """The second formulation without its curved parts."""

    def _limit(self, row: Row) -> None:
        if row["measure"] != "volatility":
            super()._limit(row)

    def _impact(self) -> Any:
        return cp.Constant(0.0)

    def _risk_charge(self) -> Any:
        return cp.Constant(0.0)


def may_have_whole_lots(folder: Path) -> bool:
    """False is a proof that no whole-lot answer exists."""
    program = Linear(read_scenario(folder), alone=False)
    rows, instruments = program.scenario.tradables, program.scenario.instruments
    lots = np.array(
        [number(rows[t], "lot_size", 1.0) * program.reference[t] for _, t in program.orders]
    )
    steps = np.array(
        [min(1.0, number(instruments[i], "lot_size", 1.0)) for _, i in program.holdings]
    )
    whole_lots = cp.Variable(len(lots), integer=True)
    whole_steps = cp.Variable(len(steps), integer=True)
    constraints = [
        *program.constraints,
        program.order == cp.multiply(lots / program.size, whole_lots),
        program.change == cp.multiply(steps * program.notional / program.size, whole_steps),
    ]
    problem = cp.Problem(cp.Minimize(sum(program.costs.values())), constraints)
    problem.solve(solver=cp.HIGHS, time_limit=60.0)
    return problem.status != cp.INFEASIBLE
