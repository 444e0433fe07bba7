"""How much a plan hangs on its assumptions: decided again with each made other, and the plan of the scenario as it is
priced as if the other were true.
"""

from collections.abc import Mapping
from functools import lru_cache, partial

import numpy as np

from neutralizer.domain.cases import TO, Case, Change
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario as Resolved
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.face import Run, Scenario, solve
from neutralizer.load.assumptions import PREFIX
from neutralizer.load.changes import changed
from neutralizer.proof.ledger import rebuild
from neutralizer.records.study import study
from neutralizer.report.again import plan_of
from neutralizer.report.files import parsed
from neutralizer.report.sensitivity import PAGE, Sensed, page
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


def sensitivity(scenario: Scenario, out: str, told: Told, where: Where = HERE) -> Sensed:
    """Writes cases.csv while it goes on, study.json and the page. What the scenario has none of is left out. Raises
    Infeasible, NotSolved where the scenario as it is has no plan, and what `run_cases` raises.
    """
    loaded = scenario.loaded
    sent = Sent(loaded.bytes_read, loaded.overrides, baseline=False)
    asked = sent.told("sensitivity", scenario.name) | {"assumed": [list(x) for x in ASSUMED]}
    there = [x for x in ASSUMED if _is_there(scenario, *x)]
    cases = [Case(0, ()), *(Case(n, (_change(*x),)) for n, x in enumerate(there, 1))]

    def named(case: Case, row: Row) -> Row:
        name, value = there[case.number - 1] if case.number else ("", "")
        return {"assumption": name, "value": value} | row

    with study(out, asked, COLUMNS) as folder:
        _plan_as_it_is(sent)
        filled(folder, work, sent, cases, named, told, where)
        s = loaded.scenario
        sensed = Sensed(s.name, s.business_date, s.base_currency, folder.in_order())
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


def work(sent: Sent, case: Case) -> Row:
    """Of one assumption."""
    return row_of(sent, case, partial(_figures, sent))


@lru_cache(maxsize=2)
def _plan_as_it_is(sent: Sent) -> Run:
    """Solved once in each process. Raises Infeasible, NotSolved."""
    return solve(scenario_of(sent), report=False, baseline=False)


def _figures(sent: Sent, other: Scenario) -> Row:
    base = scenario_of(sent)
    first, was, s = _plan_as_it_is(sent), base.loaded.scenario, other.loaded.scenario
    kept = _as_planned(first, s)
    paid = _paid(s, kept)
    broken = _broken(was, _as_planned(first, was), s, kept)
    found = {"kept_cost": f"{paid:.2f}", "kept_breaks": ";".join(broken)}
    try:
        run = solve(other, report=False, baseline=False)
    except (Infeasible, NotSolved) as refusal:
        word = "no plan" if isinstance(refusal, Infeasible) else "not solved"
        return found | {"status": word, "why_not": " ".join(str(refusal).split())}
    plan = _as_planned(run, s)
    own = _paid(s, plan)
    return (
        found
        | {
            "status": run.summary.status,
            "plan_cost": f"{own:.2f}",
            "regret": f"{paid - own:.2f}",
        }
        | _moved(s, kept, plan)
    )


def _as_planned(run: Run, s: Resolved) -> Plan:
    """The lines of a run, under the numbers of a scenario."""
    read = parsed(run.files)
    return plan_of(s, read, rebuild(s, read, []))


def _paid(s: Resolved, plan: Plan) -> float:
    """With what waiting costs, base currency."""
    return sum(costs.totals(plan.trades, s).values()) + float(waiting.amounts(plan.trades, s).sum())


def _broken(was: Resolved, planned: Plan, s: Resolved, kept: Plan) -> list[str]:
    """Limits, pools and participation caps that a plan keeps less well than it was planned, with what they are out by,
    each in its own unit.
    """
    room = limits.half_steps(s) + limits.rounding_errors(kept.trades, s)
    over = outside(s, kept.trades)
    more = over > outside(was, planned.trades) + room
    found = [
        f"{s.limits[k].limit_id} {s.limits[k].scope} by {_amount(over[k])}"
        for k in np.flatnonzero(more).tolist()
    ]
    left, before = cash.headroom(kept.trades, s), cash.headroom(planned.trades, was)
    short = (left < 0) & (left < before - COIN)
    pools = zip(s.pools.ids, s.pools.currency, left, strict=True)
    found += [
        f"pool {p} by {-x:.2f} {c}" for (p, c, x), is_ in zip(pools, short, strict=True) if is_
    ]
    t, cap = s.orders.tradable, s.tradables.cap
    traded = np.bincount(t, np.abs(kept.trades.order), minlength=len(cap))
    return found + [
        f"participation in {s.tradables.ids[k]} by {_amount(traded[k] - cap[k])} units"
        for k in np.flatnonzero(traded > cap * (1 + CAP)).tolist()
    ]


def _amount(value: float) -> str:
    """Whole where it is large, and never with an exponent that a person would have to read."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"


def _moved(s: Resolved, kept: Plan, plan: Plan) -> Row:
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


def _lines(s: Resolved, plan: Plan) -> Mapping[str, tuple[float, float]]:
    """(units, notional of one) of each order by instrument, and of each transfer by book and instrument."""
    h, t = s.holdings, s.orders.tradable
    total = np.zeros(len(s.tradables.ids))
    np.add.at(total, t, plan.trades.order)
    found = {
        s.tradables.ids[k]: (float(total[k]), float(s.tradables.notional[k]))
        for k in np.flatnonzero(total).tolist()
    }
    inside = np.array([float(q) for q in plan.transferred])
    return found | {
        f"{s.books.ids[h.book[k]]} {s.instruments.ids[h.instrument[k]]}": (
            float(inside[k]),
            float(s.holding_notional[k]),
        )
        for k in np.flatnonzero(inside).tolist()
    }
