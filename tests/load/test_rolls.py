"""Windows in which contracts are given up: their days, their bounds, and who may trade what they go into."""

from datetime import date

import pytest

from neutralizer.domain.calendar import business_days, earlier, months_later
from neutralizer.domain.scenario import Limit, Scenario
from tests.tools.small import read

TABLES = """\
  books:
    - {book_id: A, entity: X}
    - {book_id: B, entity: X}
    - {book_id: C, entity: X}
  crossing_groups: [{group_id: house, books: [A, B, C]}]
  risk: {units: daily_fraction}
  instruments:
    - {instrument_id: CLN4, asset_class: future, currency: USD, price: 78, multiplier: 1000, half_spread_bps: 1.5, underlying: CL, expiry: 2024-07-03, first_notice: 2024-07-01, payment: margined}
    - {instrument_id: CLQ4, asset_class: future, currency: USD, price: 77.5, multiplier: 1000, half_spread_bps: 1.5, underlying: CL, expiry: 2024-08-02, payment: margined}
    - {instrument_id: CLU4, asset_class: future, currency: USD, price: 77, multiplier: 1000, half_spread_bps: 2, underlying: CL, expiry: 2024-09-03, payment: margined}
  positions:
    - {book_id: A, instrument_id: CLN4, quantity: 300}
    - {book_id: B, instrument_id: CLN4, quantity: -7}
    - {book_id: C, instrument_id: CLQ4, quantity: 1}
  mandates: [{book_id: "*", selector: "*", may: reduce}]
  rolls: [{selector: CLN4, rule: expiry-2b, days: 5, into: next, gradual: yes, owner: desk}]
"""


def rolled(*changes: tuple[str, str]) -> Scenario:
    """As of Thursday, 2024-06-27: XNYS is closed on July 4; the last day is Monday, July 1."""
    return read(TABLES, ("as_of: ", "calendar: XNYS\nas_of: "), *changes)


def of(s: Scenario, book: str) -> Limit:
    return next(x for x in s.limits if x.scope == f"book:{book}" and x.limit_id == "roll-CLN4")


def on(day: str) -> tuple[str, str]:
    return "2024-06-27T", f"{day}T"


@pytest.mark.parametrize(
    ("day", "left", "most", "least"),
    [
        ("2024-06-25", 5, 240, -6),  # 4/5 of 300; 5.6 of 7 is 6 in whole lots
        ("2024-06-27", 3, 200, -5),
        ("2024-06-28", 2, 150, -4),
        ("2024-07-01", 1, 0, 0),
        ("2024-07-02", 0, 0, 0),  # late: at once
    ],
)
def test_an_equal_part_of_what_is_left_each_day(day: str, left: int, most: int, least: int) -> None:
    s = rolled(on(day))
    assert (of(s, "A").lower, of(s, "A").upper) == (0, most)
    assert (of(s, "B").lower, of(s, "B").upper) == (least, 0)
    assert of(s, "A").owner == "desk"
    assert business_days(date.fromisoformat(day), date(2024, 7, 1), "XNYS") == left


def test_before_the_window_there_is_no_limit() -> None:
    assert not [x for x in rolled(on("2024-06-24")).limits if x.limit_id.startswith("roll")]


def test_without_gradual_it_only_shrinks_until_the_last_day() -> None:
    plain = ("gradual: yes", "gradual: no")
    assert (of(rolled(plain), "A").lower, of(rolled(plain), "A").upper) == (0, 300)
    assert (of(rolled(plain), "B").lower, of(rolled(plain), "B").upper) == (-7, 0)
    assert of(rolled(plain, on("2024-07-01")), "A").upper == 0


def test_who_holds_none_of_it_takes_none() -> None:
    free = ('selector: "*", may: reduce', 'selector: "*", may: trade')
    assert (of(rolled(free), "C").lower, of(rolled(free), "C").upper) == (0, 0)


def test_parts_of_an_equal_part_go_down_to_zero_in_whole_lots() -> None:
    """Three contracts over five days: 3, 3, 2, 1, 0 with the days; never more than there are."""
    left, held = [], 3.0
    for day in ("2024-06-25", "2024-06-26", "2024-06-27", "2024-06-28", "2024-07-01"):
        s = rolled(on(day), ("quantity: 300", f"quantity: {held:g}"))
        held = of(s, "A").upper
        left.append(held)
        if held == 0:
            break
    assert left == [3, 3, 2, 1, 0]


def room(s: Scenario, book: str, instrument: str) -> tuple[float, float] | None:
    h = s.holdings
    for k, (b, i) in enumerate(zip(h.book, h.instrument, strict=True)):
        if (s.books.ids[b], s.instruments.ids[i]) == (book, instrument):
            return float(h.low[k]), float(h.high[k])
    return None


FREE = (-float("inf"), float("inf"))


def test_its_holders_may_trade_the_next_expiry_and_nobody_else() -> None:
    s = rolled()
    assert room(s, "A", "CLQ4") == room(s, "B", "CLQ4") == FREE
    assert room(s, "C", "CLQ4") == (0, 1)  # as its mandate says
    assert room(s, "A", "CLU4") is None
    assert room(rolled(on("2024-06-24")), "A", "CLQ4") is None


def test_a_row_that_names_what_it_is_rolled_into_stands() -> None:
    row = '{book_id: "*", selector: "*", may: reduce}'
    named = (row, f"{row}, {{book_id: A, selector: CLQ4, may: reduce}}")
    none = (row, f'{row}, {{book_id: B, selector: "underlying:CL", may: none}}')
    assert room(rolled(named), "A", "CLQ4") is None
    assert room(rolled(none), "B", "CLQ4") is None
    assert room(rolled(none), "A", "CLQ4") == FREE


def test_the_row_that_names_a_contract_beats_its_selector() -> None:
    row = ("rolls: [", 'rolls: [{selector: "underlying:CL", rule: expiry-10b, days: 250}, ')
    s = rolled(row, ("into: next, ", ""))
    assert of(s, "A").upper == 200
    others = {x.limit_id for x in s.limits if x.limit_id.startswith("roll")}
    assert others == {"roll-CLN4", "roll-CLQ4"}  # of CLU4 there is nothing to give up


def test_first_notice_and_a_written_day() -> None:
    notice = ("rule: expiry-2b", "rule: first_notice-1b")  # Friday, June 28
    assert of(rolled(notice, on("2024-06-28")), "A").upper == 0
    written = ("rule: expiry-2b", "last_day: 2024-06-30")  # a Sunday: Friday
    assert of(rolled(written, on("2024-06-27")), "A").upper == 150


def test_days_are_counted_by_the_calendar() -> None:
    assert earlier(date(2024, 7, 5), 1, "XNYS") == date(2024, 7, 3)
    assert earlier(date(2024, 7, 4), 0, "XNYS") == date(2024, 7, 3)
    assert earlier(date(2024, 7, 5), 2, "") == date(2024, 7, 3)
    assert business_days(date(2024, 7, 3), date(2024, 7, 5), "XNYS") == 2
    assert business_days(date(2024, 7, 5), date(2024, 7, 3), "XNYS") == 0
    assert months_later(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_later(date(2023, 11, 30), 27) == date(2026, 2, 28)
