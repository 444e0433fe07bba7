"""Costs by book add up to the firm's to the cent; compensation is money between books."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neutralizer.comparisons.fairness import _made_good
from neutralizer.domain.scenario import Scenario
from neutralizer.records.writing import csv_rows
from neutralizer.run import Options, run
from tests.conftest import SCENARIOS

NAMES = ("two-desks", "equity-desks", "multi-asset")
CENTS = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100)


@pytest.mark.parametrize("name", NAMES)
def test_attributions_sum_to_the_total_to_the_cent(name: str) -> None:
    outcome = run(SCENARIOS / name, None, Options(dry_run=True, report=False))
    books = csv_rows(outcome.files["books.csv"])[1]
    costs = csv_rows(outcome.files["costs.csv"])[1]
    plan = Decimal(str(outcome.summary.plan_cost))
    assert sum(Decimal(r["cost_together"]) for r in books) == plan
    assert sum(Decimal(r["amount"]) for r in costs) == plan
    alone = sum(Decimal(r["cost_alone"]) for r in books)
    cents = Decimal("0.01") * len(costs) * 2  # each amount is rounded by itself
    assert abs(alone - Decimal(str(outcome.summary.stand_alone_cost))) <= cents
    for r in books:
        assert Decimal(r["difference"]) == Decimal(r["cost_together"]) - Decimal(r["cost_alone"])
        assert (r["worse_off"] == "yes") == (Decimal(r["difference"]) > 0)


@given(gains=st.dictionaries(st.text("ABCDEF", min_size=1, max_size=2), CENTS, max_size=6))
def test_compensation_is_pro_rata_and_to_the_cent(gains: dict[str, Decimal]) -> None:
    paid = _made_good(gains, _USD)
    assert sum(paid.values(), Decimal(0)) == 0
    lost = sum((-g for g in gains.values() if g < 0), Decimal(0))
    gained = sum((g for g in gains.values() if g > 0), Decimal(0))
    for book, amount in paid.items():
        if gains[book] < 0:
            assert 0 <= amount <= -gains[book] + Decimal("0.01") * len(gains)
            if gained >= lost:
                assert amount == -gains[book]
        else:
            assert -gains[book] - Decimal("0.01") * len(gains) <= amount <= 0


class _Dollars:
    base_currency = "USD"


_USD: Scenario = _Dollars()  # type: ignore[assignment]


def test_make_good_is_said_in_the_scenario(tmp_path: Path) -> None:
    options = Options(overrides=("fairness=make_good",), dry_run=True, report=False)
    outcome = run(SCENARIOS / "equity-desks", None, options)
    rows = csv_rows(outcome.files["books.csv"])[1]
    assert sum(Decimal(r["compensation"]) for r in rows) == 0
    for r in rows:
        if r["worse_off"] == "yes" and r["book_id"]:
            assert Decimal(r["compensation"]) == Decimal(r["difference"])


def test_without_a_baseline_nobody_is_compared() -> None:
    options = Options(dry_run=True, baseline=False, report=False)
    rows = csv_rows(run(SCENARIOS / "two-desks", None, options).files["books.csv"])[1]
    assert all(r["cost_alone"] == "" and r["worse_off"] == "no" for r in rows)


def test_the_strip_goes_over_the_impact() -> None:
    options = Options(dry_run=True, report=False, strip=True)
    strip = run(SCENARIOS / "equity-desks", None, options).summary.impact_strip
    assert [r.impact_coefficient for r in strip] == [0.03, 0.3, 1.0]
    costs = [r.objective for r in strip]
    assert costs == sorted(costs)
    assert all(r.saving == pytest.approx(r.stand_alone_cost - r.objective) for r in strip)
