"""Tables that stand beside a scenario and are read by one command each: a price history, option terms."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.simm import Simm
from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.resolved.simm import DOLLAR, WORDS, simm_of
from neutralizer.load.resolved.simm_methodology import Row
from neutralizer.load.written import values
from neutralizer.load.written.columns import OPTION_TERMS
from neutralizer.load.written.plain import plain_bytes
from neutralizer.load.written.simm_parameters import BadParameters, read_parameters
from neutralizer.load.written.table import Raw, Table, read_csv, typed


@dataclass(frozen=True)
class History:
    """Prices by day, oldest first, and instrument; nan where there is none."""

    file: str
    days: tuple[date, ...]
    ids: tuple[str, ...]
    prices: Floats


def bytes_of(path: Path) -> bytes:
    """Raises InputsRefused where the file cannot be read."""
    try:
        return plain_bytes(path)
    except OSError as error:
        where = Issue(str(path), 0, "", None, f"cannot be read: {error.strerror}", "name a file")
        raise InputsRefused([where]) from None


def _raw(path: Path, issues: Issues) -> Raw:
    """Raises InputsRefused where the file cannot be read."""
    data = bytes_of(path)
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


def read_crif(path: Path, currency: str) -> list[Row]:
    """A portfolio in the common risk interchange format; its rows in one currency, as units of one.

    Raises InputsRefused with every issue.
    """
    issues = Issues()
    raw = _raw(path, issues)
    place = {name.lower().replace("_", ""): k for k, name in enumerate(raw.header)}
    own = "amountusd" if currency == DOLLAR and "amountusd" in place else "amount"
    words = [w.replace("_", "") for w in WORDS]
    missing = [w for w in (*words, own) if w not in place]
    if missing:
        remedy = "a common risk interchange file has it"
        issues.error(raw.file, 1, missing[0], None, "no such column", remedy)
        raise InputsRefused(issues.found)
    found = []
    for cells, line in zip(raw.rows, raw.lines, strict=True):
        written = cells[place["amountcurrency"]] if "amountcurrency" in place else currency
        try:
            if own == "amount" and written != currency:
                raise ValueError(f"it is in {written}, not in {currency}: write it in one currency")
            kind, risk, name, bucket, first, second = (cells[place[w]] for w in words)
            amount = values.number(cells[place[own]])
            found.append(Row(0, kind, risk, name, bucket, first, second, amount))
        except ValueError as error:
            value = cells[place[own]]
            issues.error(raw.file, line, raw.header[place[own]], value, "not an amount", str(error))
    if issues.errors:
        raise InputsRefused(issues.found)
    return found


def read_simm(path: Path, days: int, rows: list[Row], currency: str, rate: float) -> Simm:
    """SIMM of rows under the parameters in a file; rate: the currency per US dollar.

    Raises InputsRefused.
    """
    try:
        return simm_of(rows, read_parameters(plain_bytes(path), days), 1, currency, rate, {}, 1)
    except (OSError, BadParameters) as error:
        remedy = "name the parameters of one SIMM version, and sensitivities that it knows"
        raise InputsRefused([Issue(str(path), 0, "", None, str(error), remedy)]) from None


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
                issues.error(
                    raw.file, line, raw.header[c + 1], text, values.what_is_wrong(error), str(error)
                )
    for before, after, line in zip(days, days[1:], raw.lines[1:], strict=False):
        if after <= before:
            remedy = "sort the days, oldest first, each once"
            issues.error(
                raw.file, line, raw.header[0], str(after), "not after the day before", remedy
            )
    if issues.errors:
        raise InputsRefused(issues.found)
    return History(raw.file, tuple(days), tuple(raw.header[1:]), prices)
