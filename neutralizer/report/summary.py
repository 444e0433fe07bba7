"""summary.json: the run in one page of numbers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.asked import Asked
from neutralizer.domain.money import rounded
from neutralizer.domain.plan import Booking, Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import (
    Breaches,
    ByHand,
    Lines,
    Market,
    Penalty,
    Relaxed,
    Shock,
    Strip,
    Summary,
    Volatility,
)
from neutralizer.domain.superseded import SAME_LINE
from neutralizer.domain.trades import Trades, nothing, volatility
from neutralizer.report.findings import breaches, findings
from neutralizer.terms import limits
from neutralizer.terms.costs.attribution import Costs
from neutralizer.terms.margin import cash

if TYPE_CHECKING:
    from neutralizer.comparisons.baseline import Baseline
    from neutralizer.comparisons.comparisons import Comparisons
    from neutralizer.comparisons.fairness import BookResult
    from neutralizer.program.solve import Solution


def summarise(
    booking: Booking,
    costs: Costs,
    solution: "Solution",
    compared: "Comparisons",
    books: "Sequence[BookResult]",
    rounding: dict[str, Any],
    asked: Asked,
    ages: dict[str, str],
) -> Summary:
    """The run, from what was decided, compared and asked."""
    s, plan, baseline = booking.scenario, booking.plan, compared.baseline
    plan_cost = sum(costs.values(), Decimal("0.00"))
    terms: dict[str, Decimal] = {}
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
        objective=_money(solution.objective, s),
        plan_cost=float(plan_cost),
        penalty=Penalty(
            objective=_money(limits.penalty(solution.trades, s), s),
            plan=_money(limits.penalty(plan.trades, s), s),
        ),
        costs={term: float(amount) for term, amount in terms.items()},
        **_savings(solution.objective, baseline, s),
        by_hand=_by_hand(compared, s),
        impact_strip=tuple(_strip(row, s) for row in compared.strip),
        shock=_shock(compared, s),
        firm_volatility=_volatilities(s, plan, baseline.firm_volatility),
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
        breaches=Breaches(**breaches(s, plan)),
        solver={k: v for k, v in solution.solver.items() if k != "seconds"},
        rounding={k: v for k, v in rounding.items() if k != "seconds"},
        findings=(
            *_taken_over(booking),
            *findings(s, plan, plan_cost, baseline, books, rounding),
        ),
        data_ages=ages,
    )


def _strip(row: dict[str, float | None], s: Scenario) -> Strip:
    """Amounts are money, the coefficient is not."""
    amounts = {k: None if v is None else _money(v, s) for k, v in row.items()}
    return Strip.model_validate(amounts | {"impact_coefficient": row["impact_coefficient"]})


def _taken_over(booking: Booking) -> list[str]:
    """That another run was released before, and how much of it is open."""
    old = booking.superseded
    if old is None:
        return []
    count = sum(len(old.still_open(kind)) for kind in SAME_LINE)
    return [
        f"takes over run {old.run_id}: {count} of its tickets are open, replaced or cancelled here"
    ]


def _savings(objective: float, baseline: "Baseline", s: Scenario) -> dict[str, float | None]:
    """Against each book alone, and the same with the firm no more volatile than that leaves it."""
    alone, equal = baseline.cost, baseline.equal_risk_cost
    return {
        "stand_alone_cost": None if alone is None else _money(alone, s),
        "saving": None if alone is None else _money(alone - objective, s),
        "equal_risk_cost": None if equal is None else _money(equal, s),
        "saving_equal_risk": None if alone is None or equal is None else _money(alone - equal, s),
    }


def _by_hand(compared: "Comparisons", s: Scenario) -> ByHand | None:
    """What a desk without the tool would pay, before lots; None where it was not asked for."""
    hand = compared.by_hand
    if hand is None:
        return None
    return ByHand(
        cost=_money(hand.cost, s),
        orders=hand.orders,
        external_notional=_money(hand.notional, s),
        breaches_before=hand.breaches_before,
        breaches_after=hand.breaches_after,
        description="each book closes its own breaches, one by one, with its cheapest instrument",
    )


def _shock(compared: "Comparisons", s: Scenario) -> Shock | None:
    """What the plan is after the shock that was asked for, and what it would take then."""
    found = compared.shock
    if found is None:
        return None
    needed = found.needed and {k: _money(v, s) for k, v in found.needed.items()}
    return Shock(
        shock_id=found.name,
        loss=_money(found.loss, s),
        survives=found.survives,
        broken={k: float(f"{v:.10g}") for k, v in found.broken.items()},
        short={k: _money(v, s) for k, v in found.short.items()},
        needed=needed,
        why_not=found.why_not,
        market=Market(margin=s.stress.margin, half_spread=s.stress.half_spread, adv=s.stress.adv),
    )


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
    return Volatility(**found, stand_alone=None if alone is None else _money(alone, s))


def crossed_notional(s: Scenario, plan: Plan) -> float:
    """Σ notional of what the books receive inside, base currency: what a central book passes on counts once."""
    received = np.array([max(float(q), 0.0) for q in plan.transferred])
    return float(s.holding_notional @ received)


def external_notional(s: Scenario, trades: Trades) -> float:
    """Σ notional of the orders, base currency."""
    return float(s.order_notional @ np.abs(trades.order))
