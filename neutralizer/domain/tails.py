"""The bad end of a list of losses."""

import numpy as np

from neutralizer.domain.arrays import Floats


def worst_weights(losses: Floats, count: float) -> Floats:
    """(S,) the weights, summing to 1, of the mean of the `count` largest losses; the last of them
    counts by its fraction, and below one the largest counts alone (Rockafellar and Uryasev, 2000).
    """
    found = np.zeros(len(losses))
    order = np.argsort(-losses, kind="stable")
    found[order] = np.clip(count - np.arange(len(losses)), 0.0, 1.0)
    return found / found.sum() if len(losses) else found


def worst_mean(losses: Floats, count: float) -> float:
    """The mean of the `count` largest losses, never below zero: doing nothing loses nothing."""
    return max(float(worst_weights(losses, count) @ losses), 0.0)


def tail_count(level: float, shocks: int) -> float:
    """How many of so many equally likely losses lie beyond a confidence level; at least one."""
    return max((1 - level) * shocks, 1.0)
