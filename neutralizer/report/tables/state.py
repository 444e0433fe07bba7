"""The tables beside the tickets: positions, limits, pools, margin, costs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import plain, rounded
from neutralizer.domain.plan import Booking
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, nothing, sums
from neutralizer.terms import limits, margin
from neutralizer.terms.costs.attribution import Costs, fill_shares, fills_of
from neutralizer.terms.limits import stress_loss
from neutralizer.terms.limits.facts import MONEY, UNITS
from neutralizer.terms.margin import cash, collateral

Row = dict[str, str]
COLUMNS: dict[str, tuple[str, ...]] = {
    "margin_movements.csv": tuple(
        "account_id pool_id currency model margin_before margin_after_transfers margin_after change".split()
    ),
    "positions_after.csv": tuple(
        "book_id instrument_id quantity_before transferred hedged quantity_after".split()
    ),
    "positions_next.csv": ("book_id", "instrument_id", "quantity"),
    "limits.csv": tuple(
        "limit_id scope measure target before after_transfers after lower upper headroom utilisation "
        "status binding shadow_price relaxed_by owner worst_shock".split()
    ),
    "pools.csv": tuple(
        "pool_id currency balance_before received sent outflow borrowed balance_after_transfers "
        "balance_after margin_before margin_after minimum_balance headroom execution_cost stress_call "
        "collateral next_morning".split()
    ),
    "collateral.csv": tuple(
        "pool_id currency instrument_id quantity value haircut counted available".split()
    ),
    "costs.csv": ("book_id", "term", "amount"),
}
BINDING = 1e-3  # of its bound: so little left binds, where a lot is smaller still


def positions_after(booking: Booking) -> list[Row]:
    """Every holding that is held before or after, or that moved."""
    s, found = booking.scenario, []
    for h, before in enumerate(s.holdings.exact):
        moved, filled = booking.plan.transferred[h], booking.plan.hedged[h]
        if before or moved or filled:
            found.append(
                _pair(s, h)
                | {
                    "quantity_before": plain(before),
                    "transferred": plain(moved),
                    "hedged": plain(filled),
                    "quantity_after": plain(before + moved + filled),
                }
            )
    return found


def positions_next(booking: Booking) -> list[Row]:
    """Tomorrow's positions table."""
    rows = positions_after(booking)
    return [
        {
            "book_id": r["book_id"],
            "instrument_id": r["instrument_id"],
            "quantity": r["quantity_after"],
        }
        for r in rows
        if r["quantity_after"] != "0"
    ]


def _pair(s: Scenario, h: int) -> Row:
    return {
        "book_id": s.books.ids[s.holdings.book[h]],
        "instrument_id": s.instruments.ids[s.holdings.instrument[h]],
    }


def limit_rows(booking: Booking, shadow: Mapping[tuple[str, str], str]) -> list[Row]:
    """Every limit before, after transfers, after; whether it binds: it has a
    price, or less is left than a lot or a thousandth of its bound; what one unit of relief is claimed to
    save (base currency per unit of the measure; blank: not priced).
    """
    s, plan = booking.scenario, booking.plan
    states = (nothing(s), plan.after_transfers, plan.trades)
    before, inside, after = (limits.amounts(state, s) for state in states)
    half, lot, found = limits.half_steps(s), limits.steps(s), list[Row]()
    error = limits.rounding_errors(plan.trades, s)
    for k, limit in enumerate(s.limits):
        show = _shown(limit.measure, s.base_currency)
        headroom, bound = min(limit.ends(after[k]))
        little = max(lot[k], BINDING * bound)
        price = shadow.get((limit.limit_id, limit.scope), "")
        near = float(show(headroom)) <= little and bool(s.may_change[limit.holdings].any())
        status = limits.status(limit, before[k], after[k], half[k], error[k])
        found.append(
            {
                "limit_id": limit.limit_id,
                "scope": limit.scope,
                "measure": limit.measure,
                "target": limit.target,
                "before": show(before[k]),
                "after_transfers": show(inside[k]),
                "after": show(after[k]),
                **dict(zip(("lower", "upper"), bounds_as_written(s, limit), strict=True)),
                "headroom": show(headroom),
                "utilisation": _utilisation(after[k], limit.lower, limit.upper),
                "status": status,
                "binding": "yes" if near or float(price or 0) > 0 else "no",
                "shadow_price": price,
                "relaxed_by": limits.relaxed_by(limit, status),
                "owner": limit.owner,
                "worst_shock": _worst_shock(s, plan.trades, limit),
            }
        )
    return found


def bounds_as_written(s: Scenario, limit: Limit) -> tuple[str, str]:
    """Lower and upper as limits.csv has them; blank where there is none."""
    show = _shown(limit.measure, s.base_currency)
    lower, upper = (show(x) if np.isfinite(x) else "" for x in (limit.lower, limit.upper))
    return lower, upper


def _worst_shock(s: Scenario, after: Trades, limit: Limit) -> str:
    """Of the shocks that a limit counts the one with the largest loss after; blank for none."""
    if not limit.shocks:
        return ""
    lost = stress_loss.amounts(after, s, limit)
    return s.shocks.ids[limit.shocks[int(lost.argmax())]] if lost.max() > 0 else ""


def _shown(measure: str, currency: str) -> Callable[[float], str]:
    """How an amount of a measure is written, by its unit."""
    unit = limits.REGISTRY[measure].UNIT
    if unit == UNITS:
        return lambda x: plain(round(float(x), 9))
    if unit != MONEY:
        return lambda x: f"{float(x) + 0.0:.6f}"
    return lambda x: str(rounded(float(x), currency))


def _utilisation(after: float, lower: float, upper: float) -> str:
    """after over the bound it is nearer to; blank where that bound is zero or absent."""
    bound = upper if after >= 0 else lower
    return f"{after / bound:.4f}" if np.isfinite(bound) and bound else ""


def pool_rows(booking: Booking) -> list[Row]:
    """Cash, margin (with the multiplier) and what the plan's execution will cost, pool by pool."""
    s, plan = booking.scenario, booking.plan
    pools = s.pools
    still = [replace(t, cash=0 * t.cash) for t in (plan.trades, plan.after_transfers)]
    balance, inside = (cash.balances(t, s) for t in still)
    free = cash.rungs(still[0], s)
    posted, today = collateral.counted(plan.trades, s), np.zeros(len(pools.ids))
    received, sent, tonight = (np.zeros(len(pools.ids)) for _ in range(3))
    for transfer in plan.cash:
        if transfer.phase == 1:
            tonight[s.routes.source[transfer.route]] -= float(transfer.amount)
            tonight[s.routes.target[transfer.route]] += float(transfer.received)
        sent[s.routes.source[transfer.route]] += float(transfer.amount)
        received[s.routes.target[transfer.route]] += float(transfer.received)
        if s.routes.days[transfer.route] == 0:
            today[s.routes.target[transfer.route]] += float(transfer.received)
    before, after = cash.requirements(nothing(s), s), cash.requirements(plan.trades, s)
    stress = cash.stress_calls(plan.trades, s)
    paid, found = _execution_cost(booking), []
    for p, name in enumerate(pools.ids):
        moved = float(received[p] - sent[p])
        loan = float(plan.trades.borrowed[p])
        values = {
            "balance_before": pools.cash[p],
            "received": received[p],
            "sent": sent[p],
            "outflow": pools.cash[p] - balance[p],
            "borrowed": loan,
            "balance_after_transfers": inside[p] + tonight[p],
            "balance_after": balance[p] + moved,
            "margin_before": before[p],
            "margin_after": after[p],
            "minimum_balance": pools.minimum_balance[p],
            "headroom": free[0, p] + moved,
            "execution_cost": paid[p],
            "stress_call": stress[p],
            "collateral": posted[p],
            "next_morning": free[2, p] + today[p] - sent[p],
        }
        row = {"pool_id": name, "currency": pools.currency[p]}
        found.append(row | {k: _money(v, pools.currency[p]) for k, v in values.items()})
    return found


def _money(amount: float, currency: str) -> str:
    """In the currency's minor unit; blank where it is not asked."""
    return str(rounded(float(amount), currency)) if np.isfinite(amount) else ""


def collateral_rows(booking: Booking) -> list[Row]:
    """What stands posted for margin after the plan, pool by pool; `counted` is after the haircut."""
    s, trades, c = booking.scenario, booking.plan.trades, booking.scenario.collateral
    worth, there, found = collateral.value(s), collateral.available(trades, s), []
    for k in np.flatnonzero(trades.pledged).tolist():
        pool, quantity = int(c.pool[k]), float(trades.pledged[k])
        currency, local = s.pools.currency[pool], quantity * worth[k] / s.pools.fx[pool]
        row = {
            "pool_id": s.pools.ids[pool],
            "currency": currency,
            "instrument_id": s.instruments.ids[c.instrument[k]],
            "quantity": plain(quantity),
            "value": _money(local, currency),
            "haircut": plain(float(c.haircut[k])),
            "counted": _money(local * (1 - c.haircut[k]), currency),
            "available": plain(round(float(there[k]), 9)),
        }
        found.append(row)
    return sorted(found, key=lambda row: (row["pool_id"], row["instrument_id"]))


def _execution_cost(booking: Booking) -> Floats:
    """(P,) spread, impact and commission of each pool's fills, in its currency."""
    s = booking.scenario
    paid = np.add.reduce(list(booking.order_costs.values())) @ fill_shares(
        s, fills_of(booking.plan)
    )
    held = s.holdings.account >= 0
    pool = s.accounts.pool[s.holdings.account[held]]
    return sums(pool, paid[held], len(s.pools.ids)) / s.pools.fx


def margin_rows(booking: Booking) -> list[Row]:
    """What each account has to post, with the multiplier, rounded up, in its pool's currency."""
    s, plan = booking.scenario, booking.plan
    accounts, pools = s.accounts, s.pools
    found = []
    called = [
        margin.amounts(state, s) * accounts.multiplier / pools.fx[accounts.pool]
        for state in (nothing(s), plan.after_transfers, plan.trades)
    ]
    for a, name in enumerate(accounts.ids):
        pool = int(accounts.pool[a])
        before, inside, after = (
            rounded(float(m[a]), pools.currency[pool], up=True) for m in called
        )
        found.append(
            {
                "account_id": name,
                "pool_id": pools.ids[pool],
                "currency": pools.currency[pool],
                "model": accounts.model[a],
                "margin_before": str(before),
                "margin_after_transfers": str(inside),
                "margin_after": str(after),
                "change": str(after - before),
            }
        )
    return found


def cost_rows(costs: Costs) -> list[Row]:
    """One line per book and term; the blank book carries what belongs to no book."""
    return [{"book_id": b, "term": t, "amount": str(x)} for (b, t), x in sorted(costs.items())]


def total(costs: Costs) -> Decimal:
    """What costs.csv sums to: the plan's cost, base currency."""
    return sum(costs.values(), Decimal(0))
