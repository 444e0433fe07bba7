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

Act = Literal["prepare", "approve", "release", "waive", "supersede"]


def _key(text: object) -> object:
    """A public key as `neutralizer new-key` prints it. Raises ValueError."""
    try:
        sound = isinstance(text, str) and len(base64.b64decode(text, validate=True)) == 32
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("not a public key: paste the one that `neutralizer new-key` prints")
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
    """The roles that hold on this machine: NEUTRALIZER_ROLES, else roles.yaml of the firm."""
    remedy = "correct roles.yaml, or ask who keeps it"
    return firm_file("NEUTRALIZER_ROLES", "roles.yaml", Roles, remedy)


def permitted(name: str, act: Act) -> None:
    """Raises NotApproved where the firm has roles and they do not let somebody do something."""
    roles = roles_here().value
    if roles is not None:
        roles.require(name, act)
