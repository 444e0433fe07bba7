"""How much a plan hangs on its assumptions: decided again with each made other, and the plan of the scenario as it is
priced as if the other were true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.cases import TO, Case, Change
from neutralizer.domain.scenario import Scenario as Resolved
from neutralizer.domain.trades import Trades
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.face import Scenario, solve
from neutralizer.load.assumptions import PREFIX
from neutralizer.load.changes import changed
from neutralizer.program.build import pool_scales
from neutralizer.program.certificate import FEASIBLE
from neutralizer.proof.ledger import rebuild
from neutralizer.records.study import study
from neutralizer.report.again import plan_of
from neutralizer.report.files import parsed
from neutralizer.report.sensitivity import PAGE, Sensed, page
from neutralizer.studies.before_lots import SKETCH, optimum
from neutralizer.studies.filled import Told, filled
from neutralizer.studies.many import Where
from neutralizer.studies.sent import Row, Sent, row_of, scenario_of
from neutralizer.terms import costs, limits, waiting
from neutralizer.terms.margin import cash
from neutralizer.terms.night import outside

SHARE = "0.1"
ASSUMED = (
    *((name, value) for name in ("spread", "impact", "adv", "volatility") for value in ("0.9", "1.1")),
    ("correlation_to_one", SHARE),
    ("correlation_to_zero", SHARE),
    ("margin", "0.9"),
    ("margin", "1.1"),
    ("marks", "-1"),
    ("marks", "1"),
)  # fmt: skip
FIGURES = (
    "status", "plan_cost", "kept_cost", "regret", "kept_breaks", "lines_new", "lines_gone", "lines_turned",
    "moved_notional", "moved_most", "why_not",
)  # fmt: skip
COLUMNS = ("case", "assumption", "value", *FIGURES)
FEW = 3  # names of what moved most
CAP = 1e-9  # of a cap: what a sum may be out by
COIN = 0.01  # of a pool's currency
HERE = Where()


@dataclass(frozen=True)
class Made:
    """What is done. `inside` (H,) units that books pass to each other; of a sketch all that changes."""

    trades: Trades
    inside: Floats


def sensitivity(
    scenario: Scenario, out: str, told: Told, where: Where = HERE, sketch: bool = False
) -> Sensed:
    """Writes cases.csv while it goes on, study.json and the page. What the scenario has none of is left out. With
    `sketch` before lots. Raises Infeasible, NotSolved where the scenario as it is has no plan, and what `run_cases`
    raises.
    """
    loaded = scenario.loaded
    sent = Sent(loaded.bytes_read, loaded.overrides, baseline=False)
    asked = sent.told("sensitivity", scenario.name) | {"assumed": [list(x) for x in ASSUMED]}
    asked |= {"sketch": True} if sketch else {}
    there = [x for x in ASSUMED if _is_there(scenario, *x)]
    cases = [Case(0, ()), *(Case(n, (_change(*x),)) for n, x in enumerate(there, 1))]

    def named(case: Case, row: Row) -> Row:
        name, value = there[case.number - 1] if case.number else ("", "")
        return {"assumption": name, "value": value} | row

    with study(out, asked, COLUMNS) as folder:
        _as_it_is(sent, sketch)
        filled(folder, _Assumed(sketch), sent, cases, named, told, where)
        s = loaded.scenario
        rows = folder.in_order()
        sensed = Sensed(s.name, s.business_date, s.base_currency, rows, sketch)
        folder.write(PAGE, page(sensed))
        return sensed


def _change(name: str, value: str) -> Change:
    return Change(PREFIX + name, TO, value)


def _is_there(scenario: Scenario, name: str, value: str) -> bool:
    try:
        changed(scenario.loaded, [_change(name, value)])
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class _Assumed:
    """The work of one assumption."""

    sketch: bool

    def __call__(self, sent: Sent, case: Case) -> Row:
        return row_of(sent, case, partial(_figures, sent, self.sketch))


@dataclass(frozen=True)
class _Answer:
    """What was decided for a scenario, and what that is under other numbers of it."""

    status: str
    under: Callable[[Resolved], Made]


@lru_cache(maxsize=2)
def _as_it_is(sent: Sent, sketch: bool) -> _Answer:
    """Solved once in each process. Raises Infeasible, NotSolved."""
    return _answer(scenario_of(sent), sketch)


def _answer(scenario: Scenario, sketch: bool) -> _Answer:
    """Raises Infeasible, NotSolved."""
    if sketch:
        trades = optimum(scenario).found.trades
        return _Answer(SKETCH, lambda s: Made(trades, trades.change))
    run = solve(scenario, report=False, baseline=False)

    def under(s: Resolved) -> Made:
        read = parsed(run.files)
        plan = plan_of(s, read, rebuild(s, read, []))
        return Made(plan.trades, np.array([float(q) for q in plan.transferred]))

    return _Answer(run.summary.status, under)


def _figures(sent: Sent, sketch: bool, other: Scenario) -> Row:
    first, was, s = (
        _as_it_is(sent, sketch),
        scenario_of(sent).loaded.scenario,
        other.loaded.scenario,
    )
    kept = first.under(s)
    paid = _paid(s, kept.trades)
    broken = _broken(was, first.under(was).trades, s, kept.trades, FEASIBLE if sketch else 0.0)
    found = {"kept_cost": f"{paid:.2f}", "kept_breaks": ";".join(broken)}
    try:
        again = _answer(other, sketch)
    except (Infeasible, NotSolved) as refusal:
        word = "no plan" if isinstance(refusal, Infeasible) else "not solved"
        return found | {"status": word, "why_not": " ".join(str(refusal).split())}
    plan = again.under(s)
    own = _paid(s, plan.trades)
    figures = {"status": again.status, "plan_cost": f"{own:.2f}", "regret": f"{paid - own:.2f}"}
    return found | figures | _moved(s, kept, plan)


def _paid(s: Resolved, trades: Trades) -> float:
    """With what waiting costs, base currency."""
    return sum(costs.totals(trades, s).values()) + float(waiting.amounts(trades, s).sum())


def _broken(
    was: Resolved, planned: Trades, s: Resolved, kept: Trades, accuracy: float
) -> list[str]:
    """Limits, pools and participation caps that a plan keeps less well than it was planned, with what they are out by,
    each in its own unit. `accuracy`: of what keeps them, in each one's scale.
    """
    room = limits.half_steps(s) + limits.rounding_errors(kept, s) + accuracy * limits.scales(s)
    over = outside(s, kept)
    more = over > outside(was, planned) + room
    found = [
        f"{s.limits[k].limit_id} {s.limits[k].scope} by {_amount(over[k])}"
        for k in np.flatnonzero(more).tolist()
    ]
    left, before = cash.headroom(kept, s), cash.headroom(planned, was)
    short = (left < 0) & (left < before - np.maximum(COIN, accuracy * pool_scales(s)))
    pools = zip(s.pools.ids, s.pools.currency, left, strict=True)
    found += [
        f"pool {p} by {-x:.2f} {c}" for (p, c, x), is_ in zip(pools, short, strict=True) if is_
    ]
    t, cap = s.orders.tradable, s.tradables.cap
    traded = np.bincount(t, np.abs(kept.order), minlength=len(cap))
    return found + [
        f"participation in {s.tradables.ids[k]} by {_amount(traded[k] - cap[k])} units"
        for k in np.flatnonzero(traded > cap * (1 + max(CAP, accuracy))).tolist()
    ]


def _amount(value: float) -> str:
    """Whole where it is large, and never with an exponent that a person would have to read."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"


def _moved(s: Resolved, kept: Made, plan: Made) -> Row:
    """How the lines of two plans differ: what one has and the other has not, what has turned round, and the notional of
    all that is other, outside and inside.
    """
    kinds = [_lines(s, x) for x in (kept, plan)]
    names = [*kinds[0], *(n for n in kinds[1] if n not in kinds[0])]
    pairs = {n: tuple(kind.get(n, (0.0, 0.0)) for kind in kinds) for n in names}
    notional = {n: abs(new[0] - old[0]) * max(old[1], new[1]) for n, (old, new) in pairs.items()}
    most = sorted((n for n in names if notional[n] > 0), key=lambda n: (-notional[n], n))[:FEW]
    return {
        "lines_new": str(sum(n not in kinds[0] for n in names)),
        "lines_gone": str(sum(n not in kinds[1] for n in names)),
        "lines_turned": str(sum(old[0] * new[0] < 0 for old, new in pairs.values())),
        "moved_notional": f"{sum(notional.values()):.2f}",
        "moved_most": ";".join(most),
    }


def _lines(s: Resolved, made: Made) -> Mapping[str, tuple[float, float]]:
    """(units, notional of one) of each order by instrument, and of what passes inside by book and instrument: half a
    lot, or half a step, is none.
    """
    h, t = s.holdings, s.orders.tradable
    total = np.zeros(len(s.tradables.ids))
    np.add.at(total, t, made.trades.order)
    found = {
        s.tradables.ids[k]: (float(total[k]), float(s.tradables.notional[k]))
        for k in np.flatnonzero(np.abs(total) > s.tradables.lot / 2).tolist()
    }
    inside, step = made.inside, s.instruments.step[h.instrument]
    return found | {
        f"{s.books.ids[h.book[k]]} {s.instruments.ids[h.instrument[k]]}": (
            float(inside[k]),
            float(s.holding_notional[k]),
        )
        for k in np.flatnonzero(np.abs(inside) > step / 2).tolist()
    }
