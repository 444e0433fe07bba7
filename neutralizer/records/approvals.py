"""Approval files: one a person, beside what they approve, over the hash of its bytes.

`DIR.approvals/anna.json` approves the run's folder DIR, by the hash of its manifest;
`order.yaml.approvals/anna.json` a standing order.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from neutralizer.errors import CannotWrite, InputsRefused, NotApproved, Tampered
from neutralizer.load.firm.roles import roles_here
from neutralizer.load.written.plain import read_json
from neutralizer.records.keys import holds
from neutralizer.records.one_file import content, put
from neutralizer.records.writing import json_bytes

MOST_APPROVAL = 64 * 2**10  # bytes of one approval


@dataclass(frozen=True)
class Subject:
    """What is approved: a run's manifest or a standing order, by its bytes."""

    path: Path
    what: str  # the run's id, or the file's name
    sha256: str

    @property
    def approvals(self) -> Path:
        """The folder of its approvals."""
        path = self.path.resolve() if self.path.name in ("", "..") else self.path
        return path.with_name(path.name + ".approvals")


@dataclass(frozen=True)
class Approval:
    """Who approved which bytes, from when to when."""

    name: str
    what: str
    sha256: str
    at: str
    expires: str
    signature: str = ""

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over: everything but itself."""
        whole = {k: v for k, v in asdict(self).items() if k != "signature"}
        return json.dumps(whole, sort_keys=True).encode()


def run_subject(folder: Path, run_id: str, manifest: bytes) -> Subject:
    """A run's folder by the manifest that was read: what is on the disk later does not count."""
    return Subject(folder, run_id, hashlib.sha256(manifest).hexdigest())


def put_approval(subject: Subject, approval: Approval) -> Path:
    """Writes it beside its subject, in the place of an earlier one of the same person."""
    path = subject.approvals / f"{approval.name}.json"
    try:
        subject.approvals.mkdir(exist_ok=True)
        put(path, json_bytes(asdict(approval)), last=True)
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror}") from None
    return path


def approvals_of(subject: Subject) -> list[Approval]:
    """Every approval that lies beside a subject; what cannot be read is none."""
    found = []
    for path in sorted(subject.approvals.glob("*.json")):
        try:
            read = read_json(content(path, MOST_APPROVAL) or b"")
            if all(isinstance(value, str) for value in read.values()):
                found.append(Approval(**read))
        except (ValueError, TypeError, AttributeError, InputsRefused):
            continue
    return found


def unchanged(subject: Subject) -> None:
    """Raises Tampered where somebody of the firm signed other bytes of this very subject. What is not signed
    with their key says nothing: anybody may have laid it there.
    """
    for a in approvals_of(subject):
        if a.what == subject.what and a.sha256 != subject.sha256 and _is_signed(a):
            raise Tampered(
                f"{subject.path} is not what {a.name} approved: it was changed since. If it was run again, "
                f"remove the approval: {subject.approvals / a.name}.json"
            )


def _is_signed(a: Approval) -> bool:
    """Whether by the key that the firm's roles have of its name; without roles, or without the package that
    checks signatures, that is not known of any.
    """
    roles = roles_here().value
    person = None if roles is None else roles.people.get(a.name)
    with suppress(NotApproved):
        return person is not None and holds(person.public_key, a.signature, a.signed_bytes)
    return False
