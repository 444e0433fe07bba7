"""What a scenario says of its instruments, though its risk may not be there yet."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.resolved.currencies import major
from neutralizer.load.written.folder import Folder
from neutralizer.load.written.inputs import Inputs, read_inputs
from neutralizer.prepare.estimate.panel import Instrument

SPECIFIC = "specific_volatility"


@dataclass(frozen=True)
class Facts:
    """A scenario as far as an estimate needs it; `units` as in risk.units."""

    name: str
    as_of: datetime
    base_currency: str
    units: str
    instruments: tuple[Instrument, ...]
    own_specific: int  # instruments that write a specific_volatility

    @property
    def day(self) -> date:
        """The last day that a history may have."""
        return self.as_of.date()


def facts_of(folder: Path, overrides: tuple[str, ...] = ()) -> Facts:
    """Reads scenario.yaml and instruments; what is wrong with other tables is for `check`. Raises InputsRefused."""
    issues = Issues()
    inputs = read_inputs(Folder(folder), overrides, issues)
    table = inputs["instruments"]
    own = [x for x in issues.errors if x.file == table.raw.file and "risk" not in x.column]
    if "instruments" in inputs.broken or not len(table) or own:
        raise InputsRefused(own or issues.found)
    risk = inputs.settings.tables.risk
    return Facts(
        inputs.settings.name,
        inputs.settings.as_of,
        inputs.settings.base_currency,
        risk.units if risk else "daily_fraction",
        _instruments(inputs),
        sum(map(bool, table.cells(SPECIFIC))) if SPECIFIC in table.raw.header else 0,
    )


def _instruments(inputs: Inputs) -> tuple[Instrument, ...]:
    """All but combinations, whose risk is that of their legs; sorted by id."""
    table = inputs["instruments"]
    found = [
        Instrument(
            name,
            table["asset_class"][row],
            major(table["currency"][row]),
            table["payment"][row] == "margined",
            table["sector"][row],
            table["country"][row],
            table["underlying"][row] if table["asset_class"][row] == "fx" else "",
            major(table["quote_currency"][row] or table["currency"][row]),
        )
        for row, name in enumerate(table["instrument_id"])
        if table["asset_class"][row] != "combination"
    ]
    return tuple(sorted(found, key=lambda x: x.name))
