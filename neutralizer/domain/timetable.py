"""A plan's orders over a session: its slices, what each order sends in which, and the states on the way.

Axes: order j (those of the plan that are not zero), tradable t, slice k, holding h.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np
from scipy.sparse import csr_array, diags_array, vstack

from neutralizer.domain.arrays import Bools, Floats, Ints, Matrix
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades


@dataclass(frozen=True)
class Slices:
    """k, in order, none overlapping another."""

    start: tuple[datetime, ...]
    end: tuple[datetime, ...]
    share: Floats  # (T, K) of the day's volume of each tradable, 0 where it is not traded; 1 in a whole session
    duration: Floats  # (K,) of the session; 1 in a whole one

    @property
    def count(self) -> int:
        """K."""
        return len(self.start)


@dataclass(frozen=True)
class Sent:
    """What a plan's orders send in each slice."""

    order: Ints  # (J,) places among the scenario's orders
    total: Floats  # (J,) units, + bought
    share: Floats  # (J, K) of it, rows sum to 1
    booked: Floats  # (K,) share of what is booked with the hedges that is booked by the end of each slice; 1 at last

    @property
    def done(self) -> Floats:
        """(J, K) share of each order that is done at the end of each slice."""
        return np.cumsum(self.share, axis=1)


@dataclass(frozen=True)
class Wanted:
    """What a timetable is to weigh: `risk_aversion` per unit of variance · session, else `deviations` of it; no
    slice takes more than `pace` times the day's participation; nothing is sent in a slice that is not `open`.
    """

    risk_aversion: float | None
    deviations: float
    pace: float
    open: Bools  # (K,)


@dataclass(frozen=True)
class Ticket:
    """A line of hedges.csv: the whole of an order, or its long or short-sale part."""

    ticket_id: str
    order: int
    side: str
    quantity: Decimal


def split(
    scenario: Scenario, sent: Sent, tickets: Sequence[Ticket]
) -> dict[str, tuple[Decimal, ...]]:
    """(K,) units of each ticket: whole lots of its order, of which the sale of what is held comes first."""
    s, found = scenario, {}
    for j, order in enumerate(sent.order.tolist()):
        own = sorted((t for t in tickets if t.order == order), key=lambda t: t.side)
        whole = sum((t.quantity for t in own), Decimal(0))
        lot = Decimal(repr(float(s.tradables.lot[s.orders.tradable[order]])))
        lots = np.rint(sent.done[j] * float(whole / lot)).astype(int).tolist()
        done = [min(n * lot, whole) for n in lots[:-1]] + [whole]
        before = Decimal(0)
        for t in own:
            part = [min(max(d - before, Decimal(0)), t.quantity) for d in done]
            found[t.ticket_id] = tuple(
                b - a for a, b in zip([Decimal(0), *part], part, strict=False)
            )
            before += t.quantity
    return found


def joined(
    plan: Plan, tickets: Sequence[Ticket], units: Mapping[str, Sequence[Decimal]], booked: Floats
) -> Sent:
    """What the orders of a plan send, of what their tickets do."""
    order, total = active(plan)
    share = np.array([
        np.sum([[float(x) for x in units[t.ticket_id]] for t in tickets if t.order == o], axis=0) / abs(q)
        for o, q in zip(order.tolist(), total.tolist(), strict=True)
    ])  # fmt: skip
    return Sent(order, total, share, booked)


def active(plan: Plan) -> tuple[Ints, Floats]:
    """The places of a plan's orders and their units, + bought."""
    which = np.flatnonzero(plan.trades.order)
    return which, plan.trades.order[which]


def fills_of(scenario: Scenario, plan: Plan, order: Ints) -> Matrix:
    """(H, J) units by which each holding changes when an order is filled whole."""
    place = {int(o): j for j, o in enumerate(order)}
    cells = [
        (a.holding, place[hedge.order], float(a.quantity))
        for hedge in plan.hedges
        for a in hedge.allocations
    ]
    rows, columns, units = zip(*cells, strict=True) if cells else ((), (), ())
    shape = (len(scenario.holdings.book), len(order))
    return csr_array((np.array(units), (np.array(rows, int), np.array(columns, int))), shape=shape)


def risk_of(scenario: Scenario, order: Ints, total: Floats) -> Matrix:
    """(R, J) what each order, not done yet, adds to the vector whose norm is the firm's daily deviation from the
    plan, base currency.
    """
    s, risk = scenario, scenario.risk
    legs = (s.tradables.legs[s.orders.tradable[order]].T * total[None, :]).tocsr()
    money = diags_array(s.instruments.notional) @ legs
    if risk.dense_root is not None:
        return csr_array(risk.dense_root @ money)
    if risk.factor_root is None:
        return csr_array((0, len(order)))
    common = csr_array(risk.factor_root.T @ (risk.exposure.T @ legs))
    own = csr_array(diags_array(risk.specific) @ money)
    return vstack([common, own[np.flatnonzero(np.diff(own.indptr))]], format="csr")


def in_slice(scenario: Scenario, slices: Slices, k: int) -> Scenario:
    """The scenario with the volume of one slice: what trades there meets that and no more."""
    t = scenario.tradables
    adv = np.where(slices.share[:, k] > 0, t.adv * slices.share[:, k], np.nan)
    return replace(scenario, tradables=replace(t, adv=adv))


def on_the_way(scenario: Scenario, plan: Plan, sent: Sent) -> list[Trades]:
    """The state at the end of each slice: what was booked before the hedges, what is filled, and what is booked with
    the hedges as far as that is.
    """
    night, fills = plan.after_transfers, fills_of(scenario, plan, sent.order)
    moved, cash = with_the_hedges(plan)
    return [
        replace(
            night,
            change=night.change + fills @ f + b * moved,
            cash=night.cash + b * cash,
            order=_orders(night, sent, f),
        )
        for f, b in zip(sent.done.T, sent.booked.tolist(), strict=True)
    ]


def with_the_hedges(plan: Plan) -> tuple[Floats, Floats]:
    """(H,) units and (R,) amounts of the transfers and cash of phase 2."""
    night = plan.after_transfers
    moved = np.array([float(q) for q in plan.transferred]) - night.change
    return moved, plan.trades.cash - night.cash


def at_once(count: int, slice_: int) -> Floats:
    """(K,) all of it by the end of one slice."""
    return (np.arange(count) >= slice_).astype(float)


def _orders(night: Trades, sent: Sent, done: Floats) -> Floats:
    found = np.zeros_like(night.order)
    found[sent.order] = sent.total * done
    return found


def by_volume(slices: Slices, tradable: Ints, open_: Bools) -> Floats:
    """(J, K) an order's shares as the volume of its tradable goes, in the slices in which it may be sent."""
    share = slices.share[tradable] * open_[None, :]
    total = share.sum(axis=1, keepdims=True)
    found: Floats = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    return found
