"""Forecasts on real histories, of books drawn and of books hedged with them. Skips where the data are not there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.estimate import currencies, futures, stocks
from neutralizer.prepare.estimate.panel import Panel
from neutralizer.prepare.estimate.walk_forward import judged
from tests.conftest import ROOT

DATA = ROOT.parent / "shared" / "data"


@pytest.mark.parametrize(("history", "method"), [(futures, "oas"), (currencies, "ledoit-wolf")])
def test_the_method_that_is_taken_is_fair(history: Callable[[Path], Panel], method: str) -> None:
    """As `auto` takes it: benchmarks/ESTIMATE.md."""
    if not DATA.is_dir():
        pytest.skip("no market data beside the project")
    _is_fair(history(DATA), method)


def test_a_shrunk_covariance_is_fair_on_stocks_that_a_package_ships() -> None:
    _is_fair(stocks(), "ledoit-wolf")


def _is_fair(panel: Panel, method: str) -> None:
    found = judged(method, panel)
    assert found is not None
    assert found.days >= 1000
    assert 0.9 <= found.random <= 1.1
    assert 0.9 <= found.hedged <= 1.1
