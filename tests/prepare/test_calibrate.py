"""Cost parameters from fills: bands that hold the truth, shrinkage, and nothing where nothing is known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
import yaml

from neutralizer.domain.arrays import Floats
from neutralizer.load.written.settings import CostSettings
from neutralizer.prepare.calibrate import posterior
from neutralizer.prepare.calibrate.calibrate import by_class
from neutralizer.prepare.calibrate.posterior import Calibrated, calibrated, doubt
from neutralizer.prepare.calibrate.regression import fitted
from neutralizer.prepare.calibrate.tables import files, values
from neutralizer.prepare.calibrate.ticket import InUse, Ticket
from neutralizer.report.calibration import on_a_terminal, page

USE = InUse(1.0, 1.0)
FIRST = date(2024, 1, 1)


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posterior, "DRAWS", 20_000)


def drawn(
    rng: np.random.Generator, truth: Floats, count: int, days: int, common: float = 0.0, cls: str = "equity"
) -> list[Ticket]:  # fmt: skip
    """Tickets whose cost is `truth` on half spread and impact, with heavy tails and a part common to a day."""
    spread = rng.lognormal(np.log(4e-4), 0.6, count)
    sigma, share = rng.uniform(0.008, 0.03, count), rng.lognormal(np.log(0.02), 1.2, count)
    impact, lasted = (
        sigma * np.sqrt(share.clip(0, 0.3)),
        sigma * np.sqrt(rng.uniform(0.05, 0.9, count)),
    )
    day = np.arange(count) % days
    noise = 0.55 * rng.standard_t(4, count) + common * rng.normal(size=days)[day]
    cost = truth[0] * spread + truth[1] * impact + noise * lasted
    return [
        Ticket(
            f"T{k:04}", "R", FIRST + timedelta(int(day[k])), "X", cls, "BUY", 1.0, 1e6, 100.0, True, 101.0, 0.0,
            float(cost[k]), float(spread[k]), float(impact[k]), float(lasted[k]),
        )
        for k in range(count)
    ]  # fmt: skip


def of_the_prior(rng: np.random.Generator) -> Floats:
    """Neither below zero."""
    while True:
        found = rng.normal([USE.half_spread, USE.impact], doubt(USE))
        if (found >= 0).all():
            return np.asarray(found)


def inside(
    truths: Callable[[np.random.Generator], Floats], common: float, draws: int, tickets: int = 300
) -> list[int]:
    """How often each band holds the truth."""
    count = np.zeros(2, dtype=int)
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        truth = truths(rng)
        found = calibrated("equity", drawn(rng, truth, tickets, 60, common), USE)
        count += [p.low <= x <= p.high for p, x in zip(found.parameters, truth, strict=True)]
    return [int(n) for n in count]


def test_bands_hold_what_is_drawn_as_it_is_believed() -> None:
    assert all(870 <= n <= 930 for n in inside(of_the_prior, 0.0, 1000))


def test_bands_widen_where_a_day_has_noise_of_its_own() -> None:
    assert all(435 <= n <= 470 for n in inside(of_the_prior, 0.6, 500))
    rng = np.random.default_rng(1)
    still = calibrated("equity", drawn(rng, np.ones(2), 300, 60), USE).parameters[1]
    rng = np.random.default_rng(1)
    noisy = calibrated("equity", drawn(rng, np.ones(2), 300, 60, 0.6), USE).parameters[1]
    assert noisy.high - noisy.low > 1.3 * (still.high - still.low)


@pytest.mark.parametrize("off", [2.0, -1.5])
def test_a_truth_that_was_not_believed_is_found(off: float) -> None:
    """Two deviations off, a band around what is in use would hold it in one case of two."""
    truth = np.ones(2) + off * doubt(USE)
    assert all(n >= 85 for n in inside(lambda rng: truth, 0.0, 100, 1000))


def test_without_noise_the_truth_is_found_to_the_digit() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(1, 2, (60, 2))
    deviation = rng.uniform(1, 2, 60)
    found = fitted(x @ [1.5, 0.7], x, deviation, np.arange(60) % 20)
    assert found.values == pytest.approx([1.5, 0.7], rel=1e-9)


def test_errors_of_one_day_count_once() -> None:
    """Sixty copies of twenty days say what twenty days say."""
    rng = np.random.default_rng(3)
    x, deviation = rng.uniform(1, 2, (200, 2)), np.ones(200)
    cost = x @ [1.0, 1.0] + rng.normal(size=200)
    day = np.arange(200) % 20
    once = fitted(cost, x, deviation, day)
    often = fitted(np.tile(cost, 60), np.tile(x, (60, 1)), np.tile(deviation, 60), np.tile(day, 60))
    assert often.values == pytest.approx(once.values, rel=1e-6)
    assert often.covariance == pytest.approx(once.covariance, rel=1e-6)


def test_an_outlier_moves_little() -> None:
    tickets = drawn(np.random.default_rng(4), np.ones(2), 300, 60)
    first = calibrated("equity", tickets, USE).parameters[1]
    wild = replace(tickets[7], cost=tickets[7].cost + 0.5)  # fifty per cent
    again = calibrated("equity", [*tickets[:7], wild, *tickets[8:]], USE).parameters[1]
    assert abs(again.value - first.value) < (first.high - first.low) / 4


def written(tickets: list[Ticket], costs: CostSettings) -> dict[str, object]:
    use = {str(c): InUse(x.half_spread, x.impact * costs.impact_coefficient) for c, x in costs.asset_classes.items()}  # fmt: skip
    base = InUse(1.0, costs.impact_coefficient)
    found = by_class(tickets, lambda name: use.get(name, base))
    document: dict[str, object] = yaml.safe_load(files(found, costs)["costs.yaml"])
    return document


def test_what_is_not_identified_is_not_proposed() -> None:
    few = drawn(np.random.default_rng(5), np.array([3.0, 3.0]), 60, posterior.FEW_DAYS - 1)
    found = calibrated("equity", few, USE)
    assert found.why == "19 days with fills; at least 20 are needed"
    assert [p.value for p in found.parameters] == pytest.approx([1.0, 1.0], rel=0.1)
    assert written(few, CostSettings()) == {"asset_classes": {}}


def test_what_is_proposed_is_a_multiple_and_what_is_in_use_stays() -> None:
    rng = np.random.default_rng(6)
    tickets = drawn(rng, np.array([1.0, 0.4]), 1500, 100)
    tickets += drawn(rng, np.ones(2), 40, 10, cls="future")
    costs = CostSettings.model_validate(
        {"impact_coefficient": 0.8, "asset_classes": {"future": {"impact": 1.7}, "fx": {"half_spread": 2}}}
    )  # fmt: skip
    found = written(tickets, costs)
    classes = found["asset_classes"]
    assert isinstance(classes, dict)
    assert 0.35 < 0.8 * classes["equity"]["impact"] < 0.45
    assert classes["future"] == {"half_spread": 1.0, "impact": 1.7}
    assert classes["fx"] == {"half_spread": 2.0, "impact": 1.0}
    assert found["valid_until"] == FIRST + timedelta(99 + 92)


def test_the_second_half_is_judged_with_the_first() -> None:
    tickets = drawn(np.random.default_rng(7), np.array([1.0, 2.0]), 2000, 100)
    (one,) = by_class(tickets, lambda name: USE)
    assert one.held is not None
    assert one.held.in_use > 1.4
    assert abs(one.held.calibrated - 1) < 0.15


def test_tickets_without_volume_teach_nothing() -> None:
    tickets = [replace(x, impact=np.nan) for x in drawn(np.random.default_rng(8), np.ones(2), 90, 30)]  # fmt: skip
    (one,) = by_class(tickets, lambda name: USE)
    assert isinstance(one.result, Calibrated)
    assert one.result.why.startswith("0 days")
    assert one.modelled == pytest.approx(sum(x.notional * x.half_spread for x in tickets))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda x: {"half_spread": 0.0}, "nothing but impact is modelled"),
        (lambda x: {"impact": 0.0}, "nothing but half_spread is modelled"),
        (lambda x: {"half_spread": x.impact}, "half spread and impact cannot be told apart"),
    ],
)
def test_terms_that_are_alike_cannot_be_told_apart(
    change: Callable[[Ticket], dict[str, float]], why: str
) -> None:
    tickets = drawn(np.random.default_rng(9), np.ones(2), 90, 30)
    tickets = [replace(x, deviation=1.0, **change(x)) for x in tickets]
    found = calibrated("equity", tickets, USE)
    assert found.why == why
    assert not any(p.identified for p in found.parameters)


@pytest.mark.parametrize("paid", [-5e-4, 0.0, 0.3])
def test_what_is_far_from_what_is_in_use_is_not_proposed(paid: float) -> None:
    """Passive executions gain, somebody's prices are of another day: it is told, and nothing is set by it."""
    noise = np.random.default_rng(11)
    tickets = [
        replace(x, cost=paid + 1e-5 * noise.standard_normal())
        for x in drawn(np.random.default_rng(12), np.ones(2), 300, 60)
    ]
    (one,) = by_class(tickets, lambda name: USE)
    assert any(p.far for p in one.result.parameters)
    assert one.result.proposed == ()  # nor what lies near beside it
    assert one.held is not None
    told = values([one], {}, "s", "USD")
    assert page(told)
    assert max(map(len, on_a_terminal(told).splitlines())) <= 80
    for p in one.result.parameters:
        if p.far:
            assert f"fills put {p.name} at" in " ".join(on_a_terminal(told).split())


def test_what_is_not_learned_anew_holds_no_longer_for_that() -> None:
    few = drawn(np.random.default_rng(13), np.ones(2), 40, 10)
    costs = CostSettings.model_validate(
        {"valid_until": "2024-02-01", "asset_classes": {"equity": {"half_spread": 2, "impact": 3}}}
    )
    found = written(few, costs)
    assert found["valid_until"] == date(2024, 2, 1)
    assert found["asset_classes"] == {"equity": {"half_spread": 2.0, "impact": 3.0}}


def test_fills_without_any_noise_are_fitted() -> None:
    """Every ticket cost what its plan said."""
    tickets = [
        replace(x, cost=x.half_spread + x.impact)
        for x in drawn(np.random.default_rng(10), np.ones(2), 90, 30)
    ]
    found = calibrated("equity", tickets, USE)
    assert [p.value for p in found.parameters] == pytest.approx([1.0, 1.0], rel=1e-6)
