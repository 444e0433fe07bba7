"""Which book pays what: orders by their fills, financing and fees by holding, the rest by nobody."""

from collections import defaultdict
from decimal import Decimal

import numpy as np

from neutralizer import costs
from neutralizer.domain.money import rounded
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Floats, Scenario

Costs = dict[
    tuple[str, str], Decimal
]  # (book, or "" for what belongs to none; term) -> base currency


def by_book(scenario: Scenario, plan: Plan) -> Costs:
    """Every cost term spread over books, in cents; what does not divide evenly stays with the last."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    books, share = scenario.books.ids, order_shares(scenario, plan)
    for cost in costs.REGISTRY:
        for term, amounts in cost.amounts(plan.trades, scenario).items():
            if cost.AXIS == "order":
                amounts = amounts @ share
            if cost.AXIS in ("holding", "order"):
                totals = np.bincount(scenario.holdings.book, weights=amounts, minlength=len(books))
                found |= {(b, term): float(x) for b, x in zip(books, totals, strict=True)}
            elif cost.AXIS == "account":
                for a, x in enumerate(amounts.tolist()):
                    found[_only_book(scenario, a), term] += x
            else:
                found["", term] += float(amounts.sum())
    written = {key: rounded(x, scenario.base_currency) for key, x in found.items()}
    return {key: x for key, x in written.items() if x}


def order_shares(scenario: Scenario, plan: Plan) -> Floats:
    """(O, H) share of each order that fills each holding, by notional over its legs."""
    share = np.zeros((len(scenario.orders.tradable), len(scenario.holdings.book)))
    for hedge in plan.hedges:
        for a in hedge.allocations:
            notional = scenario.holding_notional[a.holding] * abs(float(a.quantity))
            share[hedge.order, a.holding] += notional
    total = share.sum(axis=1, keepdims=True)
    found: Floats = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    return found


def _only_book(scenario: Scenario, account: int) -> str:
    """The book of an account that serves one book; blank where it serves several."""
    held = np.unique(scenario.holdings.book[scenario.holdings.account == account])
    return scenario.books.ids[held[0]] if len(held) == 1 else ""
