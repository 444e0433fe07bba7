"""summary.json: the run in one page of numbers."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from neutralizer.domain.asked import Asked
from neutralizer.domain.money import rounded
from neutralizer.domain.plan import Booking, Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import (
    Ahead,
    Breaches,
    DayAhead,
    Dislocation,
    Lines,
    Night,
    Penalty,
    Relaxed,
    Summary,
    Volatility,
    Waiting,
    Wishes,
)
from neutralizer.domain.superseded import SAME_LINE
from neutralizer.domain.trades import Trades, crossed, nothing, volatility
from neutralizer.report.ahead import exceeded
from neutralizer.report.claims import Claims
from neutralizer.report.findings import breaches, findings
from neutralizer.report.tables import wishes
from neutralizer.terms import dislocation, limits, waiting
from neutralizer.terms.costs import totals as costs_of
from neutralizer.terms.costs.attribution import Costs
from neutralizer.terms.days import Done, paid, states
from neutralizer.terms.margin import cash
from neutralizer.terms.night import everything, worse

if TYPE_CHECKING:
    from neutralizer.comparisons.fairness import BookResult


def summarise(
    booking: Booking,
    costs: Costs,
    claims: Claims,
    books: "Sequence[BookResult]",
    asked: Asked,
    ages: dict[str, str],
) -> Summary:
    """The run, from what is to be booked, what is claimed of it, and what was asked."""
    s, plan = booking.scenario, booking.plan
    plan_cost = sum(costs.values(), Decimal(0))
    terms: dict[str, Decimal] = {}
    alone = _both(claims.alone, claims.waiting_alone)
    for (_, term), amount in sorted(costs.items()):
        terms[term] = terms.get(term, Decimal(0)) + amount
    return Summary(
        run_id=booking.run_id,
        name=s.name,
        as_of=s.as_of.isoformat(),
        business_date=s.business_date.isoformat(),
        base_currency=s.base_currency,
        status=_status(booking.scenario, plan, asked),
        transfers_only=asked.transfers_only,
        relaxed=_relaxed(s, plan, asked),
        objective=claims.objective,
        plan_cost=float(plan_cost),
        penalty=Penalty(
            objective=claims.penalty,
            plan=_money(limits.penalty(plan.trades, s), s),
        ),
        costs={term: float(amount) for term, amount in terms.items()},
        stand_alone_cost=claims.alone,
        no_baseline=claims.no_baseline,
        waiting=Waiting(
            objective=claims.waiting,
            plan=_money(waiting.amounts(plan.trades, s).sum(), s),
            stand_alone=claims.waiting_alone,
            equal_risk=claims.waiting_equal_risk,
        ),
        wishes=_wishes(s, plan),
        dislocation=Dislocation(
            plan=_money(dislocation.credit(plan.trades, s), s), objective=claims.dislocation
        ),
        saving=_less(alone, claims.objective + claims.waiting, s),
        equal_risk_cost=claims.equal_risk,
        saving_equal_risk=_less(alone, _both(claims.equal_risk, claims.waiting_equal_risk), s),
        by_hand=claims.by_hand,
        impact_strip=claims.strip,
        shock=claims.shock,
        horizon=_ahead(booking, claims),
        firm_volatility=_volatilities(s, plan, claims.volatility_alone),
        crossed_notional=_money(crossed_notional(s, plan), s),
        external_notional=_money(external_notional(s, plan.trades), s),
        gross_before=_money(s.gross_before, s),
        gross_after=_money(
            float(s.holding_notional @ np.abs(s.holdings.before + plan.trades.change)), s
        ),
        lines=Lines(
            transfers=len(plan.transfers),
            orders=len(plan.hedges),
            cash_transfers=len(plan.cash),
        ),
        night=_night(s, plan),
        breaches=Breaches(**breaches(s, plan)),
        since=claims.since,
        history=claims.history,
        solver=claims.solver,
        rounding=claims.rounding,
        held_at_nothing=claims.held_at_nothing,
        findings=(
            *_taken_over(booking),
            *findings(s, plan, claims, books),
            *exceeded(s, plan.trades, booking.later),
        ),
        data_ages=ages,
    )


def _ahead(booking: Booking, claims: Claims) -> Ahead | None:
    """What the days of the horizon come to; None where today is decided alone."""
    s, trades, later = booking.scenario, booking.plan.trades, booking.later
    if s.horizon is None:
        return None
    days = s.horizon.paths[0].days
    return Ahead(
        days=1 + len(days),
        by_day=tuple(_by_day(s, trades, later)),
        last=str(days[-1].date),
        impact="remembered" if s.horizon.remembered else "fresh",
        paths=len(s.horizon.paths),
        cost=_money(sum(paid(s, trades, later).values()), s),
        exceeded=len(exceeded(s, trades, later)),
        **claims.ahead,
    )


def _by_day(s: Scenario, trades: Trades, later: Done) -> Iterator[DayAhead]:
    for day in states(s, trades, later):
        begins = day.begins
        yield DayAhead(
            date=str(begins.execution_date),
            path=day.stage.path.name if day.stage else "",
            external_notional=_money(external_notional(begins, day.trades), s),
            crossed_notional=_money(crossed(begins, day.trades), s),
            cost=_money(sum(costs_of(day.trades, begins).values()), s),
        )


def _taken_over(booking: Booking) -> list[str]:
    """That another run was released before, and how much of it is open."""
    old = booking.superseded
    if old is None:
        return []
    count = sum(len(old.still_open(kind)) for kind in SAME_LINE)
    return [
        f"takes over run {old.run_id}: {count} of its tickets are open, replaced or cancelled here"
    ]


def _night(s: Scenario, plan: Plan) -> Night:
    first = [t for t in plan.transfers if t.phase == 1]
    tonight = sum(1 for c in plan.cash if c.phase == 1)
    crossed = crossed_notional(s, plan)
    before = float(s.holding_notional @ np.maximum(plan.after_transfers.change, 0.0))
    return Night(
        transfers=len(first),
        crossed_notional=_money(before, s),
        cash_transfers=tonight,
        transfers_with_hedges=len(plan.transfers) - len(first),
        crossed_with_hedges=_money(crossed - before, s),
        cash_with_hedges=len(plan.cash) - tonight,
        worse=tuple(worse(s, everything(plan))),
    )


def _both(cost: float | None, waits: float | None) -> float | None:
    """What is paid and what waiting costs; None where there is no answer."""
    return None if cost is None else cost + (waits or 0.0)


def _wishes(s: Scenario, plan: Plan) -> Wishes:
    t = s.targets
    left = waiting.left(plan.trades, s) > wishes.NOTHING * (1 + np.abs(t.target))
    count = int(np.count_nonzero(left))
    return Wishes(wanted=len(t.holding), met=len(t.holding) - count, waiting=count)


def _less(cost: float | None, other: float | None, s: Scenario) -> float | None:
    """What the other saves, to the cent; None where one of them is not known."""
    return None if cost is None or other is None else _money(cost - other, s)


def _relaxed(s: Scenario, plan: Plan, asked: Asked) -> Relaxed:
    """What was let go and by whom; empty where every limit is kept as written."""
    after, before = limits.amounts(plan.trades, s), limits.amounts(nothing(s), s)
    half, error = limits.half_steps(s), limits.rounding_errors(plan.trades, s)
    names = []
    for k, x in enumerate(s.limits):
        if limits.relaxed_by(x, limits.status(x, before[k], after[k], half[k], error[k])):
            names.append(f"{x.limit_id} {x.scope}")
    short = cash.headroom(plan.trades, s) < 0
    names += [f"pool {p}" for p, is_short in zip(s.pools.ids, short, strict=True) if is_short]
    if asked.transfers_only or not names:
        return Relaxed()
    return Relaxed(best_effort=asked.best_effort, relax=asked.relax, limits=tuple(names))


def _status(s: Scenario, plan: Plan, asked: Asked) -> str:
    if asked.transfers_only:
        return "transfers_only"
    if not _relaxed(s, plan, asked):
        return "optimal"
    return "best_effort" if asked.best_effort else "relaxed"


def _money(amount: float, s: Scenario) -> float:
    return float(rounded(float(amount), s.base_currency))


def _volatilities(s: Scenario, plan: Plan, alone: float | None) -> Volatility:
    everything = np.arange(len(s.holdings.book))
    states = {"before": nothing(s), "after_transfers": plan.after_transfers, "after": plan.trades}
    found = {name: _money(volatility(s, state, everything), s) for name, state in states.items()}
    return Volatility(**found, stand_alone=alone)


def crossed_notional(s: Scenario, plan: Plan) -> float:
    """Σ notional of what the books receive inside, base currency: what a central book passes on counts once."""
    received = np.array([max(float(q), 0.0) for q in plan.transferred])
    return float(s.holding_notional @ received)


def external_notional(s: Scenario, trades: Trades) -> float:
    """Σ notional of the orders, base currency."""
    return float(s.order_notional @ np.abs(trades.order))
