"""How a back-test judges forecasts of volatility, and the best of several settings."""

from dataclasses import dataclass

TAIL = 0.05  # of days on which a loss is beyond its bound
LEVEL = 0.05  # of a test


@dataclass(frozen=True)
class Coverage:
    """Of n days: how many losses were beyond the forecast's bound of TAIL; probabilities of the tests, nan where there is
    nothing to test; how often Kupiec's test sees a volatility TIMES too large, and TIMES too small.
    """

    days: int
    beyond: int
    bias: float  # standard deviation of what was made over its forecast; 1 is right
    kupiec: float
    christoffersen: float
    sees_too_large: float
    sees_too_small: float


@dataclass(frozen=True)
class Choice:
    """The cheapest setting, by place; the probability of its lead where none is better than the one in use; how often
    the setting that is cheapest on one half of the days is among the dearer half on the other. nan where unknown.
    """

    best: int
    by_chance: float
    overfitted: float

    @property
    def is_better(self) -> bool:
        """Whether the lead is more than chance."""
        return self.by_chance < LEVEL
