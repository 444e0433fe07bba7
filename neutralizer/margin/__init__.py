"""Margin models, one file each, and the cash that accounts take from their pools.

A module's two faces are described by `contracts.MarginModel`. Must never import limits, the program
or the proof.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.scenario import Floats, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.margin import none, rate

if TYPE_CHECKING:
    from neutralizer.decision import Decision

REGISTRY: dict[str, ModuleType] = {"rate": rate, "none": none}


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) margin before the multiplier, base currency."""
    import cvxpy as cp

    found: Any = cp.Constant(np.zeros(len(accounts)))
    for name, model in REGISTRY.items():
        own = [k for k, a in enumerate(accounts) if scenario.accounts.model[a] == name]
        if own:
            place = np.zeros((len(accounts), len(own)))
            place[own, np.arange(len(own))] = 1.0
            found = found + place @ model.expression(decision, scenario, [accounts[k] for k in own])
    return found


def amounts(trades: Trades, scenario: Scenario) -> Floats:
    """(A,) margin before the multiplier, base currency."""
    accounts = scenario.accounts
    return np.array(
        [REGISTRY[m].amount(trades, scenario, a) for a, m in enumerate(accounts.model)], dtype=float
    )
