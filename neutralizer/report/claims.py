"""What only a solver knows of a run. This is the whole list of it.

Everything else in a run's folder is a function of the inputs and of what is to be booked, and the proof
writes it again. What stands here is claimed: marked so in docs/files.md and on the page, and no guard
reads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from neutralizer.domain.money import rounded, significant
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import ByHand, Market, Past, Shock, Since, Strip, Summary
from neutralizer.domain.trades import with_orders
from neutralizer.report.tables import money
from neutralizer.terms import limits

if TYPE_CHECKING:
    from neutralizer.comparisons.comparisons import Comparisons
    from neutralizer.domain.arrays import Floats
    from neutralizer.program.duals.shadow import Price
    from neutralizer.program.solve import Solution
    from neutralizer.proof import Files

Row = dict[str, str]
TABLES = ("reasons.csv", "shadow_prices.csv")  # every cell of them
COLUMNS = {
    "limits.csv": ("shadow_price",),
    "books.csv": ("cost_alone", "waiting_alone"),
    "targets.csv": ("why", "scope", "shadow_price"),
}
KEYS = (  # of summary.json; `a.b` is b within a
    *("objective", "penalty.objective", "stand_alone_cost", "no_baseline", "equal_risk_cost"),
    *("by_hand", "impact_strip", "shock", "firm_volatility.stand_alone"),
    *("solver", "rounding", "held_at_nothing"),
    *("since", "history"),
    *("horizon.together_remembered", "horizon.together_fresh"),
    *("horizon.day_by_day_remembered", "horizon.day_by_day_fresh"),
    *("horizon.stand_alone", "horizon.no_comparison"),
    *("waiting.objective", "waiting.stand_alone", "waiting.equal_risk"),
    "dislocation.objective",
)


OF_DAYS = tuple(k.partition(".")[2] for k in KEYS if k.startswith("horizon."))


@dataclass(frozen=True)
class Claims:
    """The continuous optimum, what the plan is compared with, prices and reasons; base currency."""

    objective: float
    penalty: float
    alone: float | None = None  # None where it was not asked for or has no answer
    no_baseline: str = ""  # why it has none
    equal_risk: float | None = None
    volatility_alone: float | None = None
    alone_by_book: Mapping[str, Decimal] | None = None
    waiting: float = 0.0  # beside the objective, and so beside each cost of the same name
    waiting_alone: float | None = None
    waiting_equal_risk: float | None = None
    waiting_by_book: Mapping[str, Decimal] = field(default_factory=dict)  # each book alone
    dislocation: float = 0.0  # what prices that are out are worth at the optimum
    left: Mapping[tuple[str, str], Row] = field(default_factory=dict)  # why a wish is not met
    by_hand: ByHand | None = None
    strip: tuple[Strip, ...] = ()
    shock: Shock | None = None
    ahead: Mapping[str, Any] = field(
        default_factory=dict
    )  # of the days together, by key of summary.horizon
    since: Since | None = None  # what another run's folder said
    history: tuple[Past, ...] = ()  # what the journal said
    solver: dict[str, Any] = field(default_factory=dict)
    rounding: dict[str, Any] = field(default_factory=dict)
    held_at_nothing: tuple[str, ...] = ()  # sides of an owner that were closed, as sentences
    shadow: Mapping[tuple[str, str], str] = field(default_factory=dict)  # of a limit and its scope
    prices: tuple[Row, ...] = ()
    reasons: tuple[Row, ...] = ()


def claims(
    scenario: Scenario,
    solution: "Solution",
    compared: "Comparisons",
    rounding: dict[str, Any],
    held_at_nothing: tuple[str, ...],
    shadow: "Floats | None",
    prices: "tuple[Price, ...]",
    reasons: list[Row],
    left: Mapping[tuple[str, str], Row],
    since: Since | None,
    history: tuple[Past, ...],
) -> Claims:
    """As a run found them; `shadow` is None where nothing was priced."""
    cents, baseline = _cents(scenario), compared.baseline
    count = len(scenario.orders.tradable)
    priced = (
        {}
        if shadow is None
        else {
            (x.limit_id, x.scope): significant(float(y))
            for x, y in zip(scenario.limits, shadow, strict=True)
        }
    )
    return Claims(
        objective=cents(solution.objective),
        penalty=cents(limits.penalty(with_orders(solution.trades, count), scenario)),
        alone=None if baseline.cost is None else cents(baseline.cost),
        no_baseline=baseline.reason,
        equal_risk=None if baseline.equal_risk is None else cents(baseline.equal_risk[0]),
        volatility_alone=(
            None if baseline.firm_volatility is None else cents(baseline.firm_volatility)
        ),
        alone_by_book=None if baseline.by_book is None else _by_book(baseline.by_book),
        waiting=cents(solution.waiting),
        dislocation=cents(solution.dislocation),
        waiting_alone=None if baseline.cost is None else cents(baseline.waiting),
        waiting_equal_risk=None if baseline.equal_risk is None else cents(baseline.equal_risk[1]),
        waiting_by_book=_waiting_by_book(scenario, baseline.waiting_by_book),
        left=left,
        since=since,
        history=history,
        by_hand=_by_hand(compared, cents),
        strip=tuple(_strip(row, cents) for row in compared.strip),
        shock=_shock(compared, scenario, cents),
        ahead=_ahead(compared, cents),
        solver={k: v for k, v in solution.solver.items() if k != "seconds"},
        rounding=_rounding(rounding, cents),
        held_at_nothing=held_at_nothing,
        shadow=priced,
        prices=tuple(money.price_rows(prices)),
        reasons=tuple(money.filled("reasons.csv", reasons)),
    )


def claimed(read: "Files") -> Claims:
    """As a run's files have them. Raises ArithmeticError where an amount is no number."""
    told: Summary = read.summary
    alone, waits = (
        {r["book_id"]: Decimal(r[c]) for r in read["books.csv"] if r[c]}
        for c in ("cost_alone", "waiting_alone")
    )
    why = COLUMNS["targets.csv"]
    return Claims(
        objective=told.objective,
        penalty=told.penalty.objective,
        alone=told.stand_alone_cost,
        no_baseline=told.no_baseline,
        equal_risk=told.equal_risk_cost,
        volatility_alone=told.firm_volatility.stand_alone,
        alone_by_book=None if told.stand_alone_cost is None else alone,
        waiting=told.waiting.objective,
        dislocation=told.dislocation.objective,
        waiting_alone=told.waiting.stand_alone,
        waiting_equal_risk=told.waiting.equal_risk,
        waiting_by_book=waits,
        left={
            (r["book_id"], r["instrument_id"]): {c: r[c] for c in why} for r in read["targets.csv"]
        },
        since=told.since,
        history=told.history,
        by_hand=told.by_hand,
        strip=told.impact_strip,
        shock=told.shock,
        ahead={} if told.horizon is None else {k: getattr(told.horizon, k) for k in OF_DAYS},
        solver=told.solver,
        rounding=told.rounding,
        held_at_nothing=told.held_at_nothing,
        shadow={(r["limit_id"], r["scope"]): r["shadow_price"] for r in read["limits.csv"]},
        prices=tuple(read["shadow_prices.csv"]),
        reasons=tuple(read["reasons.csv"]),
    )


def _ahead(compared: "Comparisons", cents: Callable[[float], float]) -> dict[str, Any]:
    """What the days together cost before lots, and what each day alone and each book alone would."""
    of = compared.over_days
    if of is None:
        return {}
    amounts = {"stand_alone": of.alone}
    amounts |= {f"together_{k}": v for k, v in of.together.items()}
    amounts |= {f"day_by_day_{k}": v for k, v in of.day_by_day.items()}
    found: dict[str, Any] = {k: cents(v) for k, v in amounts.items() if v is not None}
    return found | {"no_comparison": of.reason}


def _cents(scenario: Scenario) -> Callable[[float], float]:
    return lambda amount: float(rounded(float(amount), scenario.base_currency))


def _rounding(report: dict[str, Any], cents: Callable[[float], float]) -> dict[str, Any]:
    """Without its seconds; amounts in cents, the share of the cost to four digits."""
    found = {k: v for k, v in report.items() if k != "seconds"}
    for name in found.keys() & {"premium", "unavoidable"}:
        found[name] = cents(found[name])
    if "premium_share" in found:
        found["premium_share"] = float(f"{found['premium_share']:.4g}")
    return found


def _by_book(costs: Mapping[tuple[str, str], Decimal]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for (book, _), amount in costs.items():
        found[book] = found.get(book, Decimal(0)) + amount
    return found


def _waiting_by_book(s: Scenario, alone: "Floats | None") -> dict[str, Decimal]:
    if alone is None or not len(s.targets.holding):
        return {}
    each = zip(s.books.ids, alone.tolist(), strict=True)
    return {b: rounded(x, s.base_currency) for b, x in each}


def _strip(row: dict[str, float | None], cents: Callable[[float], float]) -> Strip:
    """Amounts are money, the coefficient is not."""
    amounts = {k: None if v is None else cents(v) for k, v in row.items()}
    return Strip.model_validate(amounts | {"impact_coefficient": row["impact_coefficient"]})


def _by_hand(compared: "Comparisons", cents: Callable[[float], float]) -> ByHand | None:
    """What a desk without the tool would pay, before lots; None where it was not asked for."""
    hand = compared.by_hand
    if hand is None:
        return None
    return ByHand(
        cost=cents(hand.cost),
        waiting=cents(hand.waiting),
        orders=hand.orders,
        external_notional=cents(hand.notional),
        breaches_before=hand.breaches_before,
        breaches_after=hand.breaches_after,
        description="each book closes its own breaches, one by one, with its cheapest instrument",
    )


def _shock(compared: "Comparisons", s: Scenario, cents: Callable[[float], float]) -> Shock | None:
    """What the plan is after the shock that was asked for, and what it would take then."""
    found = compared.shock
    if found is None:
        return None
    return Shock(
        shock_id=found.name,
        loss=cents(found.loss),
        survives=found.survives,
        broken={k: float(f"{v:.10g}") for k, v in found.broken.items()},
        short={k: cents(v) for k, v in found.short.items()},
        needed=found.needed and {k: cents(v) for k, v in found.needed.items()},
        why_not=found.why_not,
        market=Market(margin=s.stress.margin, half_spread=s.stress.half_spread, adv=s.stress.adv),
    )
