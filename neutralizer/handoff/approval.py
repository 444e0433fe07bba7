"""Who approved what: signatures given and checked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from neutralizer.domain.words import printable
from neutralizer.errors import NotApproved
from neutralizer.load.firm.roles import Roles, roles_here
from neutralizer.records.approvals import Approval, Subject, approvals_of, put_approval, unchanged
from neutralizer.records.keys import holds, signed

CLOCKS = timedelta(minutes=5)  # by which two machines may differ


def firm_roles() -> Roles:
    """Raises NotApproved where the firm has none: nothing is released then."""
    roles = roles_here().value
    if roles is None:
        raise NotApproved(
            "there is no roles.yaml: put it into /etc/neutralizer, or name it in NEUTRALIZER_ROLES"
        )
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


def approvers(
    subject: Subject, barred: str, now: datetime, until: datetime | None = None
) -> Sequence[Approval]:
    """The approvals that count: distinct people who may, none of them `barred` (who prepared it), each
    signed, of these bytes, given before `now` and not expired: neither after `until` nor, where that is
    None, later than the firm's approval_valid after it was given. Raises Tampered, NotApproved where
    they are too few.
    """
    unchanged(subject)
    roles, valid, why = firm_roles(), {}, []
    for a in approvals_of(subject):
        reason = _flaw(a, subject, roles, barred) or _out_of_time(a, roles, now, until)
        if reason:
            why.append(f"that of {printable(a.name)} {reason}")
        else:
            valid[a.name] = a
    if len(valid) < roles.approvers:
        given = f"{subject.path} has {len(valid)} of {roles.approvers} approvals that count"
        others = {n for n, p in roles.people.items() if "approve" in p.may} - {barred, *valid}
        ask = f"to sign: neutralizer approve {subject.path}, by {' or '.join(sorted(others))}"
        raise NotApproved("; ".join([given, *why, ask]))
    return [valid[name] for name in sorted(valid)]


def _flaw(a: Approval, subject: Subject, roles: Roles, barred: str) -> str:
    """Why an approval does not count; blank where it does."""
    person = roles.people.get(a.name)
    if person is None or "approve" not in person.may:
        return "is by somebody who may not approve"
    if not holds(person.public_key, a.signature, a.signed_bytes):
        return "is not signed with their key"
    if (a.what, a.sha256) != (subject.what, subject.sha256):
        return f"is for {printable(a.what)}, not for this"
    return "is by who prepared it" if a.name == barred else ""


def _out_of_time(a: Approval, roles: Roles, now: datetime, until: datetime | None) -> str:
    """Why an approval does not count at this moment; blank where it does. Its times are what its signer
    wrote: they are no longer than the firm lets them be.
    """
    try:
        given, expires = (datetime.fromisoformat(text) for text in (a.at, a.expires))
        latest = given + roles.approval_valid if until is None else until
        if expires <= now:
            return f"expired at {expires.isoformat()}"
        if given > now + CLOCKS:
            return f"is dated {given.isoformat()}, which is to come"
        if expires > latest + CLOCKS:
            return f"would hold until {expires.isoformat()}, longer than the firm lets it"
    except (ValueError, TypeError, OverflowError):
        return "has no times with an offset"
    return ""
