"""What needs no solve to be seen: bounds that cross, and bounds that no mandate lets be reached."""

from collections.abc import Iterator

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.terms import limits

REACH = 1e-9  # of a limit's scale


def impossible(scenario: Scenario) -> list[str]:
    """Sentences, each a proof that no plan keeps every limit; empty is no proof that one does."""
    return [*_crossed(scenario), *_out_of_reach(scenario)]


def _crossed(s: Scenario) -> Iterator[str]:
    """Two limits on one measure of one scope, one asking for more than the other allows."""
    lower, upper = limits.bounds(s)
    groups: dict[tuple[object, ...], list[int]] = {}
    for k, x in enumerate(s.limits):
        groups.setdefault((x.measure, x.scope, x.target), []).append(k)
    for same in groups.values():
        floor = max(same, key=lambda k: lower[k])
        cap = min(same, key=lambda k: upper[k])
        if lower[floor] > upper[cap]:
            yield (
                f"{s.limits[floor].limit_id} asks for at least {lower[floor]:,.6g} of what "
                f"{s.limits[cap].limit_id} allows at most {upper[cap]:,.6g} ({s.limits[cap].scope})"
            )


def _out_of_reach(s: Scenario) -> Iterator[str]:
    """A linear measure whose mandates alone keep it outside its bounds."""
    lower, upper = limits.bounds(s)
    for k, x in enumerate(s.limits):
        slope = _slope(s, x)
        if slope is None:
            continue
        some = np.flatnonzero(slope)
        ends = np.array([slope[some] * s.holdings.low[some], slope[some] * s.holdings.high[some]])
        least, most = float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum())
        room = REACH * float(limits.scales(s)[k])
        if least > upper[k] + room or most < lower[k] - room:
            yield (
                f"{x.limit_id} ({x.scope}): mandates leave {x.measure} between {least:,.6g} and "
                f"{most:,.6g}, its bounds are {lower[k]:,.6g} and {upper[k]:,.6g}"
            )


def _slope(s: Scenario, x: Limit) -> Floats | None:
    """(H,) the measure per unit of each holding, signed; None where it is not linear."""
    module = limits.REGISTRY[x.measure]
    return module.slope(s, x) if hasattr(module, "slope") else None
