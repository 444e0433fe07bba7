"""What a term of the program must be able to say. A term is a module with two faces side by side:
an *expression* in cvxpy for the program, an *amount* in numpy for the proof. A test holds them equal.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.plan import Booking
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades
from neutralizer.terms.decision import Decision


class Cost(Protocol):
    """A cost, base currency. AXIS says what `amounts` are spread over: order, holding, route,
    account, pool or firm; TERMS are the names under which they are reported.
    """

    TERMS: tuple[str, ...]
    AXIS: str

    def expression(self, decision: Decision, scenario: Scenario) -> Any:
        """Scalar, convex, base currency."""

    def amounts(self, trades: Trades, scenario: Scenario) -> dict[str, Floats]:
        """Each term along the axis, base currency."""


class Measure(Protocol):
    """What a limit measures, in the measure's own unit. Its facts, in the words of `limits.facts`: UNIT
    is what it counts in; BOUNDS says whether a lower bound is convex; TARGET what the column target
    names; SCOPES where it is measured; CURVED whether it is a cone, of which rounding knows tangents.
    """

    UNIT: str
    BOUNDS: str
    TARGET: str
    SCOPES: tuple[str, ...]
    CURVED: bool

    def expression(self, decision: Decision, scenario: Scenario, limits: Sequence[Limit]) -> Any:
        """(len(limits),) affine or convex."""

    def amount(self, trades: Trades, scenario: Scenario, limit: Limit) -> float:
        """The measure of the state after the trades."""

    def sensitivity(self, scenario: Scenario, limit: Limit) -> Floats:
        """(H,) the most that one unit more of each holding can move the measure, >= 0."""


class MarginModel(Protocol):
    """Initial margin of accounts before the multiplier, base currency. `own`: one account's entries.
    A model that is not convex itself also says what its expression lies above its parts:
    `overstated(trades, scenario, own)`; one whose program depends on the answer says what it has to be
    solved with: `at_its_concentration(trades, scenario, last)`. NEEDS is the input that it takes for each instrument,
    in the words of `margin.needs`; CURVED says whether it is a cone, of which rounding knows tangents.
    """

    NEEDS: str
    CURVED: bool

    def expression(self, decision: Decision, scenario: Scenario, accounts: Sequence[int]) -> Any:
        """(len(accounts),) convex, never below the parts' sum."""

    def parts(self, trades: Trades, scenario: Scenario, own: Ints) -> Floats:
        """(len(own),) what each entry takes of the account's margin; the sum is >= 0."""

    def sensitivity(self, scenario: Scenario, own: Ints) -> Floats:
        """(len(own),) the most that one unit of each entry can move the margin, >= 0."""


class Ticket(Protocol):
    """A ticket file: its name, its columns in order, its rows sorted by ticket id."""

    FILE: str
    COLUMNS: tuple[str, ...]

    def rows(self, booking: Booking) -> list[dict[str, str]]:
        """One dict a line, every column filled with text."""
