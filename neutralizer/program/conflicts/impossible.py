"""What needs no solve to be seen: bounds that cross, and bounds that no mandate lets be reached. Each is a
proof in the inputs' own numbers, however little is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import nothing
from neutralizer.terms import limits


@dataclass(frozen=True)
class Impossible:
    """A sentence that says why no plan keeps every limit. `limits` are the rows that cannot be kept and
    `apart` what one of them has to give, in its own unit; `mandates` the holdings whose mandates are
    needed for that, None where it is not known which.
    """

    sentence: str
    limits: tuple[int, ...]
    apart: float
    mandates: tuple[int, ...] | None = ()


def impossible(scenario: Scenario) -> list[Impossible]:
    """Each a proof that no plan keeps every limit; empty is no proof that one does."""
    return [*_crossed(scenario), *_out_of_reach(scenario), *_fixed(scenario)]


def _crossed(s: Scenario) -> Iterator[Impossible]:
    """Two limits on one measure of one scope, one asking for more than the other allows."""
    lower, upper = limits.bounds(s)
    groups: dict[tuple[object, ...], list[int]] = {}
    for k, x in enumerate(s.limits):
        groups.setdefault((x.measure, x.scope, x.target), []).append(k)
    for same in groups.values():
        floor = max(same, key=lambda k: lower[k])
        cap = min(same, key=lambda k: upper[k])
        if lower[floor] > upper[cap]:
            said = (
                f"{s.limits[floor].limit_id} asks for at least {lower[floor]:,.10g} of what "
                f"{s.limits[cap].limit_id} allows at most {upper[cap]:,.10g} ({s.limits[cap].scope})"
            )
            yield Impossible(said, (floor, cap), float(lower[floor] - upper[cap]))


def _out_of_reach(s: Scenario) -> Iterator[Impossible]:
    """A linear measure whose mandates alone keep it outside its bounds."""
    lower, upper = limits.bounds(s)
    room = limits.rounding_errors(nothing(s), s)
    for k, x in enumerate(s.limits):
        slope = _slope(s, x)
        if slope is None:
            continue
        some = np.flatnonzero(slope)
        ends = np.array([slope[some] * s.holdings.low[some], slope[some] * s.holdings.high[some]])
        least, most = float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum())
        apart = max(least - upper[k], lower[k] - most)
        if apart > room[k]:
            said = (
                f"{x.limit_id} ({x.scope}): mandates leave {x.measure} between {least:,.10g} and "
                f"{most:,.10g}, {_asked(lower[k], upper[k])}"
            )
            yield Impossible(said, (k,), float(apart), tuple(some.tolist()))


def _fixed(s: Scenario) -> Iterator[Impossible]:
    """A measure that is not linear, of positions none of which may change."""
    before, bounds = limits.amounts(nothing(s), s), limits.bounds(s)
    apart = limits.beyond(before, *bounds) - limits.rounding_errors(nothing(s), s)
    for k in np.flatnonzero(apart > 0).tolist():
        x = s.limits[k]
        touched = limits.sensitivity(s, x) > 0
        if _slope(s, x) is None and not s.may_change[touched].any():
            said = (
                f"{x.limit_id} ({x.scope}): no position that it measures may change, {x.measure} is "
                f"{before[k]:,.10g}, {_asked(bounds[0][k], bounds[1][k])}"
            )
            yield Impossible(said, (k,), float(apart[k]), None)


def _asked(lower: float, upper: float) -> str:
    if np.isfinite(lower) and np.isfinite(upper):
        return f"its bounds are {lower:,.10g} and {upper:,.10g}"
    return f"it may be at {'least' if np.isfinite(lower) else 'most'} " + (
        f"{lower:,.10g}" if np.isfinite(lower) else f"{upper:,.10g}"
    )


def _slope(s: Scenario, x: Limit) -> Floats | None:
    """(H,) the measure per unit of each holding, signed; None where it is not linear."""
    module = limits.REGISTRY[x.measure]
    return module.slope(s, x) if hasattr(module, "slope") else None
