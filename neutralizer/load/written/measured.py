"""What was measured fills what the instruments leave blank."""

import numpy as np

from neutralizer.load.written.table import Table

FILLED = ("volatility", "specific_volatility", "adv", "half_spread_bps")
OTHER_SPREADS = ("half_spread_per_unit", "bid", "ask")


def fill(instruments: Table, measured: Table) -> None:
    """Where an instrument has a number of its own, or a half spread in another form, that one stands."""
    row_of = {name: row for row, name in enumerate(measured["instrument_id"])}
    rows = np.array([row_of.get(name, -1) for name in instruments["instrument_id"]], dtype=int)
    known = rows >= 0
    for column in FILLED if known.any() else ():
        own = instruments[column]
        blank = np.isnan(own) & known
        if column == "half_spread_bps":
            blank &= np.isnan([instruments[c] for c in OTHER_SPREADS]).all(axis=0)
        instruments.columns[column] = np.where(blank, measured[column][rows], own)
