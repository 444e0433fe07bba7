"""Integer columns around an answer of two desks: windows, ties, fractions, and back to units.

Columns are deviations from the answer in whole lots and steps.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from neutralizer.domain.arrays import Floats
from neutralizer.domain.orders import without_orders
from neutralizer.planning.lots.grain import Grain, all_coarse, grain_of
from neutralizer.planning.lots.integers import FINE_WINDOW, Integers, snapped, whole_orders
from tests.tools.small import FRACTIONS, HUNDREDS, solved

FROZEN = (
    ("  risk:\n", "    - {book_id: ARB, instrument_id: FUT, quantity: 0.5}\n  risk:\n"),
    ("  accounts:\n", "    - {book_id: ARB, selector: FUT, may: none}\n  accounts:\n"),
)
ARB, MM, FUT = 0, 1, 2  # holdings: ETF, ETF, FUT


def integers(
    changes: tuple[tuple[str, str], ...],
    window: float = 1.0,
    coarse: Callable[[Grain], Grain] = all_coarse,
) -> Integers:
    """The integers of two desks, with every holding and order one of them."""
    s, solution = solved(*changes)
    return Integers(solution, coarse(grain_of(s)), s, window)


def units(found: Integers, bounds: Floats) -> Floats:
    """Bounds on deviations as bounds on lots and steps."""
    base = np.zeros(found.size)
    base[found.first_order : found.first_step] = found.lots
    base[found.first_step : found.first_switch] = found.steps
    return bounds + base


def own(found: Integers, bounds: Floats) -> tuple[list[float], list[float], list[float]]:
    """What a bound says of orders, holdings and switches."""
    parts = np.split(
        units(found, bounds), [found.first_order, found.first_step, found.first_switch]
    )[1:]
    return tuple(part.tolist() for part in parts)  # type: ignore[return-value]


def test_a_window_is_three_whole_numbers_to_either_side() -> None:
    """10.000001 futures sold: from -11 - 3 to -10 + 3, and ten times that. The ETF is fine: no
    integer.
    """
    found = integers((), 1.0, lambda grain: grain)
    assert (own(found, found.low), own(found, found.high)) == (([-14], [-14], []), ([-7], [-7], []))
    found = integers((), 10.0, lambda grain: grain)
    assert (own(found, found.low), own(found, found.high)) == (([-41], [-41], []), ([20], [20], []))


def test_a_holding_reaches_as_far_as_the_lots_that_fill_it() -> None:
    """ETF in lots of 100, transferred in single shares: 60,000 ± 300 shares, but ± 3 lots. Without
    a lot of its own the future keeps its three.
    """
    found = integers(HUNDREDS)
    high, low = own(found, found.high), own(found, found.low)
    ((etf, _), (arb, mm, fut)) = (np.subtract(high[k], low[k]) for k in (0, 1))
    assert 6 <= etf <= 7
    assert 600 <= arb <= 601
    assert 600 <= mm <= 601
    assert 6 <= fut <= 7


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e7, 1e7), min_size=2, max_size=2),
    st.lists(st.floats(-1e7, 1e7), min_size=3, max_size=3),
    st.sampled_from([1.0, 10.0, np.inf]),
    st.sampled_from([(), FRACTIONS, HUNDREDS]),
)
def test_every_window_holds_the_answer_between_whole_numbers(
    order: list[float], change: list[float], window: float, changes: tuple[tuple[str, str], ...]
) -> None:
    """Whatever the answer: it lies inside, three whole numbers or more from either end, without a
    window everything does. A large one reaches further: a hundred-thousandth of it.
    """
    s, solution = solved(*changes)
    trades = replace(solution.trades, order=np.array(order), change=np.array(change))
    found = Integers(replace(solution, trades=trades), all_coarse(grain_of(s)), s, window)
    lots = trades.order / s.tradables.lot[s.orders.tradable]
    middle = np.concatenate([lots, trades.change])
    some = slice(found.first_order, found.first_switch)
    low, high = units(found, found.low)[some], units(found, found.high)[some]
    reach = window * np.maximum(3, 1e-5 * np.abs(middle))
    assert (low <= middle - reach).all()
    assert (middle + reach <= high).all()
    if np.isfinite(window):
        assert (low == np.rint(low)).all()
        assert (high == np.rint(high)).all()
        assert (high[: len(order)] - low[: len(order)] <= 2 * reach[: len(order)] + 22).all()
    switches = slice(found.first_switch, None)
    assert (found.low[switches] == 0).all()
    assert (found.high[switches] == 1).all()


@pytest.mark.parametrize("window", [1.0, np.inf])
def test_closed_orders_are_held_at_zero(window: float) -> None:
    """The future's order is closed after the answer sold ten: 0 and nothing near it, whatever
    window.
    """
    s, solution = solved()
    held = without_orders(s, np.array([False, True]))
    found = Integers(solution, all_coarse(grain_of(s)), held, window)
    low, high = own(found, found.low)[0], own(found, found.high)[0]
    assert (low[1], high[1]) == (0, 0)
    assert low[0] < 0 < high[0]


def test_what_may_not_change_is_no_integer() -> None:
    """ARB may not trade futures: its half of one stays, and nobody is offered the fraction."""
    s, _ = solved(*FROZEN)
    found = integers(FROZEN)
    frozen = np.flatnonzero(~s.may_change).tolist()
    assert len(frozen) == 1
    assert not set(found.holdings.tolist()) & set(frozen)
    assert len(found.holdings) == 3
    assert found.fractions == []


def test_what_is_rounded_afterwards_stays_near_the_answer() -> None:
    """The ETF's columns: ± 20 times the error of one share, of 100 USD, over `money`, never below
    zero. Coarse columns and cvxpy's own have no bound from here.
    """
    _, solution = solved()
    found = integers((), 1.0, lambda grain: grain)
    decision, columns = solution.program.decision, solution.canonical.columns
    reach = FINE_WINDOW * 100 / decision.money
    near: list[int] = []
    for some, variable in ((decision.risers, decision.rise), (decision.fallers, decision.fall)):
        for h, column in zip(some.tolist(), columns[variable.id].tolist(), strict=True):
            if h == FUT:
                continue
            x = max(solution.x[column], 0.0)
            near.append(column)
            assert found.base[column] == x
            assert found.base[column] + found.low[column] == pytest.approx(max(x - reach, 0.0))
            assert found.base[column] + found.high[column] == pytest.approx(x + reach)
    rest = np.setdiff1d(np.arange(found.first_order), near)
    assert len(near) == 4
    assert np.isneginf(found.low[rest]).all()
    assert np.isposinf(found.high[rest]).all()


def on_columns(found: Integers, change: Floats, order: Floats) -> Floats:
    """A solver's deviations that change and order so many units: money over `money`, by direction."""
    s, solution = found.scenario, found.solution
    decision, columns = solution.program.decision, solution.canonical.columns
    x = np.zeros(found.size)
    money = change * s.instruments.notional[s.holdings.instrument] / decision.money
    ordered = order * s.tradables.notional[s.orders.tradable] / decision.money
    x[columns[decision.rise.id]] = np.maximum(money[decision.risers], 0)
    x[columns[decision.fall.id]] = np.maximum(-money[decision.fallers], 0)
    x[columns[decision.buy.id]] = np.maximum(ordered, 0)
    x[columns[decision.sell.id]] = np.maximum(-ordered, 0)
    x[: found.first_order] = (x[: found.first_order] - found.base) / found.unit
    return x


whole_numbers = st.integers(-1000, 1000)


@settings(deadline=None)
@given(
    st.lists(whole_numbers, min_size=3, max_size=3),
    st.sampled_from([[False, False], [True, False], [False, True]]),
    st.lists(st.floats(-1e-7, 1e-7), min_size=7, max_size=7),
)
def test_whole_numbers_and_the_programs_columns_say_the_same(
    steps: list[int], moved: list[bool], noise: list[float]
) -> None:
    """ARB gives its -0.4 to MM, or MM its 0.3 to ARB, or neither. The ties are nothing exactly
    where the money in the columns is that of steps and fractions, and of lots; one step off shows
    in its row. Read back, the numbers are exact, whatever the solver's last digits were.
    """
    found = integers(FRACTIONS)
    s = found.scenario
    assert found.fractions == [(ARB, MM), (MM, ARB)]
    remainder = np.array([0.4 * moved[0] + 0.3 * moved[1], -0.4 * moved[0] - 0.3 * moved[1], 0.0])
    change = np.array(steps, dtype=float) + remainder
    order = s.orders.order_rows.T @ (s.orders.change_rows @ change)
    lots = np.rint(order)
    x = on_columns(found, change, order)
    x[found.first_order :] = np.concatenate([lots - found.lots, steps - found.steps, moved])
    ties = found.ties()
    r, c, v = zip(*ties.triples, strict=True)
    rows = coo_array((v, (r, c)), shape=(ties.rows, found.size)).tocsr()
    assert (ties.rows, ties.switches) == (2 + 3 + 2, 2)
    assert (rows @ x)[:5] == pytest.approx(0, abs=1e-12 * max(1, float(np.abs(x).max())))
    assert (rows @ x)[5:].tolist() == [float(any(moved))] * 2
    off = x.copy()
    off[found.first_step] += 1
    assert np.flatnonzero(np.abs(rows @ off - rows @ x) > 1e-9).tolist() == [2]
    x[found.first_order :] += noise
    whole = found.whole(x)
    assert whole.steps.tolist() == steps
    assert whole.lots.tolist() == lots.tolist()
    assert whole.remainder == pytest.approx(remainder, abs=1e-12)
    assert (whole.change == whole.steps + whole.remainder).all()
    assert (whole.order == whole.lots).all()
    assert s.orders.change_rows @ whole.change == pytest.approx(
        s.orders.order_rows @ whole.order, abs=1e-9
    )


def test_who_gives_its_fraction_receives_none() -> None:
    """Else a book would end with a fraction that nobody had, in transfers of neither's. The rows stand
    among the last, which are held to one.
    """
    ties = integers(FRACTIONS).ties()
    first = integers(FRACTIONS).first_switch
    sums = [t for t in ties.triples if t[0] >= ties.rows - ties.switches]
    assert sums == [(5, first, 1.0), (5, first + 1, 1.0), (6, first + 1, 1.0), (6, first, 1.0)]


def test_fine_holdings_are_read_as_the_solver_left_them() -> None:
    """60,000.25 ETF crossed is not rounded here, 9.9999999 futures are ten."""
    found = integers((), 1.0, lambda grain: grain)
    x = on_columns(found, np.array([60000.25, -60000.25, -10.0]), np.array([0.0, -10.0]))
    x[found.first_order :] = 0.0000001
    whole = found.whole(x)
    assert whole.change == pytest.approx([60000.25, -60000.25, -10], rel=1e-12)
    assert (whole.change[FUT], whole.order[1]) == (-10, -10)
    assert whole.steps.tolist() == [0, 0, -10]


def test_a_tie_is_broken_alike_on_every_machine() -> None:
    """Twelve and a half is twelve, whatever the last digits; what is no tie goes to the nearest."""
    wanted = np.array([12.5, 12.4999999, 12.5000001, 13.5, 12.49, 12.51, -0.5])
    assert snapped(wanted).tolist() == [12, 12, 12, 14, 12, 13, 0]


def test_what_a_solver_leaves_over_is_no_order() -> None:
    """27 units of 0.0065 beside billions are nothing; a whole lot that is wanted stays."""
    s, solution = solved()
    left = np.array([1e-10 * s.gross_before / s.order_notional[0], -10.0])
    found = whole_orders(s, replace(solution, trades=replace(solution.trades, order=left)))
    assert found.tolist() == [0, -10]


def test_a_search_sets_out_from_what_is_known() -> None:
    """Whole numbers as deviations, and back: the integers and the fraction that moves are the same."""
    found = integers(FROZEN)
    x = np.zeros(found.size)
    x[found.first_order : found.first_switch] = np.arange(found.first_switch - found.first_order)
    x[found.first_switch :] = 1.0
    known = found.whole(x)
    assert found.start(known)[found.first_order :].tolist() == x[found.first_order :].tolist()
    assert not found.start(known)[: found.first_order].any()
