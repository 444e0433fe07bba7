"""Which book pays what: orders by their fills, financing and fees by holding, the rest by nobody."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Matrix
from neutralizer.domain.money import rounded
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, sums
from neutralizer.terms import costs

Costs = dict[tuple[str, str], Decimal]  # (book, "" for none; term) -> base currency
Fill = tuple[int, int, float]  # order, holding, units of the leg


def by_book(scenario: Scenario, trades: Trades, fills: Sequence[Fill]) -> Costs:
    """Every cost term spread over books, in cents; amounts of zero are left out."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    books, share = scenario.books.ids, fill_shares(scenario, fills)
    for cost in costs.REGISTRY:
        for term, amounts in cost.amounts(trades, scenario).items():
            if cost.AXIS in ("holding", "order"):
                each = amounts @ share if cost.AXIS == "order" else amounts
                totals = sums(scenario.holdings.book, each, len(books))
                found |= {(b, term): float(x) for b, x in zip(books, totals, strict=True)}
            elif cost.AXIS == "account":
                for a, x in enumerate(amounts.tolist()):
                    found[_only_book(scenario, a), term] += x
            else:
                found["", term] += float(amounts.sum())
    written = {key: rounded(x, scenario.base_currency) for key, x in found.items()}
    return {key: x for key, x in written.items() if x}


def fills_of(plan: Plan) -> list[Fill]:
    """Who receives how much of each order, leg by leg."""
    return [
        (hedge.order, a.holding, abs(float(a.quantity)))
        for hedge in plan.hedges
        for a in hedge.allocations
    ]


def fill_shares(scenario: Scenario, fills: Sequence[Fill]) -> Matrix:
    """(O, H) share of each order that fills each holding, by notional over its legs."""
    shape = (len(scenario.orders.tradable), len(scenario.holdings.book))
    if not fills:
        return csr_array(shape)
    order, holding, units = (np.array(column) for column in zip(*fills, strict=True))
    notional: Floats = units * scenario.holding_notional[holding]
    total = sums(order, notional, shape[0])
    return csr_array((notional / total[order], (order, holding)), shape=shape)


def _only_book(scenario: Scenario, account: int) -> str:
    """The book of an account that serves one book; blank where it serves several."""
    held = np.unique(scenario.holdings.book[scenario.holdings.account == account])
    return scenario.books.ids[held[0]] if len(held) == 1 else ""
