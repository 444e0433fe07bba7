"""Where a scenario comes from: bytes by the names that scenario.yaml gives them, and how a person knows
them.
"""

from collections.abc import Sequence
from typing import Protocol

from neutralizer.errors import Issue, Issues


class Source(Protocol):
    """A folder on disk, or tables in memory under the names of the files that they would be."""

    @property
    def read(self) -> dict[str, bytes]:
        """What was read so far, by name."""

    @property
    def mistakes(self) -> Sequence[Issue]:
        """What was wrong before there were bytes."""

    def settings(self) -> bytes:
        """The bytes of scenario.yaml. Raises InputsRefused where there are none."""

    def table(self, name: str, line: int, key: str, issues: Issues) -> bytes | None:
        """The bytes of a table; None, with an issue at the line that names it, if refused."""

    def file(self, name: str, line: int, key: str, kind: str, issues: Issues) -> bytes | None:
        """The bytes of a file that a setting names; None, with an issue, if refused."""

    def beside(
        self, name: str, line: int, key: str, issues: Issues, kind: str = "control"
    ) -> bytes | None:
        """The bytes of a file that need not be there; None where it is not."""

    def told(self, issue: Issue) -> Issue:
        """An issue under the name and row by which its sender knows the cell."""
