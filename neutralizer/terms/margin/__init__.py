"""Margin models, one file each, and the cash that accounts take from their pools.

A module's faces are described by `contracts.MarginModel`. Must never import limits, the program
or the proof.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, sums
from neutralizer.terms.margin import none, rate, scan, shortfall, simm, volatility

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

REGISTRY: dict[str, ModuleType] = {
    "rate": rate,
    "scan": scan,
    "simm": simm,
    "volatility": volatility,
    "shortfall": shortfall,
    "none": none,
}


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) margin before the multiplier, base currency; never below `amounts`."""
    import cvxpy as cp

    found: Any = cp.Constant(np.zeros(len(accounts)))
    for name, model in REGISTRY.items():
        own = [k for k, a in enumerate(accounts) if scenario.accounts.model[a] == name]
        if own:
            place = np.zeros((len(accounts), len(own)))
            place[own, np.arange(len(own))] = 1.0
            found = found + place @ model.expression(decision, scenario, [accounts[k] for k in own])
    return found


def _each(scenario: Scenario, face: str, *words: Any) -> Floats:
    """(N,) one face of every account's own model, entry by entry."""
    found = np.zeros(len(scenario.entries.account))
    for a, model in enumerate(scenario.accounts.model):
        own = np.flatnonzero(scenario.entries.account == a)
        found[own] = getattr(REGISTRY[model], face)(*words, scenario, own)
    return found


def parts(trades: Trades, scenario: Scenario) -> Floats:
    """(N,) what each account's instruments take of its margin, base currency; may be negative."""
    return _each(scenario, "parts", trades)


def amounts(trades: Trades, scenario: Scenario) -> Floats:
    """(A,) margin before the multiplier, base currency."""
    return sums(scenario.entries.account, parts(trades, scenario), len(scenario.accounts.ids))


def overstated(trades: Trades, scenario: Scenario) -> Floats:
    """(A,) what the program computes above `amounts`, base currency: 0 where a model is convex itself."""
    found = np.zeros(len(scenario.accounts.ids))
    for a, model in enumerate(scenario.accounts.model):
        if hasattr(REGISTRY[model], "overstated"):
            own = np.flatnonzero(scenario.entries.account == a)
            found[a] = REGISTRY[model].overstated(trades, scenario, own)
    return found


def at_its_concentration(trades: Trades, scenario: Scenario, last: bool = False) -> Scenario:
    """The same scenario, or one whose program computes with the concentration that the trades lead to:
    then it has to be solved again. last: what is only too careful will do.
    """
    for name, model in REGISTRY.items():
        if name in scenario.accounts.model and hasattr(model, "at_its_concentration"):
            scenario = model.at_its_concentration(trades, scenario, last)
    return scenario


def sensitivity(scenario: Scenario) -> Floats:
    """(N,) the most that one unit of each entry can move its account's margin, base currency."""
    return _each(scenario, "sensitivity")
