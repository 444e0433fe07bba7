"""What others report, held against the inputs: each test's docstring is what went wrong upstream."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import SCENARIOS
from tests.test_cli import neutralizer

MM = "{book_id: MM, entity: BD, account_id: PB, description: Market maker"


def refused(tmp_path: Path, *changes: tuple[str, str]) -> str:
    """What `run` says of two-desks with MM's reported value, 10 million, and something mutated."""
    folder = tmp_path / "s"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    for old, new in ((MM, MM + ", reported_market_value: 10000000"), *changes):
        assert old in text, old
        text = text.replace(old, new)
    (folder / "scenario.yaml").write_text(text)
    before = sorted(p.name for p in tmp_path.iterdir())
    done = neutralizer("run", folder, "--out", tmp_path / "run", "-q", "--no-baseline")
    if done.returncode == 0:
        return ""
    assert done.returncode == 3
    assert done.stdout == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    return done.stderr


def test_what_agrees_passes(tmp_path: Path) -> None:
    """Nothing."""
    assert refused(tmp_path) == ""


MUTATIONS = {
    "pence for pounds": ("price: 100,", "price: 10000,"),
    "pounds for pence": ("price: 100,", "price: 1,"),
    "lots for units": ("quantity: 100000}", "quantity: 1000}"),
    "a book's sign": ("quantity: 100000}", "quantity: -100000}"),
    "a position twice": ("quantity: 100000}", "quantity: 200000}"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_unit_error_is_refused_before_anything_is_solved(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, MUTATIONS[name])
    assert "tables.books.1.reported_market_value value='10000000' its positions are worth" in said
    assert "check signs, lots, multipliers and currencies" in said


def test_the_tolerance_is_a_setting(tmp_path: Path) -> None:
    """Prices of another source: 8 % apart."""
    mutation = ("price: 100,", "price: 108,")
    assert "7.4% apart, 5.0% allowed" in refused(tmp_path / "a", mutation)
    wide = ("costs: {", "checks: {reported_market_value: 0.1}\ncosts: {")
    assert refused(tmp_path / "b", mutation, wide) == ""


def test_a_hedged_book_is_not_held_to_dust(tmp_path: Path) -> None:
    """A net of nearly nothing differs by a rounding of its report."""
    short = "{book_id: MM, instrument_id: ETF, quantity: 100000}"
    other = (
        "instruments:\n",
        "instruments:\n    - {instrument_id: TWIN, asset_class: etf, currency: USD, price: 100, half_spread_bps: 2, specific_volatility: 0}\n",
    )
    held = (short, short + "\n    - {book_id: MM, instrument_id: TWIN, quantity: -99999}")
    rate = (
        "margin_rates:\n",
        "margin_rates:\n    - {instrument_id: TWIN, long_rate: 0.15, short_rate: 0.15}\n",
    )
    loading = (
        "loadings:\n",
        "loadings:\n      - {instrument_id: TWIN, factor_id: MARKET, loading: 1}\n",
    )
    report = ("reported_market_value: 10000000", "reported_market_value: 130")
    assert refused(tmp_path, other, held, rate, loading, report) == ""
