"""What a limit costs: the optimum before lots, bound by bound, from where nothing keeps it to where nothing binds.

Between two bounds the cost changes by no less than the shadow price of the wider one and no more than that of the
narrower says: the optimum is convex in its bounds (Boyd and Vandenberghe, ch. 5.6).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from neutralizer.domain.cases import TO, Case, Change
from neutralizer.domain.scenario import Limit
from neutralizer.domain.scenario import Scenario as Resolved
from neutralizer.domain.trades import Trades, volatility
from neutralizer.errors import Infeasible, InputsRefused, Issue, NotSolved
from neutralizer.face import Scenario
from neutralizer.load.written.values import nearest
from neutralizer.program.build import Give
from neutralizer.program.certificate import price
from neutralizer.program.conflicts.irreducible import explained
from neutralizer.program.duals.shadow import shadow_prices
from neutralizer.program.priorities import answered
from neutralizer.program.solve import relax
from neutralizer.program.solvers.clock import within
from neutralizer.records.study import study
from neutralizer.report.frontier import PAGE, Front, page
from neutralizer.report.summary import external_notional
from neutralizer.studies.filled import Told, filled
from neutralizer.studies.many import Where
from neutralizer.studies.sent import Row, Sent, row_of
from neutralizer.terms import limits
from neutralizer.terms.limits.facts import UPPER
from neutralizer.terms.limits.registry import REGISTRY

FIGURES = ("status", "cost", "external_notional", "firm_volatility", "why_not")
BEYOND = 0.02  # of the range: how far below its least bound one without a plan is looked at
INSIDE = 1e-3  # of the range: how far inside the first bound with a plan is
DIGITS = 6  # of a bound
HERE = Where()


@dataclass(frozen=True)
class Bound:
    """A limit by its only bound, both ends of its band alike, or one of them; smaller is narrower."""

    limit: str
    sides: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of its column."""
        return self.limit if len(self.sides) == 2 else f"{self.limit}.{self.sides[0]}"

    def ends(self, width: float) -> tuple[float, float]:
        """(lower, upper)"""
        return (
            -width if "lower" in self.sides else -np.inf,
            width if "upper" in self.sides else np.inf,
        )

    def changes(self, width: float) -> list[Change]:
        """As a case makes them."""
        ends = dict(zip(("lower", "upper"), self.ends(width), strict=True))
        return [Change(f"limits.{self.limit}.{side}", TO, repr(ends[side])) for side in self.sides]

    def used(self, scenario: Resolved, trades: Trades) -> float:
        """The narrowest bound that an answer keeps."""
        after = limits.amounts(trades, scenario)
        own = [k for k, x in enumerate(scenario.limits) if x.limit_id == self.limit]
        upper, lower = float(max(after[own])), float(-min(after[own]))
        return max([x for side, x in (("upper", upper), ("lower", lower)) if side in self.sides])


def bound_of(scenario: Scenario, text: str) -> Bound:
    """LIMIT, LIMIT.upper or LIMIT.lower, of the table of limits. Raises InputsRefused."""
    known = sorted(scenario.loaded.inputs["limits"]["limit_id"])
    limit, _, side = text.rpartition(".")
    if text in known or side not in ("lower", "upper"):
        limit, side = text, ""
    own = [x for x in scenario.loaded.scenario.limits if x.limit_id == limit]
    if limit not in known or not own:
        remedy = f"name one of {', '.join(known[:8])}" if known else "the scenario has no limits"
        remedy += nearest(limit, known)
        raise _refused(text, "no such limit", remedy)
    if any(x.soft or x.improve for x in own):
        raise _refused(text, "it gives, and has no frontier", "name a hard limit that is to cure")
    there = [
        s
        for s in ("lower", "upper")
        if any(np.isfinite(x.lower if s == "lower" else x.upper) for x in own)
    ]
    if side and side not in there:
        raise _refused(text, f"it has no {side} bound", f"name {limit}")
    return Bound(limit, (side,) if side else tuple(there))


def _refused(text: str, reason: str, remedy: str) -> InputsRefused:
    return InputsRefused([Issue("--limit", 0, "", text, reason, remedy)])


def frontier(
    scenario: Scenario,
    bounds: Sequence[Bound],
    points: int,
    out: str,
    told: Told,
    where: Where = HERE,
) -> Front:
    """Writes cases.csv while it goes on, study.json and the page. Raises Infeasible where no bound of the limits has
    a plan, NotSolved, and what `run_cases` raises.
    """
    sent = Sent(scenario.loaded.bytes_read, scenario.loaded.overrides, baseline=False)
    s = scenario.loaded.scenario
    names = [b.name for b in bounds]
    asked = sent.told("frontier", s.name) | {"limits": names, "points": points}
    prices = [f"shadow_price of {name}" for name in names]
    with study(out, asked, ("case", *names, *FIGURES[:2], *prices, *FIGURES[2:])) as folder:
        widths = [_widths(s, b, points) for b in bounds]
        cases, at = _cases(bounds, widths)

        def named(case: Case, row: Row) -> Row:
            return dict(zip(names, (f"{w:.{DIGITS}g}" for w in at[case.number]), strict=True)) | row

        filled(folder, _Point(tuple(bounds)), sent, cases, named, told, where)
        now = _now(s, bounds)
        front = Front(
            s.name, s.business_date, s.base_currency, tuple(names), now, folder.in_order()
        )
        folder.write(PAGE, page(front))
        return front


def _cases(
    bounds: Sequence[Bound], widths: Sequence[Sequence[float]]
) -> tuple[list[Case], list[tuple[float, ...]]]:
    at = list(product(*widths))
    cases = [
        Case(n, tuple(c for b, w in zip(bounds, own, strict=True) for c in b.changes(w)))
        for n, own in enumerate(at)
    ]
    return cases, at


def _now(s: Resolved, bounds: Sequence[Bound]) -> tuple[float, ...]:
    """Where the bounds stand in the scenario: the widest of several scopes."""
    found = []
    for b in bounds:
        own = [x for x in s.limits if x.limit_id == b.limit]
        ends = [x.upper if side == "upper" else -x.lower for x in own for side in b.sides]
        found.append(max(e for e in ends if np.isfinite(e)))
    return tuple(found)


def _widths(s: Resolved, bound: Bound, points: int) -> list[float]:
    """From a bound without a plan, where there can be one, to where it costs nothing; the present one among them."""
    with within(s.time_limit):
        free, least = _free(s, bound), _least(s, bound)
    (now,) = _now(s, [bound])
    span = max(free - least, 1e-6 * abs(free))
    evenly = np.linspace(least + INSIDE * span, free, max(points - 2, 2)).tolist()
    inside = [now] if least < now else []
    found = {float(f"{w:.{DIGITS}g}") for w in (least - BEYOND * span, *evenly, *inside)}
    return sorted(w for w in found if w >= _floor(s, bound))


def _floor(s: Resolved, bound: Bound) -> float:
    """Below it there is no bound: of a band's half width, of a measure that is a size, and of one end of a band whose
    other end stays.
    """
    own = [x for x in s.limits if x.limit_id == bound.limit]
    if len(bound.sides) == 2 or REGISTRY[own[0].measure].BOUNDS == UPPER:
        return 0.0
    return max(x.lower if bound.sides == ("upper",) else -x.upper for x in own)


def _bounded(s: Resolved, bound: Bound, width: float) -> Resolved:
    lower, upper = bound.ends(width)

    def held(x: Limit) -> Limit:
        low, high = (
            (lower if "lower" in bound.sides else x.lower),
            (upper if "upper" in bound.sides else x.upper),
        )
        return replace(x, lower=low, upper=high) if x.limit_id == bound.limit else x

    return replace(s, limits=tuple(map(held, s.limits)))


def _free(s: Resolved, bound: Bound) -> float:
    """The narrowest bound that costs nothing. Raises Infeasible, NotSolved."""
    settled, found = answered(_bounded(s, bound, np.inf))
    return bound.used(settled, found.trades)


def _least(s: Resolved, bound: Bound) -> float:
    """The narrowest bound with a plan; of several scopes together, one that has a plan. Raises NotSolved."""
    own = np.array([x.limit_id == bound.limit for x in s.limits], dtype=bool)
    _, reach = limits.sizes(s)
    end = max(_floor(s, bound), -2 * float(max(reach[own])))
    held = _bounded(replace(s, horizon=None), bound, end)
    found = relax(held, Give(own.astype(float), pools=False))
    return max(bound.used(held, found.trades), end)


@dataclass(frozen=True)
class _Point:
    """The work of one case: its optimum before lots."""

    bounds: tuple[Bound, ...]

    def __call__(self, sent: Sent, case: Case) -> Row:
        return row_of(sent, case, self.figures)

    def figures(self, scenario: Scenario) -> Row:
        """Raises Infeasible with what stands in the way, NotSolved."""
        s = scenario.loaded.scenario
        with within(s.time_limit):
            try:
                settled, found = answered(s)
            except Infeasible as refusal:
                if refusal.reason != "infeasible":
                    raise
                raise Infeasible(refusal.reason, _in_the_way(refusal, s)) from None
        prices = shadow_prices(found, settled)
        everything = np.arange(len(settled.holdings.book))
        own = {
            f"shadow_price of {b.name}": sum(
                float(p)
                for p, x in zip(prices, settled.limits, strict=True)
                if x.limit_id == b.limit
            )
            for b in self.bounds
        }
        return {
            "status": "optimal",
            "cost": f"{price(found.trades, settled, found.later):.4f}",
            **{name: f"{p:.9g}" for name, p in own.items()},
            "external_notional": f"{external_notional(settled, found.trades):.2f}",
            "firm_volatility": f"{volatility(settled, found.trades, everything):.2f}",
        }


def _in_the_way(refusal: Infeasible, s: Resolved) -> str:
    """What cannot be kept together."""
    with suppress(NotSolved):
        found = explained(refusal, replace(s, horizon=None), lambda text: None)
        names = dict.fromkeys(str(row["limit_id"]) for row in found.conflicts)
        return f"{', '.join(names)} cannot be kept together"
    return str(refusal)
