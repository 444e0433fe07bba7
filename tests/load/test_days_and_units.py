"""Days, hundredths, ids and ranks as they are read: nothing is taken for what it is not."""

from datetime import date

import numpy as np
import pytest

from neutralizer.domain.calendar import is_business_day, later
from neutralizer.errors import Issue, grouped
from neutralizer.planning.one_side import same_thing
from tests.tools.small import TABLES, TOP, _loaded, read, two_desks

FRIDAY, MONDAY = "2024-06-28T22:00:00-04:00", "2024-07-01"


def refused(*changes: tuple[str, str]) -> str:
    with pytest.raises(AssertionError) as found:
        two_desks(*changes)
    return str(found.value)


def test_a_weekend_is_the_calendars() -> None:
    """In Saudi Arabia Friday and Saturday: the day after Thursday is Sunday."""
    thursday = date(2024, 6, 27)
    assert later(thursday, 1, "SA") == date(2024, 6, 30)
    assert later(thursday, 1, "") == date(2024, 6, 28)
    assert not is_business_day(date(2024, 7, 4), "XNYS")


@pytest.mark.parametrize("key", ["business_date", "execution_date"])
def test_a_day_without_business_is_told(key: str) -> None:
    s = two_desks(("base_currency", f"calendar: XNYS\n{key}: 2024-07-04\nbase_currency"))
    said = "\n".join(s.warnings)
    assert f"{key} value='2024-07-04' no business day (calendar XNYS)" in said
    assert "the next one is 2024-07-05" in said


def test_a_saturday_is_booked_on_monday() -> None:
    s = two_desks(("2024-06-27T", "2024-06-29T"))
    assert s.business_date == s.execution_date == date(2024, 7, 1)


@pytest.mark.parametrize(("business", "days"), [("", 1), (f"business_date: {MONDAY}\n", 0)])
def test_a_cut_off_is_a_time_of_the_business_date(business: str, days: int) -> None:
    """At 22:00 on Friday a cut-off of 17:30 is over for Friday, and not for Monday."""
    two = "pools: [{pool_id: USD, currency: USD, cash: 9}, {pool_id: B, currency: USD, cash: 9}]"
    routes = "cash_routes: [{from_pool: USD, to_pool: B, fee_bps: 1, cut_off: '17:30'}]"
    s = _loaded(
        TOP.replace("2024-06-27T16:00:00-04:00", FRIDAY).replace("tables:", f"{business}tables:")
        + TABLES
        + f"  {two}\n  {routes}\n",
        (),
    )
    assert s.routes.days.tolist() == [days]


PENCE = (
    "asset_class: etf, currency: USD, price: 20,",
    "asset_class: etf, currency: GBX, price: 165.189,",
)
FX = "  fx: [{currency: GBP, rate: 1.27}]\n"


def test_pence_are_hundredths_in_decimals() -> None:
    """165.189 pence are 1.65189 pounds, and not a last digit less."""
    s = read(TABLES + FX, PENCE)
    t = s.tradables.ids.index("NOX")
    assert (s.tradables.price[t], s.tradables.currency[t], s.tradables.fx[t]) == (
        1.65189,
        "GBP",
        1.27,
    )


def test_a_rate_of_pence_that_contradicts_pounds_is_refused() -> None:
    rows = "  fx: [{currency: GBP, rate: 1.27}, {currency: GBX, rate: 1.27}]\n"
    with pytest.raises(AssertionError, match=r"a hundredth of GBP is 0\.0127; leave the row out"):
        read(TABLES + rows, PENCE)
    read(TABLES + rows.replace("GBX, rate: 1.27", "GBX, rate: 0.0127"), PENCE)


ROLL = "asset_class: combination, currency: USD, price: 4000, multiplier: 1,"


@pytest.mark.parametrize(
    ("own", "price"),
    [
        ("notional_per_unit: 4000,", 4000 - 2 * 4010 * 10),
        ("notional_per_unit: 4000, price: 3, multiplier: 2,", 3.0),
        ("notional_per_unit: 4000, multiplier: 20,", (4000 - 2 * 4010 * 10) / 20),
    ],
)
def test_a_combination_is_worth_what_is_written_or_its_legs(own: str, price: float) -> None:
    """Of legs with multipliers of 1 and 10: the value of the unit over its own multiplier."""
    tenfold = ("price: 4010, multiplier: 1,", "price: 4010, multiplier: 10,")
    s = read(TABLES, (ROLL, f"asset_class: combination, currency: USD, {own}"), tenfold)
    assert s.tradables.price[s.tradables.ids.index("ROLL")] == pytest.approx(price)


def test_lots_of_one_position_are_summed_and_not_thrown_away() -> None:
    said = refused(
        (
            "quantity: 100000}",
            "quantity: 60000}\n    - {book_id: MM, instrument_id: ETF, quantity: 40000}",
        )
    )
    assert "write one row with the sum of the quantities" in said


def test_many_errors_of_one_kind_are_one_line() -> None:
    one = [Issue("a.csv", k, "price", str(k), "no price", "fill it") for k in range(2, 30)]
    other = Issue("a.csv", 7, "bid", "9", "bid over ask", "correct the quote")
    first, second = grouped([*one, other])
    assert "no price (and 27 more like it, lines 3, 4, 5, 6, 7, 8, 9, 10, 11, …)" in str(first)
    assert second == other
    assert grouped(one[:5]) == one[:5]


def test_margin_rates_that_lack_are_told_together() -> None:
    """Five instruments without a rate in one account: one line, not five."""
    text = TABLES.replace("entity: X}", "entity: X, account_id: PB}").replace(
        "entity: Y}", "entity: Y, account_id: PB}"
    ) + (
        "  accounts: [{account_id: PB, pool_id: P}]\n"
        "  pools: [{pool_id: P, currency: USD, cash: 1}]\n"
        "  margin_rates: []\n"
    )
    with pytest.raises(AssertionError) as found:
        read(text)
    lacking = [x for x in str(found.value).splitlines() if "no margin rate" in x]
    assert len(lacking) == 1
    assert "no margin rate for 5 instruments in account PB: EQ, FUT, NEXT, …" in lacking[0]


def test_a_covariance_of_too_few_days_is_told() -> None:
    """Three instruments that two days span: rank two."""
    days = np.random.default_rng(0).normal(0, 0.01, size=(2, 3))
    matrix = days.T @ days
    ids = ["ETF", "FUT", "THIRD"]
    covariance = "\n".join(
        f"      - {{instrument_id: {i}, "
        + ", ".join(f"{j}: {float(matrix[a, b])!r}" for b, j in enumerate(ids))
        + "}"
        for a, i in enumerate(ids)
    )
    risk = f"  risk:\n    units: daily_fraction\n    covariance:\n{covariance}\n"
    s = _loaded(TOP + THREE + risk, ())
    (said,) = (x for x in s.warnings if "rank" in x)
    assert "rank 2 for 3 instruments that are held" in said


THREE = """\
  books: [{book_id: A, entity: X}]
  instruments:
    - {instrument_id: ETF, asset_class: etf, currency: USD, price: 1, half_spread_bps: 1, isin: US0378331005}
    - {instrument_id: FUT, asset_class: etf, currency: USD, price: 1, half_spread_bps: 1, isin: US0378331005}
    - {instrument_id: THIRD, asset_class: etf, currency: USD, price: 1, half_spread_bps: 1}
  positions:
    - {book_id: A, instrument_id: ETF, quantity: 1000}
    - {book_id: A, instrument_id: FUT, quantity: -500}
    - {book_id: A, instrument_id: THIRD, quantity: 10}
  limits: [{limit_id: g, measure: gross, scope: firm, upper: 1000}]
"""


def test_ids_of_one_isin_are_one_thing_for_an_owner() -> None:
    assert same_thing(_loaded(TOP + THREE, ())).tolist() == [0, 0, 2]


def test_a_foreign_currency_that_no_factor_moves_is_told() -> None:
    s = two_desks(
        ("currency: USD, price: 100,", "currency: EUR, price: 100,"),
        ("  risk:\n", "  fx: [{currency: EUR, rate: 1.1}]\n  risk:\n"),
    )
    assert any("paid in EUR, and no factor is of it" in x for x in s.warnings)
