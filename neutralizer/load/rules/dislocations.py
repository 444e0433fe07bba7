"""Rules about prices that are out."""

from neutralizer.errors import Issues
from neutralizer.load.resolved.instruments import prices
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs

FAR = 1.5  # times the price, either way: what lies further is another unit, or no carrier of the same exposure


def fair_values_are_near_prices(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A price out by more is a mistake of its unit, not something to trade on."""
    table, of = inputs["dislocations"], inputs["instruments"]
    rows = {name: row for row, name in enumerate(of["instrument_id"])}
    for row, name in enumerate(table["instrument_id"]):
        if name not in select.index:
            continue
        price, fair = float(prices(of, [rows[name]])[0]), float(table["fair_value"][row])
        if not price / FAR <= fair <= price * FAR:
            reason = f"the price is {price:g}, in the same unit as the instrument's row"
            table.error(issues, row, "fair_value", reason, "correct it, or take the row out")
