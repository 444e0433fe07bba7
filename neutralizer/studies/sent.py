"""What travels to where the cases of a study are solved, and what a case without an answer says."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from neutralizer.domain.cases import Case
from neutralizer.domain.version import VERSION
from neutralizer.errors import (
    Infeasible,
    InputsRefused,
    InputsTooOld,
    NeutralizerError,
    NotSolved,
    ProofFailed,
    TimeIsUp,
)
from neutralizer.face import Scenario, from_files

Row = dict[str, str]
WORDS: dict[type[NeutralizerError], str] = {
    Infeasible: "no plan",
    NotSolved: "not solved",
    TimeIsUp: "time is up",
    ProofFailed: "not proven",
    InputsRefused: "refused",
    InputsTooOld: "too old",
}


@dataclass(frozen=True, eq=False)
class Sent:
    """A scenario as it travels to where its cases are solved: the bytes it is read from. Equal bytes are equal."""

    files: Mapping[str, bytes]
    overrides: tuple[str, ...]
    baseline: bool = True
    version: str = VERSION

    @cached_property
    def digest(self) -> str:
        """Of everything in it."""
        parts = [self.version, *self.overrides, str(self.baseline)]
        whole = hashlib.sha256("\0".join(parts).encode())
        for name in sorted(self.files):
            whole.update(name.encode() + b"\0" + hashlib.sha256(self.files[name]).digest())
        return whole.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sent) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def told(self, kind: str, name: str) -> dict[str, object]:
        """What makes a study the same: its scenario and the program."""
        return {
            "study": kind,
            "version": self.version,
            "scenario": name,
            "inputs_sha256": self.digest,
            "baseline": self.baseline,
        }


class OtherVersion(NeutralizerError):
    """A worker runs another version of the program."""

    exit_code = 3


def row_of(sent: Sent, case: Case, figures: Callable[[Scenario], Row]) -> Row:
    """The figures of a case, as text; where it has no plan, why. Raises OtherVersion."""
    in_this_version(sent)
    try:
        return figures(scenario_of(sent).changed(case.changes))
    except tuple(WORDS) as refusal:
        word = next(w for kind, w in WORDS.items() if isinstance(refusal, kind))
        return {"status": word, "why_not": said(refusal)}


def in_this_version(sent: Sent) -> None:
    """Raises OtherVersion."""
    if sent.version != VERSION:
        raise OtherVersion(f"the worker runs neutralizer {VERSION}, not {sent.version}")


@lru_cache(maxsize=2)
def scenario_of(sent: Sent) -> Scenario:
    """Read once in each process."""
    return from_files(sent.files, sent.overrides)


def said(refusal: Exception) -> str:
    """In one line; of inputs the first mistake."""
    if isinstance(refusal, InputsRefused):
        return " ".join(str(refusal.issues[0]).split())
    return " ".join(str(refusal).split())
