"""The bytes of a scenario folder. Nothing outside the folder is ever opened."""

import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.written.plain import MOST, plain_bytes

SCENARIO_FILE = "scenario.yaml"
MOST_SETTINGS = 2**20  # bytes
SENDERS = "sender's"  # the kind of a file that is read through a layout
CONTROL = "control"
MOST_CONTROL = 64 * 2**10  # of a control file
_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z")
_TYPED = (".xlsx", ".ods", ".parquet", ".arrow", ".feather")  # that a layout reads
_OLD = (".xls", ".xlsb")


@dataclass
class Folder:
    """Reads files by name relative to the folder, and remembers what was read."""

    root: Path
    read: dict[str, bytes] = field(default_factory=dict)
    mistakes: tuple[Issue, ...] = ()

    def settings(self) -> bytes:
        """The bytes of scenario.yaml. Raises InputsRefused where there is none."""
        path = self.root / SCENARIO_FILE
        try:
            if path.is_symlink() or not path.is_file():
                raise FileNotFoundError
            if path.stat().st_size > MOST_SETTINGS:
                remedy = "move long tables to CSV files"
                issue = Issue(SCENARIO_FILE, 0, "", None, "the file is over 1 MiB", remedy)
                raise InputsRefused([issue])
            data = plain_bytes(path, MOST_SETTINGS)
        except (OSError, ValueError):
            remedy = "name a folder that holds scenario.yaml, or make one with `neutralizer init`"
            raise InputsRefused([Issue(str(path), 0, "", None, "cannot be read", remedy)]) from None
        self.read[SCENARIO_FILE] = data
        return data

    def table(self, name: str, line: int, key: str, issues: Issues) -> bytes | None:
        """The bytes of a table's file; None, with an issue at the line that names it, if refused."""
        return self.file(name, line, f"tables.{key}", "CSV", issues)

    def file(
        self, name: str, line: int, key: str, kind: str, issues: Issues, most: int = MOST
    ) -> bytes | None:
        """The bytes of a file that a setting names; None, with an issue, if refused."""
        try:
            reason = self._refusal(name, kind)
            data = b"" if reason else plain_bytes(self.root / name, most)
        except OSError as error:
            reason, data = f"cannot be read: {error.strerror}", b""
        if reason:
            remedy = f"name a plain {kind} file inside the scenario's folder"
            issues.error(SCENARIO_FILE, line, key, name, reason, remedy)
            return None
        self.read[Path(name).as_posix()] = data
        return data

    def beside(
        self, name: str, line: int, key: str, issues: Issues, kind: str = CONTROL
    ) -> bytes | None:
        """The bytes of a file that need not be there; None where it is not."""
        path = self.root / name
        try:
            there = path.is_symlink() or path.exists()
        except OSError:  # a name too long for this disk: nothing can be there
            there = False
        most = MOST_CONTROL if kind == CONTROL else MOST
        return self.file(name, line, key, kind, issues, most) if there else None

    def told(self, issue: Issue) -> Issue:
        """An issue as it is: files and lines are what a person knows."""
        return issue

    def _refusal(self, name: str, kind: str) -> str | None:
        if not name.isprintable():
            return "the file name holds a character that cannot be seen"
        if (
            not name
            or name.startswith(("/", "~", "\\"))
            or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", name)
        ):
            return "the file name is empty, absolute, or a URL"
        if ".." in Path(name).parts or "\\" in name:
            return "the file lies outside the scenario's folder"
        unread = _unread(name.lower(), kind)
        if unread:
            return unread
        step = self.root
        for part in Path(name).parts:
            step = step / part
            if step.is_symlink():
                return "the file is a link"
        try:
            found = step.stat()
        except FileNotFoundError:
            return "there is no such file"
        if not stat.S_ISREG(found.st_mode):
            return "it is not a plain file"
        return "the file is over 256 MiB" if found.st_size > MOST else None


def _unread(name: str, kind: str) -> str:
    """Why files of a name are not read; blank where they are."""
    if name.endswith(_PACKED):
        return "compressed files are not read"
    if name.endswith(_OLD):
        return "old workbooks are not read: save it as .xlsx"
    if name.endswith(_TYPED) and kind != SENDERS:
        return "it is read through a layout: {file: …, layout: …}"
    return ""
