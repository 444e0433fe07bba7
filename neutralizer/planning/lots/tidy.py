"""Orders of a few lots that a tie left in: closed, where whole lots without them are no dearer.

A search may stop within a few ten-thousandths of the best cost, and an order of three shares costs less.
"""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Bools
from neutralizer.domain.orders import without_orders
from neutralizer.domain.scenario import Scenario
from neutralizer.planning.lots.checked import Found, price_of
from neutralizer.planning.lots.grain import all_coarse
from neutralizer.planning.lots.integers import WINDOW, Whole
from neutralizer.planning.lots.milp import Rounding
from neutralizer.planning.lots.search import ANYWHERE, Tries, search
from neutralizer.planning.lots.standard import Standard

LITTLE = 1e-4  # of the gross before: an order of a few lots below it may be such a one


def tidied(rounding: Rounding, found: Found, standard: Standard) -> Found:
    """The same, or the whole lots that one more program finds without its orders of a few lots: with
    everything an integer, so that limits need no room for what is rounded afterwards.
    """
    scenario = rounding.scenario
    few = _few(scenario, found[0])
    if not few.any():
        return found
    held, grain = without_orders(scenario, few), all_coarse(rounding.grain)
    without = replace(rounding, scenario=held, grain=grain, known=None)
    lighter = search(without, standard, ANYWHERE[:1], Tries(1))
    rounding.seconds, rounding.nodes = without.seconds, without.nodes
    dearer = lighter is None or price_of(lighter, scenario) > price_of(found, scenario)
    return found if lighter is None or dearer else lighter


def _few(scenario: Scenario, whole: Whole) -> Bools:
    """(O,) orders of a few lots and of little money."""
    size = np.abs(whole.order) * scenario.order_notional
    lots = np.abs(whole.lots)
    found: Bools = (lots > 0) & (lots <= WINDOW) & (size < LITTLE * scenario.gross_before)
    return found
