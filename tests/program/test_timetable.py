"""When orders are sent: closed forms, a second formulation, and nothing worse on the way."""

from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.timetable import Sent, Wanted, on_the_way
from neutralizer.planning.timetable import in_lots, timetable
from neutralizer.program.timetable import timed
from neutralizer.terms.costs import market_impact
from neutralizer.terms.session import cost_of, deviation_of, worse
from tests.tools.timetables import decided, drawn, second, slices

ONE = """\
format: 1
name: one
as_of: 2024-06-27T08:00:00-04:00
base_currency: USD
tables:
  books: [{book_id: A, entity: X}]
  instruments: [{instrument_id: F, asset_class: future, currency: USD, price: 100, multiplier: 1, half_spread_bps: 1, adv: 1000000, volatility: 0.02, payment: margined}]
  positions: [{book_id: A, instrument_id: F, quantity: 50000}]
  limits: [{limit_id: out, measure: position, scope: firm, target: F, lower: 0, upper: 0}]
  risk: {units: daily_fraction, covariance: [{instrument_id: F, F: 0.0004}]}
costs: {impact: quadratic}
"""
TWO = """\
format: 1
name: way
as_of: 2024-06-27T08:00:00-04:00
base_currency: USD
tables:
  books: [{book_id: A, entity: X}]
  instruments:
    - {instrument_id: L, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1, adv: 1000000, volatility: 0.02}
    - {instrument_id: S, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1, adv: 1000000, volatility: 0.02}
  positions: [{book_id: A, instrument_id: L, quantity: 50000}, {book_id: A, instrument_id: S, quantity: -50000}]
  limits:
    - {limit_id: out, measure: gross, scope: firm, upper: 0}
    - {limit_id: flat, measure: net, scope: firm, lower: -100000, upper: 100000}
  risk: {units: daily_fraction}
"""
EARLY, LATE = np.array([4.0, 3, 2, 1]), np.array([1.0, 2, 3, 4])


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(text)
    return folder


def wanted(count: int, risk_aversion: float | None = 0.0, deviations: float = 0.0) -> Wanted:
    return Wanted(risk_aversion, deviations, 2.0, np.ones(count, dtype=bool))


def test_without_risk_orders_go_with_the_volume_and_cost_what_the_plan_said(tmp_path: Path) -> None:
    s, plan = decided(drawn(4, tmp_path / "s"), tmp_path / "run")
    k = slices(s, np.array([3.0, 1, 1, 2, 5]))
    found = timed(s, plan, k, wanted(5))
    assert found.sent.share == pytest.approx(
        np.broadcast_to(k.share[0], found.sent.share.shape), abs=2e-4
    )
    planned = market_impact.amounts(plan.trades, s)["market_impact"].sum()
    assert found.cost == pytest.approx(planned, rel=1e-6)
    assert found.gap <= 1e-4 * planned


@pytest.mark.parametrize("risk_aversion", [1e-6, 1e-5])
def test_one_asset_follows_the_curve_of_almgren_and_chriss(
    tmp_path: Path, risk_aversion: float
) -> None:
    """Quadratic impact and flat volume: what is open after slice k of K is sinh(κ(K − k)) / sinh(κK), where
    2 cosh κ = 2 + λ · variance a slice over the impact of a slice.
    """
    s, plan = decided(written(tmp_path / "s", ONE), tmp_path / "run")
    count = 10
    found = timed(s, plan, slices(s, np.ones(count)), wanted(count, risk_aversion))
    impact = 0.02 * 100 * 50_000**2 * count / 1_000_000
    variance = (0.02 * 100 * 50_000) ** 2 / count
    kappa = np.arccosh(1 + risk_aversion * variance / impact / 2)
    left = np.sinh(kappa * (count - np.arange(1, count + 1))) / np.sinh(kappa * count)
    assert 1 - found.sent.done[0] == pytest.approx(left, abs=3e-4)


@pytest.mark.parametrize("seed", range(30))
def test_a_second_formulation_agrees(tmp_path: Path, seed: int) -> None:
    s, plan = decided(drawn(seed, tmp_path / "s"), tmp_path / "run")
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.3, 1.0, (len(s.tradables.ids), 5))
    weigh = [wanted(5, 10 ** rng.uniform(-8, -5)), wanted(5, None, rng.uniform(0.02, 0.4))][
        seed % 2
    ]
    k = slices(s, share)
    found = timed(s, plan, k, weigh)
    risk = (
        weigh.deviations * found.deviation
        if weigh.risk_aversion is None
        else weigh.risk_aversion * found.deviation**2
    )
    total = found.cost + risk
    assert total == pytest.approx(second(s, plan, k, weigh, total), rel=3e-4)
    assert cost_of(s, k, found.sent).sum() == pytest.approx(found.cost)
    assert deviation_of(s, k, found.sent) == pytest.approx(found.deviation)


def test_nothing_is_sent_later_than_asked(tmp_path: Path) -> None:
    s, plan = decided(drawn(7, tmp_path / "s"), tmp_path / "run")
    open_ = np.array([True, True, True, False])
    found = timed(s, plan, slices(s, np.array([1.0, 1, 2, 4])), Wanted(0.0, 0.0, 5.0, open_))
    assert not found.sent.share[:, 3].any()
    assert found.sent.share[:, :3] == pytest.approx(
        np.broadcast_to([0.25, 0.25, 0.5], (len(found.sent.order), 3)), abs=1e-3
    )


def test_nothing_is_worse_on_the_way_than_at_both_ends(tmp_path: Path) -> None:
    """The long leg's volume comes early, the short leg's late: with the volume the book would be short 2 million in
    the middle, where it may be 100,000 either way. Held, the two go together, at a price.
    """
    s, plan = decided(written(tmp_path / "s", TWO), tmp_path / "run")
    share = np.array([EARLY if name == "L" else LATE for name in s.tradables.ids])
    k = slices(s, share)
    alone = timed(s, plan, k, wanted(4))
    held = timetable(s, plan, k, wanted(4), lambda text: None)
    out = [
        (s.limits[h.limit].limit_id, over)
        for h, over in worse(s, plan, on_the_way(s, plan, alone.sent))
    ]
    assert {name for name, _ in out} == {"flat"}
    assert not list(worse(s, plan, on_the_way(s, plan, held.sent)))
    assert held.cost > alone.cost
    assert np.abs(held.sent.done[0] - held.sent.done[1]).max() * 5e6 <= 100_000 * (1 + 1e-5)


def test_where_volume_does_not_allow_it_the_least_is_worse(tmp_path: Path) -> None:
    """Without a volatility nothing is known of S's impact, and it goes with its volume: half of L's pace is not enough
    to stay with it, and what is beyond is the least that can be.
    """
    slow = TWO.replace(
        "instrument_id: L, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1,",
        "instrument_id: L, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1, max_participation: 0.05,",
    )
    blind = slow.replace(
        "{instrument_id: S, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1, adv: 1000000, volatility: 0.02}",
        "{instrument_id: S, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1}",
    )
    s, plan = decided(written(tmp_path / "s", blind), tmp_path / "run")
    share = np.array([LATE if name == "L" else EARLY for name in s.tradables.ids])
    weigh = Wanted(0.0, 0.0, 1.0, np.ones(4, dtype=bool))  # L's pace leaves it its own volume alone
    found = timetable(s, plan, slices(s, share), weigh, lambda text: None)
    out = {h.slice: over for h, over in worse(s, plan, on_the_way(s, plan, found.sent))}
    apart = np.abs(np.cumsum(LATE - EARLY) / 10)[:3] * 5e6 - 100_000
    assert out == pytest.approx(dict(enumerate(apart)), rel=1e-4)


CASH = """\
format: 1
name: cash
as_of: 2024-06-27T08:00:00-04:00
base_currency: USD
tables:
  books: [{book_id: A, entity: X, account_id: ACC}]
  accounts: [{account_id: ACC, pool_id: P, model: none}]
  pools: [{pool_id: P, currency: USD, cash: 1000000000000, minimum_balance: 999999998000}]
  instruments:
    - {instrument_id: L, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1}
    - {instrument_id: S, asset_class: equity, currency: USD, price: 100, half_spread_bps: 1}
  positions: [{book_id: A, instrument_id: S, quantity: 10000}]
  mandates: [{book_id: "*", selector: "*", may: trade}]
  limits:
    - {limit_id: buy, measure: position, scope: firm, target: L, lower: 10000, upper: 10000}
    - {limit_id: sell, measure: position, scope: firm, target: S, lower: 0, upper: 0}
"""


def test_no_bound_and_no_cash_hides_what_is_worse(tmp_path: Path) -> None:
    """A millionth of a pool's cash is no tolerance: what is bought early is paid for, 300,000 and 400,000 of a trillion.
    Nor is one of the bound on the other side of a limit.
    """
    s, plan = decided(written(tmp_path / "s", CASH), tmp_path / "run")
    k = slices(s, np.array([EARLY if name == "L" else LATE for name in s.tradables.ids]))
    found = timed(s, plan, k, wanted(4))
    short = [over for h, over in worse(s, plan, on_the_way(s, plan, found.sent)) if h.pool == 0]
    assert short == pytest.approx([298_000, 398_000, 298_000], abs=200)
    seen = []
    for n, other in enumerate(("-100000", "-1e12")):
        text = TWO.replace("lower: -100000, upper: 100000", f"lower: {other}, upper: 100000")
        s, plan = decided(written(tmp_path / f"{n}", text), tmp_path / f"run{n}")
        k = slices(s, np.array([LATE if name == "L" else EARLY for name in s.tradables.ids]))
        states = on_the_way(s, plan, timed(s, plan, k, wanted(4)).sent)
        seen.append([(h.slice, round(over)) for h, over in worse(s, plan, states)])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 3


def test_lots_are_the_nearest_to_what_was_decided() -> None:
    """Seven lots of 0.3, 0.3, 0.4: 2, 2, 3; one lot goes where half of it is reached."""

    class S:
        class tradables:
            lot = np.array([10.0])

        class orders:
            tradable = np.array([0, 0])

    sent = Sent(
        np.array([0, 1]),
        np.array([70.0, -10.0]),
        np.array([[0.3, 0.3, 0.4], [0.3, 0.3, 0.4]]),
        np.ones(3),
    )
    found = in_lots(S, sent)  # type: ignore[arg-type]
    assert found.share * np.array([[7.0], [1.0]]) == pytest.approx(np.array([[2, 2, 3], [0, 1, 0]]))


def test_an_odd_rest_goes_with_the_last_slice() -> None:
    class S:
        class tradables:
            lot = np.array([10.0])

        class orders:
            tradable = np.array([0])

    sent = Sent(np.array([0]), np.array([25.0]), np.array([[0.5, 0.5, 0.0]]), np.ones(3))
    found = in_lots(S, sent)  # type: ignore[arg-type]
    assert found.share * 25 == pytest.approx(np.array([[10, 15, 0]]))
