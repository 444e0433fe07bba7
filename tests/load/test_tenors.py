"""Buckets of time to expiry: what falls into which, and what their mismatch is."""

from datetime import date

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.program.solve import solve
from neutralizer.terms.limits import tenor_mismatch
from tests.tools.small import read

TABLES = """\
  books:
    - {book_id: A, entity: X}
    - {book_id: B, entity: Y}
  instruments:
    - {instrument_id: F1, asset_class: future, currency: USD, price: 100, multiplier: 10, half_spread_bps: 1, expiry: 2024-07-12, payment: margined, hedge_instrument: yes}
    - {instrument_id: F2, asset_class: future, currency: USD, price: 100, multiplier: 10, half_spread_bps: 2, expiry: 2024-08-27, payment: margined, hedge_instrument: yes}
    - {instrument_id: F3, asset_class: future, currency: USD, price: 100, multiplier: 10, half_spread_bps: 3, expiry: 2024-09-27, payment: margined, hedge_instrument: yes}
    - {instrument_id: F9, asset_class: future, currency: USD, price: 100, multiplier: 10, half_spread_bps: 3, expiry: 2029-09-27, payment: margined}
    - {instrument_id: S, asset_class: equity, currency: USD, price: 100, half_spread_bps: 3}
  positions:
    - {book_id: A, instrument_id: F1, quantity: 90}
    - {book_id: A, instrument_id: F2, quantity: -60}
    - {book_id: B, instrument_id: F9, quantity: 4}
    - {book_id: B, instrument_id: S, quantity: 50}
  limits:
    - {limit_id: gap, measure: tenor_mismatch, scope: "book:A", upper: 1000000}
    - {limit_id: all, measure: tenor_mismatch, scope: firm, upper: 1000000}
    - {limit_id: F2, measure: tenor_mismatch, scope: firm, target: "instrument:F2", upper: 1000000}
    - {limit_id: month, measure: factor_exposure, scope: firm, target: tenor-1m, upper: 1000000}
"""


def bucketed(*changes: tuple[str, str]) -> Scenario:
    """As of 2024-06-27: buckets end on July 27, September 27 and in a year."""
    return read(TABLES, ("as_of: ", "tenors: [1m, 3m, 1y]\nas_of: "), *changes)


def test_what_expires_between_two_counts_in_both_in_proportion_to_the_days() -> None:
    s = bucketed()
    assert s.risk.factors == ("tenor-1m", "tenor-3m", "tenor-1y")
    share = s.risk.exposure / s.instruments.notional[:, None]
    days = (date(2024, 9, 27) - date(2024, 7, 27)).days
    later = (date(2024, 8, 27) - date(2024, 7, 27)).days / days
    by_hand = [[1, 0, 0], [1 - later, later, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert share == pytest.approx(np.array(by_hand))


def test_a_mismatch_is_the_sum_of_what_each_bucket_is_out_by() -> None:
    s = bucketed()
    later = 31 / 62
    near, far = 90_000 - (1 - later) * 60_000, -later * 60_000
    at_once = {x.limit_id: tenor_mismatch.amount(nothing(s), s, x) for x in s.limits}
    assert at_once["gap"] == pytest.approx(abs(near) + abs(far))
    assert at_once["all"] == pytest.approx(abs(near) + abs(far) + 4_000)
    assert at_once["F2"] == pytest.approx(60_000)


@pytest.mark.parametrize(
    ("spread", "after"), [(1, (45, -60, 0)), (5, (75, -60, 30)), (9, (90, -90, 45))]
)
def test_a_mismatch_is_closed_where_it_is_cheapest(spread: int, after: tuple[int, ...]) -> None:
    """60,000 long in the first bucket and 30,000 short in the second, 45,000 are allowed. F1 is sold where its
    spread is the least; else F3 is bought as far as it helps and F1 sold for the rest, or F2 with more of F3.
    """
    s = bucketed(
        ('scope: "book:A", upper: 1000000', 'scope: "book:A", upper: 45000'),
        ("half_spread_bps: 1,", f"half_spread_bps: {spread},"),
    )
    found = solve(s).trades
    own = [k for k in range(len(s.holdings.book)) if s.books.ids[s.holdings.book[k]] == "A"]
    assert (s.holdings.before + found.change)[own] == pytest.approx(np.array(after), abs=1e-3)


def test_buckets_have_no_variance_of_their_own() -> None:
    risk = (
        "risk: {units: daily_fraction, factors: [{factor_id: OIL}], loadings: [{instrument_id: F1, factor_id: OIL, loading: 1}, "
        "{instrument_id: F2, factor_id: OIL, loading: 1}, {instrument_id: F3, factor_id: OIL, loading: 1}, {instrument_id: F9, factor_id: OIL, loading: 1}, "
        "{instrument_id: S, factor_id: OIL, loading: 0}], factor_covariance: [{factor_id: OIL, OIL: 0.0004}]}"
    )
    own = (", half_spread_bps", ", specific_volatility: 0, half_spread_bps")
    s = bucketed(("  positions:\n", f"  {risk}\n  positions:\n"), own)
    assert s.risk.factors[0] == "OIL"
    assert s.risk.factor_root is not None
    assert s.risk.factor_root[0] @ s.risk.factor_root[0] == pytest.approx(0.0004)
    assert not s.risk.factor_root[1:].any()
