"""Several days decided together: a second formulation, any day-by-day path, and closed forms."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from neutralizer.comparisons.over_days import day_by_day
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.load.scenario import load
from neutralizer.program.build import Give
from neutralizer.program.horizon import later_violations
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution
from neutralizer.terms import limits
from neutralizer.terms.days import State, paid, states
from tests.conftest import TORTURE
from tests.tools.horizons import drawn, second, text

TABLES: dict[str, Any] = {
    "books": [{"book_id": "A", "entity": "X", "account_id": "ACC"}],
    "accounts": [{"account_id": "ACC", "pool_id": "P", "model": "none"}],
    "pools": [{"pool_id": "P", "currency": "USD", "cash": 50_000_000}],
    "instruments": [
        {"instrument_id": "F", "asset_class": "future", "currency": "USD", "price": 100, "multiplier": 1, "half_spread_bps": 1, "payment": "margined"},
        {"instrument_id": "S", "asset_class": "equity", "currency": "USD", "price": 100, "half_spread_bps": 2},
    ],
    "positions": [{"book_id": "A", "instrument_id": "F", "quantity": 50_000}],
    "mandates": [{"book_id": "*", "selector": "*", "may": "trade"}],
    "limits": [{"limit_id": "net", "measure": "net", "scope": "firm", "lower": -6_000_000, "upper": 6_000_000}],
}  # fmt: skip


def scenario(
    folder: Path, days: int = 3, more: dict[str, Any] | None = None, **tables: Any
) -> Scenario:
    """Thursday and the days after it, of one book with 50,000 futures at 100."""
    document = {
        "format": 1,
        "name": "days",
        "as_of": "2024-06-27T08:00:00-04:00",
        "base_currency": "USD",
        "costs": {"booking_fee_bps": 0},
        "horizon": {"days": days} | (more or {}),
        "tables": TABLES | tables,
    }
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(yaml.safe_dump(document))
    return load(folder).scenario


def later(held: Scenario, found: Solution) -> list[State]:
    return states(held, found.trades, found.later)[1:]


def held_in(day: State, name: str) -> float:
    """Units after, of the one book."""
    s = day.begins
    own = s.holdings.instrument == s.instruments.ids.index(name)
    return float((s.holdings.before + day.trades.change)[own].sum())


@pytest.mark.parametrize("seed", range(30))
def test_a_second_formulation_agrees(tmp_path: Path, seed: int) -> None:
    (tmp_path / "scenario.yaml").write_text(text(drawn(seed)))
    s = load(tmp_path).scenario
    held, found = answered(s)
    assert held.horizon is s.horizon  # nothing was let out
    assert found.expected == pytest.approx(second(drawn(seed)), rel=2e-5)


@pytest.mark.parametrize("name", ["funds-2021-04-14", "macro-2016-11-11", "oil-2022-02-07"])
@pytest.mark.parametrize("seed", range(7 if TORTURE else 2))
def test_no_path_day_by_day_is_cheaper(shared: Path, tmp_path: Path, name: str, seed: int) -> None:
    """On the same window with the same limits each, to the certified gap."""
    s = with_flows(shared / name, tmp_path, seed)
    held, found = answered(s)
    try:
        first, rest = day_by_day(s)
    except Infeasible:
        pytest.skip("what comes is more than its day can take, unless the days before it know")
    kept = max(later_violations(s, first, rest, None).values()) < 1e-4
    if held.horizon is s.horizon and kept:
        each = sum(paid(s, first, rest).values())
        assert found.expected <= each + found.certificate.allowed + 1e-4 * each


def with_flows(folder: Path, to: Path, seed: int) -> Scenario:
    """A real scenario with what comes on the two days after it: up to a fifth of some positions."""
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    document = yaml.safe_load((to / "scenario.yaml").read_text())
    plain = load(folder, ("horizon.days=3",)).scenario
    assert plain.horizon is not None
    dates = [str(day.date) for day in plain.horizon.paths[0].days]
    rng, h = np.random.default_rng(seed), plain.holdings
    rows = [
        {
            "date": dates[int(rng.integers(2))],
            "book_id": plain.books.ids[h.book[k]],
            "instrument_id": plain.instruments.ids[h.instrument[k]],
            "quantity": float(np.rint(-rng.uniform(0, 0.2) * h.before[k])),
        }
        for k in rng.choice(np.flatnonzero(h.before), 5, replace=False).tolist()
    ]
    document["horizon"] = {"days": 3}
    document["tables"]["flows"] = [r for r in rows if r["quantity"]]
    (to / "scenario.yaml").write_text(yaml.safe_dump(document))
    return load(to).scenario


def test_what_comes_pays_what_it_costs_once(tmp_path: Path) -> None:
    """10,000 shares at 100 on Friday: a million is paid then, and not again on Monday; 300,000 are paid in."""
    s = scenario(
        tmp_path,
        flows=[{"date": "2024-06-28", "book_id": "A", "instrument_id": "S", "quantity": 10_000}],
        cash_flows=[{"date": "2024-07-01", "pool_id": "P", "amount": 300_000}],
    )
    days = later(*answered(s))
    assert [float(d.begins.pools.cash[0]) for d in days] == pytest.approx([50e6, 49.3e6])
    assert [held_in(d, "S") for d in days] == pytest.approx([10_000, 10_000], abs=1e-3)


def test_what_has_expired_is_held_no_more(tmp_path: Path) -> None:
    """F's last day is Friday: on Monday nothing is left of it, whatever was done, and the limit has to hold without."""
    futures = [dict(TABLES["instruments"][0], expiry="2024-06-28"), TABLES["instruments"][1]]
    positions = [*TABLES["positions"], {"book_id": "A", "instrument_id": "S", "quantity": -100_000}]
    s = scenario(tmp_path, instruments=futures, positions=positions)
    friday, monday = later(*answered(s))
    assert held_in(friday, "F") == pytest.approx(50_000, abs=1)
    assert held_in(monday, "F") == 0
    assert held_in(monday, "S") == pytest.approx(-60_000, abs=1)


def test_a_share_of_what_is_held_today_is_offset_each_day(tmp_path: Path) -> None:
    """Half of it on Friday and half of the rest on Monday; what was hedged today is not offset again."""
    limit = [dict(TABLES["limits"][0], upper=3_000_000)]
    s = scenario(tmp_path, more={"decay": {"*": 0.1, "F": 0.5}}, limits=limit)
    days = later(*answered(s))
    assert [float(d.stage.at.arrives.sum()) for d in days if d.stage] == [-25_000, -12_500]
    assert [held_in(d, "F") for d in days] == pytest.approx([5_000, -7_500], abs=1)


def test_both_of_two_ways_keep_their_limits(tmp_path: Path) -> None:
    """30,000 come with a chance of one quarter: today is one for both, and each way is put right by itself."""
    flow = {"date": "2024-06-28", "book_id": "A", "instrument_id": "F", "quantity": 30_000}
    s = scenario(tmp_path, flows=[flow | {"probability": 0.25}])
    held, found = answered(s)
    by_path = {(d.stage.path.name, d.stage.day): d for d in later(held, found) if d.stage}
    assert {k: d.weight for k, d in by_path.items() if k[1] == 1} == {
        ("comes", 1): 0.25,
        ("stays", 1): 0.75,
    }
    assert held_in(by_path["comes", 1], "F") == pytest.approx(60_000, abs=1)
    assert held_in(by_path["stays", 1], "F") == pytest.approx(50_000, abs=1)
    assert found.expected == pytest.approx(0.25 * 20_000 * 100 * 1e-4, rel=1e-3)


def test_a_far_day_never_blocks_today(tmp_path: Path) -> None:
    """Nobody may change F and 40,000 come: the limit gives by three millions on that day, and on no other."""
    flow = {"date": "2024-06-28", "book_id": "A", "instrument_id": "F", "quantity": 40_000}
    back = flow | {"date": "2024-07-01", "quantity": -40_000}
    s = scenario(
        tmp_path, mandates=[{"book_id": "*", "selector": "*", "may": "none"}], flows=[flow, back]
    )
    held, found = answered(s)
    over = [
        float(limits.beyond(limits.amounts(d.trades, d.begins), *limits.written(d.begins)).sum())
        for d in later(held, found)
    ]
    assert over == pytest.approx([3e6, 0], abs=100)
    alone = replace(s, limits=tuple(replace(x, upper=4e6) for x in s.limits))
    with pytest.raises(Infeasible):
        answered(alone)


def test_soft_limits_of_a_later_day_give_first(tmp_path: Path) -> None:
    """Of two that cannot both be kept on Friday the soft one gives."""
    soft = {"limit_id": "long", "measure": "position", "scope": "firm", "target": "F", "lower": 55_000, "priority": 2, "kind": "soft"}  # fmt: skip
    flow = {"date": "2024-06-28", "book_id": "A", "instrument_id": "F", "quantity": 20_000}
    hard = dict(TABLES["limits"][0], lower=5_000_000, upper=5_200_000)
    free = [{"book_id": "*", "selector": "F", "may": "trade"}]
    s = scenario(tmp_path, days=2, limits=[hard, soft], flows=[flow], mandates=free)
    (friday,) = later(*answered(s))
    assert held_in(friday, "F") == pytest.approx(52_000, abs=10)


def test_a_mandate_that_does_not_give_is_held_while_a_soft_limit_does(tmp_path: Path) -> None:
    """Friday trades what nobody may: seen where only soft limits give, and given where mandates do."""
    soft = dict(TABLES["limits"][0], kind="soft", priority=2)
    s = scenario(
        tmp_path, 2, limits=[soft], mandates=[{"book_id": "*", "selector": "*", "may": "none"}]
    )
    held, found = answered(s)
    (friday,) = found.later
    sold = replace(friday, order=friday.order - 10_000, change=friday.change - 10_000)
    soft_gives = Give(np.ones(1), pools=False, day=1)
    seen = later_violations(held, found.trades, (sold,), soft_gives)
    assert seen["2024-06-28 mandates"] == pytest.approx(0.2, rel=1e-3)
    both_give = replace(soft_gives, mandates=True)
    assert "2024-06-28 mandates" not in later_violations(held, found.trades, (sold,), both_give)


def test_a_day_by_itself_makes_no_limit_worse_that_is_to_improve(tmp_path: Path) -> None:
    """Two millions leave on Friday and must be bought back: the net exposure, too long already, ends where it began."""
    net = dict(TABLES["limits"][0], upper=1_000_000, on_breach="improve", penalty=0)
    kept = {"limit_id": "kept", "measure": "position", "scope": "firm", "target": "S", "lower": 20_000}  # fmt: skip
    held = [*TABLES["positions"], {"book_id": "A", "instrument_id": "S", "quantity": 20_000}]
    flow = {"date": "2024-06-28", "book_id": "A", "instrument_id": "S", "quantity": -20_000}
    s = scenario(tmp_path, 2, limits=[net, kept], positions=held, flows=[flow])
    trades, done = day_by_day(s)
    friday = states(s, trades, done)[1]
    assert held_in(friday, "S") == pytest.approx(20_000, abs=1)
    assert held_in(friday, "F") == pytest.approx(30_000, abs=1)


def test_waiting_is_free_only_where_the_market_forgets(tmp_path: Path) -> None:
    """50,000 to be sold by Tuesday: with fresh impact in four equal parts, at half of the cost; remembered, at no less
    than all at once.
    """
    sold = [
        dict(
            TABLES["instruments"][0],
            adv=1_000_000,
            volatility=0.02,
            half_spread_bps=0,
            expiry="2024-07-30",
        )
    ]
    roll = [{"selector": "F", "last_day": "2024-07-02", "days": 4}]
    risk = {"units": "daily_fraction"}
    whole = 0.02 * 50_000 * 100 * np.sqrt(0.05)
    found = {}
    for impact in ("fresh", "remembered"):
        s = scenario(
            tmp_path / impact, 4, {"impact": impact}, instruments=sold, rolls=roll, risk=risk,
        )  # fmt: skip
        found[impact] = answered(s)[1]
    assert found["fresh"].expected == pytest.approx(whole / 2, rel=1e-4)
    assert found["fresh"].trades.order.sum() == pytest.approx(-12_500, rel=1e-3)
    assert found["remembered"].expected == pytest.approx(whole, rel=1e-4)
