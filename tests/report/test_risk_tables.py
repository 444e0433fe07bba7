"""What a risk officer asks, recomputed by hand from positions and inputs."""

import csv
import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import contributions, deviations, netted, nothing, volatility
from neutralizer.load.scenario import load
from neutralizer.report.page import render
from neutralizer.run import Options, Outcome, run
from tests.conftest import SCENARIOS
from tests.tools.small import TOP, read

Row = dict[str, str]


@cache
def outcome(name: str) -> tuple[Scenario, Outcome]:
    folder = SCENARIOS / name
    return load(folder).scenario, run(folder, None, Options(dry_run=True, baseline=False))


def table(found: Outcome, name: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(found.files[name].decode())))


def held(s: Scenario, found: Outcome, column: str) -> dict[tuple[str, str], float]:
    return {
        (r["book_id"], r["instrument_id"]): float(r[column])
        for r in table(found, "positions_after.csv")
    }


def test_losses_by_shock_and_book() -> None:
    """In a squeeze the plan of the option house turns a gain into a loss; STRUCT alone loses more in a crash
    than the firm may.
    """
    s, found = outcome("options")
    after = held(s, found, "quantity_after")
    rows = {(r["scope"], r["shock_id"]): r for r in table(found, "shocks.csv")}
    for k, shock in enumerate(s.shocks.ids):
        for book in s.books.ids:
            lost = sum(
                q * float(s.shocks.loss[s.instruments.ids.index(i), k])
                for (b, i), q in after.items()
                if b == book
            )
            assert float(rows[f"book:{book}", shock]["loss_after"]) == pytest.approx(lost, abs=0.01)
    firm = {shock: r for (scope, shock), r in rows.items() if scope == "firm"}
    assert float(firm["squeeze"]["loss_before"]) == pytest.approx(-12.6e6, rel=0.01)
    assert float(firm["squeeze"]["loss_after"]) == pytest.approx(3.12e6, rel=0.01)
    assert [shock for shock, r in firm.items() if r["worst"] == "yes"] == ["crash"]
    (limit,) = (r for r in table(found, "limits.csv") if r["limit_id"] == "firm-stress")
    assert limit["worst_shock"] == "crash"
    page = render(found.files).decode()
    assert "The plan turns a gain of 12.6m USD in squeeze into a loss of 3.12m." in page
    assert (
        "STRUCT alone loses 20.2m USD in crash, more than the 20.0m that the firm may lose." in page
    )


def test_limits_without_shocks_name_none() -> None:
    _, found = outcome("equity-desks")
    assert {r["worst_shock"] for r in table(found, "limits.csv")} == {""}
    assert table(found, "shocks.csv") == []


def test_volatility_and_exposure_by_book_and_label() -> None:
    s, found = outcome("equity-desks")
    rows = {(r["kind"], r["name"]): r for r in table(found, "exposures.csv")}
    for b, book in enumerate(s.books.ids):
        own = np.flatnonzero(s.holdings.book == b)
        row = rows["book", book]
        assert float(row["volatility_before"]) == pytest.approx(
            volatility(s, nothing(s), own), abs=0.01
        )
        gross = float(s.holding_notional[own] @ np.abs(s.holdings.before[own]))
        assert float(row["gross_before"]) == pytest.approx(gross, abs=0.01)
    firm = float(rows["firm", ""]["net_after"])
    for kind in ("asset_class", "currency", "book"):
        total = sum(float(r["net_after"]) for (k, _), r in rows.items() if k == kind)
        assert total == pytest.approx(firm, abs=0.1)


DENSE = TOP + """\
  books: [{book_id: A, entity: X}, {book_id: B, entity: X}]
  instruments:
    - {instrument_id: P, asset_class: equity, currency: USD, price: 10, half_spread_bps: 2, adv: 1000, max_participation: 0.1, hedge_instrument: yes, sector: tech, country: US}
    - {instrument_id: Q, asset_class: equity, currency: USD, price: 20, half_spread_bps: 2, hedge_instrument: yes, sector: energy, country: NO}
  positions:
    - {book_id: A, instrument_id: P, quantity: 700}
    - {book_id: B, instrument_id: Q, quantity: -300}
  risk:
    units: daily_fraction
    covariance: [{instrument_id: P, P: 0.0004, Q: 0.0001}, {instrument_id: Q, P: 0.0001, Q: 0.0009}]
"""  # fmt: skip


@pytest.mark.parametrize("text", ["dense", "factors"])
def test_contributions_sum_to_the_volatility(text: str) -> None:
    s = read(DENSE.removeprefix(TOP)) if text == "dense" else outcome("equity-desks")[0]
    everything = np.arange(len(s.holdings.book))
    units = netted(s, nothing(s), everything)
    adds = contributions(s, units)
    assert adds.sum() == pytest.approx(volatility(s, nothing(s), everything))
    i, bump = int(np.argmax(np.abs(adds))), 1e-4
    more = units.copy()
    more[i] *= 1 + bump
    slope = (np.linalg.norm(deviations(s, more)) - np.linalg.norm(deviations(s, units))) / bump
    assert adds[i] == pytest.approx(slope, rel=1e-3)


def test_days_to_get_out_and_what_todays_cap_leaves() -> None:
    """What the firm holds, over what may be traded a day."""
    s, found = outcome("equity-desks")
    rows = {r["instrument_id"]: r for r in table(found, "instrument_risk.csv")}
    for i, row in rows.items():
        cap = s.tradables.cap[s.instruments.ids.index(i)]
        if np.isfinite(cap) and cap > 0:
            days = abs(float(row["units_after"])) / cap
            assert float(row["days_after"]) == pytest.approx(days, abs=0.006)
        else:
            assert row["days_after"] == ""


def test_a_closing_that_the_cap_stops_says_how_long_it_takes(tmp_path: Path) -> None:
    text = DENSE + (
        "  limits: [{limit_id: small, measure: gross, scope: 'book:A', upper: 1000, kind: soft}]\n"
        "costs: {impact_coefficient: 0}\n"
    )
    (tmp_path / "scenario.yaml").write_text(text)
    found = run(tmp_path, None, Options(dry_run=True, baseline=False))
    (row,) = (r for r in table(found, "instrument_risk.csv") if r["instrument_id"] == "P")
    assert (row["units_after"], row["days_before"], row["days_after"]) == (
        "600",
        "7.000000",
        "6.000000",
    )
    assert row["more_days"] == "6.000000"
    assert "takes another 6 days" in render(found.files).decode()
    kinds = {(r["kind"], r["name"]) for r in table(found, "exposures.csv")}
    assert kinds >= {("sector", "tech"), ("country", "NO"), ("book", "A")}
