"""Spreads that revert are found, random walks are not, and nothing of the second half finds anything."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused
from neutralizer.load.scenario import load
from neutralizer.prepare.history.past import Past
from neutralizer.prepare.signals import signals as module
from neutralizer.prepare.signals.signals import Signals, _judged, needed, signals
from neutralizer.prepare.signals.spread import Spread, spread, statistic
from tests.tools.desks import desks
from tests.tools.spreads import DAYS, LIQUID, reverting, walk

DRAWS = 199


def planted(rng: np.random.Generator, half_life: float) -> Spread:
    common = walk(rng)
    return spread(("A", "B"), common + reverting(rng, half_life), common, DRAWS)


def called(own: list[Spread]) -> int:
    return sum(x.called for x in _judged("family", own))


@pytest.mark.parametrize("seed", range(5))
def test_the_statistic_is_that_of_dickey_and_fuller(seed: int) -> None:
    """The t statistic of the level in a regression of changes on level and last change."""
    path = walk(np.random.default_rng(seed))
    x, y = np.column_stack([path[1:-1], np.diff(path)[:-1]]), np.diff(path)[1:]
    found = np.linalg.solve(x.T @ x, x.T @ y)
    variance = np.sum((y - x @ found) ** 2) / (len(y) - 2) * np.linalg.inv(x.T @ x)[0, 0]
    assert statistic(path) == pytest.approx(found[0] / np.sqrt(variance), rel=1e-9)


def test_a_hundred_families_of_random_walks_make_few_calls() -> None:
    rng, count = np.random.default_rng(5), 0
    for _ in range(100):
        own = [walk(rng) for _ in range(3)]
        pairs = [(0, 1), (0, 2), (1, 2)]
        count += bool(called([spread(("A", "B"), own[i], own[j], DRAWS) for i, j in pairs]))
    assert count <= 10


@pytest.mark.parametrize(("half_life", "share"), [(3, 0.95), (5, 0.95), (10, 0.8)])
def test_planted_pairs_are_found(half_life: float, share: float) -> None:
    rng = np.random.default_rng(6)
    found = [planted(rng, half_life) for _ in range(60)]
    assert sum(called([x]) for x in found) >= share * len(found)
    assert np.median([x.half_life for x in found]) == pytest.approx(half_life, rel=0.2)
    assert np.median([x.ratio for x in found]) == pytest.approx(1, abs=0.02)


def test_the_first_half_knows_nothing_of_the_second() -> None:
    rng = np.random.default_rng(7)
    common, gap = walk(rng), reverting(rng, 5)
    first = spread(("A", "B"), common + gap, common, DRAWS)
    gap[DAYS // 2 :] += walk(rng)[DAYS // 2 :]
    second = spread(("A", "B"), common + gap, common, DRAWS)
    assert (first.p, first.ratio, first.half_life) == (second.p, second.ratio, second.half_life)
    assert called([first]) == 1
    assert [x.why for x in _judged("family", [second])] == ["not there in the second half"]


def test_a_new_fit_would_call_random_walks_reverting() -> None:
    """Of pairs that were never tied, the frozen test calls one in twenty, whatever path they took."""
    rng = np.random.default_rng(8)
    found = [spread(("A", "B"), walk(rng), walk(rng), 9).second for _ in range(400)]
    assert 5 <= sum(p <= 0.05 for p in found) <= 35


@pytest.mark.parametrize("moves", ["never", "never again", "together"])
def test_prices_that_stand_still_say_nothing(moves: str) -> None:
    rng = np.random.default_rng(12)
    a, b = np.full(DAYS, 4.6), walk(rng)
    if moves == "never again":
        a[: DAYS // 2] += reverting(rng, 5)[: DAYS // 2]
        b[:] = 0.0
        b[: DAYS // 2] = walk(rng)[: DAYS // 2]
    a = b + 4.6 if moves == "together" else a
    found = spread(("A", "B"), a, b, DRAWS)
    assert called([found]) == 0
    assert not np.isnan([found.p, found.second, found.half_life, found.deviation]).any()


def past(folder: Path, a: Floats, b: Floats, after: int = 0) -> Past:
    """ETF and FUT on days up to 2024-06-27, and days after it where asked for."""
    index = pd.bdate_range(end="2024-06-27", periods=len(a) - after)
    index = index.append(pd.bdate_range("2024-06-28", periods=after))
    ends = (np.exp(x - x[-1]) for x in (a, b))
    prices = pd.DataFrame(dict(zip(("ETF", "FUT"), ends, strict=True)), index) * [100, 4000]
    none = prices.iloc[:, :0]
    return Past("drawn", date(2024, 6, 27), {"price": prices}, none, none, {})


def found_in(tmp_path: Path, gap: float, *changes: tuple[str, str]) -> tuple[Signals, Scenario]:
    """Signals of a pair that has a half-life of 5 days and ends so far apart."""
    rng = np.random.default_rng(9)
    common, apart = walk(rng), reverting(rng, 5)
    apart[-1] = gap
    tmp_path.mkdir(exist_ok=True)
    s = load(desks(tmp_path / "desks", *(changes or LIQUID))).scenario
    return signals(past(tmp_path, common + apart, common), s, "underlying", lambda text: None), s


def test_each_leg_is_out_by_half_of_the_gap(tmp_path: Path) -> None:
    found, _ = found_in(tmp_path, 0.02)
    (pair,) = found.tested
    assert pair.called
    assert pair.family == "IDX"
    etf, fut = found.out
    x = pair.spread
    assert etf.fair / etf.price == pytest.approx(np.exp(-x.gap / 2))
    assert fut.fair / fut.price == pytest.approx(np.exp(x.gap / 2 / x.ratio))
    assert (etf.most, fut.most) == (10000, 500)
    assert etf.confidence == pytest.approx(1 - 2 ** (-5 / x.half_life))
    assert etf.expires == np.busday_offset("2024-06-27", int(np.ceil(x.half_life))).astype(date)


def test_what_the_way_out_costs_more_than_is_left_out(tmp_path: Path) -> None:
    """Two basis points of ETF and half of one of FUT, against what of half a gap is expected to close."""
    seen, off = set(), found_in(tmp_path / "off", 0.0)[0].tested[0].spread.gap
    for k, gap in enumerate((0.0001, 0.0004, 0.002)):
        found, _ = found_in(tmp_path / str(k), gap - off)
        x = found.tested[0].spread
        expected = abs(x.gap) / 2 * (1 - 2 ** (-5 / x.half_life))
        out = {d.instrument for d in found.out}
        assert out == {n for n, cost in (("ETF", 2e-4), ("FUT", 0.5e-4)) if expected > cost}
        seen.add(frozenset(out))
    assert len(seen) == 3


def test_without_volume_nothing_caps_it(tmp_path: Path) -> None:
    same = [(a, b.replace("adv: 1000000, ", "")) for a, b in LIQUID]
    found, _ = found_in(tmp_path, 0.02, *same)
    assert [x.instrument for x in found.out] == ["FUT"]
    assert any("ETF is out by" in text and "no ADV" in text for text in found.said)


def test_marks_that_differ_are_told_and_count_for_nothing(tmp_path: Path) -> None:
    marks = (
        ("quantity: -60000}", "quantity: -60000, mark_price: 100.1}"),
        ("quantity: 100000}", "quantity: 100000, mark_price: 99.9}"),
    )
    found, _ = found_in(tmp_path, 0.0, *LIQUID, *marks)
    (mark,) = found.marks
    assert (mark.instrument, mark.low, mark.high) == ("ETF", ("MM", 99.9), ("ARB", 100.1))


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    s = load(desks(tmp_path / "desks")).scenario
    with pytest.raises(InputsRefused) as refusal:
        signals(past(tmp_path, np.zeros(DAYS), np.zeros(DAYS)), s, "undrlying", lambda text: None)
    assert "underlying" in refusal.value.issues[0].remedy


def test_instruments_that_move_together_are_a_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one asset class and currency: ETF and FUT are none, two ETF are."""
    rng = np.random.default_rng(10)
    common = walk(rng)
    s = load(desks(tmp_path / "desks")).scenario
    asked = signals(past(tmp_path, common, common), s, "underlying", lambda text: None)
    assert not asked.tested
    twin = ("    - {instrument_id: FUT, asset_class: future", "    - {instrument_id: FUT, asset_class: etf")  # fmt: skip
    other = load(desks(tmp_path / "twins", twin)).scenario
    found = signals(
        past(tmp_path, common + reverting(rng, 5, 0.001), common), other, "underlying", lambda text: None
    )  # fmt: skip
    assert [x.family for x in found.tested] == ["etf that move together"]
    monkeypatch.setattr(module, "MOST_PAIRS", 0)
    with pytest.raises(InputsRefused):
        signals(past(tmp_path, common, common), other, "underlying", lambda text: None)


def test_fair_values_are_in_the_currency_that_the_row_is_written_in(tmp_path: Path) -> None:
    """An ETF in cents, and a run that takes its fair value in cents."""
    cents = ("currency: USD, price: 100,", "currency: USX, price: 10000,")
    plain, _ = found_in(tmp_path / "dollars", 0.02)
    rng = np.random.default_rng(9)
    common, apart = walk(rng), reverting(rng, 5)
    apart[-1] = 0.02
    s = load(desks(tmp_path / "cents", *LIQUID, cents)).scenario
    own = past(tmp_path, common + apart, common)
    own.prices["price"]["ETF"] *= 100
    found = signals(own, s, "underlying", lambda text: None)
    assert found.out[0].fair == pytest.approx(100 * plain.out[0].fair)
    assert found.out[0].price == 10000


def test_a_history_that_is_old_or_of_other_prices_says_nothing_of_today(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    common, apart = walk(rng), reverting(rng, 5)
    apart[-1] = 0.02
    s = load(desks(tmp_path / "desks", *LIQUID)).scenario
    old = past(tmp_path, common + apart, common)
    old.prices["price"] = old.prices["price"].iloc[:-6]
    with pytest.raises(InputsRefused) as refusal:
        signals(old, s, "underlying", lambda text: None)
    assert "ends on" in refusal.value.issues[0].reason
    other = past(tmp_path, common + apart, common)
    other.prices["price"]["ETF"] /= 2
    found = signals(other, s, "underlying", lambda text: None)
    assert [x.instrument for x in found.out] == ["FUT"]
    assert "ETF ends at 50 in the history, and its price is 100" in found.said


def test_what_a_run_would_refuse_is_not_written(tmp_path: Path) -> None:
    found, _ = found_in(tmp_path, 1.0)
    assert not found.out
    assert all("more than a run takes" in text for text in found.said)


def test_a_price_that_reverts_alone_makes_no_pair() -> None:
    rng, why = np.random.default_rng(14), []
    for _ in range(20):
        own = spread(("A", "B"), 4.6 + reverting(rng, 5), walk(rng), DRAWS)
        why += [x.why for x in _judged("family", [own])]
    assert "" not in why
    assert any(text.endswith("not one exposure") for text in why)


def test_one_true_pair_of_many_can_be_called(tmp_path: Path) -> None:
    """Of 28 pairs: with 999 draws no p would be small enough."""
    assert needed(1) == 999
    draws, pairs = needed(28), 28
    harmonic = sum(1 / k for k in range(1, pairs + 1))
    assert pairs * harmonic / (draws + 1) <= 0.05
    rng = np.random.default_rng(15)
    common = walk(rng)
    true = spread(("A", "B"), common + reverting(rng, 3), common, draws)
    others = [replace(true, p=0.5) for _ in range(27)]
    assert called([true, *others]) == 1
