"""summary.json: the run in one page of numbers."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer import limits
from neutralizer.costs.attribution import Costs
from neutralizer.domain.money import rounded
from neutralizer.domain.plan import Booking, Plan
from neutralizer.domain.scenario import Floats, Scenario
from neutralizer.domain.trades import Trades, nothing, volatility
from neutralizer.margin import cash

if TYPE_CHECKING:
    from neutralizer.program.solve import Solution
    from neutralizer.studies.baseline import Baseline


def summarise(
    booking: Booking,
    costs: Costs,
    solution: "Solution",
    baseline: "Baseline",
    rounding: dict[str, Any],
    transfers_only: bool,
) -> dict[str, Any]:
    """Base currency throughout. Times stay out: the same run has the same bytes."""
    s, plan = booking.scenario, booking.plan
    plan_cost = sum(costs.values(), Decimal("0.00"))
    terms: dict[str, Decimal] = {}
    for (_, term), amount in sorted(costs.items()):
        terms[term] = terms.get(term, Decimal(0)) + amount
    return {
        "run_id": booking.run_id,
        "name": s.name,
        "as_of": s.as_of.isoformat(),
        "business_date": s.business_date.isoformat(),
        "base_currency": s.base_currency,
        "status": "transfers_only" if transfers_only else "optimal",
        "transfers_only": transfers_only,
        "objective": _money(solution.objective, s),
        "plan_cost": float(plan_cost),
        "penalty": {
            "objective": _money(limits.penalty(solution.trades, s), s),
            "plan": _money(limits.penalty(plan.trades, s), s),
        },
        "costs": {term: float(amount) for term, amount in terms.items()},
        **_savings(solution.objective, baseline, s),
        "firm_volatility": _volatilities(s, plan, baseline.firm_volatility),
        "crossed_notional": _money(crossed_notional(s, plan), s),
        "external_notional": _money(external_notional(s, plan.trades), s),
        "gross_before": _money(s.gross_before, s),
        "gross_after": _money(
            float(s.holding_notional @ np.abs(s.holdings.before + plan.trades.change)), s
        ),
        "lines": {
            "transfers": len(plan.transfers),
            "orders": len(plan.hedges),
            "cash_transfers": len(plan.cash),
        },
        "breaches": breaches(s, plan),
        "solver": {k: v for k, v in solution.solver.items() if k != "seconds"},
        "rounding": {k: v for k, v in rounding.items() if k != "seconds"},
        "findings": _findings(s, plan, plan_cost, baseline, rounding),
    }


def _savings(objective: float, baseline: "Baseline", s: Scenario) -> dict[str, float | None]:
    """Against each book alone, and the same with the firm no more volatile than that leaves it."""
    alone, equal = baseline.cost, baseline.equal_risk_cost
    return {
        "stand_alone_cost": None if alone is None else _money(alone, s),
        "saving": None if alone is None else _money(alone - objective, s),
        "equal_risk_cost": None if equal is None else _money(equal, s),
        "saving_equal_risk": None if alone is None or equal is None else _money(alone - equal, s),
    }


def _money(amount: float, s: Scenario) -> float:
    return float(rounded(float(amount), s.base_currency))


def _volatilities(s: Scenario, plan: Plan, alone: float | None) -> dict[str, float | None]:
    everything = np.arange(len(s.holdings.book))
    states = {"before": nothing(s), "after_transfers": plan.after_transfers, "after": plan.trades}
    found: dict[str, float | None] = {
        name: _money(volatility(s, state, everything), s) for name, state in states.items()
    }
    return found | {"stand_alone": None if alone is None else _money(alone, s)}


def crossed_notional(s: Scenario, plan: Plan) -> float:
    """Σ notional of the transfers, each counted once, base currency."""
    return float(sum(float(t.quantity) * s.holding_notional[t.giver] for t in plan.transfers))


def external_notional(s: Scenario, trades: Trades) -> float:
    """Σ notional of the orders, base currency."""
    return float(s.order_notional @ np.abs(trades.order))


def breaches(s: Scenario, plan: Plan) -> dict[str, int]:
    """How many limits are outside their bounds before, after transfers, after."""
    states = {"before": nothing(s), "after_transfers": plan.after_transfers, "after": plan.trades}
    return {name: int(np.count_nonzero(_outside(s, state))) for name, state in states.items()}


def _outside(s: Scenario, state: Trades) -> Floats:
    """(limits,) excess beyond the written bounds, over half a step, in the measure's unit."""
    found, half = limits.amounts(state, s), limits.half_steps(s)
    lower, upper = limits.written(s)
    beyond = np.maximum(found - upper, lower - found) - half
    return np.where(beyond > limits.rounding_errors(s), beyond, 0.0)


def release_phase(s: Scenario, plan: Plan) -> int:
    """1 where the transfers and the cash leave no limit and no pool worse than before, else 2."""
    worse = _outside(s, plan.after_transfers) > _outside(s, nothing(s))
    short = np.minimum(cash.headroom(plan.after_transfers, s), 0)
    shorter = short < np.minimum(cash.headroom(nothing(s), s), 0)
    return 2 if worse.any() or shorter.any() else 1


def _findings(
    s: Scenario,
    plan: Plan,
    plan_cost: Decimal,
    baseline: "Baseline",
    rounding: dict[str, Any],
) -> list[str]:
    """What a person should know before booking."""
    found = list(s.warnings)
    t, ordered = s.tradables, np.unique(s.orders.tradable[plan.trades.order != 0])
    silent = [t.ids[k] for k in ordered if np.isnan(t.adv[k]) or not t.volatility[k] > 0]
    if silent and s.costing.impact_coefficient > 0:
        found.append("no market impact for want of adv or volatility: " + ", ".join(silent))
    if baseline.reason:
        found.append(f"no stand-alone baseline: {baseline.reason}")
    elif baseline.cost is not None and float(plan_cost) > baseline.cost:
        found.append("the plan in whole lots costs more than each book alone before lots")
    if release_phase(s, plan) == 2:
        found.append(
            "transfers alone leave a limit or a pool worse than before: book them with the hedges (release_phase 2)"
        )
    if rounding.get("small_lines"):
        found.append(
            f"{rounding['small_lines']} lines below the minimum sizes stay: without them, or in whole "
            "lots, no answer was found"
        )
    found += _both_sides(s, plan)
    return found


def _both_sides(s: Scenario, plan: Plan) -> list[str]:
    """Owners that buy and sell one instrument outside at once."""
    sides: dict[tuple[str, str], set[str]] = {}
    for hedge in plan.hedges:
        owners = {s.books.owner[b] for b in s.orders.books[hedge.order]}
        instrument = s.tradables.ids[s.orders.tradable[hedge.order]]
        for owner in owners:
            sides.setdefault((owner, instrument), set()).add(hedge.side[:3])
    return [
        f"{owner or 'the owner'} buys and sells {instrument} outside at once"
        for (owner, instrument), both in sorted(sides.items())
        if len(both) > 1
    ]
