"""A plan made by hand, with a little of everything, and the rows that are right for it. No solver.

A gives B 300.25 shares, all that B is short, and sells a thousand more than that: 700 it has, 300 it
has not. A spread is sold, a bond sold short, a loan drawn to its limit, a bill posted to the last one.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from neutralizer.domain.plan import Allocation, Booking, CashTransfer, Hedge, Plan, Transfer
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import Summary
from neutralizer.domain.trades import Trades
from neutralizer.load.scenario import load
from neutralizer.proof.files import Files
from neutralizer.records.writing import csv_bytes, csv_rows
from neutralizer.report.tables import evidence, horizon, state
from neutralizer.terms import costs
from neutralizer.terms.costs.attribution import by_book, fills_of
from neutralizer.tickets import REGISTRY

SCENARIO = """\
format: 1
name: hand-made
as_of: 2024-06-27T16:00:00-04:00
base_currency: USD
tables:
  books:
    - {book_id: A, entity: BD, account_id: PA}
    - {book_id: B, entity: BD, account_id: PB}
    - {book_id: C, entity: BD, account_id: PB}
  crossing_groups: [{group_id: house, books: [A, B]}]
  fx: [{currency: EUR, rate: 1.1}]
  accounts: [{account_id: PA, pool_id: P}, {account_id: PB, pool_id: Q, margin_multiplier: 1.5}]
  pools:
    - {pool_id: P, currency: USD, cash: 900000, minimum_balance: 100000, borrow_limit: 50000, borrow_rate_bps: 100, due_next_morning: yes}
    - {pool_id: Q, currency: EUR, cash: 800000}
  cash_routes:
    - {from_pool: P, to_pool: Q, capacity: 1000.5, fee_bps: 1}
    - {from_pool: Q, to_pool: P, fee_bps: 2, value_days: 1}
  collateral: [{pool_id: P, instrument_id: BILL, haircut: 0.02}]
  instruments:
    - {instrument_id: BILL, asset_class: bond, currency: USD, price: 98, lot_size: 100, half_spread_bps: 1}
    - {instrument_id: EQ, asset_class: equity, currency: USD, price: 50, half_spread_bps: 2, isin: US0378331005, settlement_days: 2, bid: 49.98, ask: 50.04}
    - {instrument_id: FUT, asset_class: future, currency: USD, price: 4000, multiplier: 50, payment: margined, half_spread_bps: 1, price_time: 2024-06-27T15:00:00-04:00}
    - {instrument_id: NEXT, asset_class: future, currency: USD, price: 4010, multiplier: 50, payment: margined, half_spread_bps: 1}
    - {instrument_id: NOX, asset_class: etf, currency: USD, price: 20, lot_size: 10, half_spread_bps: 1, cross_eligible: no, adv: 200, max_participation: 0.1}
    - {instrument_id: ROLL, asset_class: combination, currency: USD, price: 4000, multiplier: 50, payment: margined, half_spread_bps: 1}
  combinations:
    - {combination_id: ROLL, instrument_id: FUT, ratio: 1}
    - {combination_id: ROLL, instrument_id: NEXT, ratio: -2}
  positions:
    - {book_id: A, instrument_id: EQ, quantity: 1000.25, mark_price: 49.5}
    - {book_id: A, instrument_id: BILL, quantity: 5000}
    - {book_id: B, instrument_id: EQ, quantity: -300.25, mark_price: 50.1}
    - {book_id: B, instrument_id: BILL, quantity: 100}
    - {book_id: B, instrument_id: FUT, quantity: 2, mark_price: 3990}
    - {book_id: C, instrument_id: EQ, quantity: 0.5}
    - {book_id: C, instrument_id: NEXT, quantity: -7}
  restricted: [{selector: BILL, book_id: A, no_cross: yes}]
  mandates:
    - {book_id: "*", selector: "*", may: trade}
    - {book_id: B, selector: EQ, may: reduce}
    - {book_id: C, selector: NEXT, may: reduce}
    - {book_id: C, selector: EQ, may: none}
    - {book_id: C, selector: NOX, may: none}
  margin_rates:
    - {instrument_id: BILL, long_rate: 0.01, short_rate: 0.01}
    - {instrument_id: EQ, long_rate: 0.15, short_rate: 0.2}
    - {instrument_id: FUT, long_rate: 0.05, short_rate: 0.05}
    - {instrument_id: NEXT, long_rate: 0.05, short_rate: 0.05}
    - {instrument_id: NOX, long_rate: 0.2, short_rate: 0.2}
  limits:
    - {limit_id: A-eq, measure: position, scope: "book:A", target: EQ, lower: -300, upper: 5000}
    - {limit_id: C-narrow, measure: net, scope: "book:C", target: FUT, lower: 300000, upper: 300000, to_a_lot: yes}
    - {limit_id: gross, measure: gross, scope: firm, upper: 9000000}
"""
CHANGED = {  # (book, instrument): transferred, hedged
    ("A", "EQ"): ("-300.25", "-1000"),
    ("B", "EQ"): ("300.25", "0"),
    ("B", "FUT"): ("-2", "-2"),
    ("A", "FUT"): ("2", "-1"),
    ("A", "NEXT"): ("0", "2"),
    ("B", "NEXT"): ("0", "4"),
    ("A", "NOX"): ("0", "20"),
    ("B", "BILL"): ("0", "-200"),
    ("C", "FUT"): ("0", "1"),
}


@dataclass(frozen=True)
class Places:
    """Where things stand on the axes of a scenario."""

    scenario: Scenario

    def holding(self, book: str, instrument: str) -> int:
        s = self.scenario
        pairs = zip(s.holdings.book.tolist(), s.holdings.instrument.tolist(), strict=True)
        names = [(s.books.ids[b], s.instruments.ids[i]) for b, i in pairs]
        return names.index((book, instrument))

    def order(self, group: str, book: str, tradable: str) -> int:
        s, orders = self.scenario, self.scenario.orders
        b = s.books.ids.index(book) if book else -1
        names = zip(orders.group, orders.book.tolist(), orders.tradable.tolist(), strict=True)
        return [(g, o, s.tradables.ids[t]) for g, o, t in names].index((group, b, tradable))


@cache
def hand_made(*changes: tuple[str, str]) -> tuple[Scenario, dict[str, bytes], str]:
    """The scenario, with texts changed, the tables of the plan as bytes, and what it costs."""
    text = SCENARIO
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    with TemporaryDirectory() as folder:
        (Path(folder) / "scenario.yaml").write_text(text)
        scenario = load(Path(folder)).scenario
    booking = _booking(scenario)
    plan = booking.plan
    paid = by_book(scenario, plan.trades, fills_of(plan))
    files = {t.FILE: csv_bytes(t.COLUMNS, t.rows(booking)) for t in REGISTRY}
    tables = {
        "margin_movements.csv": state.margin_rows(booking),
        "positions_after.csv": state.positions_after(booking),
        "positions_next.csv": state.positions_next(booking),
        "limits.csv": state.limit_rows(booking, {}),
        "pools.csv": state.pool_rows(booking),
        "collateral.csv": state.collateral_rows(booking),
        "costs.csv": state.cost_rows(paid),
    }
    files[evidence.FILE] = csv_bytes(evidence.COLUMNS, evidence.rows(booking))
    files[horizon.FILE] = csv_bytes(horizon.COLUMNS, [])
    files |= {name: csv_bytes(state.COLUMNS[name], rows) for name, rows in tables.items()}
    return scenario, files, str(state.total(paid))


def written(*changes: tuple[str, str], transfers_only: bool = False) -> tuple[Scenario, Files]:
    """The scenario and fresh rows that are right for it."""
    scenario, files, cost = hand_made(*changes)
    rows = {name: csv_rows(data)[1] for name, data in files.items()}
    summary = Summary(
        run_id="hand",
        name=scenario.name,
        as_of=scenario.as_of.isoformat(),
        business_date=scenario.business_date.isoformat(),
        base_currency=scenario.base_currency,
        objective=float(cost),
        plan_cost=float(cost),
        transfers_only=transfers_only,
    )
    return scenario, Files(rows, summary)


def _booking(s: Scenario) -> Booking:
    at, count = Places(s), len(s.holdings.book)
    inside, outside = [Decimal(0)] * count, [Decimal(0)] * count
    for key, (moved, filled) in CHANGED.items():
        inside[at.holding(*key)], outside[at.holding(*key)] = Decimal(moved), Decimal(filled)

    def given(**quantities: str) -> tuple[Allocation, ...]:
        found = [(k.split("_"), Decimal(q)) for k, q in quantities.items()]
        return tuple(Allocation(at.holding(*key), q) for key, q in found)

    one = Decimal(1)
    eq, roll = at.order("house", "", "EQ"), at.order("house", "", "ROLL")
    nox, bill = at.order("house", "A", "NOX"), at.order("house", "", "BILL")
    own = at.order("C", "C", "FUT")
    hedges = (
        Hedge(eq, 0, "SELL", 700 * one, 0.7, given(A_EQ="-700")),
        Hedge(eq, 1, "SELL_SHORT", 300 * one, 0.3, given(A_EQ="-300")),
        Hedge(nox, 0, "BUY", 20 * one, 1.0, given(A_NOX="20")),
        Hedge(roll, 0, "SELL", 3 * one, 1.0, given(A_FUT="-1", B_FUT="-2", A_NEXT="2", B_NEXT="4")),
        Hedge(bill, 0, "SELL", 200 * one, 1.0, given(B_BILL="-200")),
        Hedge(own, 0, "BUY", one, 1.0, given(C_FUT="1")),
    )
    orders = np.zeros(len(s.orders.tradable))
    for hedge in hedges:
        orders[hedge.order] += float(hedge.quantity) * (1 if hedge.side == "BUY" else -1)
    cash = (
        CashTransfer(0, Decimal("1000.50"), Decimal("0.11"), Decimal("909.45")),
        CashTransfer(1, Decimal("2000.00"), Decimal("0.40"), Decimal("2199.56")),
    )
    sent = np.array([1000.5, 2000.0])
    change = np.array([float(a + b) for a, b in zip(inside, outside, strict=True)])
    funding = sent, np.array([50000.0, 0.0]), np.array([5000.0])
    trades = Trades(change, orders, *funding)
    after_transfers = Trades(np.array([float(q) for q in inside]), 0 * orders, *funding)
    transfers = (
        Transfer("house", at.holding("A", "EQ"), at.holding("B", "EQ"), Decimal("300.25")),
        Transfer("house", at.holding("B", "FUT"), at.holding("A", "FUT"), Decimal(2)),
    )
    plan = Plan(transfers, hedges, cash, tuple(inside), tuple(outside), trades, after_transfers)
    each = costs.amounts(trades, s)
    order_costs = {t: each[t] for t in ("half_spread", "market_impact", "commission_tax")}
    return Booking(plan, s, "hand", order_costs)
