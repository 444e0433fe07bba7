"""roles.yaml of the firm: who may prepare, approve, release, waive and supersede, and by which key.

approvers: 2
approval_valid: 12h
people:
  anna: {may: [approve, release], public_key: MCowBQYDK2VwAyEA…}
  night-run: {may: [prepare, release]}
"""

import base64
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from neutralizer.errors import NotApproved
from neutralizer.load.firm.files import Held, firm_file
from neutralizer.load.written.settings import Duration, Identifier, Strict, text
from neutralizer.load.written.values import number

# The y of the points whose order divides 8, little-endian, canonical or not: a signature under such a key
# proves nothing (RFC 8032, section 5.1; the same list as libsodium's).
SMALL_ORDER = frozenset(
    bytes.fromhex(y)
    for y in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
Act = Literal["prepare", "approve", "release", "waive", "supersede"]


def _key(text: object) -> object:
    """A public key as `neutralizer new-key` prints it. Raises ValueError."""
    try:
        key = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("not a public key: paste the one that `neutralizer new-key` prints")
    if key[:31] + bytes([key[31] & 0x7F]) in SMALL_ORDER:
        raise ValueError("a key for which anybody can sign: make one with `neutralizer new-key`")
    return text


class Person(Strict):
    """What somebody may do. Who may approve has a key."""

    may: tuple[Act, ...]
    public_key: Annotated[str, BeforeValidator(_key)] = ""  # of 32 bytes, base64


class Roles(Strict):
    """Who may do what, and how many must approve a release."""

    approvers: Annotated[int, text(number), Field(ge=1, le=20)] = 2
    approval_valid: Duration = timedelta(hours=12)
    people: dict[Identifier, Person]

    @model_validator(mode="after")
    def _one_key_each(self) -> "Roles":
        keys = [base64.b64decode(p.public_key) for p in self.people.values() if p.public_key]
        if len(set(keys)) < len(keys):
            raise ValueError("two people have one public_key: each needs a key of their own")
        if len({name.casefold() for name in self.people}) < len(self.people):
            raise ValueError("two names differ in case only: each person has one name")
        missing = [n for n, p in self.people.items() if "approve" in p.may and not p.public_key]
        if missing:
            raise ValueError(f"no public_key of {', '.join(missing)}, who may approve")
        return self

    def require(self, name: str, act: Act) -> None:
        """Raises NotApproved where somebody may not do something."""
        if name not in self.people or act not in self.people[name].may:
            able = sorted(n for n, p in self.people.items() if act in p.may)
            raise NotApproved(
                f"{name} may not {act}: ask {' or '.join(able) or 'who keeps roles.yaml'}"
            )


def roles_here() -> Held[Roles]:
    """The roles that hold on this machine: roles.yaml of the firm, else of NEUTRALIZER_ROLES."""
    remedy = "correct roles.yaml, or ask who keeps it"
    return firm_file("NEUTRALIZER_ROLES", "roles.yaml", Roles, remedy)


def permitted(name: str, act: Act) -> None:
    """Raises NotApproved where the firm has roles and they do not let somebody do something."""
    roles = roles_here().value
    if roles is not None:
        roles.require(name, act)
