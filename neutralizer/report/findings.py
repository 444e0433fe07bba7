"""What a person should know before booking, and what is outside its bounds when."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import NOTHING_MOVED, WITHOUT_THE_DAYS
from neutralizer.domain.trades import Trades, nothing
from neutralizer.report.claims import Claims
from neutralizer.report.look.traps import told
from neutralizer.terms import limits, margin
from neutralizer.terms.margin import cash
from neutralizer.terms.night import outside

if TYPE_CHECKING:
    from neutralizer.comparisons.fairness import BookResult


SAME = 2e-5  # of a cost: two optima that are one


def breaches(s: Scenario, plan: Plan) -> dict[str, int]:
    """How many limits are outside their bounds before, after transfers, after."""
    states = {"before": nothing(s), "after_transfers": plan.after_transfers, "after": plan.trades}
    return {name: breached(s, state) for name, state in states.items()}


def breached(s: Scenario, state: Trades) -> int:
    """How many limits a state leaves outside their bounds; a wish is no limit here."""
    limits_alone = np.array([not x.wish for x in s.limits], dtype=bool)
    return int(np.count_nonzero((outside(s, state) > 0) & limits_alone))


def findings(
    s: Scenario,
    plan: Plan,
    claims: Claims,
    books: "Sequence[BookResult]",
) -> list[str]:
    """Sentences, what is not kept first."""
    found = [*_exceeded(s, plan), *s.warnings, *claims.held_at_nothing]
    t, ordered = s.tradables, np.unique(s.orders.tradable[plan.trades.order != 0])
    unknown = np.isnan(t.adv) | ~(t.volatility > 0)
    silent = [
        t.ids[k] for k in ordered if unknown[k] and s.costing.impact_coefficient * t.impact[k] > 0
    ]
    if silent:
        found.append("no market impact for want of adv or volatility: " + ", ".join(silent))
    found += _one_isin(s) + told(s, plan)
    if claims.no_baseline:
        found.append(f"no stand-alone baseline: {claims.no_baseline}")
    elif claims.alone is not None:
        alone, together = claims.alone + (claims.waiting_alone or 0.0), claims.objective
        more = together + claims.waiting - alone
        if more > SAME * abs(alone) + 0.01:
            found.append(
                f"together costs {more:,.2f} {s.base_currency} more than each book alone, both before lots"
            )
    if claims.rounding.get(WITHOUT_THE_DAYS):
        found.append(
            "no whole lots of today were found together with the days after it: they are those of today alone, "
            "while reasons and shadow prices are of the days together"
        )
    if claims.rounding.get("name") == NOTHING_MOVED:
        found.append(
            "nothing is crossed: no crossing in whole lots was found that leaves no limit and no pool worse"
        )
    if claims.rounding.get("small_lines"):
        found.append(
            f"{claims.rounding['small_lines']} lines below the minimum sizes stay: without them, or in whole "
            "lots, no answer was found"
        )
    return [
        *found,
        *_near(s, claims),
        *_dear(s, claims),
        *_overstated(s, plan),
        *_worse_off(s, books),
    ]


def _one_isin(s: Scenario) -> list[str]:
    """Ids that share an ISIN: one thing, which is netted only under one id."""
    ids: dict[str, list[str]] = {}
    for name, isin in zip(s.tradables.ids, s.tradables.isin, strict=True):
        if isin:
            ids.setdefault(isin, []).append(name)
    return [
        f"{', '.join(names)} are one ISIN, {isin}: they are not netted or crossed with each other; write one id"
        for isin, names in sorted(ids.items())
        if len(names) > 1
    ]


def _near(s: Scenario, claims: Claims) -> list[str]:
    """How much cheaper a plan might be, where the solver came no nearer to the optimum."""
    if not claims.solver.get("near"):
        return []
    gap = float(claims.solver["gap"])
    return [
        f"the cost before lots may be up to {gap:,.2f} {s.base_currency} above the optimum: the solver came no nearer"
    ]


def _dear(s: Scenario, claims: Claims) -> list[str]:
    """What whole lots cost above the optimum before lots, where it is much."""
    told, unit = claims.rounding, s.base_currency
    if not told.get("dear"):
        return []
    least = told["unavoidable"]
    known = (
        f"{least:,.2f} of it at least no whole lots avoid"
        if least > 0
        else "none cheaper was found"
    )
    return [
        f"whole lots cost {told['premium']:,.2f} {unit} more than the optimum before lots "
        f"({told['premium_share']:.2%}): {known}"
    ]


def _overstated(s: Scenario, plan: Plan) -> list[str]:
    """What the program had to compute above a margin model that is not convex."""
    above = margin.overstated(plan.trades, s) * s.accounts.multiplier
    return [
        f"margin of account {a} was planned {x:,.2f} {s.base_currency} above what its model asks for"
        for a, x in zip(s.accounts.ids, above.tolist(), strict=True)
        if x >= 0.01
    ] + [
        f"margin of account {a} is concentrated: at most {r:.3g} times the weights, before"
        for a, r in zip(
            s.accounts.ids, s.simm.ratios.max(axis=1, initial=1.0).tolist(), strict=False
        )
        if r > 1
    ]


def _exceeded(s: Scenario, plan: Plan) -> list[str]:
    """A sentence for each limit and pool that the plan was allowed to exceed."""
    after, beyond = limits.amounts(plan.trades, s), outside(s, plan.trades)
    half = limits.half_steps(s)
    found = [
        f"NOT KEPT: {x.limit_id} {x.scope} ends at {after[k]:,.6g}, {beyond[k]:,.6g} beyond its bound "
        f"({x.soft}); owner {x.owner or 'not named'}"
        for k, x in enumerate(s.limits)
        if x.soft and beyond[k] > half[k]
    ] + [
        f"HELD TO A LOT: {x.limit_id} {x.scope} ends at {after[k]:,.6g}, {beyond[k]:,.6g} beyond its bound, "
        f"which is within half a step of {2 * half[k]:,.6g}"
        for k, x in enumerate(s.limits)
        if 0 < beyond[k] <= half[k] * (1 + 1e-12)
    ]
    left = cash.headroom(plan.trades, s)
    return found + [
        f"NOT KEPT: pool {p} ends {-free:,.2f} {c} below its floor"
        for p, c, free in zip(s.pools.ids, s.pools.currency, left.tolist(), strict=True)
        if free < 0
    ]


def _worse_off(s: Scenario, books: "Sequence[BookResult]") -> list[str]:
    """Who pays more together than alone."""
    names = ", ".join(b.book for b in books if b.worse_off and b.book)
    if not names:
        return []
    paid = "compensated in books.csv" if s.costing.make_good else "fairness: make_good compensates"
    return [f"pay more together than alone: {names} ({paid})"]
