"""Files of the firm: outside every scenario, so that no scenario and no option overrides them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.written.plain import plain_bytes
from neutralizer.load.written.settings import Strict
from neutralizer.load.written.yaml_text import read_yaml

MOST_OF_FIRM = 2**20  # bytes
SYSTEM = Path("/etc/neutralizer")
T = TypeVar("T", bound=Strict)


@dataclass(frozen=True)
class Held(Generic[T]):
    """What a file of the firm says, and the hash of its bytes; none of both where there is none."""

    value: T | None
    sha256: str | None


def firm_file(variable: str, name: str, kind: type[T], remedy: str) -> Held[T]:
    """Of the file that an environment variable names, else of /etc/neutralizer/NAME, if that is there.

    Raises InputsRefused where the file that is named cannot be read.
    """
    named = os.environ.get(variable, "")
    path = Path(named) if named else SYSTEM / name
    if not named and not path.is_file():
        return Held(None, None)
    return read_firm_file(path, kind, remedy)


def read_firm_file(path: Path, kind: type[T], remedy: str) -> Held[T]:
    """Of one file. Raises InputsRefused with every mistake in it."""
    try:
        data = plain_bytes(path, MOST_OF_FIRM)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise InputsRefused([Issue(str(path), 0, "", None, reason, remedy)]) from None
    issues = Issues()
    document = read_yaml(path.name, data, issues)
    if document is None:
        raise InputsRefused(issues.found)
    try:
        value = kind.model_validate(document.root)
    except ValidationError as error:
        for mistake in error.errors():
            line = document.line(mistake["loc"])
            dotted = ".".join(map(str, mistake["loc"]))
            reason = mistake["msg"].removeprefix("Value error, ")
            issues.error(path.name, line, dotted, None, reason, remedy)
        raise InputsRefused(issues.found) from None
    return Held(value, hashlib.sha256(data).hexdigest())
