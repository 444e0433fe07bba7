"""The proof: what the written files say, recomputed from them and the raw inputs alone.

No solver, no cvxpy, nothing of planning. It has no tolerance of its own: quantities are compared as
decimals, limits without slack; only a band narrower than its step is proven to half a step.
"""

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.superseded import Superseded
from neutralizer.proof import (
    amendments,
    cash_and_costs,
    evidence,
    horizon,
    limits_hold,
    movements,
    phases,
    positions,
    walls,
)
from neutralizer.proof.files import Files
from neutralizer.proof.ledger import Ledger, rebuild

__all__ = ["Files", "prove"]


def prove(scenario: Scenario, files: Files, superseded: Superseded | None = None) -> list[str]:
    """Every fault found, as sentences; an empty list is a proof."""
    faults: list[str] = []
    try:
        ledger: Ledger = rebuild(scenario, files, faults)
        for part in (
            movements,
            walls,
            positions,
            cash_and_costs,
            limits_hold,
            phases,
            evidence,
            horizon,
        ):
            part.prove(scenario, files, ledger, faults)
        amendments.prove(files, superseded, faults)
    except (KeyError, ValueError, ArithmeticError) as error:
        faults.append(f"a file cannot be read as written: {error!r}")
    return faults
