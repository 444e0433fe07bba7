"""What looks wrong is named before anything is solved, and what does not, is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neutralizer as nz
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.load.scenario import load
from neutralizer.report.look import shown
from neutralizer.report.look.facts import facts
from neutralizer.report.look.traps import open_places, traps
from neutralizer.terms import limits
from tests.conftest import SCENARIOS

STOCKS: list[dict[str, Any]] = [
    {"instrument_id": name, "asset_class": "equity", "currency": currency, "price": price, "adv": adv, "volatility": 0.015,
     "specific_volatility": 0.012, "half_spread_bps": 2, "hedge_instrument": "yes"}
    for name, currency, price, adv in (("A", "USD", 120.5, 4e6), ("B", "USD", 31.25, 9e6), ("L", "GBP", 8.42, 2e7), ("T", "JPY", 2840, 3e6))
]  # fmt: skip
LIMITS = [
    {
        "limit_id": f"{b}-gross",
        "measure": "gross",
        "scope": f"book:{b}",
        "upper": 3e7,
        "owner": "risk",
    }
    for b in ("X", "Y")
]


def scenario(**changes: Any) -> Scenario:
    """A sound scenario of two books of shares in three currencies, with some tables changed."""
    tables: dict[str, Any] = {
        "books": [{"book_id": "X", "entity": "E"}, {"book_id": "Y", "entity": "E"}],
        "instruments": STOCKS,
        "positions": [
            {"book_id": "X", "instrument_id": "A", "quantity": 1000}, {"book_id": "X", "instrument_id": "L", "quantity": -9000},
            {"book_id": "Y", "instrument_id": "A", "quantity": -400}, {"book_id": "Y", "instrument_id": "T", "quantity": 3000},
        ],
        "risk": {
            "units": "daily_fraction",
            "factors": [{"factor_id": "M"}, {"factor_id": "GBP", "currency": "GBP"}, {"factor_id": "JPY", "currency": "JPY"}],
            "loadings": [{"instrument_id": s["instrument_id"], "factor_id": "M", "loading": 1} for s in STOCKS],
            "factor_covariance": [{"factor_id": f, "M": 0.0, "GBP": 0.0, "JPY": 0.0} | {f: 1e-4} for f in ("M", "GBP", "JPY")],
        },
        "fx": [{"currency": "GBP", "rate": 1.27}, {"currency": "JPY", "rate": 0.0064}],
        "crossing_groups": [{"group_id": "house", "books": ["X", "Y"]}],
        "limits": LIMITS,
    }  # fmt: skip
    given = tables | changes
    return nz.scenario(
        name="looked-at", as_of="2024-06-28T16:00:00-04:00", base_currency="USD", **given
    ).loaded.scenario


def with_stock(name: str, **changes: Any) -> list[dict[str, Any]]:
    return [s | changes if s["instrument_id"] == name else s for s in STOCKS]


def test_nothing_looks_wrong_in_what_is_sound() -> None:
    assert traps(scenario()) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"fx": [{"currency": "GBP", "rate": 1.27}, {"currency": "JPY", "rate": 156}]}, "the rate of JPY, 156 USD, looks inverted; fx has USD per JPY, about 0.0067"),
    ({"fx": [{"currency": "GBP", "rate": 1.27}, {"currency": "JPY", "rate": 0.64}]}, "the rate of JPY, 0.64 USD, is of another order of magnitude than it is worth; fx has"),
    ({"instruments": with_stock("L", price=842)}, "prices in GBP look like hundredths: L 842; write currency GBX"),
    ({"instruments": [s | {"adv": s["adv"] * 31e3} for s in STOCKS]}, "adv looks like money: A 124,000,000,000, B 279,000,000,000, L 620,000,000,000, T 93,000,000,000; it counts units a day"),
    ({"instruments": with_stock("A", specific_volatility=0.19)}, "volatilities of the risk model are unusual: A 19.03% a day, 302% a year; check risk.units: annual, or percent?"),
    ({"instruments": with_stock("B", volatility=0.24)}, "volatilities of instruments are unusual: B 24.00% a day, 381% a year; check risk.units"),
    ({"instruments": with_stock("A", price=118.403921)}, "prices with more than 4 decimals: A 118.403921; adjusted for dividends?"),
    ({"instruments": with_stock("A", multiplier=1e6)}, "one lot is worth very much (US dollars): A 120.5m; check price, multiplier, lot_size"),
    ({"limits": LIMITS[:1]}, "Y may take 2 names that it does not hold, and no limit of its own counts them: B, L; limit its gross"),
    ({"targets": [{"book_id": "Y", "instrument_id": "A", "trade": 8e6}]}, "targets that may not wait and are more than a day's volume: Y A 2 days; check the units"),
    ({"limits": [x | {"owner": ""} for x in LIMITS]}, "limits without owner: X-gross, Y-gross; write who may change them"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_each_trap_is_named(changes: dict[str, Any], words: str) -> None:
    (sentence,) = [x for x in traps(scenario(**changes)) if x.startswith(words[:30])]
    assert sentence.startswith(words)


@pytest.mark.parametrize("measure", ["turnover", "external"])
def test_what_counts_trades_does_not_count_a_position(measure: str) -> None:
    scope = "book:Y" if measure == "turnover" else "firm"
    other = {"limit_id": "t", "measure": measure, "scope": scope, "upper": 1e6, "owner": "risk"}
    assert any("Y may take 2 names" in x for x in traps(scenario(limits=[LIMITS[0], other])))


def test_where_nobody_crosses_nothing_is_put() -> None:
    assert not open_places(scenario(limits=[], crossing_groups=[])).any()


def test_a_run_says_what_it_put_where_no_limit_counts_it(tmp_path: Path) -> None:
    """X must end small and Y has no limit: what X holds is booked over, at no price, and looks like a saving."""
    tight = [
        {
            "limit_id": "X-gross",
            "measure": "gross",
            "scope": "book:X",
            "upper": 1e4,
            "owner": "risk",
        }
    ]
    given = nz.scenario(
        name="warehouse", as_of="2024-06-28T16:00:00-04:00", base_currency="USD",
        books=[{"book_id": "X", "entity": "E"}, {"book_id": "Y", "entity": "E"}], instruments=STOCKS[:2],
        positions=[{"book_id": "X", "instrument_id": "B", "quantity": 4000}, {"book_id": "Y", "instrument_id": "A", "quantity": -400}],
        crossing_groups=[{"group_id": "house", "books": ["X", "Y"]}], limits=tight,
        risk={"units": "daily_fraction"},
    )  # fmt: skip
    run = nz.solve(given, baseline=False)
    told = [
        x for x in run.summary.findings if x.startswith("Y receives 1 names that it never held, ")
    ]
    assert len(told) == 1


def test_books_and_limits_are_as_computed(scenario_named: Callable[[str], Scenario]) -> None:
    s = scenario_named("multi-asset")
    found = facts(s)
    assert sum(row["gross"] for row in found["books"]) == pytest.approx(s.gross_before)
    assert [row["today"] for row in found["limits"]] == limits.amounts(nothing(s), s).tolist()
    for row in found["books"]:
        assert row["net"] == pytest.approx(row["long"] - row["short"])
        assert row["gross"] == pytest.approx(row["long"] + row["short"])
        assert sum(row["currencies"].values()) == pytest.approx(row["gross"])


def test_the_rank_is_of_what_is_independent() -> None:
    s = scenario()
    assert s.risk.factor_root is not None
    lame = replace(s.risk, factor_root=s.risk.factor_root @ np.diag([1.0, 1.0, 0.0]))
    (row,) = facts(replace(s, risk=lame))["risk"]
    assert (row["size"], row["rank"]) == (3, 2)


@pytest.mark.parametrize("name", ["two-desks", "equity-desks", "multi-asset", "options", "rates"])
def test_it_fits_a_narrow_terminal_and_a_page(name: str) -> None:
    found = shown.look(load(SCENARIOS / name).scenario)
    text = shown.on_a_terminal(found)
    assert max(map(len, text.splitlines())) <= 80
    html = shown.page(found).decode()
    json.dumps(found.written(), allow_nan=False)
    for sentence in found.findings:
        assert sentence.split(" ")[0] in html
    assert html.count("<section") == len(shown.TABLES) + 1 - sum(
        not rows for rows in found.facts.values()
    )
