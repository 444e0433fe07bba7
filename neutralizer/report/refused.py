"""What stands in DIR.refused: why nothing was published. Never a ticket."""

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import Refusal
from neutralizer.errors import NeutralizerError
from neutralizer.records.manifest import SUMMARY
from neutralizer.records.ours import CONFLICTS
from neutralizer.records.writing import csv_bytes, json_bytes

COLUMNS = tuple(
    "limit_id scope measure target relaxation owner conflict_set kind alone unit before lower upper "
    "comes_from priority description".split()
)


def refused_files(refusal: NeutralizerError, scenario: Scenario, run_id: str) -> dict[str, bytes]:
    """summary.json and conflicts.csv."""
    rows = conflict_rows(refusal)
    summary = Refusal(
        run_id=run_id,
        name=scenario.name,
        as_of=scenario.as_of.isoformat(),
        status=getattr(refusal, "reason", "proof_failed"),
        findings=tuple(getattr(refusal, "findings", ())) or (str(refusal),),
    )
    return {
        SUMMARY: json_bytes(summary.model_dump(mode="json")),
        CONFLICTS: csv_bytes(COLUMNS, rows),
    }


def conflict_rows(refusal: NeutralizerError) -> list[dict[str, str]]:
    """The refusal's conflicts as cells of conflicts.csv."""
    return [
        {c: _cell(row.get(c, "")) for c in COLUMNS} for row in getattr(refusal, "conflicts", ())
    ]


def _cell(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)
