"""A scenario folder, or tables in memory -> Scenario, or every issue at once."""

import gc
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from pathlib import Path, PurePosixPath

from neutralizer.domain.asked import Asked
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.version import VERSION
from neutralizer.errors import InputsRefused, InputsTooOld, Issue, Issues
from neutralizer.load.resolved.resolve import resolve
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.rules.all_rules import check
from neutralizer.load.rules.freshness import ages, too_old
from neutralizer.load.written.columns import KEYS
from neutralizer.load.written.folder import Folder
from neutralizer.load.written.inputs import Inputs, read_inputs
from neutralizer.load.written.source import Source
from neutralizer.load.written.table import Table

EXACT = (
    ("positions", "quantity"),
    ("open_orders", "quantity"),
    ("targets", "target"),
    ("targets", "trade"),
)
DIGITS = 15  # that a double always holds


@dataclass(frozen=True)
class Loaded:
    """A scenario with the bytes it came from and the digest of their values."""

    scenario: Scenario
    bytes_read: dict[str, bytes]
    overrides: tuple[str, ...]
    warnings: tuple[Issue, ...]
    ages: dict[str, str]  # how old each table was at as_of, in words
    ages_not_checked: tuple[str, ...]  # tables that `freshness` does not name
    inputs: Inputs  # as written: where to point when something is found out later
    notices: tuple[str, ...] = ()  # of the gate
    previous: str | None = None  # the run that the gate held it against

    def run_id(self, asked: Asked, version: str = "") -> str:
        """Twelve hex digits of the inputs' values, the settings, what was asked and the version of
        the program, ours where none is named: the order of rows and columns does not matter.
        """
        whole = [_digest(self.inputs, version or VERSION), asked.written()]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:12]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: it walks the many small objects of a large table over and over,
    and none of them is garbage.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_uncollected()
def load(
    source: Path | Source, overrides: tuple[str, ...] = (), stale: frozenset[str] = frozenset()
) -> Loaded:
    """Reads and checks a folder or what else holds a scenario; tables named in `stale` may be too old.
    Raises InputsRefused with every issue, as the source tells it, or InputsTooOld.
    """
    source = Folder(source) if isinstance(source, Path) else source
    try:
        return _loaded(source, overrides, stale)
    except InputsRefused as refused:
        raise InputsRefused([source.told(issue) for issue in refused.issues]) from None


def _loaded(source: Source, overrides: tuple[str, ...], stale: frozenset[str]) -> Loaded:
    issues = Issues()
    for m in source.mistakes:
        issues.error(m.file, m.line, m.column, m.value, m.reason, m.remedy)
    inputs = read_inputs(source, overrides, issues)
    select = Selector(inputs)
    check(inputs, select, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    old = too_old(inputs, stale)
    if old:
        raise InputsTooOld("; ".join(old))
    warnings = tuple(issues.warnings)
    scenario = replace(resolve(inputs, select), warnings=tuple(map(str, warnings)))
    unchecked = tuple(sorted(inputs.given - set(inputs.settings.freshness)))
    return Loaded(
        scenario,
        inputs.bytes_read,
        overrides,
        warnings,
        ages(inputs),
        unchecked,
        inputs,
    )


def _digest(inputs: Inputs, version: str) -> str:
    """sha256 of the values: rows sorted by key, numbers as numbers, ids as text."""
    tables = {
        name: sorted(zip(*(_listed(table, c) for c in sorted(table.columns)), strict=True))
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
    risk = inputs.settings.tables.risk
    scales = {m: x.specific_scale for m, x in risk.models.items()} if risk else {}
    file = settings["simm"]["parameters"]
    if file is not None:
        file_bytes = inputs.bytes_read[PurePosixPath(file).as_posix()]
        settings["simm"]["parameters"] = hashlib.sha256(file_bytes).hexdigest()
    whole = [version, settings, risk.units if risk else "", scales, tables, squares]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _listed(table: Table, column: str) -> list[str]:
    """The values of a column as text; quantities to their last digit, which a double may not hold."""
    values = table[column]
    found = [repr(v) for v in (values.tolist() if hasattr(values, "tolist") else values)]
    if (table.name, column) not in EXACT or column not in table.raw.header:
        return found
    for row, text in enumerate(table.cells(column)):
        if len(text) > DIGITS and Decimal(found[row]) != Decimal(text):
            found[row] = str(Decimal(text).normalize(Context(prec=1000)))
    return found
