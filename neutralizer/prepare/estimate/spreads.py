"""Half spreads where no quotes are there: estimated from open, high, low and close (Ardia, Guidotti and Kroencke,
2024), by bidask.
"""

import warnings

import numpy as np

from neutralizer.domain.arrays import Floats


def half_spread(opens: Floats, highs: Floats, lows: Floats, closes: Floats) -> float:
    """A fraction of the price; nan where the prices do not tell."""
    from bidask import edge

    if len(closes) < 3 or min(map(np.nanmin, (opens, highs, lows, closes))) <= 0:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column that is all nan
        return float(edge(opens, highs, lows, closes, sign=True)) / 2
