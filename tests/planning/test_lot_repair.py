"""Small moves after rounding, on two desks. MM may be 2 million long: 40,000 ETF and -10 futures
are it to the dollar, and each ETF more is 100 beyond.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neutralizer.domain.arrays import Floats
from neutralizer.domain.orders import without_orders
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import without_cash
from neutralizer.planning.lots.grain import Grain, all_coarse, all_fine, grain_of
from neutralizer.planning.lots.integers import Whole
from neutralizer.planning.lots.repair import repair
from neutralizer.planning.lots.standard import Standard, excess
from neutralizer.terms import limits
from tests.tools.small import HUNDREDS, answer, two_desks

ARB, MM = 0, 1  # their ETF; the future is MM's, holding 2
FUN = """\
    - {instrument_id: FUN, asset_class: etf, currency: USD, price: 30, half_spread_bps: 2,
       specific_volatility: 0}
  positions:
    - {book_id: MM, instrument_id: FUN, quantity: 1000}
"""
LOADING = "      - {instrument_id: FUN, factor_id: MARKET, loading: 1}\n"
MARGIN = "    - {instrument_id: FUN, long_rate: 0.15, short_rate: 0.15}\n"
OTHER = (
    ("  positions:\n", FUN),
    ("    factor_covariance:", LOADING + "    factor_covariance:"),
    ("  limits:\n", MARGIN + "  limits:\n"),
    ("volatility, scope: firm, upper: 20000", "volatility, scope: firm, upper: 30000"),
)


def out(s: Scenario, whole: Whole) -> Floats:
    """What each limit is out by, in its own unit."""
    return excess(s, without_cash(s, whole.change, whole.order), Standard.of(s))


def repaired(s: Scenario, whole: Whole, grain: Grain | None = None) -> Whole:
    return repair(s, grain or grain_of(s), whole, lambda moved: out(s, moved))


def given_out(s: Scenario, arb: int, mm: int, futures: int = -10) -> Whole:
    """ARB and MM change by these ETF, in steps, MM by these futures; the rest is ordered."""
    lot = float(s.tradables.lot[0])
    changes = {("ARB", "ETF"): arb, ("MM", "ETF"): mm, ("MM", "FUT"): futures}
    orders = {("house", "", "ETF"): (arb + mm) / lot, ("house", "", "FUT"): float(futures)}
    return answer(s, changes, orders).whole


def same(one: Whole, other: Whole) -> bool:
    return all(
        np.array_equal(a, b) for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )


def test_what_is_just_missed_is_brought_back_by_the_lots_that_it_lacks() -> None:
    """MM keeps three ETF too many, 300 beyond, and the firm's 1 % a day of that, 3: three are sold,
    and nothing else is touched.
    """
    s = two_desks()
    before = given_out(s, 60000, -59997)
    assert out(s, before).tolist() == [0, 300, 3]
    after = repaired(s, before)
    assert out(s, after).tolist() == [0, 0, 0]
    assert after.change.tolist() == after.steps.tolist() == [60000, -60000, -10]
    assert after.order.tolist() == after.lots.tolist() == [0, -10]


def test_a_lower_bound_is_bought_back_and_one_limit_after_the_other() -> None:
    """ARB is short 10,002 where 10,000 may be, MM long one too many: two bought for one, one sold
    for the other.
    """
    s = two_desks()
    before = given_out(s, 49998, -59999)
    assert out(s, before).tolist() == [200, 100, 0]
    after = repaired(s, before)
    assert after.change.tolist() == [50000, -60000, -10]
    assert after.order.tolist() == [-10000, -10]


def test_a_lot_of_a_hundred_is_moved_whole() -> None:
    """One ETF too many, in lots of 100: a whole lot is sold, 100 steps."""
    s = two_desks(*HUNDREDS)
    before = given_out(s, 59999, -59999)
    after = repaired(s, before, all_fine(grain_of(s)))
    assert after.steps.tolist() == [59999, -60099, -10]
    assert after.lots.tolist() == [-1, -10]
    assert after.order.tolist() == [-100, -10]


@pytest.mark.parametrize(("beyond", "etf", "other"), [(100, -60000, 0), (30, -59999, -1)])
def test_the_smallest_order_is_taken(beyond: int, etf: int, other: int) -> None:
    """100 beyond are one ETF of 100 or four of 30 each: 120. 30 beyond are one of 30, or one of
    100.
    """
    upper = ("lower: -2000000, upper: 2000000", f"lower: -2000000, upper: {2030100 - beyond}")
    s = two_desks(*OTHER, upper)
    changes = {("ARB", "ETF"): 60000.0, ("MM", "ETF"): -59999.0, ("MM", "FUT"): -10.0}
    orders = {("house", "", "ETF"): 1.0, ("house", "", "FUT"): -10.0}
    before = answer(s, changes, orders).whole
    assert out(s, before).tolist() == [0, beyond, 0]
    after = repaired(s, before)
    moved = dict(zip(s.instruments.ids, after.order.tolist(), strict=True))
    assert moved == {"ETF": 60000 + etf, "FUN": other, "FUT": -10}


def test_nothing_is_done_where_nothing_is_out() -> None:
    s = two_desks()
    before = given_out(s, 60000, -60000)
    assert repaired(s, before) is before


def test_nothing_is_done_that_may_not_be() -> None:
    """MM is one ETF too long. It may not sell below 40,001; or 0 may be ordered; or the order is
    closed; or the ETF is an integer of the search, which has decided: the answer stays as it was.
    """
    s = two_desks()
    before = given_out(s, 59999, -59999)
    low = s.holdings.low.copy()
    low[MM] = 40001
    cap = np.array([0.5, np.inf])
    for held in (
        replace(s, holdings=replace(s.holdings, low=low)),
        replace(s, tradables=replace(s.tradables, cap=cap)),
        without_orders(s, np.array([True, False])),
    ):
        assert repaired(held, before) is before
    assert repaired(s, before, all_coarse(grain_of(s))) is before
    assert repaired(s, before).order.tolist() == [-1, -10]
    just = replace(s, tradables=replace(s.tradables, cap=np.array([1.0, np.inf])))
    assert repaired(just, before).order.tolist() == [-1, -10]


def test_where_small_lines_are_not_wanted_only_lines_that_are_there_move() -> None:
    """No ETF is ordered, so that one would be a small line; where one is bought already, none is
    left.
    """
    s = replace(two_desks(), minimum_order=1000.0)
    before = given_out(s, 59999, -59999)
    assert repaired(s, before) is before
    assert repaired(s, given_out(s, 60000, -59999)).order.tolist() == [0, -10]
    low = ("MARKET, lower: -1000000", "MARKET, lower: -5999950")  # ARB's 60,000 are one too many
    s = two_desks(low, ("firm, upper: 20000", "firm, upper: 50000"))
    before = given_out(s, 0, 0, -40)
    assert repaired(replace(s, minimum_transfer=1000.0), before) is before
    assert repaired(s, before).change.tolist() == [1, 0, -40]


@pytest.mark.parametrize(
    ("floor", "change"), [(2000000, [59999, -59999]), (1999950, [60000, -60000])]
)
def test_a_move_that_takes_as_much_as_it_gives_is_not_made(floor: int, change: list[int]) -> None:
    """ARB is one short, MM one too long, the firm 2,000,000 long. Selling MM's one gains 100 of
    2,000,000 and, where that is the firm's floor, loses as much. With 50 to spare it loses half, is
    made, and ARB then buys its one back for the other half.
    """
    held = f"    - {{limit_id: floor, measure: net, scope: firm, lower: {floor}}}\n"
    s = two_desks(("  crossing_groups:\n", held + "  crossing_groups:\n"))
    before = given_out(s, 59999, -59999)
    assert sum(out(s, before)) == 100
    after = repaired(s, before)
    assert after.change.tolist() == [*change, -10]
    assert (after is before) == (floor == 2000000)


few = st.integers(-30, 30)


@settings(deadline=None)
@given(few, few, st.integers(0, 40), st.integers(0, 40), st.integers(-12, -8))
def test_repair_keeps_mandate_and_cap_and_leaves_limits_no_further_out(
    arb: int, mm: int, room: int, least: int, futures: int
) -> None:
    """Some ETF off the answer either way, under a cap of so many and a floor for MM near 40,000."""
    s = two_desks()
    before = given_out(s, 60000 + arb, -60000 + mm, futures)
    low = s.holdings.low.copy()
    low[MM] = min(40000 + mm, 40000 + mm - 20 + least)
    cap = np.array([abs(arb + mm) + room, np.inf])
    s = replace(
        s,
        holdings=replace(s.holdings, low=low),
        tradables=replace(s.tradables, cap=cap.astype(float)),
    )
    after = repaired(s, before)
    scale = limits.scales(s)
    gained = (out(s, before) / scale).sum() - (out(s, after) / scale).sum()
    assert gained > 0 or same(after, before)
    assert (s.holdings.before + after.change >= s.holdings.low).all()
    assert abs(after.order[0]) <= cap[0]
    assert after.change[2] == futures
    assert np.array_equal(s.orders.change_rows @ after.change, s.orders.order_rows @ after.order)
    assert np.array_equal(after.change, after.steps)
    assert np.array_equal(after.order, after.lots)
