"""Who approved what: signatures given and checked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from neutralizer.errors import NotApproved
from neutralizer.handoff.keys import holds, signed
from neutralizer.load.firm.roles import Roles, roles_here
from neutralizer.records.approvals import Approval, Subject, approvals_of, put_approval, unchanged

NEVER = datetime.min.replace(tzinfo=UTC)


def firm_roles() -> Roles:
    """Raises NotApproved where the firm has none: nothing is released then."""
    roles = roles_here().value
    if roles is None:
        raise NotApproved("there is no roles.yaml: name it in NEUTRALIZER_ROLES")
    return roles


def approve(
    subject: Subject, name: str, key: bytes, passphrase: str, now: datetime, expires: datetime
) -> Path:
    """Signs and writes an approval. Raises NotApproved where the key is not this person's."""
    times = (now.isoformat(timespec="seconds"), expires.isoformat(timespec="seconds"))
    unsigned = Approval(name, subject.what, subject.sha256, *times)
    signature, public_key = signed(key, passphrase, unsigned.signed_bytes)
    if firm_roles().people[name].public_key != public_key:
        raise NotApproved(f"the key is not the one that roles.yaml has of {name}")
    return put_approval(subject, replace(unsigned, signature=signature))


def approvers(subject: Subject, barred: str, now: datetime) -> Sequence[Approval]:
    """The approvals that count: distinct people who may, none of them `barred` (who prepared it), each
    signed, of these bytes and not expired. Raises Tampered, NotApproved where they are too few.
    """
    unchanged(subject)
    roles, valid, why = firm_roles(), {}, []
    for a in approvals_of(subject):
        reason = _flaw(a, subject, roles, barred, now)
        if reason:
            why.append(f"that of {a.name} {reason}")
        else:
            valid[a.name] = a
    if len(valid) < roles.approvers:
        given = f"{subject.path} has {len(valid)} of {roles.approvers} approvals that count"
        others = {n for n, p in roles.people.items() if "approve" in p.may} - {barred, *valid}
        ask = f"to sign: neutralizer approve {subject.path}, by {' or '.join(sorted(others))}"
        raise NotApproved("; ".join([given, *why, ask]))
    return [valid[name] for name in sorted(valid)]


def _flaw(a: Approval, subject: Subject, roles: Roles, barred: str, now: datetime) -> str:
    """Why an approval does not count; blank where it does."""
    person = roles.people.get(a.name)
    if person is None or "approve" not in person.may:
        return "is by somebody who may not approve"
    if not holds(person.public_key, a.signature, a.signed_bytes):
        return "is not signed with their key"
    if (a.what, a.sha256) != (subject.what, subject.sha256):
        return f"is for {a.what}, not for this"
    if a.name == barred:
        return "is by who prepared it"
    return "" if _holds_until(a) > now else f"expired at {a.expires}"


def _holds_until(a: Approval) -> datetime:
    """When it expires; long ago where it does not say so with a time zone."""
    try:
        found = datetime.fromisoformat(a.expires)
    except ValueError:
        return NEVER
    return found if found.tzinfo else NEVER
