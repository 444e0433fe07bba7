"""A file of cost parameters beside a scenario, as `calibrate` writes it: the part `costs` of its settings."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.written.given import dotted
from neutralizer.load.written.plain import plain_bytes
from neutralizer.load.written.settings import CostSettings
from neutralizer.load.written.yaml_text import read_yaml

MOST = 2**20  # bytes
REMEDY = "hand over the costs.yaml that `neutralizer calibrate` wrote"


@dataclass(frozen=True)
class CostsFile:
    """What a file says, as `--set` would, and which file it is."""

    overrides: tuple[str, ...]
    written: dict[str, str]  # name and hash, for the manifest


def read_costs(path: Path) -> CostsFile:
    """Raises InputsRefused with every mistake in it."""
    try:
        data = plain_bytes(path, MOST)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise InputsRefused([Issue(str(path), 0, "", None, reason, REMEDY)]) from None
    issues = Issues()
    document = read_yaml(path.name, data, issues)
    if document is None:
        raise InputsRefused(issues.found)
    try:
        costs = CostSettings.model_validate(document.root)
    except ValidationError as error:
        for mistake in error.errors():
            where, reason = mistake["loc"], mistake["msg"].removeprefix("Value error, ")
            name = ".".join(map(str, where))
            issues.error(path.name, document.line(where), name, None, reason, REMEDY)
        raise InputsRefused(issues.found) from None
    said = costs.model_dump(mode="json", exclude_unset=True)
    sha256 = hashlib.sha256(data).hexdigest()
    return CostsFile(tuple(dotted({"costs": said})), {"file": path.name, "sha256": sha256})
