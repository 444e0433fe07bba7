"""Why a wish is not met: what pulls most against one more unit of it, at the optimum."""

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import significant
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.program.duals.pull import COST, MANDATE, PARTICIPATION, Pulls, first_target, pulls
from neutralizer.program.duals.shadow import pool_prices, shadow_prices
from neutralizer.program.solve import Solution
from neutralizer.terms import waiting

Row = dict[str, str]
WORDS = {COST: "cost", PARTICIPATION: "participation", MANDATE: "mandate"}


def why_left(solution: Solution, scenario: Scenario, trades: Trades) -> dict[tuple[str, str], Row]:
    """For each target that `trades` leave, by book and instrument: the limit or pool that pulls most
    against it with its scope and shadow price, or one of WORDS.
    """
    s = scenario
    left = np.flatnonzero(waiting.left(trades, s) > 0)
    if not len(left):
        return {}
    found, prices = pulls(solution, s), [*shadow_prices(solution, s), *pool_prices(solution, s)]
    names = [(x.limit_id, x.scope) for x in s.limits] + [(p, f"pool:{p}") for p in s.pools.ids]
    told = {}
    for w in left.tolist():
        h = int(s.targets.holding[w])
        key = (s.books.ids[s.holdings.book[h]], s.instruments.ids[s.holdings.instrument[h]])
        buys = s.targets.target[w] > s.holdings.before[h] + trades.change[h]
        k = _strongest(_against(found, s, h, bool(buys)), s)
        if k is None or k < 0:
            told[key] = {"why": WORDS[k or COST], "scope": "", "shadow_price": ""}
        else:
            name, scope = names[k]
            told[key] = {"why": name, "scope": scope, "shadow_price": significant(float(prices[k]))}
    return told


def _against(found: Pulls, s: Scenario, h: int, buys: bool) -> Floats:
    """(owners,) pulls at one more unit of a holding that is ordered outside; what it may not order is
    as if its participation stood in the way.
    """
    moved = (found.rise if buys else found.fall)[[h]]
    total = found.of(moved, np.ones(1))
    own = s.orders.order_rows[[int(s.orders.row[h])]]
    alone = [o for o in own.indices.tolist() if s.orders.tradable[o] == s.holdings.instrument[h]]
    order = np.array(alone, dtype=np.int64)
    sides = (found.buy if buys else found.sell)[order]
    if (sides >= 0).any():
        return total + found.of(sides, np.ones(len(sides)))
    total[PARTICIPATION] = np.inf
    return total


def _strongest(against: Floats, s: Scenario) -> int | None:
    """The owner that pulls most against, negative for those of WORDS; None where nobody does."""
    first, count = first_target(s), len(against)
    candidates = [*range(first), *(count + k for k in WORDS)]
    best: int = max(candidates, key=lambda k: float(against[k]))
    if not against[best] > 0:
        return None
    return best if best < first else best - count
