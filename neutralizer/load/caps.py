"""The firm's caps: a file outside every scenario, which no scenario and no option overrides."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from neutralizer.errors import InputsRefused
from neutralizer.issues import Issue, Issues
from neutralizer.load.settings import Identifier, NotNegative, Strict, text
from neutralizer.load.values import number
from neutralizer.load.yaml_text import read_yaml

VARIABLE = "NEUTRALIZER_CAPS"
SYSTEM = Path("/etc/neutralizer/caps.yaml")
REMEDY = "mend the firm's caps, or ask who keeps them"


class Caps(Strict):
    """The most of each thing that may leave in one run; absent: no cap."""

    currency: Identifier  # of the amounts: a scenario in another base currency is refused
    largest_order: NotNegative | None = None
    external_total: NotNegative | None = None
    largest_cash_transfer: NotNegative | None = None
    tickets: Annotated[int, text(number), Field(ge=0)] | None = None
    forbidden: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Held:
    """The caps that hold on this machine, and the hash of their file; none of both where there is none."""

    caps: Caps | None
    sha256: str | None


def caps_here() -> Held:
    """Of the file that NEUTRALIZER_CAPS names, else of /etc/neutralizer/caps.yaml, if that is there.

    Raises InputsRefused where the file that is named cannot be read.
    """
    named = os.environ.get(VARIABLE, "")
    path = Path(named) if named else SYSTEM
    if not named and not path.is_file():
        return Held(None, None)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise InputsRefused([Issue(str(path), 0, "", None, reason, REMEDY)]) from None
    issues = Issues()
    document = read_yaml(path.name, data, issues)
    if document is None:
        raise InputsRefused(issues.found)
    try:
        caps = Caps.model_validate(document.root)
    except ValidationError as error:
        for mistake in error.errors():
            line = document.line(mistake["loc"])
            dotted = ".".join(map(str, mistake["loc"]))
            issues.error(path.name, line, dotted, None, mistake["msg"], REMEDY)
        raise InputsRefused(issues.found) from None
    return Held(caps, hashlib.sha256(data).hexdigest())
