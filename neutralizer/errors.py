"""What is wrong with an input, and the tree of refusals: each carries the exit code that the command line
ends with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

TOGETHER = 5  # more that say the same are told in one line
TOLD_LINES = 10  # of them, the first among them
DOES_NOT_FIT = 13  # the exit code where something that came back does not: it is no refusal


@dataclass(frozen=True, order=True)
class Issue:
    """One line for a person: `ERROR file:line:column value='…' reason; remedy`.

    `line` counts from 1 (0: the file as a whole); `column` is a header name or a dotted YAML path.
    """

    file: str
    line: int
    column: str
    value: str | None
    reason: str
    remedy: str
    severity: str = "ERROR"

    def __str__(self) -> str:
        where = _printable(self.file) + (f":{self.line}" if self.line else "")
        if self.column:
            mark = " " if self.file.endswith(".yaml") else ":"
            where += mark + _printable(self.column)
        value = "" if self.value is None else f" value={_shown(self.value)}"
        return f"{self.severity} {where}{value} {self.reason}; {self.remedy}"


def _printable(name: str) -> str:
    """A name as it is, or in ASCII escapes where it holds what a terminal would act on."""
    return name if name.isprintable() else ascii(name)[1:-1]


def _shown(value: str) -> str:
    """The value in printable ASCII quotes, shortened, so that nothing it holds reaches a terminal."""
    shown = ascii(value)
    return shown if len(shown) <= 80 else shown[:76] + "...'"


def _kind(issue: Issue) -> tuple[str, ...]:
    """What it says, but for the row: of a YAML path, which carries one, the last word."""
    column = issue.column.rpartition(".")[2]
    return issue.severity, issue.file, column, issue.reason, issue.remedy


def grouped(issues: Sequence[Issue]) -> list[Issue]:
    """The issues with those that say the same of one column of a file in one line, where they are many."""
    kinds: dict[tuple[str, ...], list[Issue]] = {}
    for issue in issues:
        kinds.setdefault(_kind(issue), []).append(issue)
    found = []
    for issue in issues:
        same = kinds[_kind(issue)]
        if len(same) <= TOGETHER:
            found.append(issue)
        elif issue is same[0]:
            lines = ", ".join(str(x.line) for x in same[1:TOLD_LINES])
            rest = ", …" if len(same) > TOLD_LINES else ""
            more = f"{issue.reason} (and {len(same) - 1} more like it, lines {lines}{rest})"
            found.append(replace(issue, reason=more))
    return found


@dataclass
class Issues:
    """Collects issues while a folder is read; at most `cap` errors a file are kept."""

    found: list[Issue] = field(default_factory=list)
    cap: int = 50
    _count: dict[str, int] = field(default_factory=dict)

    def error(
        self, file: str, line: int, column: str, value: str | None, reason: str, remedy: str
    ) -> None:
        """Adds an error; the 51st of a file is replaced by one line that says there are more."""
        count = self._count[file] = self._count.get(file, 0) + 1
        if count <= self.cap:
            self.found.append(Issue(file, line, column, value, reason, remedy))
        elif count == self.cap + 1:
            more = f"more than {self.cap} errors in this file"
            self.found.append(
                Issue(file, 0, "", None, more, "correct these first, then check again")
            )

    def warning(
        self, file: str, line: int, column: str, value: str | None, reason: str, remedy: str
    ) -> None:
        """Adds a warning: it is shown, it does not refuse."""
        self.found.append(Issue(file, line, column, value, reason, remedy, "WARNING"))

    def full(self, file: str) -> bool:
        """Whether one more error of a file would not be shown: nobody need look for a remedy any more."""
        return self._count.get(file, 0) > self.cap

    @property
    def errors(self) -> list[Issue]:
        """The issues that refuse the folder."""
        return [issue for issue in self.found if issue.severity == "ERROR"]

    @property
    def warnings(self) -> list[Issue]:
        """The issues that are only shown."""
        return [issue for issue in self.found if issue.severity == "WARNING"]


class NeutralizerError(Exception):
    """A refusal with a message for people. `exit_code` is the contract with cron."""

    exit_code = 70


class InputsRefused(NeutralizerError):
    """The scenario folder holds mistakes; every one of them is in `issues`."""

    exit_code = 3

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(f"{sum(i.severity == 'ERROR' for i in issues)} error(s) in the inputs")
        self.issues = tuple(issues)


class Infeasible(NeutralizerError):
    """No plan keeps every limit. `reason` is a word for machines, `conflicts` name the limits."""

    exit_code = 4

    def __init__(
        self, reason: str, message: str, conflicts: Sequence[dict[str, object]] = ()
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.conflicts = tuple(conflicts)


class NotSolved(NeutralizerError):
    """No solver gave an answer that passed the certificate."""

    exit_code = 5


class TimeIsUp(NeutralizerError):
    """The run has used up solve.time_limit. It is no answer of a solver: nothing may go on without one."""

    exit_code = 5


class ProofFailed(NeutralizerError):
    """The rounded plan, or a finished folder, does not stand up to the proof."""

    exit_code = 6

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__(f"the proof found {len(findings)} fault(s): " + "; ".join(findings[:5]))
        self.findings = tuple(findings)


class FolderTaken(NeutralizerError):
    """The output folder holds something that is not this run."""

    exit_code = 7


class Locked(NeutralizerError):
    """Another run is writing the same folder."""

    exit_code = 8


class CannotWrite(NeutralizerError):
    """The disk or its permissions refuse."""

    exit_code = 9


class InputsTooOld(NeutralizerError):
    """A table is older than the `freshness` asked for."""

    exit_code = 10


class Tampered(NeutralizerError):
    """A file differs from its manifest, its approval or the journal."""

    exit_code = 11


class NotApproved(NeutralizerError):
    """An approval is missing, expired or by the wrong person, or somebody may not do what they try."""

    exit_code = 12
