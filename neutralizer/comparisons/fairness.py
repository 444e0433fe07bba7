"""What each book pays alone and together, who is worse off, and what would make them good.

Compensation is money between books, never a constraint: a book's own cost is bilinear in who crosses
with whom. Those who gain give in proportion to their gains, as much as the losers lose and no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from neutralizer.domain.money import cent, rounded
from neutralizer.domain.scenario import Scenario
from neutralizer.terms.costs.attribution import Costs


@dataclass(frozen=True)
class BookResult:
    """Base currency. `alone` is None where the baseline has no answer; compensation is + received."""

    book: str  # "" for what belongs to no book
    alone: Decimal | None
    together: Decimal
    compensation: Decimal
    waiting_alone: Decimal
    waiting: Decimal  # what leaving its targets for another day costs it together

    @property
    def difference(self) -> Decimal | None:
        """What it pays and waits for more together than alone."""
        if self.alone is None:
            return None
        return self.together + self.waiting - self.alone - self.waiting_alone

    @property
    def worse_off(self) -> bool:
        """Whether the book pays more together than alone, with what it waits for."""
        return self.difference is not None and self.difference > 0


def books_alone_and_together(
    scenario: Scenario,
    together: Costs,
    alone: Mapping[str, Decimal] | None,
    waiting: Mapping[str, Decimal],
    waiting_alone: Mapping[str, Decimal],
) -> list[BookResult]:
    """One result per book, and one for what belongs to none; they add up to the firm's exactly."""
    none = rounded(0, scenario.base_currency)

    def result(b: str, paid: Decimal) -> BookResult:
        own = None if alone is None else alone.get(b, none)
        waits = (waiting_alone.get(b, none), waiting.get(b, none))
        return BookResult(b, own, _total(together, b) + none, paid, *waits)

    results = {b: result(b, Decimal(0)) for b in (*scenario.books.ids, "")}
    if alone is not None and scenario.costing.make_good:
        more = {b: results[b].difference or none for b in scenario.books.ids}
        paid = _made_good({b: -x for b, x in more.items()}, scenario)
        results |= {b: result(b, x) for b, x in paid.items()}
    return [r for b, r in results.items() if b or r.together or r.alone]


def _made_good(gains: dict[str, Decimal], scenario: Scenario) -> dict[str, Decimal]:
    """Compensation by book, to the cent: the largest remainders are settled in the order of the ids."""
    lost = {b: -g for b, g in gains.items() if g < 0}
    gained = {b: g for b, g in gains.items() if g > 0}
    total = min(sum(lost.values(), Decimal(0)), sum(gained.values(), Decimal(0)))
    given = _split(total, gained, scenario.base_currency)
    received = _split(total, lost, scenario.base_currency)
    return received | {b: -x for b, x in given.items()}


def _split(total: Decimal, weights: dict[str, Decimal], currency: str) -> dict[str, Decimal]:
    whole = sum(weights.values(), Decimal(0))
    found = {b: rounded(total * w / whole, currency) for b, w in weights.items()}
    left = total - sum(found.values(), Decimal(0))
    one = cent(currency).copy_sign(left)
    for b in sorted(found, key=lambda b: (-weights[b], b))[: int(abs(left) / cent(currency))]:
        found[b] += one
    return found


def _total(costs: Costs, book: str) -> Decimal:
    return sum((x for (b, _), x in costs.items() if b == book), Decimal(0))
