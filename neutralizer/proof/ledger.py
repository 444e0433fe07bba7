"""Tickets -> what happened: changes by holding, orders by party, cash by route."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.proof.files import Files
from neutralizer.terms.costs.attribution import Fill

Key = tuple[str, str]  # book, instrument


@dataclass
class Ledger:
    """Exact sums by (book, instrument), and the states they make."""

    transferred: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    tonight: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # phase 1
    hedged: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    orders: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    holding: dict[Key, int] = field(default_factory=dict)
    order_of_ticket: dict[str, int] = field(default_factory=dict)
    rows: dict[int, set[int]] = field(default_factory=dict)  # order -> conservation rows it fills
    fills: list[Fill] = field(default_factory=list)
    after: Trades = field(init=False)  # rebuild fills the states last
    after_transfers: Trades = field(init=False)


def rebuild(scenario: Scenario, files: Files, faults: list[str]) -> Ledger:
    """Adds up the tickets; what names nothing known is a fault."""
    ledger = Ledger()
    books, instruments = scenario.books.ids, scenario.instruments.ids
    pairs = zip(scenario.holdings.book.tolist(), scenario.holdings.instrument.tolist(), strict=True)
    ledger.holding = {(books[b], instruments[i]): h for h, (b, i) in enumerate(pairs)}
    for row in files["internal_transfers.csv"]:
        quantity = decimal(row["quantity"])
        ledger.transferred[row["from_book"], row["instrument_id"]] -= quantity
        ledger.transferred[row["to_book"], row["instrument_id"]] += quantity
        if row["release_phase"] == "1":
            ledger.tonight[row["from_book"], row["instrument_id"]] -= quantity
            ledger.tonight[row["to_book"], row["instrument_id"]] += quantity
    for row in files["hedge_allocations.csv"]:
        sign = 1 if row["side"] == "BUY" else -1
        ledger.hedged[row["book_id"], row["instrument_id"]] += sign * decimal(row["quantity"])
    _orders(scenario, files, ledger, faults)
    for row in files["hedge_allocations.csv"]:
        order = ledger.order_of_ticket.get(row["ticket_id"])
        holding = ledger.holding.get((row["book_id"], row["instrument_id"]))
        units = float(decimal(row["quantity"]))
        if order is not None and holding is not None and units > 0:
            ledger.fills.append((order, holding, units))
    for book, instrument in sorted(ledger.transferred.keys() | ledger.hedged.keys()):
        if (book, instrument) not in ledger.holding:
            faults.append(f"{book} may not hold or trade {instrument}")
    ledger.after, ledger.after_transfers = _states(scenario, files, ledger)
    return ledger


def _orders(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    orders, tradables = scenario.orders, scenario.tradables
    matrix = orders.order_rows.tocsc()
    given: dict[tuple[str, str], list[int]] = defaultdict(list)
    for o, t in enumerate(orders.tradable.tolist()):
        given[orders.group[o], tradables.ids[t]].append(o)
        ledger.rows[o] = set(matrix.indices[matrix.indptr[o] : matrix.indptr[o + 1]].tolist())
    receivers: dict[str, set[str]] = defaultdict(set)
    filled: dict[str, set[int]] = defaultdict(set)
    for row in files["hedge_allocations.csv"]:
        receivers[row["ticket_id"]].add(row["book_id"])
        holding = ledger.holding.get((row["book_id"], row["instrument_id"]))
        if holding is not None:
            filled[row["ticket_id"]].add(int(orders.row[holding]))
    for row in files["hedges.csv"]:
        able = given[row["crossing_group"], row["instrument_id"]]
        books, rows = receivers[row["ticket_id"]], filled[row["ticket_id"]]
        of = [
            o for o in able if orders.book[o] < 0 or {scenario.books.ids[orders.book[o]]} == books
        ]
        order = next((o for o in of if rows and rows <= ledger.rows[o]), of[0] if of else None)
        if order is None:
            faults.append(
                f"{row['ticket_id']}: {row['crossing_group']} may not order {row['instrument_id']}"
            )
            continue
        sign = 1 if row["side"] == "BUY" else -1
        ledger.orders[order] += sign * decimal(row["quantity"])
        ledger.order_of_ticket[row["ticket_id"]] = order


def _states(scenario: Scenario, files: Files, ledger: Ledger) -> tuple[Trades, Trades]:
    count = len(scenario.holdings.book)
    inside, outside = np.zeros(count), np.zeros(count)
    for key, h in ledger.holding.items():
        inside[h] = float(ledger.tonight.get(key, Decimal(0)))
        outside[h] = float(
            ledger.transferred.get(key, Decimal(0)) + ledger.hedged.get(key, Decimal(0))
        )
    order = np.zeros(len(scenario.orders.tradable))
    for o, quantity in ledger.orders.items():
        order[o] = float(quantity)
    pools, routes = scenario.pools.ids, scenario.routes
    cash, tonight = np.zeros(len(routes.source)), np.zeros(len(routes.source))
    borrowed = np.zeros(len(pools))
    route = {
        (pools[a], pools[b]): r
        for r, (a, b) in enumerate(zip(routes.source, routes.target, strict=True))
    }
    for row in files["cash_transfers.csv"]:
        r = route.get((row["from_pool"], row["to_pool"]))
        if r is not None:
            amount = float(decimal(row["amount"]))
            cash[r] += amount
            tonight[r] += amount if row["release_phase"] == "1" else 0.0
    for row in files["pools.csv"]:
        if row["pool_id"] in pools:
            borrowed[pools.index(row["pool_id"])] = float(decimal(row["borrowed"]))
    rest = borrowed, _pledged(scenario, files)
    after = Trades(outside, order, cash, *rest)
    return after, Trades(inside, np.zeros_like(order), tonight, *rest)


def _pledged(scenario: Scenario, files: Files) -> Floats:
    """(C,) units of each line of collateral.csv."""
    c, found = scenario.collateral, np.zeros(len(scenario.collateral.pool))
    names = [
        (scenario.pools.ids[p], scenario.instruments.ids[i])
        for p, i in zip(c.pool, c.instrument, strict=True)
    ]
    for row in files["collateral.csv"]:
        key = (row["pool_id"], row["instrument_id"])
        if key in names:
            found[names.index(key)] += float(decimal(row["quantity"]))
    return found
