"""How coarse each holding and order is, and the room that rounding needs in the limits.

Coarse instruments (a lot that matters, a leg of a combination, a position with a fraction) become
integers of the mixed-integer program. Fine ones (single shares) stay continuous there and are rounded
afterwards, row by row, within a room that their limits set aside.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.terms import limits, margin

FINE = 1e-5  # of the gross before: a lot below it is fine


@dataclass(frozen=True)
class Grain:
    """`coarse_*` say what is an integer; `error` (H,) is what rounding may move a fine holding by, units;
    `remainder` (H,) is the part of a position below its step, signed units.
    """

    coarse_holding: Bools
    coarse_order: Bools
    error: Floats
    remainder: Floats


def grain_of(scenario: Scenario) -> Grain:
    """Decides by size, by legs, by fractions, then by the narrowness of each limit's band."""
    h, t, instruments = scenario.holdings, scenario.tradables, scenario.instruments
    count = len(instruments.ids)
    step = instruments.step[h.instrument]
    remainder = np.array(
        [float(x % Decimal(repr(s))) for x, s in zip(h.exact, step.tolist(), strict=True)],
        dtype=float,
    )
    coarse = t.lot[:count] * t.notional[:count] > FINE * scenario.gross_before
    used = np.unique(scenario.orders.tradable[scenario.orders.tradable >= count])
    coarse[np.unique(t.legs[used].indices)] = True
    coarse[h.instrument[remainder != 0]] = True
    error = np.where(scenario.may_change, np.maximum(step, t.lot[h.instrument]), 0.0)
    coarse = _narrow_bands(scenario, coarse, error)
    coarse_holding = coarse[h.instrument]
    coarse_order = np.append(coarse, np.ones(len(t.ids) - count, dtype=bool))[
        scenario.orders.tradable
    ]
    return Grain(coarse_holding, coarse_order, np.where(coarse_holding, 0.0, error), remainder)


def _narrow_bands(scenario: Scenario, coarse: Bools, error: Floats) -> Bools:
    """What moves a limit by more than a quarter of its band in one step is coarse."""
    coarse = coarse.copy()
    which = scenario.holdings.instrument
    for limit in scenario.limits:
        move = limits.sensitivity(scenario, limit) * error
        band = limit.upper - limit.lower
        if np.isfinite(band):
            coarse[which[move > band / 40]] = True
    return coarse


def rooms(scenario: Scenario, grain: Grain) -> Floats:
    """(limits,) what rounding the fine holdings may move each measure by: the root of the sum of
    squares, over three deviations of independent errors of up to half a step, at most their sum.
    """
    found = np.zeros(len(scenario.limits))
    for k, limit in enumerate(scenario.limits):
        move = limits.sensitivity(scenario, limit) * grain.error
        found[k] = min(float(move.sum()), float(np.linalg.norm(move)))
    return found


def pool_rooms(scenario: Scenario, grain: Grain) -> Floats:
    """(P,) what rounding the fine holdings may take from each pool, base currency."""
    h, entries, accounts = scenario.holdings, scenario.entries, scenario.accounts
    found = np.zeros(len(scenario.pools.ids))
    held = np.flatnonzero(h.entry >= 0)
    entry = h.entry[held]
    account = entries.account[entry]
    called = margin.sensitivity(scenario)[entry] * accounts.multiplier[account]
    paid = scenario.instruments.fully_paid[h.instrument[held]]
    value = np.where(paid, np.abs(scenario.instruments.value[h.instrument[held]]), 0.0)
    shocked = np.abs(scenario.shocks.loss).max(axis=1, initial=0.0)[h.instrument[held]]
    stressed = np.array([bool(x) for x in scenario.pools.shocks])[accounts.pool[account]]
    called = np.where(stressed, called * scenario.stress.margin + shocked, called)
    move = (called + value) * grain.error[held]
    np.add.at(found, accounts.pool[account], move**2)
    return np.sqrt(found)


def all_fine(grain: Grain) -> Grain:
    """The same with nothing an integer: every row is rounded by itself."""
    no = np.zeros_like(grain.coarse_holding)
    return Grain(no, np.zeros_like(grain.coarse_order), grain.error, grain.remainder)


def all_coarse(grain: Grain) -> Grain:
    """The same with every holding and order an integer: what settles whether whole lots exist."""
    nothing = np.zeros_like(grain.error)
    yes = np.ones_like(grain.coarse_holding)
    return Grain(yes, np.ones_like(grain.coarse_order), nothing, grain.remainder)
