"""Rules about prices that are out."""

from neutralizer.errors import Issues
from neutralizer.load.resolved.mandates import Selector
from neutralizer.load.written.inputs import Inputs


def dislocations_are_of_instruments(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A combination's price is that of its legs."""
    table, known = inputs["dislocations"], set(inputs["instruments"]["instrument_id"])
    for row, name in enumerate(table["instrument_id"]):
        if name in known and name not in select.index:
            remedy = "write the fair values of its legs"
            table.error(issues, row, "instrument_id", "a combination", remedy)
