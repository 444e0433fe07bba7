"""Two formulations of one program, written apart, bound each other's answer."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from neutralizer.domain.orders import alone
from neutralizer.errors import Infeasible
from neutralizer.load.scenario import load
from neutralizer.program.certificate import cost_of
from neutralizer.program.solve import solve
from tests.conftest import TORTURE
from tests.tools.second_formulation import solve as solve_second
from tests.tools.strategies import Folder, scenarios, wishful

ACCURACY = 2e-5  # of the cost: both gaps together
ABSOLUTE = 1e-8  # of the gross before


@seed(20240628)
@settings(
    max_examples=50 if TORTURE else 20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(scenarios())
def test_each_bound_is_at_most_the_others_cost(drawn: Folder) -> None:
    bound_each_other(drawn)


@seed(20261126)
@settings(
    max_examples=50 if TORTURE else 20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(wishful())
def test_so_do_those_of_targets(drawn: Folder) -> None:
    bound_each_other(drawn)


def bound_each_other(drawn: Folder) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = drawn.write(Path(name) / "scenario")
        scenario = load(folder).scenario
        for separate in (False, True):
            second = solve_second(folder, alone=separate)
            program = alone(scenario) if separate else scenario
            if second.status == "infeasible":
                with pytest.raises(Infeasible):
                    solve(program)
                continue
            first = solve(program)
            cost = sum(cost_of(first.trades, program))
            slack = ACCURACY * abs(cost) + ABSOLUTE * scenario.gross_before
            assert first.certificate.bound <= second.cost + second.penalty + slack
            assert second.dual_bound <= cost + slack


@seed(7)
@settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(scenarios())
def test_no_optimum_of_perturbed_costs_is_cheaper_at_true_costs(drawn: Folder) -> None:
    with tempfile.TemporaryDirectory() as name:
        scenario = load(drawn.write(Path(name) / "scenario")).scenario
    rng = np.random.default_rng(len(scenario.holdings.book))
    tradables = scenario.tradables
    factor = rng.uniform(0.5, 2.0, len(tradables.ids))
    perturbed = replace(
        scenario,
        tradables=replace(
            tradables,
            half_spread=tradables.half_spread * factor,
            buy_charge=tradables.buy_charge * factor[::-1],
        ),
    )
    try:
        best, other = solve(scenario), solve(perturbed)
    except Infeasible:
        return
    bound = best.certificate.bound
    priced = sum(cost_of(other.trades, scenario))
    assert priced >= bound - 1e-6 * (abs(bound) + 1e-3 * best.certificate.basis)
