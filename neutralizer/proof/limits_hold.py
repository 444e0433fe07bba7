"""Every limit, measured on the written positions, holds; limits.csv says so."""

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.proof.files import Files, same
from neutralizer.proof.ledger import Ledger
from neutralizer.terms import limits


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """No tolerance: only a band narrower than its step is proven to half a step."""
    before = limits.amounts(nothing(scenario), scenario)
    inside = limits.amounts(ledger.after_transfers, scenario)
    after = limits.amounts(ledger.after, scenario)
    lower, upper = limits.bounds(scenario)
    half, error = limits.half_steps(scenario), limits.rounding_errors(ledger.after, scenario)
    rows = {(r["limit_id"], r["scope"]): r for r in files["limits.csv"]}
    if len(rows) != len(scenario.limits) or len(files["limits.csv"]) != len(scenario.limits):
        faults.append("limits.csv does not hold every limit once")
    for k, limit in enumerate(scenario.limits):
        name = f"{limit.limit_id} {limit.scope}"
        slack = half[k] + error[k]
        if not lower[k] - slack <= after[k] <= upper[k] + slack:
            faults.append(
                f"limit {name}: {after[k]:.6g} is outside {lower[k]:.6g} to {upper[k]:.6g}"
            )
        row = rows.get((limit.limit_id, limit.scope))
        if row is None:
            faults.append(f"limits.csv lacks {name}")
            continue
        measured = (("before", before[k]), ("after_transfers", inside[k]), ("after", after[k]))
        faults += [
            f"limit {name}: {c} {row[c]} is not {v:.6g}" for c, v in measured if not same(row[c], v)
        ]
        expected = limits.status(limit, before[k], after[k], half[k], error[k])
        if row["status"] != expected:
            faults.append(f"limit {name}: status {row['status']} is not {expected}")
        if row["relaxed_by"] != limits.relaxed_by(limit, expected):
            faults.append(f"limit {name}: relaxed_by says {row['relaxed_by'] or 'nothing'}")
