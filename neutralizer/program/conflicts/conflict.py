"""Who is in the way, as rows for people: what the least relaxation gives, and who cannot be kept together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import nothing
from neutralizer.errors import Infeasible
from neutralizer.program.build import pool_scales
from neutralizer.program.conflicts.impossible import Impossible
from neutralizer.program.conflicts.members import Member
from neutralizer.terms import limits, margin
from neutralizer.terms.limits.facts import MONEY
from neutralizer.terms.margin import cash

NEGLIGIBLE = 1e-6  # of a limit's scale
CAUSES = 3  # books and instruments named for each limit
Row = dict[str, object]


def as_held(scenario: Scenario) -> Scenario:
    """The same with the bounds that hold: where only improvement is asked, not worse than before; a pool
    that may stay short has its floor so much lower.
    """
    lower, upper = limits.bounds(scenario)
    held = tuple(
        replace(
            limit,
            lower=float(lower[k]),
            upper=float(upper[k]),
            improve=False,
            soft="",
            settled=None,
        )
        for k, limit in enumerate(scenario.limits)
    )
    pools = scenario.pools
    floor = pools.minimum_balance - pools.shortfall
    pools = replace(pools, minimum_balance=floor, shortfall=np.zeros_like(floor))
    return replace(scenario, limits=held, pools=pools)


def infeasible(
    needed: dict[str, float], scenario: Scenario, plain: Sequence[Impossible] = ()
) -> Infeasible:
    """The refusal that names what the least relaxation gives; needed: name -> share of its scale;
    plain: what could be seen without a solve, said first.
    """
    rows = relaxation_rows(needed, scenario)
    names = ", ".join(f"{r['limit_id']} by {r['relaxation']:,.6g}" for r in rows[:5])
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    seen = "".join(f"{x.sentence}; " for x in plain[:5])
    message = f"{seen}no plan keeps every limit; the smallest relaxation: {names}{more}"
    return Infeasible("infeasible", message, rows)


def plainly(s: Scenario, plain: Sequence[Impossible]) -> Infeasible:
    """The refusal of what is impossible by less than a solver can tell."""
    rows = [limit_row(s, k, s.limits[k]) | {"relaxation": x.apart} for x in plain for k in x.limits]
    said = "; ".join(x.sentence for x in plain[:5])
    return Infeasible("infeasible", f"{said}; no plan keeps every limit", rows)


def relaxation_rows(needed: dict[str, float], scenario: Scenario) -> list[Row]:
    """What the least relaxation gives, limit by limit in its own unit, largest share first."""
    scale = limits.scales(scenario)
    known = {f"{x.limit_id} {x.scope}": (k, x) for k, x in enumerate(scenario.limits)}
    pools = pool_scales(scenario) / scenario.pools.fx
    rows: list[Row] = []
    for name, share in sorted(needed.items(), key=lambda item: -item[1]):
        if share <= NEGLIGIBLE:
            continue
        if name in known:
            k, x = known[name]
            rows.append(limit_row(scenario, k, x) | {"relaxation": share * scale[k]})
        else:
            p = scenario.pools.ids.index(name.removeprefix("pool "))
            rows.append(pool_row(scenario, p) | {"relaxation": share * pools[p]})
    return rows


def set_rows(
    scenario: Scenario,
    sets: Sequence[tuple[Sequence[Member], dict[str, float]]],
    relaxation: Sequence[Row],
) -> list[Row]:
    """Every set's members with what each alone must give; then what is relaxed and in no set."""
    given = {(str(r["limit_id"]), str(r["scope"])): r["relaxation"] for r in relaxation}
    rows: list[Row] = []
    for number, (members, alone) in enumerate(sets, start=1):
        for member in members:
            row = member_row(scenario, member)
            key = (member.name, member.scope)
            row["conflict_set"], row["alone"] = number, alone.get(member.key, "")
            row["relaxation"] = given.get(key, "") if member.gives else ""
            rows.append(row)
    named = {(str(r["limit_id"]), str(r["scope"])) for r in rows}
    return rows + [r for r in relaxation if (str(r["limit_id"]), str(r["scope"])) not in named]


def member_row(scenario: Scenario, member: Member) -> Row:
    """One member, whatever its kind."""
    s, k = scenario, member.index
    if member.kind == "limit":
        return limit_row(s, k, s.limits[k])
    if member.kind == "pool":
        return pool_row(s, k)
    row = _row(member.kind, member.name, member.scope, member.measure, member.target, member.unit)
    if member.kind == "borrowing":
        row["upper"] = float(s.pools.borrow_limit[k])
    elif member.kind == "route":
        row["upper"] = float(s.routes.capacity[k])
    elif member.kind == "margin":
        row["before"], row["unit"] = float(margin.amounts(nothing(s), s)[k]), s.base_currency
    elif member.kind == "participation":
        row["upper"], row["unit"] = float(s.tradables.cap[k]), "units"
    elif member.kind == "mandate":
        h = s.holdings
        row |= {"before": float(h.before[k]), "unit": "units"}
        row |= {"lower": _finite(h.low[k]), "upper": _finite(h.high[k])}
        if k in s.targets.holding:
            row["description"] = "no further than its target"
    return row


def limit_row(s: Scenario, k: int, x: Limit) -> Row:
    """A limit with where it stands and whose positions it comes from."""
    row = _row("limit", x.limit_id, x.scope, x.measure, x.target, unit_of(x.measure, s))
    return row | {
        "owner": x.owner,
        "before": float(limits.REGISTRY[x.measure].amount(nothing(s), s, x)),
        "lower": _finite(x.lower),
        "upper": _finite(x.upper),
        "comes_from": causes(s, x),
        "priority": f"{x.priority:g}",
        "description": x.description,
    }


def pool_row(s: Scenario, p: int) -> Row:
    """A pool's floor with what is free before."""
    name, unit = s.pools.ids[p], s.pools.currency[p]
    row = _row("pool", name, f"pool:{name}", "minimum_balance", "", unit)
    free = float(cash.headroom(nothing(s), s)[p])
    return row | {
        "before": free + float(s.pools.minimum_balance[p]),
        "lower": float(s.pools.minimum_balance[p]),
    }


def causes(s: Scenario, x: Limit) -> str:
    """The books and instruments that a limit's measure is mostly made of, largest first."""
    size: Floats = limits.sensitivity(s, x) * np.abs(s.holdings.before)
    largest = np.argsort(-size, kind="stable")[:CAUSES]
    books, instruments = s.books.ids, s.instruments.ids
    return "; ".join(
        f"{books[s.holdings.book[h]]} {instruments[s.holdings.instrument[h]]}"
        for h in largest
        if size[h] > 0
    )


def unit_of(measure: str, s: Scenario) -> str:
    """What a measure is counted in."""
    unit: str = limits.REGISTRY[measure].UNIT if measure in limits.REGISTRY else MONEY
    return s.base_currency if unit == MONEY else unit


def _row(kind: str, name: str, scope: str, measure: str, target: str, unit: str) -> Row:
    return {
        "kind": kind,
        "limit_id": name,
        "scope": scope,
        "measure": measure,
        "target": target,
        "unit": unit,
    }


def _finite(bound: float) -> object:
    return float(bound) if np.isfinite(bound) else ""
