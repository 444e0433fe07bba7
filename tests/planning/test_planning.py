"""Fills shared, tables rounded, crossings paired, lots settled: the small exact pieces."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neutralizer.domain.scenario import Scenario
from neutralizer.planning.allocate import largest_remainder, shares, table
from neutralizer.planning.lots.fine import _closed
from neutralizer.planning.lots.grain import grain_of
from neutralizer.planning.pairing import pair, through

amounts = st.lists(st.integers(-1000, 1000), min_size=2, max_size=6)


@given(st.integers(-500, 500), st.lists(st.floats(0, 10), min_size=1, max_size=6))
def test_largest_remainder_sums_and_stays_within_one(total: int, raw: list[float]) -> None:
    weights = np.array(raw) + 0.01
    weights /= weights.sum()
    found = largest_remainder(total, weights)
    assert found.sum() == total
    assert (np.abs(found - total * weights) < 1 + 1e-6).all()


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=5), amounts)
def test_tables_keep_both_margins(lines: list[int], change: list[int]) -> None:
    rows, wanted = np.array(lines), np.array(change, dtype=float)
    total = int(rows.sum())
    weights = shares(wanted, np.ones(len(wanted)), total)
    totals = largest_remainder(total, weights)
    found = table(rows, totals, weights)
    assert (found.sum(axis=1) == rows).all()
    assert (found.sum(axis=0) == totals).all()
    assert (np.abs(found - np.outer(rows, weights)) <= 3).all()


def test_every_book_on_a_side_gets_the_same_mix() -> None:
    """30 bought for books that want 40, 20 and, the other way, 30: only the buyers are filled."""
    weights = shares(np.array([40.0, 20.0, -30.0]), np.ones(3), 30)
    assert largest_remainder(30, weights).tolist() == [20, 10, 0]


@given(amounts)
def test_pairs_settle_every_crossing_with_few_tickets(raw: list[int]) -> None:
    raw[-1] -= sum(raw)
    crossings = [(k, Decimal(q)) for k, q in enumerate(raw) if q]
    found = pair(crossings)
    moved: dict[int, Decimal] = defaultdict(Decimal)
    for giver, taker, quantity in found:
        assert quantity > 0
        assert giver != taker
        moved[giver] -= quantity
        moved[taker] += quantity
    assert {k: q for k, q in moved.items() if q} == dict(crossings)
    assert len(found) <= max(len(crossings) - 1, 0)


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.booleans()), min_size=1, max_size=6),
    st.integers(-20, 20),
)
def test_a_row_closes_on_its_target_within_its_bounds(
    raw: list[tuple[float, bool]], off: int
) -> None:
    wanted = np.array([w for w, _ in raw])
    low = np.array([-60.0 if free else np.floor(w) for w, free in raw])
    high = np.array([60.0 if free else np.ceil(w) for w, free in raw])
    target = int(np.rint(wanted.sum())) + off
    found = _closed(wanted, low, high, target)
    if found is None:
        assert target > high.sum() or target < low.sum()
    else:
        assert found.sum() == target
        assert ((found >= low) & (found <= high)).all()


def test_what_goes_through_a_centre_is_each_books_own_crossing() -> None:
    """Holding 2 is the centre and keeps 10 of the 50 that come in."""
    crossings = [(0, Decimal(-50)), (1, Decimal(30)), (2, Decimal(10)), (3, Decimal(10))]
    assert through(crossings, 2) == [
        (0, 2, Decimal(50)),
        (2, 1, Decimal(30)),
        (2, 3, Decimal(10)),
    ]


def test_a_position_of_whole_steps_has_no_remainder(
    scenario_named: Callable[[str], Scenario],
) -> None:
    """4,440.9 is 44,409 tenths, but not in floating point."""
    s = scenario_named("two-desks")
    exact = (Decimal("-4440.9"), *s.holdings.exact[1:])
    holdings = replace(s.holdings, exact=exact, before=np.array([float(x) for x in exact]))
    tenths = replace(s.instruments, step=np.full(len(s.instruments.ids), 0.1))
    assert not grain_of(replace(s, holdings=holdings, instruments=tenths)).remainder.any()


def test_a_row_that_lacks_a_billion_is_closed_at_once() -> None:
    """A round gave one unit to each: with few members it took as many rounds."""
    wanted, high = np.zeros(3), np.array([5.0, 1e12, 1e12])
    found = _closed(wanted, np.zeros(3), high, 1_000_000_001)
    assert found is not None
    assert found.sum() == 1_000_000_001
    assert (found <= high).all()
    assert _closed(wanted, np.zeros(3), np.ones(3), 4) is None
