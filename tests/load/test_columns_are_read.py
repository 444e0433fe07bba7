"""Every input column has a reader, and what has expired is left alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neutralizer.errors import InputsRefused
from neutralizer.gate import checked
from neutralizer.load import scenario as loading
from neutralizer.load.scenario import load
from neutralizer.load.written import table as tables
from neutralizer.load.written.columns import TABLES
from tests.conftest import SCENARIOS

FOR_PEOPLE = {("books", "description"), ("factors", "description"), ("factors", "unit")}
FOR_PEOPLE |= {("restricted", "description"), ("barriers", "description")}  # printed by nothing yet

RARE = """\
  crossing_groups: [{group_id: house, books: [ARB, MM], cross_entity: yes}]
  restricted: [{selector: ETF, book_id: ARB, no_buy: yes, from: 2024-01-01, to: 2025-01-02}]
  barriers: [{book_a: ARB, book_b: OTHER}]
  borrow: [{instrument_id: ETF, account_id: PB, available: 100000, fee_bps: 20}]
  measured: [{instrument_id: ETF, volatility: 0.01, specific_volatility: 0.01, adv: 1000000, half_spread_bps: 1, n_days: 500}]
  rolls: [{selector: FUT, rule: first_notice-5b, days: 5, into: ETF, gradual: yes, owner: desk}, {selector: ETF, last_day: 2030-01-02}]
  flows: [{date: 2024-06-28, book_id: ARB, instrument_id: ETF, quantity: 100, probability: 0.5}]
  cash_flows: [{date: 2024-06-28, pool_id: USD, amount: 1000}]
  dislocations: [{instrument_id: ETF, fair_value: 99, max_quantity: 1000, expires: 2024-07-01, confidence: 0.5}]
  scan_groups: [{product_group: ONE, currency: USD}, {product_group: TWO, currency: USD}]
  scan_arrays:
    - {instrument_id: ETF, product_group: ONE, delta: 1, s1: 1, s2: -1}
    - {instrument_id: FUT, product_group: TWO, delta: 1, s1: 1, s2: -1}
  scan_credits: [{credit_id: C, group_a: ONE, ratio_a: 1, group_b: TWO, ratio_b: 1, credit_rate: 0.5}]
"""
TEXT = (SCENARIOS / "two-desks" / "scenario.yaml").read_text()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, str]]]:
    """(table, column) of every column that something asks for; the hash of the inputs apart, which
    takes all of them.
    """
    seen: set[tuple[str, str]] = set()
    get = tables.Table.__getitem__

    def spied(self: tables.Table, column: str) -> Any:
        seen.add((self.raw.name, column))
        return get(self, column)

    monkeypatch.setattr(tables.Table, "__getitem__", spied)
    monkeypatch.setattr(loading, "_listed", lambda table, column: [])
    return seen


def rare(folder: Path) -> Path:
    """two-desks with the tables that no shipped scenario has."""
    text = TEXT[: TEXT.index("  crossing_groups:")] + RARE + TEXT[TEXT.index("costs:") :]
    text = text.replace(
        "  books:\n", "  books:\n    - {book_id: OTHER, entity: BD, account_id: PB}\n"
    )
    text = text.replace(
        "book_id: MM, entity: BD, account_id: PB", "book_id: MM, entity: UK, account_id: PM"
    )
    text = text.replace("  accounts:\n", "  accounts:\n    - {account_id: PM, pool_id: USD}\n")
    text = text.replace("booking_fee_bps: 0.1", "booking_fee_bps: 0.1, dislocation_budget: 1000")
    text = text.replace(
        "instrument_id: FUT, asset", "instrument_id: FUT, first_notice: 2024-07-01, asset"
    )
    folder.mkdir()
    (folder / "scenario.yaml").write_text(text + "horizon: {days: 2}\n")
    return folder


def test_every_column_has_a_reader(tmp_path: Path, read: set[tuple[str, str]]) -> None:
    for folder in [*sorted(p for p in SCENARIOS.iterdir() if p.is_dir()), rare(tmp_path / "rare")]:
        checked(folder)
    every = {(name, column.name) for name, columns in TABLES.items() for column in columns}
    sensitivities = {(name, column) for name, column in every if name == "crif"}
    assert every - read - FOR_PEOPLE - sensitivities == set()
    assert not FOR_PEOPLE & read, "take it out of the list: it has a reader now"


def expiring(folder: Path, day: str, held: bool = False) -> Path:
    """two-desks with a last day of FUT, and two of them in MM where they are held."""
    text = TEXT.replace("hedge_instrument: yes, specific_volatility: 0, settlement_days: 0}", f"hedge_instrument: yes, specific_volatility: 0, settlement_days: 0, expiry: {day}}}")  # fmt: skip
    row = "    - {book_id: MM, instrument_id: FUT, quantity: 2}\n"
    text = text.replace("  positions:\n", "  positions:\n" + row) if held else text
    assert day in text
    folder.mkdir()
    (folder / "scenario.yaml").write_text(text)
    return folder


def test_nobody_changes_what_has_expired(tmp_path: Path) -> None:
    """FUT may be ordered on its last day, 2024-06-27, and not the day after it."""
    last = load(expiring(tmp_path / "last", "2024-06-27")).scenario
    gone = load(expiring(tmp_path / "gone", "2024-06-26")).scenario
    future = last.instruments.ids.index("FUT")
    assert future in last.orders.tradable
    assert future not in gone.orders.tradable
    assert future not in gone.holdings.instrument[gone.may_change]
    assert any("neither ordered nor crossed" in w for w in gone.warnings)


def test_what_has_expired_is_not_held(tmp_path: Path) -> None:
    with pytest.raises(InputsRefused) as refused:
        load(expiring(tmp_path / "case", "2024-06-26", held=True))
    assert any("FUT expired before the execution date" in str(i) for i in refused.value.issues)


def test_what_has_expired_may_be_kept_as_it_is(tmp_path: Path) -> None:
    """`expired: keep` is for what is in delivery: it stays and counts, and nobody changes it."""
    folder = expiring(tmp_path / "case", "2024-06-26", held=True)
    kept = load(folder, overrides=("expired=keep",)).scenario
    own = kept.holdings.instrument == kept.instruments.ids.index("FUT")
    assert kept.holdings.before[own].sum() == 2
    assert not kept.may_change[own].any()
    assert any("FUT expired before the execution date: it is kept" in w for w in kept.warnings)
