"""What a run was asked for, beside its inputs: it makes the run's id and stands in the manifest."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Asked:
    """The switches of the command line that change what is written."""

    transfers_only: bool = False
    best_effort: bool = False
    relax: float | None = None  # hard limits of this priority and after are soft
    baseline: bool = True
    strip: bool = False
    report: bool = True
    shock: str = ""  # under which the plan is decided again
    supersedes: str = ""  # hash of the released tickets that this run takes over

    def written(self) -> dict[str, Any]:
        """As the manifest has it."""
        return asdict(self)

    @staticmethod
    def read(settings: dict[str, Any]) -> "Asked":
        """Out of a manifest. Raises KeyError where one is missing."""
        return Asked(**{f.name: settings[f.name] for f in fields(Asked)})
