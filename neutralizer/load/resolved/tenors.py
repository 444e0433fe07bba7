"""Buckets of time to expiry: factors of notional that come from the contracts' own dates."""

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.calendar import months_later
from neutralizer.load.resolved.days import execution_date
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs

PREFIX = "tenor-"


def tenor_names(inputs: Inputs) -> tuple[str, ...]:
    """The factor that each bucket is, as written."""
    return tuple(PREFIX + tenor for tenor in inputs.settings.tenors)


def months(tenor: str) -> int:
    """Of 3m or 2y."""
    return int(tenor[:-1]) * (12 if tenor.endswith("y") else 1)


def tenor_weights(inputs: Inputs, select: Selector) -> Floats:
    """(I, K) the part of each instrument's notional that falls into each bucket: between two dates in proportion
    to the days, before the first and after the last whole; nothing of what never expires.
    """
    today = execution_date(inputs)
    nodes = [months_later(today, months(tenor)).toordinal() for tenor in inputs.settings.tenors]
    found = np.zeros((len(select.ids), len(nodes)))
    for i, row in enumerate(select.rows if nodes else ()):
        expiry = inputs["instruments"]["expiry"][row]
        if expiry is not None:
            found[i] = [np.interp(expiry.toordinal(), nodes, one) for one in np.eye(len(nodes))]
    return found
