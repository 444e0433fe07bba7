"""The tree of refusals. Each carries the exit code that the command line ends with."""

from collections.abc import Sequence

from neutralizer.issues import Issue


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
