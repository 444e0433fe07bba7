"""Files in memory, under the names they have or would have in a folder."""

import csv
import io
import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from neutralizer.errors import Issue, Issues
from neutralizer.load.written.folder import SCENARIO_FILE, Folder


@dataclass
class Memory:
    """A source without a disk. `labels` say how a person knows a file that was made of a table: its
    issues name the row, the first is 1. What is not held is looked for in the folder it came from.
    """

    files: dict[str, bytes]
    labels: dict[str, str] = field(default_factory=dict)
    mistakes: tuple[Issue, ...] = ()
    folder: Folder | None = None
    read: dict[str, bytes] = field(default_factory=dict)

    @property
    def fresh(self) -> "Memory":
        """The same files, and nothing read of them."""
        return replace(self, read={})

    def settings(self) -> bytes:
        """The bytes of scenario.yaml."""
        self.read[SCENARIO_FILE] = self.files[SCENARIO_FILE]
        return self.files[SCENARIO_FILE]

    def table(self, name: str, line: int, key: str, issues: Issues) -> bytes | None:
        """The bytes of a table; None, with an issue at the line that names it, if not held."""
        return self.file(name, line, f"tables.{key}", "CSV", issues)

    def file(self, name: str, line: int, key: str, kind: str, issues: Issues) -> bytes | None:
        """The bytes of a file that a setting names; None, with an issue, if not held."""
        data = self.files.get(PurePosixPath(name).as_posix())
        if data is None and self.folder is not None:
            data = self.folder.file(name, line, key, kind, issues)
        elif data is None:
            remedy = f"hand over the bytes of the {kind} file, not its name"
            issues.error(SCENARIO_FILE, line, key, name, "there is no such file", remedy)
        if data is not None:
            self.read[PurePosixPath(name).as_posix()] = data
        return data

    def beside(
        self, name: str, line: int, key: str, issues: Issues, kind: str = "control"
    ) -> bytes | None:
        """The bytes of a file that need not be held; None where it is not."""
        known = PurePosixPath(name).as_posix() in self.files
        return self.file(name, line, key, kind, issues) if known else None

    def told(self, issue: Issue) -> Issue:
        """An issue by the label and row of its table; of the settings, by their key alone."""
        if issue.file not in self.labels:
            return issue
        label = self.labels[issue.file]
        if issue.file == SCENARIO_FILE:
            return replace(issue, file=label, line=0)
        begins = self._begins(issue.file)
        row = _row(begins, issue.line)
        first = re.sub(
            r"first on line (\d+)",
            lambda m: f"first in row {_row(begins, int(m[1]))}",
            issue.reason,
        )
        return replace(issue, file=label, line=row, reason=first)

    def _begins(self, file: str) -> list[int]:
        """The line on which each row of a file begins, the header's first."""
        reader = csv.reader(io.StringIO(self.files[file].decode("utf-8", "replace"), newline=""))
        begins = [1]
        with suppress(csv.Error):  # a field that is too long, which is said already
            begins += [reader.line_num + 1 for _ in reader]
        return begins


def _row(begins: list[int], line: int) -> int:
    """The row that stands on a line; 0 for the header and for the file as a whole."""
    return max(bisect_right(begins, line) - 1, 0)
