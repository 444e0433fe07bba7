"""Why a wish is not met: what pulls most against one more unit of it, at the optimum."""

from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import significant
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.program.duals.pull import COST, MANDATE, PARTICIPATION, Pulls, first_target, pulls
from neutralizer.program.duals.shadow import pool_prices, shadow_prices
from neutralizer.program.solve import Solution
from neutralizer.terms import limits, waiting
from neutralizer.terms.margin import cash
from neutralizer.terms.night import outside

Row = dict[str, str]
LOTS = "lots"
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
        if (k is None or k == COST) and np.isnan(s.targets.rate[w]):  # it must be met, at any cost
            name, scope = _in_the_way(s, trades, h, bool(buys))
            told[key] = {"why": name, "scope": scope, "shadow_price": ""}
        elif k is None or k < 0:
            told[key] = {"why": WORDS[k or COST], "scope": "", "shadow_price": ""}
        else:
            name, scope = names[k]
            told[key] = {"why": name, "scope": scope, "shadow_price": significant(float(prices[k]))}
    return told


def _in_the_way(s: Scenario, trades: Trades, h: int, buys: bool) -> tuple[str, str]:
    """What one lot more of a holding, ordered outside, would be beyond, with its scope: its participation, the
    limit that it would exceed most or the pool; where nothing is, whole lots.
    """
    orders, tradables = s.orders, s.tradables
    own = orders.order_rows[[int(orders.row[h])]].indices
    alone = [o for o in own.tolist() if orders.tradable[o] == s.holdings.instrument[h]]
    if not alone or not (orders.may_buy if buys else orders.may_sell)[alone[0]]:
        return WORDS[PARTICIPATION], ""
    order, t = alone[0], int(orders.tradable[alone[0]])
    lot = float(tradables.lot[t]) * (1 if buys else -1)
    of_all = sum(abs(trades.order[o]) for o in np.flatnonzero(orders.tradable == t).tolist())
    if of_all - abs(trades.order[order]) + abs(trades.order[order] + lot) > tradables.cap[t]:
        return WORDS[PARTICIPATION], ""
    change, sent = trades.change.copy(), trades.order.copy()
    change[h] += lot
    sent[order] += lot
    more = replace(trades, change=change, order=sent)
    over = (outside(s, more) - outside(s, trades)) / limits.scales(s)
    over[[x.wish and list(x.holdings) == [h] for x in s.limits]] = 0.0  # its own: a lot is too much
    if over.max(initial=0.0) > 0:
        worst = s.limits[int(over.argmax())]
        return worst.limit_id, worst.scope
    short = np.minimum(cash.headroom(more, s), 0.0) - np.minimum(cash.headroom(trades, s), 0.0)
    if short.min(initial=0.0) < 0:
        pool = s.pools.ids[int(short.argmin())]
        return pool, f"pool:{pool}"
    return LOTS, ""


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
