"""One beneficial owner never buys and sells one tradable outside at once: the orders of its smaller side
are held at nothing and everything is decided again, until no owner does both.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from neutralizer.domain.orders import without_orders
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.planning.compose import compose
from neutralizer.planning.lots.whole import Rounded
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution

Round = Callable[[Scenario, Solution], Rounded]
Side = dict[int, float]  # order -> units filled for the owner
BOUGHT, SOLD = "purchase", "sale"
ROUNDS = 30  # the most often that everything is decided again
ONE_BY_ONE = 10  # rounds that close one side of one tradable; later ones first try all at once


class Answer(NamedTuple):
    """The scenario with its soft limits settled, its continuous answer and its whole lots."""

    scenario: Scenario
    solution: Solution
    rounded: Rounded


@dataclass(frozen=True)
class Both:
    """An owner, a tradable, and what each side fills."""

    owner: str
    tradable: int
    sides: dict[str, Side]

    @property
    def smaller_first(self) -> list[str]:
        """The sides by what they fill; of equal ones the purchases."""
        return sorted((BOUGHT, SOLD), key=lambda side: sum(self.sides[side].values()))


def one_sided(
    scenario: Scenario, answer: Answer, in_lots: Round, say: Callable[[str], None]
) -> Answer:
    """The answer with no owner on both sides of a tradable, and a warning for each that was. Each round
    closes at least one order more, and there are at most ROUNDS of them. Raises Infeasible with reason
    `both_sides`.
    """
    for k in range(ROUNDS):
        both = both_sides(answer)
        if not both:
            return answer
        say(f"deciding again: {_owner(both[0])} is on both sides of {_name(scenario, both[0])}")
        scenario, answer = _decided(scenario, both if k >= ONE_BY_ONE else both[:1], in_lots)
    if both := both_sides(answer):
        names = ", ".join(f"{_owner(x)} in {_name(scenario, x)}" for x in both[:5])
        raise Infeasible(
            "both_sides",
            f"no plan was found in {ROUNDS} tries in which no owner buys and sells one tradable outside; "
            f"still on both sides: {names}; close one side of them in the table restricted",
        )
    return answer


def both_sides(answer: Answer) -> list[Both]:
    """Owners whose books receive purchases and sales of one tradable, by owner and tradable."""
    s, order = answer.scenario, answer.rounded.trades.order
    bought, sold = (set(s.orders.tradable[sign * order > 0].tolist()) for sign in (1, -1))
    if not bought & sold:
        return []
    found: dict[tuple[str, int], dict[str, Side]] = {}
    for hedge in compose(s, answer.rounded).hedges:
        side = BOUGHT if hedge.side == "BUY" else SOLD
        for fill in hedge.allocations:
            owner = s.books.owner[s.holdings.book[fill.holding]]
            key = (owner, int(s.orders.tradable[hedge.order]))
            own = found.setdefault(key, {BOUGHT: {}, SOLD: {}})[side]
            own[hedge.order] = own.get(hedge.order, 0.0) + abs(float(fill.quantity))
    return [Both(*key, sides) for key, sides in sorted(found.items()) if all(sides.values())]


def _decided(scenario: Scenario, both: list[Both], in_lots: Round) -> tuple[Scenario, Answer]:
    """Without the smaller sides of all of them; of the first alone where that has no plan."""
    if len(both) > 1:
        held = scenario
        for other in both[1:]:
            held = _without(held, other, other.smaller_first[0])
        with suppress(Infeasible):
            return _on_one(held, both[0], in_lots)
    return _on_one(scenario, both[0], in_lots)


def _on_one(scenario: Scenario, both: Both, in_lots: Round) -> tuple[Scenario, Answer]:
    """Without the smaller side, else without the other."""
    refusals: list[Infeasible | NotSolved] = []
    for side in both.smaller_first:
        held = _without(scenario, both, side)
        try:
            settled, solution = answered(held)
            return held, Answer(settled, solution, in_lots(settled, solution))
        except (Infeasible, NotSolved) as refusal:
            refusals.append(refusal)
    first, last = (_filled(scenario, both, side) for side in both.smaller_first)
    raise Infeasible(
        "both_sides",
        f"{_owner(both)} may not buy and sell {_name(scenario, both)} outside at once: no plan was found "
        f"without the {first}, nor without the {last}",
        getattr(refusals[0], "conflicts", ()),
    )


def _without(scenario: Scenario, both: Both, side: str) -> Scenario:
    """The scenario with the orders of one side closed, and a warning that says so."""
    gone = np.isin(np.arange(len(scenario.orders.tradable)), list(both.sides[side]))
    held = without_orders(scenario, gone)
    return replace(held, warnings=(*scenario.warnings, _said(scenario, both, side)))


def _said(s: Scenario, both: Both, side: str) -> str:
    return (
        f"{_owner(both)} may not buy and sell {_name(s, both)} outside at once: held at nothing is the "
        f"{_filled(s, both, side)}"
    )


def _filled(s: Scenario, both: Both, side: str) -> str:
    """What a side fills, and who orders it."""
    orders = s.orders
    party = {
        o: s.books.ids[b] if (b := int(orders.book[o])) >= 0 else orders.group[o]
        for o in both.sides[side]
    }
    units = sorted(both.sides[side].items())
    return f"{side} of " + ", ".join(f"{q:,.10g} for {party[o]}" for o, q in units)


def _owner(both: Both) -> str:
    return both.owner or "the owner"


def _name(s: Scenario, both: Both) -> str:
    return s.tradables.ids[both.tradable]
