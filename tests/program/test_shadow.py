"""Shadow prices are slopes; the saving is compared at equal risk."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.program.duals.shadow import KINDS, Price, other_prices, shadow_prices
from neutralizer.program.solve import solve
from neutralizer.run import Options, run
from neutralizer.terms import limits
from tests.conftest import SCENARIOS

Named = Callable[[str], Scenario]


def moved(scenario: Scenario, k: int, by: float) -> float:
    """The optimum with one limit's tight side moved outwards by so much, in its own unit."""
    rows = list(scenario.limits)
    best = limits.amounts(solve(scenario).trades, scenario)[k]
    tight_above = rows[k].upper - best < best - rows[k].lower
    change = {"upper": rows[k].upper + by} if tight_above else {"lower": rows[k].lower - by}
    rows[k] = replace(rows[k], **change)
    return solve(replace(scenario, limits=tuple(rows))).certificate.cost


def test_the_hand_case(scenario_named: Named) -> None:
    scenario = scenario_named("two-desks")
    found = dict(
        zip(
            [x.limit_id for x in scenario.limits],
            shadow_prices(solve(scenario), scenario),
            strict=True,
        )
    )
    assert found["MM-market"] == pytest.approx(2e-5, rel=1e-3)
    assert found["firm-volatility"] == pytest.approx(0.005, rel=1e-3)
    assert found["ARB-market"] == 0


@pytest.mark.parametrize("name", ["equity-desks", "multi-asset"])
def test_shadow_prices_are_central_differences(scenario_named: Named, name: str) -> None:
    """Wherever steps of 1e-3 and 1e-4 of the scale agree to 1 %; at least half of those that bind."""
    scenario = scenario_named(name)
    prices, scale = shadow_prices(solve(scenario), scenario), limits.scales(scenario)
    banded = [k for k, x in enumerate(scenario.limits) if x.lower < x.upper and not x.improve]
    binding = [k for k in banded if prices[k] > 0]
    agreed = 0
    for k in binding:
        slopes = [
            (moved(scenario, k, -h * scale[k]) - moved(scenario, k, h * scale[k]))
            / (2 * h * scale[k])
            for h in (1e-3, 1e-4)
        ]
        if np.isclose(*slopes, rtol=1e-2):
            agreed += 1
            assert prices[k] == pytest.approx(slopes[1], rel=1e-2), scenario.limits[k].limit_id
    assert binding
    assert agreed >= len(binding) / 2


def relieved(s: Scenario, price: Price, by: float) -> Scenario:
    """The scenario with `by` units more of what the price is of, in its own unit."""

    def more(values: np.ndarray, k: int, sign: float = 1.0) -> np.ndarray:  # type: ignore[type-arg]
        found = values.copy()
        found[k] += sign * by
        return found

    pools, h = s.pools, s.holdings
    if price.kind in ("pool", "borrowing"):
        column = {"pool": "cash", "borrowing": "borrow_limit"}[price.kind]
        given = {column: more(getattr(pools, column), pools.ids.index(price.name))}
        return replace(s, pools=replace(pools, **given))
    if price.kind == "route":
        names = [
            f"{pools.ids[a]}>{pools.ids[b]}"
            for a, b in zip(s.routes.source, s.routes.target, strict=True)
        ]
        capacity = more(s.routes.capacity, names.index(price.name))
        return replace(s, routes=replace(s.routes, capacity=capacity))
    if price.kind == "participation":
        t = s.tradables
        return replace(s, tradables=replace(t, cap=more(t.cap, t.ids.index(price.name))))
    pairs = zip(h.book.tolist(), h.instrument.tolist(), strict=True)
    key = (s.books.ids.index(price.book), s.instruments.ids.index(price.instrument))
    k = list(pairs).index(key)
    after = h.before[k] + solve(s).trades.change[k]
    if h.high[k] - after < after - h.low[k]:
        return replace(s, holdings=replace(h, high=more(h.high, k)))
    return replace(s, holdings=replace(h, low=more(h.low, k, -1.0)))


def squeezed(s: Scenario) -> Scenario:
    """The same with some caps and some mandates drawn in to nine tenths of what the optimum does."""
    best, h, t = solve(s).trades, s.holdings, s.tradables
    traded = np.bincount(s.orders.tradable, weights=np.abs(best.order), minlength=len(t.ids))
    some = (traded > 0) & (np.arange(len(t.ids)) % 3 == 0)
    cap = np.where(some, np.minimum(t.cap, 0.9 * traded), t.cap)
    few = np.argsort(-np.abs(best.change) * s.holding_notional)[1:4]
    low, high = h.low.copy(), h.high.copy()
    short = h.before + 0.9 * best.change
    low[few] = np.where(best.change < 0, short, h.low)[few]
    high[few] = np.where(best.change > 0, short, h.high)[few]
    return replace(s, tradables=replace(t, cap=cap), holdings=replace(h, low=low, high=high))


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("equity-desks", {"participation", "mandate"}), ("multi-asset", {"pool", "route"})],
)
def test_other_prices_are_central_differences(
    scenario_named: Named, name: str, kinds: set[str]
) -> None:
    """Pools, routes, participation caps and mandates alike."""
    scenario = scenario_named(name)
    scenario = squeezed(scenario) if "participation" in kinds else scenario
    prices = [p for p in other_prices(solve(scenario), scenario) if p.bound]  # a step of something
    chosen = [p for kind in KINDS for p in [x for x in prices if x.kind == kind][:4]]
    assert {p.kind for p in chosen} >= kinds
    agreed = 0
    for price in chosen:
        slopes = []
        for h in (1e-3, 1e-4):
            step = h * abs(price.bound)
            ends = [solve(relieved(scenario, price, by)).certificate.cost for by in (-step, step)]
            slopes.append((ends[0] - ends[1]) / (2 * step))
        if np.isclose(*slopes, rtol=1e-2):
            agreed += 1
            assert price.price == pytest.approx(slopes[1], rel=1e-2), price
    assert agreed >= len(chosen) / 2


def test_the_saving_at_equal_risk_of_the_hand_case() -> None:
    summary = run(SCENARIOS / "two-desks", None, Options(dry_run=True)).summary
    assert summary.firm_volatility.stand_alone == pytest.approx(10_000, abs=1)
    assert summary.equal_risk_cost == pytest.approx(310.0, abs=0.1)
    assert summary.saving_equal_risk == pytest.approx(1300.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "volatility", "cost", "accuracy"),
    [
        ("macro-2016-11-11", 802_917.9, 176_992, 1e-4),
        ("oil-2022-02-07", 880_798, 318_652, 1e-4),
        ("funds-2021-04-14", 2_278_013, 1_307_673, 1e-2),
    ],
)
def test_pinned_volatility_on_real_data(
    shared: Path, name: str, volatility: float, cost: float, accuracy: float
) -> None:
    pinned = (f"baseline.firm_volatility={volatility}",)
    summary = run(shared / name, None, Options(overrides=pinned, dry_run=True)).summary
    assert summary.equal_risk_cost == pytest.approx(cost, rel=accuracy)
