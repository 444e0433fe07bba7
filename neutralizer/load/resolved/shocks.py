"""Rows of shocks -> what one unit of each instrument would lose under each of them."""

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.funding import Shocks
from neutralizer.domain.scenario import Risk
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs


def resolve_shocks(inputs: Inputs, select: Selector, risk: Risk, notional: Floats) -> Shocks:
    """Losses of one unit long: an instrument's own move where it has one, else what its factors do.
    What a shock does not name does not move.
    """
    table = inputs["shocks"]
    ids = sorted(set(table["shock_id"]))
    column = {s: k for k, s in enumerate(ids)}
    sets = dict(zip(table["shock_id"], table["shock_set"], strict=True))
    moves = np.zeros((len(risk.factors), len(ids)))
    own = np.full((len(select.ids), len(ids)), np.nan)
    for shock, instrument, factor, move in zip(
        table["shock_id"], table["instrument_id"], table["factor_id"], table["move"], strict=True
    ):
        if instrument:
            own[select.index[instrument], column[shock]] = move
        else:
            moves[risk.factors.index(factor), column[shock]] = move
    gain = np.where(np.isnan(own), risk.exposure @ moves, own * notional[:, None])
    return Shocks(tuple(ids), tuple(sets[s] for s in ids), -gain)


def wanted(selector: str, ids: tuple[str, ...], sets: tuple[str, ...]) -> tuple[int, ...]:
    """The shocks that a target names: blank is all of them, `set:NAME` a set, else one shock's id."""
    kind, _, name = selector.partition(":")
    if not selector:
        return tuple(range(len(ids)))
    if kind == "set" and name:
        return tuple(k for k, s in enumerate(sets) if s == name)
    return tuple(k for k, s in enumerate(ids) if s == selector)


def covered(selector: str, ids: tuple[str, ...], sets: tuple[str, ...]) -> tuple[int, ...]:
    """The shocks that a pool must be able to pay for: blank is none, `*` all of them."""
    if not selector:
        return ()
    return wanted("" if selector == "*" else selector, ids, sets)


def tail(target: str) -> tuple[str, float]:
    """`0.975` or `NAME:0.975`: the shocks' set (blank: all of them) and the level.

    Raises ValueError where the level is not a number from 0.5 to 1.
    """
    name, _, level = target.rpartition(":")
    found = float(level)
    if not 0.5 <= found < 1:
        raise ValueError("the level lies from 0.5 to 1")
    return (f"set:{name}" if name else ""), found
