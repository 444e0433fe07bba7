"""Whole lots are judged by their price, and none is refused that is there.

Two books long and short of one thing, free in a share-like ETF and in a future of 200,000 a lot.
"""

from dataclasses import replace

import numpy as np
import pytest

from neutralizer.domain.orders import without_orders
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.planning.lots import search, whole
from neutralizer.planning.lots.grain import all_coarse, grain_of
from neutralizer.planning.lots.in_lots import in_lots
from neutralizer.planning.lots.integers import Integers, Whole
from neutralizer.planning.lots.milp import Rounding, Wanted, _rows, attempt, start
from neutralizer.planning.lots.search import MOST_TRIES
from neutralizer.planning.lots.whole import Rounded
from neutralizer.program.conflicts.irreducible import explained
from neutralizer.program.priorities import answered
from neutralizer.program.solve import solve
from neutralizer.terms import limits
from tests.tools.small import read

TABLES = """\
  books:
    - {book_id: A, entity: X, account_id: PB}
    - {book_id: B, entity: X, account_id: PB}
  crossing_groups: [{group_id: house, books: [A, B]}]
  instruments:
    - {instrument_id: ETF, asset_class: etf, currency: USD, price: 100, half_spread_bps: 2, specific_volatility: 0}
    - {instrument_id: FUT, asset_class: future, currency: USD, price: 4000, multiplier: 50, payment: margined, half_spread_bps: 0.5, commission_per_unit: 2, specific_volatility: 0}
  positions:
    - {book_id: A, instrument_id: ETF, quantity: 100000}
    - {book_id: B, instrument_id: ETF, quantity: -60000}
  mandates: [{book_id: "*", selector: "*", may: trade}]
  accounts: [{account_id: PB, pool_id: USD}]
  pools: [{pool_id: USD, currency: USD, cash: 10000000}]
  margin_rates:
    - {instrument_id: ETF, long_rate: 0.15, short_rate: 0.15}
    - {instrument_id: FUT, long_rate: 0.05, short_rate: 0.05}
  risk:
    units: daily_fraction
    factors: [{factor_id: MKT, basis: value}]
    loadings:
      - {instrument_id: ETF, factor_id: MKT, loading: 1}
      - {instrument_id: FUT, factor_id: MKT, loading: 1}
    factor_covariance: [{factor_id: MKT, MKT: 0.0001}]
  limits:
    - {limit_id: A-mkt, measure: factor_exposure, scope: "book:A", target: MKT, lower: -2000000, upper: 2000000}
    - {limit_id: B-mkt, measure: factor_exposure, scope: "book:B", target: MKT, lower: -1000000, upper: 1000000}
costs: {booking_fee_bps: 0.1}
"""
DEAR_FUTURE = ("half_spread_bps: 0.5", "half_spread_bps: 50")

# A billion of one thing, and billions of units of another, each worth a cent
TINY = """\
  books: [{book_id: A, entity: X}, {book_id: B, entity: X}]
  crossing_groups: [{group_id: house, books: [A, B]}]
  instruments:
    - {instrument_id: BIG, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1}
    - {instrument_id: TINY, asset_class: fx, currency: USD, price: 0.0065, multiplier: 1, payment: margined, half_spread_bps: 0.2}
  positions:
    - {book_id: A, instrument_id: BIG, quantity: 25000000}
    - {book_id: B, instrument_id: BIG, quantity: -15000000}
    - {book_id: A, instrument_id: TINY, quantity: 9876543211}
  mandates: [{book_id: "*", selector: "*", may: trade}]
  limits:
    - {limit_id: A-tiny, measure: position, scope: "book:A", target: TINY, lower: 0, upper: 0}
    - {limit_id: A-big, measure: net, scope: "book:A", target: BIG, lower: -1000000, upper: 1000000}
    - {limit_id: B-big, measure: net, scope: "book:B", target: BIG, lower: -1000000, upper: 1000000}
costs: {booking_fee_bps: 0.1}
"""


FUTURES_ALONE = (
    ('{book_id: "*", selector: "*", may: trade}', '{book_id: "*", selector: FUT, may: trade}'),
    ("books: [A, B]}]", "books: [A]}, {group_id: b, books: [B]}]"),
)  # fmt: skip


def rounded(s: Scenario) -> Rounded:
    return in_lots(*answered(s))


@pytest.mark.parametrize(("changes", "best"), [((), 210.0), ((DEAR_FUTURE,), 350.0)])
def test_the_fine_one_absorbs_what_a_lot_rounds_away(
    changes: tuple[tuple[str, str], ...], best: float
) -> None:
    """210 and 350 before lots; a lot of futures more would cost 12 or 1,000. A few shares do as well."""
    found = rounded(read(TABLES, *changes))
    assert found.report["premium"] == pytest.approx(0, abs=best * 1e-3)
    assert not found.report["dear"]


def test_a_premium_that_no_whole_lots_avoid_is_said_with_its_bound() -> None:
    """Futures alone, and A and B in other groups: each buys or sells a whole lot more than it needs."""
    narrow = ("lower: -2000000, upper: 2000000", "lower: -1910000, upper: 1910000")
    found = rounded(read(TABLES, *FUTURES_ALONE, narrow))
    report, order = found.report, found.trades.order
    assert sorted(order[order != 0].tolist()) == [-41, 25]
    assert report["premium"] == pytest.approx(7.0, rel=0.2)
    assert report["unavoidable"] == pytest.approx(report["premium"], rel=1e-3)
    assert report["dear"]


def test_billions_of_little_units_go_to_the_last() -> None:
    """Beside a gross of four billion a unit is 1e-12: still it is a whole number, and found."""
    s = read(TINY)
    found = rounded(s)
    after = s.holdings.before + found.trades.change
    assert after[[k for k in range(len(after)) if s.holdings.before[k] == 9876543211]] == 0


def test_no_order_of_a_few_units_where_a_tie_allows_none() -> None:
    """A thousand may stay: what the solver leaves over of ten billion is no order."""
    s = read(TINY, ("lower: 0, upper: 0", "lower: -1000, upper: 1000"))
    ordered = rounded(s).trades.order * s.order_notional
    assert not ((ordered != 0) & (np.abs(ordered) < 1e4)).any()


def test_the_program_of_little_units_hides_nothing_from_the_solver() -> None:
    """Every row is of one size, and no coefficient below what HiGHS takes for zero."""
    s = read(TINY)
    rounding = start(solve(s), all_coarse(grain_of(s)), s)
    integers = Integers(rounding.solution, rounding.grain, s, 1.0)
    wanted = Wanted(rounding.solution.canonical.b, {}, 1.0)
    matrix, _, _, seen = _rows(rounding, integers, wanted)
    largest = abs(matrix).max(axis=1).toarray().ravel()
    assert largest[largest > 0] == pytest.approx(1.0)
    assert seen


SOFT = (
    ("target: MKT, lower: -2000000, upper: 2000000}", "target: MKT, lower: 50, upper: 150}"),
    ("target: MKT, lower: -1000000, upper: 1000000}", "target: MKT, lower: 120, upper: 130, kind: soft, priority: 2}"),
)  # fmt: skip


def test_a_soft_limit_gives_what_whole_lots_need_and_no_more() -> None:
    """B is to hold between 120 and 130 dollars of an ETF of 100: one share, 20 short of it. The hard
    limit of A is kept.
    """
    s = read(TABLES, *SOFT)
    found = rounded(s)
    after = limits.amounts(found.trades, s)
    assert 50 <= after[0] <= 150
    assert after[1] == pytest.approx(100, abs=1e-6)


def test_the_last_priority_gives_first() -> None:
    """A and B cannot both be between shares; the one of priority 1 is kept, were it to take a future."""
    later = ("lower: 50, upper: 150}", "lower: 120, upper: 180, kind: soft, priority: 3}")
    nearer = ("lower: 120, upper: 130, kind", "lower: 90, upper: 110, kind")
    s = read(TABLES, *SOFT, later, nearer)
    after = limits.amounts(rounded(s).trades, s)
    assert after[1] == pytest.approx(100, abs=1e-6)
    assert after[0] in (pytest.approx(100, abs=1e-6), pytest.approx(200, abs=1e-6))


def test_a_refusal_takes_no_more_than_ten_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No number of futures ends within ten dollars there, and the refusal names the limit."""
    counted: list[float] = []

    def counting(rounding: Rounding, wanted: Wanted) -> Whole | None:
        counted.append(wanted.window)
        return attempt(rounding, wanted)

    monkeypatch.setattr(search, "attempt", counting)
    narrow = ("lower: -2000000, upper: 2000000", "lower: 1900000, upper: 1900010")
    frozen = (
        "selector: FUT, may: trade}]",
        'selector: FUT, may: trade}, {book_id: "*", selector: ETF, may: none}]',
    )
    s = read(TABLES, *FUTURES_ALONE, narrow, frozen)
    with pytest.raises(
        Infeasible, match=r"there is none.*the nearest found exceeds A-mkt by"
    ) as no:
        rounded(s)
    assert no.value.reason == "no_lots"
    assert 0 < len(counted) <= MOST_TRIES


def test_bounds_that_cross_by_a_little_are_refused_by_name() -> None:
    """By a thousandth of a dollar in a million: less than any solver sees, and never "can be kept"."""
    crossing = (
        ("target: MKT, lower: -2000000, upper: 2000000", "target: MKT, lower: 1000000"),
        ('scope: "book:B", target: MKT, lower: -1000000, upper: 1000000', 'scope: "book:A", target: MKT, upper: 999999.999'),
    )  # fmt: skip
    s = read(TABLES, *crossing)
    with pytest.raises(Infeasible, match="A-mkt asks for at least 1,000,000 of what B-mkt") as no:
        rounded(s)
    rows = explained(no.value, s, lambda text: None).conflicts
    assert {str(r["limit_id"]) for r in rows} == {"A-mkt", "B-mkt"}
    assert [r["relaxation"] for r in rows] == pytest.approx([0.001, 0.001])


def test_an_order_that_nothing_needs_is_taken_out() -> None:
    """Three books at their bounds, 240 futures to the dollar: no three shares beside them, which a search
    that may stop near the best would leave in.
    """
    third = (
        ("    - {book_id: B, entity: X, account_id: PB}\n", "    - {book_id: B, entity: X, account_id: PB}\n    - {book_id: C, entity: X, account_id: PB}\n"),
        ("books: [A, B]", "books: [A, B, C]"),
        ("price: 100,", "price: 400,"),
        ("cash: 10000000", "cash: 100000000"),
        ("    - {book_id: B, instrument_id: ETF, quantity: -60000}\n", "    - {book_id: B, instrument_id: ETF, quantity: -60000}\n    - {book_id: C, instrument_id: ETF, quantity: 90000}\n"),
        ("  limits:\n", '  limits:\n    - {limit_id: C-mkt, measure: factor_exposure, scope: "book:C", target: MKT, lower: -1000000, upper: 1000000}\n'),
    )  # fmt: skip
    s = read(TABLES, *third)
    order = rounded(s).trades.order
    assert order[order != 0].tolist() == [-240]


def test_a_closed_order_of_what_is_rounded_afterwards_stays_closed() -> None:
    """Purchases and sales of the ETF, a column each, are held at nothing where they may not be given."""
    s = read(TABLES)
    etf = s.orders.tradable == s.tradables.ids.index("ETF")
    solution = solve(s)
    found = Integers(solution, grain_of(s), without_orders(s, etf), 1.0)
    decision, columns = solution.program.decision, solution.canonical.columns
    for variable in (decision.buy, decision.sell):
        own = columns[variable.id][etf]
        assert (found.base[own] + found.unit[own] * found.high[own]).tolist() == [0.0]
        assert (found.low[own] == found.high[own]).all()


def test_the_nearest_stays_where_a_search_finds_none_cheaper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shares so fine that rounding them costs next to nothing: dearer than wanted, they are still the plan."""
    scenario = read(TABLES)
    solution = solve(scenario)
    monkeypatch.setattr(whole, "NEAREST_PREMIUM", -1.0)
    monkeypatch.setattr(whole, "search", lambda *_: None)
    nearest = in_lots(scenario, solution)
    assert nearest.report["name"] == "nearest"
    dearer = replace(nearest.whole, order=0 * nearest.whole.order)
    monkeypatch.setattr(whole, "search", lambda *_: (dearer, nearest.trades))
    monkeypatch.setattr(whole, "price_of", lambda found, _: 1e9 if found[0] is dearer else 0.0)
    monkeypatch.setattr(whole, "tidied", lambda _, found, __: found)
    assert in_lots(scenario, solution).whole is not dearer
