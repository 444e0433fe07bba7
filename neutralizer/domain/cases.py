"""The cases of a study: what is other in each of them than in the scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

TO, TIMES, PLUS = "to", "times", "plus"
WALLS, WITHOUT = "walls", "without"
KEPT, MERGED, NONE = "kept", "merged", "none"  # words of an axis that is no number


@dataclass(frozen=True)
class Change:
    """A setting by its dotted path, a cell as table.key.column, the walls between books, or instruments that are
    not traded outside; put to a value, or its own number times or plus one.
    """

    of: str
    how: str
    value: str


@dataclass(frozen=True)
class Axis:
    """What is changed in one respect, value by value, as the grid wrote them."""

    of: str
    how: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of its column."""
        return self.of if self.how == TO else f"{self.of} {self.how}"


@dataclass(frozen=True)
class Case:
    """One program of a study; 0 is the scenario as it is."""

    number: int
    changes: tuple[Change, ...]


def cases_of(axes: Sequence[Axis]) -> list[Case]:
    """As it is, then every combination, the last axis changing fastest."""
    each = [[Change(axis.of, axis.how, value) for value in axis.values] for axis in axes]
    return [Case(0, ()), *(Case(n, changes) for n, changes in enumerate(product(*each), 1))]
