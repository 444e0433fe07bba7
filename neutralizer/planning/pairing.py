"""Crossings -> two-party transfers with few tickets: equal amounts first, then the largest with the
largest. n books need at most n − 1 transfers.
"""

from collections.abc import Sequence
from decimal import Decimal

Passed = tuple[int, int, Decimal]  # giver, taker, quantity > 0


def netted(transfers: Sequence[Passed]) -> list[Passed]:
    """One transfer between any two holdings: what passes both ways is netted."""
    total: dict[tuple[int, int], Decimal] = {}
    for giver, taker, quantity in transfers:
        sign, ends = (1, (giver, taker)) if giver < taker else (-1, (taker, giver))
        total[ends] = total.get(ends, Decimal(0)) + sign * quantity
    return sorted((a, b, q) if q > 0 else (b, a, -q) for (a, b), q in total.items() if q)


def pair(crossings: Sequence[tuple[int, Decimal]]) -> list[tuple[int, int, Decimal]]:
    """(holding, crossing) with crossings that sum to zero -> (giver, taker, quantity > 0)."""
    givers = {h: -q for h, q in crossings if q < 0}
    takers = {h: q for h, q in crossings if q > 0}
    found = _equals(givers, takers)
    while givers and takers:
        giver = min(givers, key=lambda h: (-givers[h], h))
        taker = min(takers, key=lambda h: (-takers[h], h))
        quantity = min(givers[giver], takers[taker])
        found.append((giver, taker, quantity))
        for side, holding in ((givers, giver), (takers, taker)):
            side[holding] -= quantity
            if not side[holding]:
                del side[holding]
    return sorted(found)


def through(
    crossings: Sequence[tuple[int, Decimal]], central: int
) -> list[tuple[int, int, Decimal]]:
    """The same with the central holding on one side of every transfer; its own crossing is what is left."""
    others = [(h, q) for h, q in crossings if h != central]
    return sorted((h, central, -q) if q < 0 else (central, h, q) for h, q in others)


def _equals(
    givers: dict[int, Decimal], takers: dict[int, Decimal]
) -> list[tuple[int, int, Decimal]]:
    found = []
    for giver in sorted(givers):
        match = next((t for t in sorted(takers) if takers[t] == givers[giver]), None)
        if match is not None:
            found.append((giver, match, takers.pop(match)))
            del givers[giver]
    return found
