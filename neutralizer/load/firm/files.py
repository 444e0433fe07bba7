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
    """What a file of the firm says, where there is one: see `firm_path`.

    Raises InputsRefused where the file cannot be read, and where others than its owner may write it.
    """
    path = firm_path(variable, name)
    if path is None:
        return Held(None, None)
    held = read_firm_file(path, kind, remedy)
    is_kept(path, 0o022, "others than its owner may write it", "`chmod go-w` it")
    return held


def firm_path(variable: str, name: str) -> Path | None:
    """/etc/neutralizer/NAME where it is there, whatever the environment says; else the file that an
    environment variable names, if it names one.

    Raises InputsRefused where the variable names another file than the one of /etc: who sets variables is
    not who keeps the firm's files.
    """
    named, own = os.environ.get(variable, ""), SYSTEM / name
    there = own.exists() or own.is_symlink()
    if named and there and not _is_same(Path(named), own):
        reason = f"{variable} names another file than {own}, which holds on this machine"
        raise InputsRefused([Issue(variable, 0, "", named, reason, f"unset {variable}")])
    if there:
        return own
    return Path(named) if named else None


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def is_kept(path: Path, forbidden: int, reason: str, how: str) -> None:
    """Raises InputsRefused where somebody else than root and who runs this owns a file, or where its mode
    has bits that are forbidden.
    """
    found = path.stat()
    if found.st_uid not in (0, os.geteuid()):
        reason = f"it belongs to user {found.st_uid}, neither to root nor to who runs this"
    elif not found.st_mode & forbidden:
        return
    remedy = f"ask who keeps it, then {how} (a umask of 002 makes such files)"
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
    if document is None or issues.errors:  # a key that stands twice says two things
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
