"""What each book wants to trade, as it is read: where a position may end, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused
from neutralizer.load.scenario import load
from tests.tools.small import TOP

TABLES = """\
  books: [{book_id: A, entity: X}, {book_id: B, entity: X}]
  crossing_groups: [{group_id: house, books: [A, B]}]
  instruments:
    - {instrument_id: EQ, asset_class: equity, currency: USD, price: 50, half_spread_bps: 2}
    - {instrument_id: HUN, asset_class: equity, currency: USD, price: 50, lot_size: 100, half_spread_bps: 2}
    - {instrument_id: OLD, asset_class: equity, currency: USD, price: 50, half_spread_bps: 2, expiry: 2024-01-01}
    - {instrument_id: HDG, asset_class: etf, currency: USD, price: 20, half_spread_bps: 1, hedge_instrument: yes}
  positions:
    - {book_id: A, instrument_id: EQ, quantity: 100}
    - {book_id: A, instrument_id: HUN, quantity: 300}
    - {book_id: B, instrument_id: EQ, quantity: -40}
"""


def read(tmp_path: Path, *rows: str, more: str = "") -> Scenario:
    text = TOP + TABLES + more + "  targets:\n" + "".join(f"    - {{{row}}}\n" for row in rows)
    (tmp_path / "scenario.yaml").write_text(text)
    return load(tmp_path).scenario


def refused(tmp_path: Path, *rows: str, more: str = "") -> str:
    with pytest.raises(InputsRefused) as refusal:
        read(tmp_path, *rows, more=more)
    return "\n".join(str(issue) for issue in refusal.value.issues)


def box(s: Scenario, book: str, instrument: str) -> tuple[float, float]:
    at = (s.holdings.book == s.books.ids.index(book)) & (
        s.holdings.instrument == s.instruments.ids.index(instrument)
    )
    (h,) = np.flatnonzero(at)
    return float(s.holdings.low[h]), float(s.holdings.high[h])


WAITS = "may_wait: yes, waiting_bps: 5"


@pytest.mark.parametrize(
    ("row", "between"),
    [
        (f"target: 160, {WAITS}", (100, 160)),
        (f"trade: 60, {WAITS}", (100, 160)),
        (f"target: 40, {WAITS}", (40, 100)),
        (f"target: -20, {WAITS}", (-20, 100)),
        (f"target: 160, tolerance: 10, {WAITS}", (100, 170)),
        (f"target: 105, tolerance: 10, {WAITS}", (100, 110)),  # never farther than before
        (f"target: 100, tolerance: 10, {WAITS}", (100, 100)),
        ("target: 160", (100, 160.5)),  # a limit holds it; the mandate where no whole step reaches
        ("target: 160, tolerance: 10", (100, 170.5)),
        (
            "target: 105, tolerance: 10",
            (100, 110),
        ),  # as far on the other side as before, and no further
        ("target: 95, tolerance: 10", (90, 100)),
    ],
)
def test_a_position_may_end_between_where_it_is_and_its_target(
    tmp_path: Path, row: str, between: tuple[float, float]
) -> None:
    s = read(tmp_path, f"book_id: A, instrument_id: EQ, {row}")
    assert box(s, "A", "EQ") == between


def test_a_book_with_targets_moves_nothing_else_unless_a_mandate_says_so(tmp_path: Path) -> None:
    """A book without any may reduce what it holds, and both may trade a hedge."""
    row = f"book_id: A, instrument_id: HUN, trade: 100, {WAITS}"
    s = read(tmp_path, row)
    assert box(s, "A", "EQ") == (100, 100)
    assert box(s, "B", "EQ") == (-40, 0)
    assert box(s, "A", "HDG") == (-np.inf, np.inf)
    given = '  mandates: [{book_id: A, selector: "asset_class:equity", may: trade}]\n'
    assert box(read(tmp_path, row, more=given), "A", "EQ") == (-np.inf, np.inf)
    assert box(read(tmp_path, row, more=given), "A", "HUN") == (300, 400)


def test_a_trade_row_that_names_both_lets_it_go_further(tmp_path: Path) -> None:
    row = f"book_id: A, instrument_id: EQ, trade: 10, {WAITS}"
    for selector, further in (("EQ", True), ("instrument:EQ", True), ("*", False)):
        given = f'  mandates: [{{book_id: A, selector: "{selector}", may: trade}}]\n'
        s = read(tmp_path, row, more=given)
        assert box(s, "A", "EQ") == ((-np.inf, np.inf) if further else (100, 110))


def test_what_may_not_wait_is_a_hard_limit_by_its_own_name(tmp_path: Path) -> None:
    rows = ("book_id: A, instrument_id: EQ, target: 130, tolerance: 0.1, owner: Anna",)
    rows += (f"book_id: B, instrument_id: EQ, trade: -10, {WAITS}",)
    (limit,) = read(tmp_path, *rows).limits
    assert (limit.limit_id, limit.scope, limit.measure) == ("target-A-EQ", "book:A", "position")
    assert (limit.lower, limit.upper, limit.owner, limit.soft) == (129.9, 130.1, "Anna", "")


def test_a_trade_is_of_what_is_held_and_open_to_the_last_digit(tmp_path: Path) -> None:
    more = "  open_orders: [{book_id: A, instrument_id: EQ, quantity: 0.1, ticket_id: T}]\n"
    s = read(
        tmp_path, f"book_id: A, instrument_id: EQ, trade: 0.2, {WAITS}, tolerance: 1", more=more
    )
    assert s.targets.target.tolist() == [100.3]


@pytest.mark.parametrize(
    ("row", "more", "told"),
    [
        ("target: 1, trade: 1", "", "target and trade on one row"),
        ("owner: Anna", "", "neither target nor trade"),
        ("trade: 1, may_wait: yes", "", "required with may_wait yes"),
        ("trade: 1, tolerance: -1", "", "tolerance"),
        ("trade: 10", "mandates: [{book_id: A, selector: EQ, may: reduce}]", "mandates leave A 0 to 100 of it"),
        ("target: -1", "mandates: [{book_id: A, selector: EQ, may: reduce}]", "mandates leave A 0 to 100 of it"),
        ("trade: 10", 'mandates: [{book_id: "*", selector: "*", may: none}]', "mandates leave A 100 to 100 of it"),
        ("trade: 10", "restricted: [{selector: EQ, no_buy: yes}]", "no_buy on the restricted list"),
        ("trade: -10", "restricted: [{selector: EQ, no_sell: yes}]", "no_sell on the restricted list"),
        ("trade: 0.5", "", "no whole number of 1; write a target of 100, or a tolerance of 0.5"),
        ("trade: 1", "limits: [{limit_id: target-A-EQ, measure: gross, scope: firm, upper: 1000000}]", "its limit would be target-A-EQ"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, row: str, more: str, told: str) -> None:
    more = f"  {more}\n" if more else ""
    assert told in refused(tmp_path, f"book_id: A, instrument_id: EQ, {row}", more=more)


def test_what_expired_and_what_nobody_knows_is_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, "book_id: A, instrument_id: OLD, trade: 1")
    assert "expired before the execution date" in told
    assert "no such instrument" in refused(tmp_path, "book_id: A, instrument_id: EX, trade: 1")
    assert "no such book" in refused(tmp_path, "book_id: C, instrument_id: EQ, trade: 1")
    twice = ("book_id: A, instrument_id: EQ, trade: 1", "book_id: A, instrument_id: EQ, trade: 2")
    assert "or the sum of the trades" in refused(tmp_path, *twice)


def test_a_book_alone_trades_in_lots_and_one_that_may_cross_in_units(tmp_path: Path) -> None:
    row = "book_id: A, instrument_id: HUN, trade: 50"
    told = refused(tmp_path, row)
    assert "no whole number of 100; write a target of 300, or a tolerance of 50" in told
    other = f"book_id: B, instrument_id: HUN, trade: -100, {WAITS}"
    assert len(read(tmp_path, row, other).targets.holding) == 2
    assert len(read(tmp_path, "book_id: A, instrument_id: HUN, target: 0").targets.holding) == 1


def test_a_book_alone_closes_in_whole_lots(tmp_path: Path) -> None:
    """Another may take what is less than a lot; nobody else, and it cannot be closed."""
    odd = "  open_orders: [{book_id: A, instrument_id: HUN, quantity: 50, ticket_id: T}]\n"
    row = "book_id: A, instrument_id: HUN, target: 0"
    alone = odd + "  restricted: [{selector: HUN, no_cross: yes}]\n"
    assert "no whole number of 100" in refused(tmp_path, row, more=alone)
    read(tmp_path, row, "book_id: B, instrument_id: HUN, target: 50", more=odd)


def test_a_price_of_waiting_has_a_most(tmp_path: Path) -> None:
    row = "book_id: A, instrument_id: EQ, trade: 10, may_wait: yes, waiting_bps: 1e12"
    assert "at most 1e+06" in refused(tmp_path, row)
