"""Margin models against plain arithmetic, and what the program must be able to rely on."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil, floor

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, nothing
from neutralizer.terms import margin
from tests.tools.modelled import with_models
from tests.tools.points import random_point, value

Named = Callable[[str], Scenario]
MODELS = [m for m in margin.REGISTRY if m != "none"]


def moved(scenario: Scenario, rng: np.random.Generator) -> Trades:
    """Any change of any holding: margins are defined on all of them."""
    size = rng.uniform(0, 3e6) / scenario.holding_notional
    still = nothing(scenario)
    return replace(still, change=rng.normal(size=len(size)) * size * rng.integers(0, 2, len(size)))


def units(scenario: Scenario, trades: Trades, account: int) -> dict[int, float]:
    """Instrument -> units netted in one account."""
    found: dict[int, float] = {}
    h = scenario.holdings
    for k in range(len(h.book)):
        if h.account[k] == account:
            i = int(h.instrument[k])
            found[i] = found.get(i, 0.0) + float(h.before[k] + trades.change[k])
    return found


def by_the_book(scenario: Scenario, trades: Trades, account: int) -> float:
    """Scan margin in plain arithmetic, group by group, point by point, credit by credit."""
    scan, count = scenario.scan, int(scenario.accounts.worst[account])
    held, points = units(scenario, trades, account), range(scenario.scan.loss.shape[1])
    asked: dict[int, float] = {}
    least: dict[int, float] = {}
    net: dict[int, float] = {}
    alone: dict[int, float] = {}

    def mean(losses: list[float]) -> float:
        return sum(sorted(losses, reverse=True)[:count]) / count

    for g in range(len(scan.groups)):
        mine = {i: x for i, x in held.items() if scan.group[i] == g}
        if not mine:
            continue
        risk = max(0.0, mean([sum(x * scan.loss[i][s] for i, x in mine.items()) for s in points]))
        long = sum(max(0.0, scan.delta[i] * x) for i, x in mine.items())
        short = sum(max(0.0, -scan.delta[i] * x) for i, x in mine.items())
        spread = scan.charge[g] * min(long, short)
        floor_ = sum(
            scan.short_option[g] * max(0.0, -x) for i, x in mine.items() if scan.is_option[i]
        )
        on_top = sum(
            scan.add_on[g] * scenario.instruments.notional[i] * abs(x) for i, x in mine.items()
        )
        asked[g], least[g] = max(risk + spread, floor_) + on_top, floor_ + on_top
        net[g] = long - short
        alone[g] = min(
            max(0.0, mean([side * scan.loss[i][s] for s in points])) / abs(scan.delta[i])
            for i in mine
            for side in (1, -1)
        )
    let_go = dict.fromkeys(asked, 0.0)
    for credit in scan.credits:
        (a, b), (ra, rb) = credit.groups, credit.ratios
        if net.get(a, 0.0) * net.get(b, 0.0) < 0:
            spreads = min(abs(net[a]) / ra, abs(net[b]) / rb)
            for g, r in ((a, ra), (b, rb)):
                let_go[g] += credit.rate * spreads * r * alone[g]
                net[g] -= spreads * r if net[g] > 0 else -spreads * r
    return sum(asked[g] - min(let_go[g], max(asked[g] - least[g], 0.0)) for g in asked)


def test_scan_is_plain_arithmetic_on_1000_books(scenario_named: Named) -> None:
    scenario = scenario_named("multi-asset")
    compared = 0
    for seed in range(200):
        drawn = with_models(scenario, seed, "scan")
        trades = moved(drawn, np.random.default_rng(seed))
        found = margin.amounts(trades, drawn)
        for a in range(len(drawn.accounts.ids)):
            assert found[a] == pytest.approx(by_the_book(drawn, trades, a), rel=1e-12, abs=1e-6)
            compared += 1
    assert compared >= 1000


def test_shortfall_is_the_mean_of_the_worst(scenario_named: Named) -> None:
    drawn = with_models(scenario_named("multi-asset"), 3, "shortfall")
    trades = moved(drawn, np.random.default_rng(3))
    for a, found in enumerate(margin.amounts(trades, drawn)):
        own = drawn.accounts.shock_set[a]
        some = [s for s, name in enumerate(drawn.shocks.sets) if own in ("", name)]
        held = units(drawn, trades, a)
        losses = sorted(
            (sum(x * drawn.shocks.loss[i, s] for i, x in held.items()) for s in some), reverse=True
        )
        count = max((1 - drawn.accounts.confidence[a]) * len(some), 1.0)
        whole = sum(losses[: floor(count)])
        part = (count - floor(count)) * losses[floor(count)] if ceil(count) > floor(count) else 0.0
        assert found == pytest.approx(max(0.0, (whole + part) / count), rel=1e-12)


def test_volatility_margin_is_a_quantile(scenario_named: Named) -> None:
    """99 % over four days: 2.326 times two times the daily volatility of what the account nets."""
    drawn = with_models(scenario_named("equity-desks"), 1, "volatility")
    ones = np.ones(len(drawn.accounts.ids))
    drawn = replace(drawn, accounts=replace(drawn.accounts, confidence=0.99 * ones, days=4 * ones))
    trades = moved(drawn, np.random.default_rng(1))
    risk, n = drawn.risk, drawn.instruments.notional
    assert risk.factor_root is not None
    covariance = risk.factor_root @ risk.factor_root.T
    for a, found in enumerate(margin.amounts(trades, drawn)):
        held = units(drawn, trades, a)
        x = np.array([held.get(i, 0.0) for i in range(len(n))])
        exposure = risk.exposure.T @ x
        variance = exposure @ covariance @ exposure + np.sum((risk.specific * n * x) ** 2)
        assert found == pytest.approx(2.3263478740408408 * 2 * variance**0.5, rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["equity-desks", "multi-asset"])
def test_the_program_s_margin_is_the_formula_and_what_it_overstates(
    scenario_named: Named, name: str, model: str
) -> None:
    for seed in range(4):
        drawn = with_models(scenario_named(name), seed, model)
        decision, trades = random_point(drawn, seed)
        accounts = range(len(drawn.accounts.ids))
        found = value(decision, margin.expression(decision, drawn, accounts))
        above = margin.overstated(trades, drawn)
        assert found == pytest.approx(margin.amounts(trades, drawn) + above, rel=1e-9, abs=1e-6)
        assert (above >= -1e-6).all()


@pytest.mark.parametrize("model", MODELS)
def test_the_program_s_margin_is_convex(scenario_named: Named, model: str) -> None:
    """At the middle of two states it is at most the mean; so is every model but scan itself."""
    for seed in range(30):
        drawn = with_models(scenario_named("multi-asset"), seed, model)
        rng = np.random.default_rng(seed)
        one, other = moved(drawn, rng), moved(drawn, rng)
        middle = replace(one, change=(one.change + other.change) / 2)
        ends = [margin.amounts(t, drawn) + margin.overstated(t, drawn) for t in (one, other)]
        found = margin.amounts(middle, drawn) + margin.overstated(middle, drawn)
        assert (found <= (ends[0] + ends[1]) / 2 * (1 + 1e-12) + 1e-6).all()


@pytest.mark.parametrize("model", MODELS)
def test_margin_moves_no_more_than_its_sensitivity(scenario_named: Named, model: str) -> None:
    for seed in range(10):
        drawn = with_models(scenario_named("multi-asset"), seed, model)
        trades = moved(drawn, np.random.default_rng(seed))
        change = margin.amounts(trades, drawn) - margin.amounts(nothing(drawn), drawn)
        h = drawn.holdings
        most = np.zeros(len(drawn.accounts.ids))
        own = np.flatnonzero(h.entry >= 0)
        each = margin.sensitivity(drawn)[h.entry[own]] * np.abs(trades.change[own])
        np.add.at(most, h.account[own], each)
        assert (np.abs(change) <= most * (1 + 1e-9) + 1e-6).all()


def test_a_calendar_spread_pays_the_charge_alone(scenario_named: Named) -> None:
    """Long 10, short 10, 1,000 a contract outright, 150 a spread: 1,500, and the program knows it."""
    found = _spread(scenario_named("two-desks"), 10, -10, 150)
    assert found == pytest.approx((1500, 0))
    assert _spread(scenario_named("two-desks"), 10, -4, 150) == pytest.approx((6600, 0))


def test_a_charge_beyond_twice_the_rate_is_overstated(scenario_named: Named) -> None:
    """Two scan rates make one charge of 2,000 at most; beyond it the relief of netting is dropped."""
    formula, above = _spread(scenario_named("two-desks"), 10, -4, 2500)
    assert formula == pytest.approx(6000 + 4 * 2500)
    assert above == pytest.approx(2500 / 2 * 6)


def _spread(scenario: Scenario, long: float, short: float, charge: float) -> tuple[float, float]:
    drawn = with_models(scenario, 0, "scan")
    own = np.flatnonzero(drawn.entries.account == 0)[:2]
    first, second = drawn.entries.instrument[own].tolist()
    count = len(drawn.instruments.ids)
    loss = np.tile(np.array([1000.0, -1000.0, 333.0, -333.0]), (count, 1))
    scan = replace(
        drawn.scan,
        group=np.zeros(count, dtype=np.int64),
        loss=loss,
        delta=np.ones(count),
        charge=np.array([charge, 0, 0]),
        short_option=np.zeros(3),
        add_on=np.zeros(3),
    )
    accounts = replace(drawn.accounts, worst=np.ones(len(drawn.accounts.ids)))
    wanted = {first: long, second: short}
    seen: set[int] = set()
    change = np.zeros(len(drawn.holdings.book))
    for k, i in enumerate(drawn.holdings.instrument.tolist()):
        target = wanted.get(i, 0.0) if i not in seen and drawn.holdings.account[k] == 0 else 0.0
        seen.update([i] if drawn.holdings.account[k] == 0 else [])
        change[k] = target - drawn.holdings.before[k]
    ready = replace(drawn, scan=scan, accounts=accounts)
    trades = replace(nothing(ready), change=change)
    return float(margin.amounts(trades, ready)[0]), float(margin.overstated(trades, ready)[0])


def test_credits_are_off_the_formula_and_never_off_the_program(scenario_named: Named) -> None:
    drawn = with_models(scenario_named("multi-asset"), 0, "scan")
    plain = replace(drawn, scan=replace(drawn.scan, credits=()))
    cheaper = 0
    for seed in range(40):
        trades = moved(drawn, np.random.default_rng(seed))
        asked, before = margin.amounts(trades, drawn), margin.amounts(trades, plain)
        assert (asked <= before + 1e-6).all()
        planned = [margin.amounts(trades, s) + margin.overstated(trades, s) for s in (drawn, plain)]
        assert planned[0] == pytest.approx(planned[1], rel=1e-12)
        cheaper += int((asked < before - 1).any())
    assert cheaper > 20


def test_what_gains_at_every_point_is_let_go_nothing(scenario_named: Named) -> None:
    """Its scan margin is nothing and not less: a credit was turned into a charge, and what one unit can move
    the margin by into less than nothing.
    """
    drawn = with_models(scenario_named("multi-asset"), 0, "scan")
    gains = np.where(drawn.scan.delta[:, None] != 0, -np.abs(drawn.scan.loss) - 1, drawn.scan.loss)
    always = replace(drawn, scan=replace(drawn.scan, loss=gains))
    assert (margin.sensitivity(always) >= 0).all()
    plain = replace(always, scan=replace(always.scan, credits=()))
    for seed in range(20):
        trades = moved(always, np.random.default_rng(seed))
        asked, before = margin.amounts(trades, always), margin.amounts(trades, plain)
        assert (asked <= before + 1e-6).all()
