"""Margin rates by selector, and ids with a slash inside."""

import copy
from typing import Any

import pytest

import neutralizer as nz
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused

GIVEN: dict[str, Any] = {
    "name": "slashes",
    "as_of": "2024-06-28T16:00:00-04:00",
    "base_currency": "USD",
    "books": [{"book_id": "X", "entity": "E", "account_id": "PB"}, {"book_id": "Y", "entity": "E", "account_id": "PB2"}],
    "instruments": [
        {"instrument_id": "BRK/B", "asset_class": "equity", "currency": "USD", "price": 410, "half_spread_bps": 1, "sector": "fin"},
        {"instrument_id": "SPY", "asset_class": "etf", "currency": "USD", "price": 545, "half_spread_bps": 1, "hedge_instrument": "yes"},
    ],
    "positions": [
        {"book_id": "X", "instrument_id": "BRK/B", "quantity": 100}, {"book_id": "Y", "instrument_id": "BRK/B", "quantity": 50},
        {"book_id": "X", "instrument_id": "SPY", "quantity": 10},
    ],
    "accounts": [{"account_id": "PB", "pool_id": "P"}, {"account_id": "PB2", "pool_id": "P"}],
    "pools": [{"pool_id": "P", "currency": "USD", "cash": 1e6}],
    "limits": [{"limit_id": "brk", "measure": "position", "scope": "book:X", "target": "BRK/B", "upper": 60}],
    "crossing_groups": [{"group_id": "house", "books": ["X", "Y"]}],
}  # fmt: skip
BY_CLASS = [
    {"instrument_id": "*", "long_rate": 0.5, "short_rate": 0.5},
    {"instrument_id": "asset_class:equity", "long_rate": 0.2, "short_rate": 0.25},
    {"instrument_id": "BRK/B", "account_id": "PB", "long_rate": 0.1, "short_rate": 0.1},
]


def given(rates: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return copy.deepcopy(GIVEN) | {"margin_rates": rates} | changes


def scenario(rates: list[dict[str, Any]]) -> Scenario:
    return nz.scenario(**given(rates)).loaded.scenario


def rates_of(s: Scenario) -> dict[tuple[str, str], float]:
    return {
        (s.accounts.ids[a], s.instruments.ids[i]): float(x)
        for a, i, x in zip(
            s.entries.account, s.entries.instrument, s.entries.long_rate, strict=True
        )
    }


def test_an_instrument_s_own_row_beats_its_class_which_beats_all() -> None:
    assert rates_of(scenario(BY_CLASS)) == {
        ("PB", "BRK/B"): 0.1,
        ("PB", "SPY"): 0.5,
        ("PB2", "BRK/B"): 0.2,
        ("PB2", "SPY"): 0.5,
    }


def test_an_account_s_own_rows_beat_those_of_all_accounts() -> None:
    """A broker's own list is not overruled by a firm-wide row, however narrow that is."""
    rows = [
        *BY_CLASS[:2],
        {"instrument_id": "*", "account_id": "PB2", "long_rate": 0.9, "short_rate": 0.9},
    ]
    found = rates_of(scenario(rows))
    assert found["PB2", "BRK/B"] == 0.9
    assert found["PB", "BRK/B"] == 0.2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"instrument_id": "sector:fin"}, "BRK/B has two rows of one rank, first in row 2"),
        ({"instrument_id": "asset_class:bond"}, "it selects nothing"),
        ({"instrument_id": "class:bond"}, "not a selector"),
        ({"instrument_id": "BRK/A"}, "no such instrument"),
        ({"instrument_id": "*"}, "duplicate key */, first in row 1"),
    ],
)
def test_a_row_that_says_nothing_or_two_things_is_refused(row: dict[str, str], reason: str) -> None:
    with pytest.raises(InputsRefused) as refused:
        scenario([*BY_CLASS, {**row, "long_rate": 0.3, "short_rate": 0.3}])
    assert [x.reason for x in refused.value.issues] == [reason]
    assert [x.line for x in refused.value.issues] == [4]


def test_a_slash_stands_in_tickets_as_it_was_written() -> None:
    run = nz.solve(nz.scenario(**given(BY_CLASS)), baseline=False)
    moved = [*run.transfers["instrument_id"], *run.hedges["instrument_id"]]
    assert moved
    assert set(moved) == {"BRK/B"}


@pytest.mark.parametrize("name", ["/B", "../B", "B/..", "a//../b", "B\\A", "B/ "])
def test_what_looks_like_a_path_is_no_id(name: str) -> None:
    changed = given(BY_CLASS)
    changed["instruments"][0]["instrument_id"] = name
    with pytest.raises(InputsRefused):
        nz.scenario(**changed)


@pytest.mark.parametrize(
    ("table", "column"), [("books", "book_id"), ("pools", "pool_id"), ("accounts", "account_id")]
)
def test_other_ids_have_none(table: str, column: str) -> None:
    changed = given(BY_CLASS)
    changed[table][0][column] = "A/B"
    with pytest.raises(InputsRefused) as refused:
        nz.scenario(**changed)
    assert column in [x.column for x in refused.value.issues]
