"""Why each line is there: what it relieves, limit by limit, out of the duals of the optimum.

Per base currency of the line's notional, at the optimum: marginal external cost + fees and carry =
Σ shadow price · sensitivity + residual. The residual is what whole lots and the solver leave. All are
in basis points of the notional; sensitivities in the measure's unit per 10,000 of it.
"""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import significant
from neutralizer.domain.plan import Booking, CashTransfer, Hedge, Transfer
from neutralizer.domain.wishes import wish_names
from neutralizer.program.duals.pull import (
    COST,
    DISLOCATION,
    MANDATE,
    PARTICIPATION,
    ROUTE,
    Pulls,
    pulls,
)
from neutralizer.program.duals.shadow import later_prices, pool_prices, shadow_prices
from neutralizer.program.solve import Solution
from neutralizer.terms.days import stages_of
from neutralizer.tickets import cash_id, hedge_id, transfer_id

LEAST = 1e-3  # of a line's whole relief: what is smaller is not named
NOISE = 1e-9  # of the largest: what is no relief at all
Row = dict[str, str]


BESIDE = ("participation", "mandate", "capacity", "dislocation", "carry")


@dataclass(frozen=True)
class _Line:
    """Pulls per base currency of notional, by owner: of the order, and of the holdings it fills."""

    ticket: str
    outside: Floats
    inside: Floats
    fee: float  # booking fee, fraction of notional


def reason_rows(booking: Booking, solution: Solution, priced: bool) -> list[Row]:
    """reasons.csv: for each ticket the limits it serves, largest share first. Shares of what works
    for the line add up to one; what works against it is negative. Not `priced`: the shares alone.
    """
    s, plan = booking.scenario, booking.plan
    found, prices = pulls(solution, s), _Prices(booking, solution)
    lines = [_transfer(booking, found, x) for x in plan.transfers]
    lines += [_hedge(booking, found, x) for x in plan.hedges]
    lines += [_cash(booking, found, x) for x in plan.cash]
    found_rows = [
        row for line in sorted(lines, key=lambda x: x.ticket) for row in _rows(line, prices)
    ]
    told = ("ticket_id", "limit_id", "scope", "date", "share")
    return found_rows if priced else [{c: r.get(c, "") for c in told} for r in found_rows]


class _Prices:
    """Names, scopes, later days and shadow prices of the owners."""

    def __init__(self, booking: Booking, solution: Solution) -> None:
        s = booking.scenario
        self.names = [(x.limit_id, x.scope) for x in s.limits]
        self.names += [(p, f"pool:{p}") for p in s.pools.ids]
        held = s.targets.holding
        self.names += wish_names(s)
        self.dates = [""] * len(self.names)
        for stage in stages_of(s):
            day = stage.at.scenario
            own = [(x.limit_id, x.scope) for x in day.limits]
            own += [(p, f"pool:{p}") for p in day.pools.ids]
            self.names += own
            self.dates += [str(stage.at.date)] * len(own)
        waits = np.nan_to_num(s.targets.rate) * s.holding_notional[held]
        today = shadow_prices(solution, s), pool_prices(solution, s), waits
        self.prices = np.concatenate([*today, later_prices(solution, s)])
        self.names += [(name, "") for name in BESIDE]
        self.dates += [""] * len(BESIDE)


def _hedge(booking: Booking, found: Pulls, hedge: Hedge) -> _Line:
    column = (found.buy if hedge.side == "BUY" else found.sell)[hedge.order]
    outside = found.of(np.array([column]), np.ones(1))
    total = float(hedge.quantity) * float(booking.scenario.order_notional[hedge.order])
    fills = [(a.holding, float(a.quantity) / total) for a in hedge.allocations]
    return _Line(hedge_id(booking, hedge), outside, *_inside(booking, found, fills))


def _transfer(booking: Booking, found: Pulls, transfer: Transfer) -> _Line:
    per_base = 1 / float(booking.scenario.holding_notional[transfer.giver])
    gives, takes = (
        _beyond(booking, transfer, transfer.giver),
        _beyond(booking, transfer, transfer.taker),
    )
    moved = [(h, -share * per_base) for h, share in gives] + [
        (h, share * per_base) for h, share in takes
    ]
    inside, fee = _inside(booking, found, moved)
    return _Line(transfer_id(booking, transfer), np.zeros_like(inside), inside, fee)


def _beyond(booking: Booking, transfer: Transfer, holding: int) -> list[tuple[int, float]]:
    """Who stands at one end of a transfer, in shares: beyond a central book those that it passes on to
    or from, and itself with what it keeps.
    """
    s, plan = booking.scenario, booking.plan
    if s.holdings.book[holding] != s.books.via.get(transfer.group):
        return [(holding, 1.0)]
    ends = ("giver", "taker") if holding == transfer.giver else ("taker", "giver")
    found = {
        getattr(t, ends[0]): float(t.quantity)
        for t in plan.transfers
        if getattr(t, ends[1]) == holding
    }
    kept = float(plan.transferred[holding]) * (1 if holding == transfer.taker else -1)
    if kept > 0:
        found[holding] = kept
    return [(h, q / sum(found.values())) for h, q in found.items()]


def _inside(booking: Booking, found: Pulls, moved: list[tuple[int, float]]) -> tuple[Floats, float]:
    """Pulls at some holdings' changes, (holding, signed units), and the booking fee on them: what goes
    against a holding's net change takes back from it, fee and all.
    """
    s, change = booking.scenario, booking.plan.trades.change
    holdings = np.array([h for h, _ in moved], dtype=np.int64)
    signed = np.array([x for _, x in moved]) * s.holding_notional[holdings]
    net = np.where(change[holdings] == 0, np.sign(signed), np.sign(change[holdings]))
    columns = np.where(net > 0, found.rise[holdings], found.fall[holdings])
    weights = signed * net
    return found.of(columns, weights), s.costing.booking_fee * float(weights.sum())


def _cash(booking: Booking, found: Pulls, transfer: CashTransfer) -> _Line:
    outside = found.of(found.cash[[transfer.route]], np.ones(1))
    return _Line(cash_id(booking, transfer), outside, np.zeros_like(outside), 0.0)


def _rows(line: _Line, prices: _Prices) -> list[Row]:
    relief = -(line.outside + line.inside)
    carry = float(line.inside[COST]) - line.fee
    bars = (relief[PARTICIPATION], relief[MANDATE], relief[ROUTE], relief[DISLOCATION])
    own = [*relief[:COST], *bars, max(-carry, 0.0)]
    marginal, fees = float(line.outside[COST]), line.fee + max(carry, 0.0)
    helps, largest = sum(x for x in own if x > 0), max(map(abs, own))
    helps = helps if helps > NOISE * largest else 0.0
    least = max(LEAST * helps, NOISE * largest)
    told = [k for k in np.argsort(-np.array(own), kind="stable") if abs(own[k]) > least]
    ends = {
        "ticket_id": line.ticket,
        "marginal_cost_bps": _bps(marginal),
        "fees_and_carry_bps": _bps(fees),
        "residual_bps": _bps(marginal + fees - sum(own[k] for k in told)),
    }
    return [ends | _told(own[k], helps, int(k), prices) for k in told] or [ends]


def _told(relief: float, helps: float, k: int, prices: _Prices) -> Row:
    name, scope = prices.names[k]
    row = {"limit_id": name, "scope": scope, "date": prices.dates[k], "relief_bps": _bps(relief)}
    row["share"] = f"{relief / helps:.4f}" if helps > 0 else ""
    if k < len(prices.prices) and prices.prices[k] > 0:
        row["shadow_price"] = significant(prices.prices[k])
        row["sensitivity"] = significant(1e4 * relief / prices.prices[k])
    return row


def _bps(fraction: float) -> str:
    return f"{1e4 * fraction + 0.0:.4f}"
