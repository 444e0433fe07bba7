"""Small scenarios out of a text, and whole-lot answers by hand on their axes. No solver."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import without_cash
from neutralizer.errors import InputsRefused
from neutralizer.load.scenario import load
from neutralizer.planning.lots.integers import Whole
from neutralizer.planning.lots.whole import Rounded
from neutralizer.program.solve import Solution, solve
from tests.conftest import SCENARIOS
from tests.tools.hand_made import Places

TOP = """\
format: 1
name: small
as_of: 2024-06-27T16:00:00-04:00
base_currency: USD
tables:
"""

FRACTIONS = (("quantity: -60000", "quantity: -60000.4"), ("quantity: 100000", "quantity: 100000.3"))
HUNDREDS = (("price: 100,", "price: 100, lot_size: 100,"),)
TABLES = """\
  books:
    - {book_id: A, entity: X}
    - {book_id: B, entity: X}
    - {book_id: C, entity: Y}
  crossing_groups: [{group_id: house, books: [A, B, C], cross_entity: yes}]
  instruments:
    - {instrument_id: EQ, asset_class: equity, currency: USD, price: 50, lot_size: 10, half_spread_bps: 2}
    - {instrument_id: FUT, asset_class: future, currency: USD, price: 4000, multiplier: 1, payment: margined, half_spread_bps: 1}
    - {instrument_id: NEXT, asset_class: future, currency: USD, price: 4010, multiplier: 1, payment: margined, half_spread_bps: 1}
    - {instrument_id: NOX, asset_class: etf, currency: USD, price: 20, half_spread_bps: 1, cross_eligible: no}
    - {instrument_id: ROLL, asset_class: combination, currency: USD, price: 4000, multiplier: 1, payment: margined, half_spread_bps: 1}
    - {instrument_id: TEN, asset_class: etf, currency: USD, price: 20, lot_size: 0.1, half_spread_bps: 1}
  combinations:
    - {combination_id: ROLL, instrument_id: FUT, ratio: 1}
    - {combination_id: ROLL, instrument_id: NEXT, ratio: -2}
  positions:
    - {book_id: A, instrument_id: EQ, quantity: 100.5}
    - {book_id: B, instrument_id: EQ, quantity: 20.25}
    - {book_id: C, instrument_id: EQ, quantity: 300}
    - {book_id: A, instrument_id: NOX, quantity: 50}
    - {book_id: B, instrument_id: NOX, quantity: 70}
  mandates: [{book_id: "*", selector: "*", may: trade}]
  limits: [{limit_id: all, measure: gross, scope: firm, upper: 9000000}]
"""


@cache
def two_desks(*changes: tuple[str, str]) -> Scenario:
    """scenarios/two-desks with texts changed."""
    return _loaded((SCENARIOS / "two-desks" / "scenario.yaml").read_text(), changes)


@cache
def read(tables: str, *changes: tuple[str, str]) -> Scenario:
    """The scenario of these tables, with texts changed."""
    return _loaded(TOP + tables, changes)


def _loaded(text: str, changes: tuple[tuple[str, str], ...]) -> Scenario:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    with TemporaryDirectory() as folder:
        (Path(folder) / "scenario.yaml").write_text(text)
        try:
            return load(Path(folder)).scenario
        except InputsRefused as refusal:
            raise AssertionError("\n".join(str(issue) for issue in refusal.issues)) from None


def answer(
    s: Scenario,
    changes: Mapping[tuple[str, str], float],
    orders: Mapping[tuple[str, str, str], float],
    fractions: Mapping[tuple[str, str], float] | None = None,
) -> Rounded:
    """Whole lots in which these (book, instrument) change by these steps, with these fractions of a
    step beside, and each (group, book or "", tradable) orders these lots. Conservation is checked.
    """
    at = Places(s)
    steps, moved = np.zeros(len(s.holdings.book)), np.zeros(len(s.holdings.book))
    lots = np.zeros(len(s.orders.tradable))
    for holding, count in changes.items():
        steps[at.holding(*holding)] = count
    for holding, fraction in (fractions or {}).items():
        moved[at.holding(*holding)] = fraction
    for order, count in orders.items():
        lots[at.order(*order)] = count
    change = steps * s.instruments.step[s.holdings.instrument] + moved
    order = lots * s.tradables.lot[s.orders.tradable]
    np.testing.assert_allclose(
        s.orders.change_rows @ change, s.orders.order_rows @ order, atol=1e-9
    )
    whole = Whole(change, order, steps, lots, moved, _passed(s, moved))
    return Rounded(whole, without_cash(s, change, order), {})


def _passed(s: Scenario, moved: Floats) -> tuple[tuple[int, int], ...]:
    """(giver, receiver): whose fraction went, and whoever has it now."""
    own = np.array([float(x % 1) for x in s.holdings.exact])
    givers = [h for h in np.flatnonzero(moved) if np.isclose(moved[h], -own[h]) and own[h]]
    return tuple(
        (int(g), int(r))
        for g in givers
        for r in np.flatnonzero(moved)
        if r not in givers and np.isclose(moved[r], -moved[g])
    )


@cache
def solved(*changes: tuple[str, str]) -> tuple[Scenario, Solution]:
    s = two_desks(*changes)
    return s, solve(s)
