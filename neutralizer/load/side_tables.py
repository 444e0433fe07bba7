"""Tables that stand beside a scenario and are read by one command each: a price history, option terms."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from neutralizer.domain.scenario import Floats
from neutralizer.errors import InputsRefused
from neutralizer.issues import Issue, Issues
from neutralizer.load import values
from neutralizer.load.columns import OPTION_TERMS
from neutralizer.load.table import Raw, Table, read_csv, typed


@dataclass(frozen=True)
class History:
    """Prices by day, oldest first, and instrument; nan where there is none."""

    file: str
    days: tuple[date, ...]
    ids: tuple[str, ...]
    prices: Floats


def _raw(path: Path, issues: Issues) -> Raw:
    """Raises InputsRefused where the file cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        where = Issue(
            str(path), 0, "", None, f"cannot be read: {error.strerror}", "name a CSV file"
        )
        raise InputsRefused([where]) from None
    raw = read_csv(path.name, path.name, data, issues)
    if raw is None:
        raise InputsRefused(issues.found)
    return raw


def read_options(path: Path) -> Table:
    """Terms of options, one a row. Raises InputsRefused with every issue."""
    issues = Issues()
    table = typed(_raw(path, issues), OPTION_TERMS, issues)
    for row in range(len(table)):
        greeks, terms = (
            [not np.isnan(table[c][row]) for c in names]
            for names in (("delta", "gamma", "vega"), ("strike", "years", "volatility"))
        )
        if all(greeks) == all(terms) or (all(terms) and not table["kind"][row]):
            remedy = "write kind, strike, years and volatility; or delta, gamma and vega"
            table.error(issues, row, "instrument_id", "not one way to value it", remedy)
    if issues.errors:
        raise InputsRefused(issues.found)
    return table


def read_history(path: Path) -> History:
    """A CSV file: the first column days, the others prices by instrument id; a blank is no price.

    Raises InputsRefused with every issue.
    """
    issues = Issues()
    raw = _raw(path, issues)
    days: list[date] = []
    prices = np.full((len(raw.rows), len(raw.header) - 1), np.nan)
    for r, (cells, line) in enumerate(zip(raw.rows, raw.lines, strict=True)):
        try:
            days.append(values.day(cells[0]))
        except ValueError as error:
            issues.error(raw.file, line, raw.header[0], cells[0], "not a date", str(error))
        for c, text in enumerate(cells[1:]):
            try:
                prices[r, c] = values.number(text) if text else np.nan
            except ValueError as error:
                issues.error(raw.file, line, raw.header[c + 1], text, "not a number", str(error))
    for before, after, line in zip(days, days[1:], raw.lines[1:], strict=False):
        if after <= before:
            remedy = "sort the days, oldest first, each once"
            issues.error(
                raw.file, line, raw.header[0], str(after), "not after the day before", remedy
            )
    if issues.errors:
        raise InputsRefused(issues.found)
    return History(raw.file, tuple(days), tuple(raw.header[1:]), prices)
