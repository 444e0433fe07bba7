"""Tests of forecasts and of settings, right on drawn data: their level, their power, what they find."""

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from neutralizer.domain.judged import LEVEL, TAIL
from neutralizer.studies.backtest.choose import chosen, overfitted, superior
from neutralizer.studies.backtest.judge import christoffersen, coverage, interval, kupiec, power


def test_kupiec_by_hand() -> None:
    """Of 155 days 7.75 are expected: 8 are likely, 1 and 20 are not."""
    assert kupiec(155, 8) > 0.9
    for beyond in (1, 20):
        assert kupiec(155, beyond) < 0.01
    share = 20 / 155
    ratio = 2 * (20 * math.log(share / TAIL) + 135 * math.log((1 - share) / (1 - TAIL)))
    assert kupiec(155, 20) == pytest.approx(math.erfc(math.sqrt(ratio / 2)))
    assert kupiec(155, 0) == pytest.approx(math.erfc(math.sqrt(-155 * math.log(1 - TAIL))))
    assert math.isnan(kupiec(0, 0))


@pytest.mark.parametrize("n", [155, 250, 1000])
def test_kupiec_refuses_what_is_right_as_often_as_it_says(n: int) -> None:
    assert power(n, 1.0) == pytest.approx(LEVEL, abs=0.03)


def test_the_power_is_what_draws_say() -> None:
    n, times, rng = 155, 1.2, np.random.default_rng(1)
    for too_large in (times, 1 / times):
        made = rng.normal(0, 1, (4000, n))
        beyond = (made < norm.ppf(TAIL) * too_large).sum(axis=1)
        seen = float(np.mean([kupiec(n, int(k)) < LEVEL for k in beyond]))
        assert power(n, too_large) == pytest.approx(seen, abs=0.03)
    assert 0.3 < power(n, times) < 0.5


def test_losses_that_come_together_are_seen() -> None:
    rng = np.random.default_rng(2)
    refused = []
    for _ in range(400):
        p = christoffersen(rng.random(500) < 0.1)
        refused.append(p < LEVEL)
    assert np.mean(refused) == pytest.approx(LEVEL, abs=0.04)
    together = np.repeat(rng.random(50) < 0.1, 10)
    assert christoffersen(together) < 1e-6
    assert math.isnan(christoffersen(np.zeros(50, dtype=bool)))


def test_a_right_forecast_and_a_wrong_one() -> None:
    rng = np.random.default_rng(3)
    sigma = rng.uniform(0.5, 2.0, 1000) * 1e5
    made = rng.normal(0, sigma)
    right, wrong = coverage(made, sigma), coverage(made, 1.3 * sigma)
    assert right.bias == pytest.approx(1.0, abs=0.05)
    assert right.kupiec > 0.05
    assert wrong.bias == pytest.approx(1 / 1.3, abs=0.05)
    assert wrong.kupiec < 0.01
    assert (right.days, right.beyond) == (1000, int((made < norm.ppf(TAIL) * sigma).sum()))
    nothing = coverage(np.zeros(5), np.zeros(5))
    assert nothing.days == 0


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Also of days that resemble the day before."""
    rng, held = np.random.default_rng(4), 0
    for _ in range(100):
        noise = rng.normal(0, 1, 160)
        for k in range(1, 160):
            noise[k] += 0.3 * noise[k - 1]
        low, high = interval((0.5 + noise).tolist())
        held += low <= 0.5 * 160 <= high
    assert held >= 85
    assert math.isnan(interval([1.0, 2.0])[0])
    assert math.isnan(interval([1.0] * 20)[0])


def test_useless_settings_are_called_better_no_more_often_than_the_level() -> None:
    """200 draws of ten settings that only differ by chance."""
    called = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        in_use = rng.gamma(4, 1000, 60)
        settings = in_use[:, None] + rng.normal(0, 300, (60, 10))
        called += chosen(in_use, settings, seed=seed).is_better
    most = int(binom.ppf(0.99, 200, LEVEL))
    assert called <= most


def test_one_that_is_truly_better_is_found() -> None:
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        in_use = rng.gamma(4, 1000, 60)
        settings = in_use[:, None] + rng.normal(0, 300, (60, 10))
        settings[:, 6] -= 250
        choice = chosen(in_use, settings, seed=seed)
        found += choice.is_better and choice.best == 6
        assert choice.overfitted < 0.1
    assert found >= 18


def test_the_share_of_overfitting() -> None:
    rng = np.random.default_rng(5)
    useless = [overfitted(rng.normal(0, 1, (60, 11))) for _ in range(60)]
    assert np.mean(useless) == pytest.approx(6 / 11, abs=0.1)  # six of eleven ranks
    assert math.isnan(overfitted(np.zeros((6, 3))))
    assert math.isnan(superior(np.ones(20), np.ones((20, 2))))
