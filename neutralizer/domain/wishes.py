"""What books want to trade, as limits: the position after is the target, within its tolerance."""

from collections.abc import Iterator

import numpy as np

from neutralizer.domain.arrays import Ints
from neutralizer.domain.scenario import Books, Holdings, Limit, Scenario, Targets


def target_name(book: str, instrument: str) -> str:
    """The id of a target's limit."""
    return f"target-{book}-{instrument}"


def is_wish(limit_id: str, scope: str, instrument: str) -> bool:
    """Whether a limit of a file is a target's."""
    return limit_id == target_name(scope.removeprefix("book:"), instrument)


def wish_names(scenario: Scenario) -> list[tuple[str, str]]:
    """(W,) what each target's limit is called, and its scope."""
    s, found = scenario, []
    for h in s.targets.holding.tolist():
        book = s.books.ids[s.holdings.book[h]]
        instrument = s.instruments.ids[s.holdings.instrument[h]]
        found.append((target_name(book, instrument), f"book:{book}"))
    return found


def wish_limits(
    targets: Targets, some: Ints, books: Books, instruments: tuple[str, ...], holdings: Holdings
) -> Iterator[Limit]:
    """One limit for each of some targets, hard; of those that may wait one that need only improve."""
    named = set(holdings.book[targets.holding[some]].tolist())
    own = {b: np.flatnonzero(holdings.book == b) for b in named}
    for w in some.tolist():
        h = int(targets.holding[w])
        b = int(holdings.book[h])
        book, instrument = books.ids[b], instruments[int(holdings.instrument[h])]
        yield Limit(
            limit_id=target_name(book, instrument),
            measure="position",
            scope=f"book:{book}",
            target=instrument,
            lower=float(targets.lower[w]),
            upper=float(targets.upper[w]),
            improve=bool(targets.waits[w]),
            penalty=0.0,
            owner=targets.owner[w],
            description=f"what {book} wants to hold of {instrument}",
            scope_holdings=own[b],
            holdings=np.array([h], dtype=np.int64),
            books=frozenset([b]),
            wish=True,
        )
