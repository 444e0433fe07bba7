"""How a run was asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path

from neutralizer.domain.asked import Asked
from neutralizer.gate import NOTHING_ELSE, Against

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options(Asked):
    """How a run was asked for, with what does not change what is written."""

    overrides: tuple[str, ...] = ()
    replace: bool = False
    dry_run: bool = False
    against: Against = NOTHING_ELSE
    prepared_by: str = ""
    journal: Path | None = None
    supersede: Path | None = None  # the folder of a run that was released
    reason: str = ""  # why
    notices: tuple[str, ...] = ()  # of the journal
    past: tuple[dict[str, str], ...] = ()  # figures of earlier runs
    say: Say = field(default=lambda text: None)

    @property
    def asked(self) -> Asked:
        """What the run's id and the manifest know."""
        return Asked(*(getattr(self, f.name) for f in fields(Asked)))
