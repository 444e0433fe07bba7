"""One beneficial owner never buys and sells one tradable outside at once: the orders of one side are held
at nothing and everything is decided again, until no owner does both. Both ways are looked at, and the
cheaper is kept.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from neutralizer.domain.arrays import Ints
from neutralizer.domain.orders import without_sides
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.planning.compose import compose
from neutralizer.planning.lots.taken_back import taken_back
from neutralizer.planning.lots.whole import Rounded
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution
from neutralizer.terms import limits

Round = Callable[[Scenario, Solution], Rounded]
Side = dict[int, float]  # order -> units filled for the owner
BOUGHT, SOLD = "purchase", "sale"
ROUNDS = 30  # the most often that everything is decided again
ONE_BY_ONE = 10  # rounds that close one side of one tradable; later ones first try all at once
# holdings: of more, the smaller sides are taken back where that is little, else closed at once, without a look at
# what the other would cost, which is a solve more each round
LARGE = 1000


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
    large = len(scenario.holdings.book) > LARGE
    one_by_one = 0 if large else ONE_BY_ONE
    for k in range(ROUNDS):
        both = both_sides(answer)
        if not both:
            return answer
        chosen = both if k >= one_by_one else both[:1]
        without = _taken_back(scenario, answer, both) if large else None
        if without is None:
            say(f"deciding again: {_owner(both[0])} is on both sides of {_name(scenario, both[0])}")
            without = _decided(scenario, chosen, in_lots, look=not large)
        scenario, answer = without
    if both := both_sides(answer):
        names = ", ".join(f"{_owner(x)} in {_name(scenario, x)}" for x in both[:5])
        raise Infeasible(
            "both_sides",
            f"no plan was found in {ROUNDS} tries in which no owner buys and sells one tradable outside; "
            f"still on both sides: {names}; close one side of them in the table restricted",
        )
    return answer


def both_sides(answer: Answer) -> list[Both]:
    """Owners whose books receive purchases and sales of one tradable, by owner and tradable; ids of one
    ISIN are one.
    """
    s, order = answer.scenario, answer.rounded.trades.order
    same = same_thing(s)
    bought, sold = (set(same[s.orders.tradable[sign * order > 0]].tolist()) for sign in (1, -1))
    if not bought & sold:
        return []
    found: dict[tuple[str, int], dict[str, Side]] = {}
    for hedge in compose(s, answer.rounded).hedges:
        side = BOUGHT if hedge.side == "BUY" else SOLD
        for fill in hedge.allocations:
            owner = s.books.owner[s.holdings.book[fill.holding]]
            key = (owner, int(same[s.orders.tradable[hedge.order]]))
            own = found.setdefault(key, {BOUGHT: {}, SOLD: {}})[side]
            own[hedge.order] = own.get(hedge.order, 0.0) + abs(float(fill.quantity))
    return [Both(*key, sides) for key, sides in sorted(found.items()) if all(sides.values())]


def same_thing(s: Scenario) -> Ints:
    """(T,) the first tradable of the same ISIN; itself where it has none."""
    first: dict[str, int] = {}
    found = [first.setdefault(isin, t) if isin else t for t, isin in enumerate(s.tradables.isin)]
    return np.array(found, dtype=np.int64)


def _decided(
    scenario: Scenario, both: list[Both], in_lots: Round, look: bool
) -> tuple[Scenario, Answer]:
    """Without the smaller sides of all of them, of the first the one that is cheaper where there is time to
    look both ways; of the first alone where that has no plan.
    """
    held = scenario
    for other in both[1:] if look else both:
        side = other.smaller_first[0]
        said = _at_once(scenario, other, side)
        held = replace(_without(held, other, side), warnings=(*held.warnings, said))
    if held is not scenario:
        with suppress(Infeasible):
            return _on_one(held, both[0], in_lots) if look else _all_held(held, in_lots)
    return _on_one(scenario, both[0], in_lots)


def _taken_back(
    scenario: Scenario, answer: Answer, both: list[Both]
) -> tuple[Scenario, Answer] | None:
    """The same answer without the smaller sides of all of them, where little else has to move for it."""
    held, settled, orders = scenario, answer.scenario, set[int]()
    for other in both:
        side = other.smaller_first[0]
        warnings = (*settled.warnings, _at_once(scenario, other, side))
        held = replace(_without(held, other, side), warnings=warnings)
        settled = replace(_without(settled, other, side), warnings=warnings)
        orders |= set(other.sides[side])
    hedges = [x for x in compose(answer.scenario, answer.rounded).hedges if x.order in orders]
    rounded = taken_back(answer.solution, settled, answer.rounded, hedges)
    return None if rounded is None else (held, Answer(settled, answer.solution, rounded))


def _all_held(held: Scenario, in_lots: Round) -> tuple[Scenario, Answer]:
    settled, solution = answered(held)
    return held, Answer(settled, solution, in_lots(settled, solution))


def _at_once(s: Scenario, both: Both, side: str) -> str:
    return (
        f"{_owner(both)} may not buy and sell {_name(s, both)} outside at once: held at nothing is the "
        f"{_filled(s, both, side)}, the smaller side"
    )


def _on_one(scenario: Scenario, both: Both, in_lots: Round) -> tuple[Scenario, Answer]:
    """Without the side that is cheaper to do without; without the other where that has no whole lots."""
    ways, refusals = _both_ways(scenario, both)
    for way in ways:
        other = next((x for x in ways if x is not way), None)
        said = _said(scenario, both, way, other)
        held = replace(way.held, warnings=(*scenario.warnings, said))
        settled = replace(way.settled, warnings=held.warnings)
        try:
            return held, Answer(settled, way.solution, in_lots(settled, way.solution))
        except (Infeasible, NotSolved) as refusal:
            refusals.append(refusal)
    first, last = (_filled(scenario, both, side) for side in both.smaller_first)
    raise Infeasible(
        "both_sides",
        f"{_owner(both)} may not buy and sell {_name(scenario, both)} outside at once: no plan was found "
        f"without the {first}, nor without the {last}",
        getattr(refusals[0], "conflicts", ()),
    )


class _Way(NamedTuple):
    """One side closed, and the answer without it."""

    side: str
    held: Scenario
    settled: Scenario
    solution: Solution

    @property
    def price(self) -> tuple[float, float]:
        """What soft limits are exceeded by, over their scales, and what is paid and penalised."""
        soft = np.array([bool(x.soft) for x in self.settled.limits], dtype=bool)
        after = limits.amounts(self.solution.trades, self.settled)
        beyond = limits.beyond(after, *limits.written(self.settled)) / limits.scales(self.settled)
        return round(float(beyond[soft].sum()), 4), self.solution.certificate.cost


def _both_ways(scenario: Scenario, both: Both) -> tuple[list[_Way], list[Infeasible | NotSolved]]:
    """The answers without either side, the cheaper first, and why others have none."""
    ways: list[_Way] = []
    refusals: list[Infeasible | NotSolved] = []
    for side in both.smaller_first:
        held = _without(scenario, both, side)
        try:
            ways.append(_Way(side, held, *answered(held)))
        except (Infeasible, NotSolved) as refusal:
            refusals.append(refusal)
    return sorted(ways, key=lambda way: way.price), refusals


def _without(scenario: Scenario, both: Both, side: str) -> Scenario:
    """The scenario with one side of the owner's orders in a tradable closed: of those that fill it now,
    and of any others that are for its books alone.
    """
    orders, owner = scenario.orders, scenario.books.owner
    filling = np.isin(np.arange(len(orders.tradable)), list(both.sides[side]))
    own = [all(owner[b] == both.owner for b in books) for books in orders.books]
    same = same_thing(scenario)[orders.tradable] == both.tradable
    gone = filling | (np.array(own, dtype=bool) & same)
    nothing = np.zeros_like(gone)
    return without_sides(scenario, *((gone, nothing) if side == BOUGHT else (nothing, gone)))


def _said(s: Scenario, both: Both, way: _Way, other: _Way | None) -> str:
    """What was done, and what the other way would have been."""
    instead = SOLD if way.side == BOUGHT else BOUGHT
    if other is None:
        why = f"without the {instead} there is no plan"
    else:
        dearer = other.solution.certificate.cost - way.solution.certificate.cost
        more = f"{abs(dearer):,.2f} {s.base_currency} {'more' if dearer >= 0 else 'less'}"
        why = f"holding the {instead} instead costs {more} before lots"
        if other.price[0] != way.price[0]:
            why += f", and soft limits are exceeded {'more' if other.price > way.price else 'less'}"
    return (
        f"{_owner(both)} may not buy and sell {_name(s, both)} outside at once: held at nothing is the "
        f"{_filled(s, both, way.side)}; {why}"
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
    """The tradable; of several ids of one ISIN all of them."""
    ids = [s.tradables.ids[t] for t in np.flatnonzero(same_thing(s) == both.tradable)]
    return ids[0] if len(ids) == 1 else f"{' and '.join(ids)} (one ISIN: write one id)"
