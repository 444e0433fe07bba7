"""What a plan hangs on: costs of the plan kept, by the terms themselves; what it breaks; which lines change."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import neutralizer as nz
from neutralizer.domain.cases import TO, Change
from neutralizer.domain.trades import deviations
from neutralizer.load.assumptions import ASSUMPTIONS
from neutralizer.load.changes import changed
from neutralizer.records.writing import csv_rows
from neutralizer.report.sensitivity import Sensed, on_a_terminal, page
from neutralizer.studies.sensitivity import ASSUMED, COLUMNS, _moved, sensitivity
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer

DESKS, TWO = SCENARIOS / "equity-desks", SCENARIOS / "two-desks"
LOTS = 30.0  # USD: what whole lots of one plan may cost more than of another


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sensed") / "out"
    done = neutralizer("sensitivity", DESKS, "--out", out, "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    return out


@pytest.fixture(scope="module")
def rows(studied: Path) -> dict[tuple[str, str], dict[str, str]]:
    table = csv_rows((studied / "cases.csv").read_bytes())[1]
    return {(r["assumption"], r["value"]): r for r in table}


@pytest.fixture(scope="module")
def terms() -> dict[str, float]:
    return nz.solve(nz.read(DESKS), report=False, baseline=False).summary.costs


def assume(folder: Path, name: str, value: str) -> nz.Scenario:
    return nz.read(folder).changed([Change(f"assume.{name}", TO, value)])


def test_the_plan_kept_costs_what_its_terms_say(
    rows: dict[tuple[str, str], dict[str, str]], terms: dict[str, float]
) -> None:
    plan = sum(terms.values())
    for name, term in (("spread", "half_spread"), ("impact", "market_impact"), ("margin", "margin_funding")):  # fmt: skip
        assert terms[term] > 1
        for value in ("0.9", "1.1"):
            paid = plan + (float(value) - 1) * terms[term]
            assert float(rows[name, value]["kept_cost"]) == pytest.approx(paid, abs=0.05)
    smaller = plan + (0.9**-0.5 - 1) * terms["market_impact"]  # of a volume: to the power −1/2
    assert float(rows["adv", "0.9"]["kept_cost"]) == pytest.approx(smaller, abs=0.05)


def test_keeping_the_plan_is_never_cheaper_but_for_what_it_breaks(
    rows: dict[tuple[str, str], dict[str, str]],
) -> None:
    assert set(rows) == {("", ""), *ASSUMED}
    for key, row in rows.items():
        if not row["kept_breaks"]:
            assert float(row["regret"]) > -LOTS, key
    first = rows["", ""]
    assert first["plan_cost"] == first["kept_cost"]
    assert (first["kept_breaks"], first["moved_notional"]) == ("", "0.00")
    more = rows["volatility", "1.1"]["kept_breaks"].split(";")
    (firm,) = (x for x in more if x.startswith("firm-volatility firm by "))
    after = nz.solve(nz.read(DESKS), report=False, baseline=False).summary.firm_volatility.after
    assert float(firm.rpartition(" ")[2]) == pytest.approx(1.1 * (after or 0) - 604_000, rel=1e-3)
    assert rows["margin", "1.1"]["kept_breaks"].startswith("pool PRIME_B by ")


def test_processes_and_the_page(studied: Path, tmp_path: Path) -> None:
    sensed = sensitivity(nz.read(DESKS), str(tmp_path / "out"), lambda *_: None)
    assert len(sensed.rows) == 1 + len(ASSUMED)
    for name in ("cases.csv", "sensitivity.html", "study.json"):
        assert (studied / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    page = (studied / "sensitivity.html").read_text()
    assert "With margin +10 % the plan breaks pool PRIME_B" in page


def test_a_sketch_says_the_same_but_for_lots(
    rows: dict[tuple[str, str], dict[str, str]], tmp_path: Path
) -> None:
    """Before lots keeping the plan is never cheaper, but for what it breaks and what the certificates leave open."""
    sensed = sensitivity(nz.read(DESKS), str(tmp_path / "out"), lambda *_: None, sketch=True)
    for row in sensed.rows:
        other = rows[row["assumption"], row["value"]]
        assert row["status"] == "sketch"
        assert float(row["plan_cost"]) == pytest.approx(float(other["plan_cost"]), abs=LOTS)
        broken, also = ([x.rpartition(" by ")[0] for x in r["kept_breaks"].split(";")] for r in (row, other))  # fmt: skip
        assert set(also) <= set(broken)
        if not row["kept_breaks"]:
            assert float(row["regret"]) > -1e-5 * float(row["plan_cost"])
    assert "optimum of the scenario as it is" in page(sensed).decode()


def test_what_the_scenario_has_none_of_is_left_out(tmp_path: Path) -> None:
    sensed = sensitivity(nz.read(TWO), str(tmp_path / "out"), lambda *_: None)
    there = {r["assumption"] for r in sensed.others}
    assert there == {"spread", "impact", "volatility", "margin", "marks"}
    for name, value in (("adv", "2"), ("correlation_to_one", "0.1")):
        with pytest.raises(ValueError, match="nothing to change"):
            changed(nz.read(TWO).loaded, [Change(f"assume.{name}", TO, value)])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("spred", "2", "did you mean spread?"),
        ("spread", "twice", "not a number"),
        ("correlation_to_one", "2", "out of range"),
    ],
)
def test_what_is_no_assumption(name: str, value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        changed(nz.read(DESKS).loaded, [Change(f"assume.{name}", TO, value)])


def test_assumptions_by_their_formulas() -> None:
    """Volatilities, correlations towards one and zero, quotes around their middle."""
    name = "multi-asset"
    base = nz.read(SCENARIOS / name).loaded.inputs
    ((square, was),) = base.squares.items()
    own = np.sqrt(np.diag(was.matrix))
    assert len(own) > 2
    for assumption, value, expected in (
        ("volatility", "1.1", 1.21 * was.matrix),
        ("correlation_to_one", "0.1", 0.9 * was.matrix + 0.1 * np.outer(own, own)),
        ("correlation_to_zero", "0.1", 0.9 * was.matrix + 0.1 * np.diag(own**2)),
    ):
        found = assume(SCENARIOS / name, assumption, value).loaded.inputs.squares[square]
        assert found.matrix == pytest.approx(expected, rel=1e-12)
    wide = assume(SCENARIOS / name, "spread", "2").loaded.scenario
    t, u = nz.read(SCENARIOS / name).loaded.scenario.tradables, wide.tradables
    assert u.half_spread == pytest.approx(2 * t.half_spread)
    thin = assume(SCENARIOS / name, "adv", "0.5").loaded.scenario.tradables
    assert thin.adv == pytest.approx(0.5 * t.adv, nan_ok=True)


def test_quotes_are_wider_around_their_middle() -> None:
    small = {
        "name": "quoted", "as_of": "2024-06-27T16:00:00-04:00", "base_currency": "USD",
        "books": {"book_id": ["A"], "entity": ["X"]},
        "instruments": [{"instrument_id": "S", "asset_class": "equity", "currency": "USD", "bid": 99, "ask": 101}],
        "positions": [{"book_id": "A", "instrument_id": "S", "quantity": 100}],
    }  # fmt: skip
    base: Any = nz.scenario(**small)
    row = base.changed([Change("assume.spread", TO, "1.5")]).loaded.inputs["instruments"]
    assert (row["bid"][0], row["ask"][0]) == (98.5, 101.5)


def test_marks_move_by_one_deviation_of_what_is_held() -> None:
    """What the books hold, taken long, is worth one of its daily deviations more; nothing moves alone."""
    s, moved = (x.loaded.scenario for x in (nz.read(DESKS), assume(DESKS, "marks", "1")))
    held = np.bincount(s.holdings.instrument, np.abs(s.holdings.before))
    deviation = float(np.linalg.norm(deviations(s, held)))
    gained = float(held @ (moved.instruments.notional - s.instruments.notional))
    assert gained == pytest.approx(deviation, rel=1e-6)
    down = assume(DESKS, "marks", "-1").loaded.scenario
    lost = float(held @ (down.instruments.notional - s.instruments.notional))
    assert lost == pytest.approx(-deviation, rel=1e-6)


def test_an_override_and_an_assumption_of_the_same_setting() -> None:
    base = nz.read(DESKS, ("costs.impact_coefficient=0.8",))
    found = base.changed([Change("assume.impact", TO, "1.1")])
    assert found.loaded.inputs.settings.costs.impact_coefficient == pytest.approx(0.88)


def test_lines_that_appear_vanish_and_turn() -> None:
    """Of three orders one is gone, one turned; a transfer is new. A third of a lot or a step is no line."""
    s: Any = nz.read(TWO).loaded.scenario
    ids, t = s.tradables.ids, s.orders.tradable

    def plan(order: dict[str, float], inside: tuple[float, ...]) -> Any:
        by_order = np.zeros(len(t))
        for name, units in order.items():
            by_order[np.flatnonzero(t == ids.index(name))[0]] = units
        return SimpleNamespace(trades=SimpleNamespace(order=by_order), inside=np.array(inside))

    count = len(s.holdings.book)
    none = (1 / 3,) * count
    first = (100.0, *none[1:])
    kept, other = plan({"ETF": 500, "FUT": 10}, none), plan({"FUT": -20, "ETF": 1 / 3}, first)
    row = _moved(s, kept, other)
    assert (row["lines_new"], row["lines_gone"], row["lines_turned"]) == ("1", "1", "1")
    money = 500 * 100 + 30 * 200_000 + 100 * 100
    assert float(row["moved_notional"]) == pytest.approx(money)
    assert row["moved_most"].split(";")[:2] == ["FUT", "ETF"]


def test_a_case_that_is_refused_is_a_row_and_no_bar() -> None:
    """No cost is known of it, neither kept nor decided again."""
    blank = dict.fromkeys(COLUMNS, "")
    first = blank | {"case": "0", "status": "optimal", "plan_cost": "10.00", "kept_cost": "10.00", "regret": "0.00"}  # fmt: skip
    refused = blank | {"case": "1", "assumption": "margin", "value": "1.1", "status": "refused", "why_not": "too much"}  # fmt: skip
    sensed = Sensed("s", date(2024, 1, 2), "USD", [first, refused])
    assert "With margin +10 % there is refused: too much" in page(sensed).decode()
    assert "refused" in on_a_terminal(sensed)


def test_every_assumption_is_studied() -> None:
    assert {name for name, _ in ASSUMED} == set(ASSUMPTIONS)
