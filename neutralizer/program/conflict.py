"""Who is in the way: what the least relaxation gives, limit by limit in its own unit."""

from dataclasses import replace

from neutralizer import limits
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.program.build import pool_scales

NEGLIGIBLE = 1e-6  # of a limit's scale


def as_held(scenario: Scenario) -> Scenario:
    """The same with the bounds that hold: where only improvement is asked, not worse than before."""
    lower, upper = limits.bounds(scenario)
    held = tuple(
        replace(limit, lower=float(lower[k]), upper=float(upper[k]))
        for k, limit in enumerate(scenario.limits)
    )
    return replace(scenario, limits=held)


def infeasible(needed: dict[str, float], scenario: Scenario) -> Infeasible:
    """The refusal that names what the least relaxation gives; needed: name -> share of its scale."""
    conflicts = conflict_rows(needed, scenario)
    names = ", ".join(f"{c['limit_id']} by {c['relaxation']:,.6g}" for c in conflicts[:5])
    more = f" and {len(conflicts) - 5} more" if len(conflicts) > 5 else ""
    message = f"no plan keeps every limit; the smallest relaxation: {names}{more}"
    return Infeasible("infeasible", message, conflicts)


def conflict_rows(needed: dict[str, float], scenario: Scenario) -> list[dict[str, object]]:
    """What the least relaxation gives, limit by limit in its own unit, largest share first."""
    scale = limits.scales(scenario)
    known = {f"{x.limit_id} {x.scope}": (k, x) for k, x in enumerate(scenario.limits)}
    pools = dict(zip(scenario.pools.ids, pool_scales(scenario) / scenario.pools.fx, strict=True))
    rows: list[dict[str, object]] = []
    for name, share in sorted(needed.items(), key=lambda item: -item[1]):
        if share <= NEGLIGIBLE:
            continue
        if name in known:
            k, limit = known[name]
            rows.append(
                {
                    "limit_id": limit.limit_id,
                    "scope": limit.scope,
                    "measure": limit.measure,
                    "target": limit.target,
                    "relaxation": share * scale[k],
                    "owner": limit.owner,
                }
            )
        else:
            pool = name.removeprefix("pool ")
            rows.append(
                {
                    "limit_id": pool,
                    "scope": f"pool:{pool}",
                    "measure": "minimum_balance",
                    "target": "",
                    "relaxation": share * pools[pool],
                    "owner": "",
                }
            )
    return rows
