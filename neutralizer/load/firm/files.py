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
    """Of /etc/neutralizer/NAME where it is there, whatever the environment says; else of the file that an
    environment variable names, if it names one.

    Raises InputsRefused where the file cannot be read, where others than its owner may write it, and where
    the variable names another file than the one of /etc: who sets variables is not who keeps the firm's files.
    """
    named, own = os.environ.get(variable, ""), SYSTEM / name
    there = own.exists() or own.is_symlink()
    if named and there and not _is_same(Path(named), own):
        reason = f"{variable} names another file than {own}, which holds on this machine"
        raise InputsRefused([Issue(variable, 0, "", named, reason, f"unset {variable}")])
    if not named and not there:
        return Held(None, None)
    path = own if there else Path(named)
    held = read_firm_file(path, kind, remedy)
    _is_kept(path)
    return held


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_kept(path: Path) -> None:
    """Raises InputsRefused where somebody else than root and who runs this may have written a file."""
    found = path.stat()
    reason = ""
    if found.st_uid not in (0, os.geteuid()):
        reason = f"it belongs to user {found.st_uid}, neither to root nor to who runs this"
    elif found.st_mode & 0o022:
        reason = "others than its owner may write it"
    if reason:
        remedy = "ask who keeps it, then `chmod go-w` it (a umask of 002 makes such files)"
        raise InputsRefused([Issue(str(path), 0, "", None, reason, remedy)])


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
