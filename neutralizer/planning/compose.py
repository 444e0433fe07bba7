"""Whole lots -> Plan: fills shared, short sales split, crossings paired, cash in cents."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.money import payable
from neutralizer.domain.plan import Allocation, CashTransfer, Hedge, Plan, Transfer
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.planning.allocate import largest_remainder, shares, table
from neutralizer.planning.lots.integers import Whole
from neutralizer.planning.lots.whole import Rounded
from neutralizer.planning.pairing import Passed, netted, pair, through

Fills = dict[int, dict[int, int]]  # order -> holding -> whole steps, + bought


def compose(scenario: Scenario, rounded_lots: Rounded) -> Plan:
    """The plan of whole-lot trades. Everything is a decimal from here on."""
    whole, trades = rounded_lots.whole, rounded_lots.trades
    step = scenario.instruments.step[scenario.holdings.instrument]
    exact_step = [Decimal(repr(float(s))) for s in step]
    fills = _fills(scenario, whole.lots, whole.change)
    hedged_steps = np.zeros(len(step), dtype=np.int64)
    for row in fills.values():
        for h, q in row.items():
            hedged_steps[h] += q
    hedged = tuple(int(q) * s for q, s in zip(hedged_steps, exact_step, strict=True))
    fraction = [Decimal(repr(round(float(r), 12))) for r in whole.remainder]
    changed = [int(m) * s + f for m, s, f in zip(whole.steps, exact_step, fraction, strict=True)]
    transferred = tuple(c - f for c, f in zip(changed, hedged, strict=True))
    transfers = paired(scenario, transferred, fractions_of(scenario, whole), phase=1)
    inside = np.array([float(q) for q in transferred])
    trades = replace(trades, change=np.array([float(q) for q in changed]))
    after_transfers = replace(trades, change=inside, order=np.zeros_like(trades.order))
    hedges = _hedges(scenario, whole.lots, fills, inside, exact_step)
    cash = _cash(scenario, trades)
    return Plan(transfers, hedges, cash, transferred, hedged, trades, after_transfers)


def _fills(scenario: Scenario, lots: Floats, change: Floats) -> Fills:
    """Each order's fill by holding: the proportional table of every conservation row."""
    orders, t = scenario.orders, scenario.tradables
    instrument = scenario.holdings.instrument
    quantity = np.rint(lots) * t.lot[orders.tradable]
    fills: Fills = {int(o): {} for o in np.flatnonzero(quantity)}
    members = _members(scenario)
    matrix = orders.order_rows.tocsr()
    for r, holdings in enumerate(members):
        columns = matrix.indices[matrix.indptr[r] : matrix.indptr[r + 1]]
        ratio = matrix.data[matrix.indptr[r] : matrix.indptr[r + 1]]
        used = quantity[columns] != 0
        if not used.any():
            continue
        step = scenario.instruments.step[instrument[holdings[0]]]
        lines = np.rint(ratio[used] * quantity[columns[used]] / step).astype(np.int64)
        total = int(lines.sum())
        weights = shares(change[holdings], scenario.may_change[holdings].astype(float), total)
        cells = table(lines, largest_remainder(total, weights), weights)
        for o, row in zip(columns[used].tolist(), cells, strict=True):
            fills[int(o)] |= {int(h): int(q) for h, q in zip(holdings, row, strict=True) if q}
    return fills


def _members(scenario: Scenario) -> list[Ints]:
    """Holdings of each conservation row, by book id."""
    order = np.argsort(scenario.orders.row, kind="stable")
    counts = np.bincount(scenario.orders.row, minlength=scenario.orders.change_rows.shape[0])
    return list(np.split(order, np.cumsum(counts)[:-1])) if len(order) else []


def paired(
    scenario: Scenario, moved: Sequence[Decimal], fractions: Sequence[Passed], phase: int
) -> tuple[Transfer, ...]:
    """What each holding gives or takes inside, paired: whole steps with each other, and each fraction, which
    is part of it, from who gives it to who takes it.
    """
    inside, found = list(moved), []
    for giver, taker, quantity in fractions:
        inside[giver] += quantity
        inside[taker] -= quantity
    books, book = scenario.books, scenario.holdings.book
    for holdings in _members(scenario):
        crossings = [(int(h), inside[h]) for h in holdings if inside[h]]
        group = books.group[book[holdings[0]]]
        central = next((int(h) for h in holdings if book[h] == books.via.get(group)), None)
        own = [x for x in fractions if x[0] in holdings]
        if central is None:
            pairs = pair(crossings) + own
        else:
            pairs = through(crossings, central) + [y for x in own for y in _passed_on(x, central)]
        found += [Transfer(group, g, t, q, phase) for g, t, q in netted(pairs)]
    return tuple(found)


def fractions_of(scenario: Scenario, whole: Whole) -> list[Passed]:
    """(giver, taker, quantity > 0) of every fraction that is moved: of a short one the other way round."""
    step = scenario.instruments.step[scenario.holdings.instrument]
    found = []
    for giver, taker in whole.passed:
        fraction = scenario.holdings.exact[giver] % Decimal(repr(float(step[giver])))
        found.append((giver, taker, fraction))
    return [(g, t, q) if q > 0 else (t, g, -q) for g, t, q in found]


def _passed_on(passed: Passed, central: int) -> list[Passed]:
    """The same with the central holding in between."""
    giver, taker, quantity = passed
    return [(g, t, quantity) for g, t in ((giver, central), (central, taker)) if g != t]


def _hedges(
    scenario: Scenario,
    lots: Floats,
    fills: Fills,
    transferred: Floats,
    exact_step: list[Decimal],
) -> tuple[Hedge, ...]:
    """Orders as they are given out; a sale through zero is split into SELL and SELL_SHORT."""
    h, found = scenario.holdings, []
    owners = [scenario.books.owner[b] for b in h.book]
    has = h.before - np.array([float(q) for q in h.incoming]) + transferred
    left: dict[tuple[str, int], float] = {}
    for owner, i, x in zip(owners, h.instrument.tolist(), has.tolist(), strict=True):
        left[owner, i] = left.get((owner, i), 0.0) + x
    for o in sorted(fills):
        t = int(scenario.orders.tradable[o])
        size = abs(int(lots[o])) * Decimal(repr(float(scenario.tradables.lot[t])))
        if lots[o] > 0 or not _short_sale_rules(scenario, t):
            parts = [("BUY" if lots[o] > 0 else "SELL", fills[o])]
        else:
            parts = _split(fills[o], owners, left, t, scenario.instruments.step[t])
        for part, (side, row) in enumerate(parts):
            allocations = tuple(Allocation(k, q * exact_step[k]) for k, q in sorted(row.items()))
            quantity = (
                size if len(parts) == 1 else sum((-a.quantity for a in allocations), Decimal(0))
            )
            share = float(quantity / size)
            found.append(Hedge(o, part, side, quantity, share, allocations))
    return tuple(found)


def _short_sale_rules(scenario: Scenario, tradable: int) -> bool:
    """Fully paid equities and etfs are sold short as such."""
    i = scenario.instruments
    return (
        tradable < len(i.ids)
        and bool(i.fully_paid[tradable])
        and i.asset_class[tradable] in ("equity", "etf")
    )


def _split(
    row: dict[int, int],
    owners: list[str],
    left: dict[tuple[str, int], float],
    instrument: int,
    step: float,
) -> list[tuple[str, dict[int, int]]]:
    """A sale's fills into what the owner has and what is sold short, book by book in proportion."""
    sold: dict[int, int] = {}
    short: dict[int, int] = {}
    for owner in sorted({owners[h] for h in row}):
        holdings = [h for h in sorted(row) if owners[h] == owner]
        fills = np.array([row[h] for h in holdings], dtype=np.int64)
        total = -int(fills.sum())
        has = max(0, int(np.floor(left[owner, instrument] / step + 1e-9)))
        long_part = min(total, has)
        left[owner, instrument] -= long_part * step
        lines = np.array([-long_part, long_part - total], dtype=np.int64)
        cells = table(lines, fills, fills / fills.sum()) if total else np.array([fills, 0 * fills])
        sold |= {h: int(q) for h, q in zip(holdings, cells[0], strict=True) if q}
        short |= {h: int(q) for h, q in zip(holdings, cells[1], strict=True) if q}
    parts = [("SELL", sold), ("SELL_SHORT", short)]
    return [(side, fills) for side, fills in parts if fills]


def _cash(scenario: Scenario, trades: Trades) -> tuple[CashTransfer, ...]:
    pools, routes = scenario.pools, scenario.routes
    return tuple(
        CashTransfer.of(
            scenario, r, payable(float(trades.cash[r]), pools.currency[int(routes.source[r])])
        )
        for r in np.flatnonzero(trades.cash).tolist()
    )
