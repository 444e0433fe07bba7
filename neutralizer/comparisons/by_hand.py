"""The naive hand method: each book alone closes its own breaches, one by one, with its cheapest instrument.

What a desk does without a program: once round its limits, no crossing, no look at what a trade does to
the limit before, no whole lots, and treasury is called for the cash. Limits wider than a book come last,
each for the book that can relieve it most cheaply. Margin, turnover and external limits are not traded for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, netted, nothing
from neutralizer.terms import costs, limits, waiting
from neutralizer.terms.margin import cash

STEPS = 40  # on one limit: each the tangent's step, of which convex measures need several
CURED = 1e-9  # of a limit's scale
Slope = Callable[[Trades, Scenario, Limit], Floats]


@dataclass(frozen=True)
class ByHand:
    """What it came to. Cost over the same terms as the plan's, notional of the orders; base currency."""

    cost: float
    orders: int
    notional: float
    breaches_before: int
    breaches_after: int
    waiting: float
    trades: Trades


def by_hand(scenario: Scenario) -> ByHand:
    """The hand's trades on the scenario with every book a group of its own."""
    s = alone(scenario)
    hand, scale = _Hand(s), limits.scales(s)
    wide = [not x.scope.startswith("book:") for x in s.limits]
    turn = sorted(range(len(s.limits)), key=lambda k: (wide[k], s.limits[k].limit_id, k))
    for k in turn:
        hand.closes(s.limits[k], CURED * float(scale[k]))
    trades = hand.trades
    return ByHand(
        cost=sum(costs.totals(trades, s).values()),
        orders=int(np.count_nonzero(trades.order)),
        notional=float(s.order_notional @ np.abs(trades.order)),
        breaches_before=_breaches(nothing(s), s, scale),
        breaches_after=_breaches(trades, s, scale),
        waiting=float(waiting.amounts(trades, s).sum()),
        trades=trades,
    )


def _breaches(trades: Trades, s: Scenario, scale: Floats) -> int:
    """Limits outside their written bounds, and pools below their floors; no wish is a limit here."""
    after, (lower, upper) = limits.amounts(trades, s), limits.written(s)
    beyond = limits.beyond(after, lower, upper) > 1e-6 * scale
    beyond &= ~np.array([x.wish for x in s.limits], dtype=bool)
    return int(beyond.sum() + (cash.headroom(trades, s) < 0).sum())


class _Hand:
    """What the hand has done so far."""

    def __init__(self, s: Scenario) -> None:
        self.s, self.trades = s, nothing(s)
        place = np.empty(s.orders.change_rows.shape[0], dtype=np.int64)
        place[s.orders.row] = np.arange(len(s.holdings.book))  # alone, a row has one holding
        legs = s.orders.order_rows.tocoo()
        self.legs = (legs.col, place[legs.row], legs.data)  # order, holding, ratio
        t, o = s.tradables, s.orders.tradable
        fee = s.costing.booking_fee * self._by_order(np.abs(legs.data), s.holding_notional)
        self.price = {
            1.0: t.half_spread[o] + t.buy_charge[o] + fee,
            -1.0: t.half_spread[o] + t.sell_charge[o] + fee,
        }

    def _by_order(self, ratio: Floats, of_holding: Floats) -> Floats:
        """(O,) Σ over an order's legs of ratio · what the leg's holding has."""
        order, holding, _ = self.legs
        count = len(self.s.orders.tradable)
        found = np.bincount(order, weights=ratio * of_holding[holding], minlength=count)
        return found.astype(np.float64)

    def closes(self, limit: Limit, close: float) -> None:
        """Trades until the limit is kept or nothing helps."""
        slope = SLOPES.get(limit.measure)
        for _ in range(STEPS):
            after = limits.REGISTRY[limit.measure].amount(self.trades, self.s, limit)
            over = after - limit.upper if after > limit.upper else after - limit.lower
            kept = limit.lower - close <= after <= limit.upper + close
            if kept or slope is None or not self._step(slope(self.trades, self.s, limit), over):
                break

    def _step(self, slope: Floats, over: float) -> bool:
        """One order with the least cost per unit of relief, as far as it goes or as the tangent asks."""
        moves = self._by_order(self.legs[2], slope)
        best, dearest = (-1, 0.0, 0.0), np.inf
        for side in (1.0, -1.0):
            relief = -np.sign(over) * side * moves
            room = self._room(side)
            helps = (relief > 1e-12 * np.abs(moves).max(initial=0)) & (room > 0)
            per_unit = np.where(helps, relief, 1.0)
            sizes = np.minimum(room, abs(over) / per_unit)
            price = np.where(helps, (self.price[side] + self._impact(sizes)) / per_unit, np.inf)
            if len(price) and price.min() < dearest:
                o = int(price.argmin())
                dearest, best = float(price[o]), (o, side, float(sizes[o]))
        order, way, size = best
        if order < 0 or not size > 0:
            return False
        self._trade(order, way * size)
        return True

    def _room(self, side: float) -> Floats:
        """(O,) units that mandates and participation leave each order, one way."""
        order, holding, ratio = self.legs
        h, t, tradable = self.s.holdings, self.s.tradables, self.s.orders.tradable
        x = h.before[holding] + self.trades.change[holding]
        up = side * ratio > 0
        ends = np.where(up, h.high[holding] - x, x - h.low[holding]) / np.abs(ratio)
        room = np.full(len(tradable), np.inf)
        np.minimum.at(room, order, np.maximum(ends, 0.0))
        used = np.bincount(tradable, weights=np.abs(self.trades.order), minlength=len(t.ids))
        found: Floats = np.minimum(room, np.maximum(t.cap - used, 0.0)[tradable])
        return found

    def _impact(self, size: Floats) -> Floats:
        """(O,) what a unit of an order of some size moves the market by, base currency."""
        t, o, rule = self.s.tradables, self.s.orders.tradable, self.s.costing
        with np.errstate(invalid="ignore"):
            day = (np.abs(self.trades.order) + size) / t.adv[o]
            moved = t.volatility[o] * t.notional[o] * (day if rule.quadratic_impact else day**0.5)
        coefficient = rule.impact_coefficient * t.impact[o]
        found: Floats = coefficient * np.nan_to_num(moved, posinf=0.0)
        return found

    def _trade(self, o: int, quantity: float) -> None:
        change, order = self.trades.change.copy(), self.trades.order.copy()
        order[o] += quantity
        own = self.legs[0] == o
        np.add.at(change, self.legs[1][own], quantity * self.legs[2][own])
        self.trades = replace(self.trades, change=change, order=order)


def _linear(trades: Trades, s: Scenario, limit: Limit) -> Floats:
    """(H,) of net, position and factor exposure."""
    found: Floats = limits.REGISTRY[limit.measure].slope(s, limit)
    return found


def _sided(trades: Trades, s: Scenario, limit: Limit) -> Floats:
    """(H,) of gross, long and short: which side of zero the netted position is on."""
    side = np.sign(netted(s, trades, limit.holdings))
    if limit.measure != "gross":
        wanted = 1.0 if limit.measure == "long" else -1.0
        side = np.where(side == wanted, side, 0.0)
    found = np.zeros(len(s.holdings.book))
    which = s.holdings.instrument[limit.holdings]
    found[limit.holdings] = (side * s.instruments.notional)[which]
    return found


def _concentrated(trades: Trades, s: Scenario, limit: Limit) -> Floats:
    """(H,) of the largest instrument alone."""
    units = netted(s, trades, limit.holdings)
    largest = int(np.argmax(np.abs(units) * s.instruments.notional))
    found = limits.sensitivity(s, limit) * np.sign(units[largest])
    return np.where(s.holdings.instrument == largest, found, 0.0)


def _volatility(trades: Trades, s: Scenario, limit: Limit) -> Floats:
    """(H,) covariance with the scope's position over its volatility."""
    units, risk, notional = netted(s, trades, limit.holdings), s.risk, s.instruments.notional
    if risk.dense_root is not None:
        slope = notional * (risk.dense_root.T @ (risk.dense_root @ (notional * units)))
    else:
        root = np.zeros((len(risk.factors), 0)) if risk.factor_root is None else risk.factor_root
        slope = risk.exposure @ (root @ (root.T @ (risk.exposure.T @ units)))
        slope = slope + (risk.specific * notional) ** 2 * units
    found = np.zeros(len(s.holdings.book))
    found[limit.holdings] = slope[s.holdings.instrument[limit.holdings]]
    daily = limits.REGISTRY["volatility"].amount(trades, s, limit)
    return found / daily if daily > 0 else found


SLOPES: dict[str, Slope] = {
    "net": _linear,
    "position": _linear,
    "factor_exposure": _linear,
    "gross": _sided,
    "long": _sided,
    "short": _sided,
    "concentration": _concentrated,
    "volatility": _volatility,
}
