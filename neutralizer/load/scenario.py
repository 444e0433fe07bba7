"""A scenario folder -> Scenario, or every issue at once."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from neutralizer import __version__
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused, InputsTooOld
from neutralizer.issues import Issue, Issues
from neutralizer.load.checks import check
from neutralizer.load.columns import KEYS
from neutralizer.load.inputs import Inputs, read_inputs
from neutralizer.load.limit_rules import too_old
from neutralizer.load.mandates import Selector
from neutralizer.load.resolve import resolve


@dataclass(frozen=True)
class Loaded:
    """A scenario with the bytes it came from and the digest of their values."""

    scenario: Scenario
    bytes_read: dict[str, bytes]
    overrides: tuple[str, ...]
    digest: str  # of values, settings and program version: order of rows and columns does not matter
    warnings: tuple[Issue, ...]

    def run_id(self, transfers_only: bool, baseline: bool) -> str:
        """Twelve hex digits of the inputs' values, the settings, what was asked and the version."""
        asked = [self.digest, transfers_only, baseline]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]


def load(root: Path, overrides: tuple[str, ...] = ()) -> Loaded:
    """Reads and checks a folder. Raises InputsRefused with every issue, or InputsTooOld."""
    issues = Issues()
    inputs = read_inputs(root, overrides, issues)
    select = Selector(inputs)
    for name in ("books", "instruments"):
        if not len(inputs[name]) and not any(i.column.startswith(f"tables.{name}") for i in issues.found):
            file = inputs[name].raw.file or "scenario.yaml"
            if not any(i.file == file for i in issues.errors):
                issues.error(file, 0, "", None, f"{name} has no rows", "a scenario needs at least one")
    check(inputs, select, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    stale = too_old(inputs)
    if stale:
        raise InputsTooOld("; ".join(stale))
    warnings = tuple(issues.warnings)
    scenario = replace(resolve(inputs, select), warnings=tuple(map(str, warnings)))
    return Loaded(scenario, inputs.bytes_read, overrides, _digest(inputs), warnings)


def _digest(inputs: Inputs) -> str:
    """sha256 of the values: rows sorted by key, numbers as numbers, ids as text."""
    tables = {
        name: sorted(
            zip(*([repr(v) for v in _listed(table[c])] for c in sorted(table.columns)), strict=True)
        )
        for name, table in inputs.tables.items()
        if name in KEYS and len(table)
    }
    squares = {
        name: sorted(
            (a, b, repr(float(square.matrix[r, c])))
            for r, a in enumerate(square.ids)
            for c, b in enumerate(square.ids)
        )
        for name, square in inputs.squares.items()
    }
    settings = inputs.settings.model_dump(mode="json", exclude={"tables"})
    units = inputs.settings.tables.risk.units if inputs.settings.tables.risk else ""
    whole = [__version__, settings, units, tables, squares]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _listed(column: object) -> list[object]:
    return column.tolist() if hasattr(column, "tolist") else list(column)  # type: ignore[call-overload, no-any-return]
