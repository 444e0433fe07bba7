"""Who made a run and by whose leave. It stands in the manifest and changes nothing that is decided."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Waivers:
    """What somebody lets pass, why, and until when."""

    jumps: tuple[str, ...] = ()  # ids that may have moved over ten times
    stale: tuple[str, ...] = ()  # tables that may be too old, or model_card
    by: str = ""
    reason: str = ""
    until: datetime | None = None

    def written(self) -> dict[str, Any] | None:
        """As the manifest has it; None where nothing is waived."""
        if not (self.jumps or self.stale) or self.until is None:
            return None
        return asdict(self) | {"until": self.until.isoformat()}


NO_WAIVERS = Waivers()


@dataclass(frozen=True)
class Record:
    """`notices` are sentences that are not about the plan, and stop a release without a person."""

    prepared_by: str
    notices: tuple[str, ...] = ()
    waivers: Waivers = NO_WAIVERS
    previous: str | None = None  # the run that the inputs were held against
    version: int = 1
    supersedes: str | None = None  # a run that was released before
    reason: str = ""
    journal: dict[str, Any] | None = (
        None  # its id, and the line that told of this run, with its hash
    )

    def written(self) -> dict[str, Any]:
        """As the manifest has it."""
        return asdict(self) | {"waivers": self.waivers.written(), "notices": list(self.notices)}
