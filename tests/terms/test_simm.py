"""SIMM against published results, against arithmetic of its own, and in the program."""

import csv
import gzip
import json
import shutil
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.trades import nothing
from neutralizer.load.resolved.simm import simm_of
from neutralizer.load.resolved.simm_methodology import Row
from neutralizer.load.scenario import load
from neutralizer.load.written.simm_parameters import BadParameters, read_parameters
from neutralizer.prepare.readers import read_crif
from neutralizer.terms import margin
from neutralizer.terms.margin import simm
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.simm_file import parameters

PUBLISHED = [("2.4", 10), ("2.4", 1), ("2.6", 10), ("2.6", 1)]


@pytest.mark.parametrize(("version", "days"), PUBLISHED)
def test_every_published_line_is_reproduced(shared: Path, version: str, days: int) -> None:
    """Delta, vega, curvature and the whole, of the side that calls and the side that posts."""
    folder = shared.parent / "data" / "simm"
    data = gzip.decompress((folder / f"simmcalibration_{version}.xml.gz").read_bytes())
    rows = read_crif(folder / "crif.csv", "USD")
    model = simm_of(rows, read_parameters(data, days), 1, "USD", 1.0, {}, 1)
    with open(folder / f"expected_SIMM{version}_{days}D.csv", newline="") as file:
        published = list(csv.DictReader(file))
    compared = 0
    for side, sign in (("Call", 1.0), ("Post", -1.0)):
        total, slope, lines = simm.formula(model, sign * model.amount.sum(axis=1))
        assert total == pytest.approx(slope @ (sign * model.amount.sum(axis=1)), rel=1e-12)
        for row in published:
            if row["SimmSide"] != side or row["Bucket"] != "All":
                continue
            kind = row["MarginType"].lower()
            found = total if kind == "all" else lines["RatesFX", "InterestRate", kind]
            assert found == pytest.approx(float(row["InitialMargin"]), rel=1e-12)
            compared += 1
    assert compared >= 25


ROWS = [
    Row(0, "RatesFX", "Risk_IRCurve", "USD", "1", "2y", "OIS", 9000.0),
    Row(0, "RatesFX", "Risk_IRCurve", "USD", "1", "10y", "Libor3m", -4000.0),
    Row(0, "RatesFX", "Risk_IRCurve", "JPY", "1", "5y", "OIS", 5000.0),
    Row(0, "RatesFX", "Risk_Inflation", "USD", "", "", "", 1500.0),
    Row(0, "RatesFX", "Risk_XCcyBasis", "JPY", "", "", "", 700.0),
    Row(0, "RatesFX", "Risk_FX", "EUR", "", "", "", 20000.0),
    Row(0, "RatesFX", "Risk_FX", "JPY", "", "", "", -9000.0),
    Row(0, "RatesFX", "Risk_FX", "USD", "", "", "", 1e9),
    Row(0, "Equity", "Risk_Equity", "ACME", "1", "", "", 8000.0),
    Row(0, "Equity", "Risk_Equity", "BOLT", "1", "", "", -3000.0),
    Row(0, "Equity", "Risk_Equity", "CROW", "2", "", "", 4000.0),
    Row(0, "Equity", "Risk_Equity", "DUNE", "Residual", "", "", 1000.0),
    Row(0, "Equity", "Risk_Equity", "ECHO", "Residual", "", "", -1000.0),
    Row(0, "Credit", "Risk_CreditQ", "ISSA", "1", "5y", "", 2000.0),
    Row(0, "Credit", "Risk_CreditQ", "ISSA", "1", "10y", "", -500.0),
    Row(0, "Credit", "Risk_CreditQ", "ISSB", "2", "5y", "", 900.0),
    Row(0, "Commodity", "Risk_Commodity", "CRUDE", "1", "", "", 6000.0),
    Row(0, "Commodity", "Risk_Commodity", "GAS", "2", "", "", -6000.0),
]
MILLION = 1e6


def ratio(total: float, threshold: float) -> float:
    return max(1.0, sqrt(abs(total) / (threshold * MILLION)))


def clip(total: float, size: float) -> float:
    return max(min(total, size), -size)


def by_hand(t: float) -> float:
    """The rows above under the invented parameters with thresholds t, 2 t, 3 t by bucket."""
    usd, jpy = ratio(9000 - 4000 + 1500, t), ratio(5000, 2 * t)
    a, b = (40 + 5 * 5 + 20) * usd * 9000, -(40 + 5 * 8 + 20) * usd * 4000
    i = 50 * usd * 1500
    rho = 0.99 * round(0.97**3, 6)
    k_usd = sqrt(a * a + b * b + i * i + 2 * rho * a * b + 2 * 0.25 * i * (a + b))
    c, x = (40 + 5 * 7 + 40) * jpy * 5000, 20 * 700.0
    k_jpy = sqrt(c * c + x * x + 2 * 0.05 * c * x)
    s_usd, s_jpy = clip(a + b + i, k_usd), clip(c + x, k_jpy)
    g = min(usd, jpy) / max(usd, jpy)
    rates = sqrt(k_usd**2 + k_jpy**2 + 2 * 0.3 * g * s_usd * s_jpy)
    eur, yen = ratio(20000, t), ratio(9000, 2 * t)
    e, y = (6 + 2 + 3) * eur * 20000, -(6 + 2 + 6) * yen * 9000
    fx = sqrt(e * e + y * y + 2 * 0.1 * 3 * min(eur, yen) / max(eur, yen) * e * y)
    rates_fx = sqrt(rates**2 + fx**2 + 2 * 0.15 * rates * fx)
    ra, rb, rc = ratio(8000, t), ratio(3000, t), ratio(4000, 2 * t)
    a, b, c = 20 * ra * 8000, -20 * rb * 3000, 23 * rc * 4000
    k1 = sqrt(a * a + b * b + 2 * 0.3 * min(ra, rb) / max(ra, rb) * a * b)
    s1 = clip(a + b, k1)
    residual = 26 * ratio(1000, 3 * t) * 1000 * sqrt(2)
    equity = sqrt(k1**2 + c**2 + 2 * 0.2 * s1 * c) + residual
    ra, rb = ratio(2000 - 500, t), ratio(900, 2 * t)
    a, b, c = 20 * ra * 2000, -20 * ra * 500, 23 * rb * 900
    k1 = sqrt(a * a + b * b + 2 * 0.7 * a * b)
    credit = sqrt(k1**2 + c**2 + 2 * 0.2 * clip(a + b, k1) * c)
    a, b = 20 * ratio(6000, t) * 6000, -23 * ratio(6000, 2 * t) * 6000
    commodity = sqrt(a * a + b * b + 2 * 0.2 * a * b)
    return rates_fx + equity + credit + commodity


@pytest.mark.parametrize("threshold", [1e6, 0.002, 0.0004])
def test_delta_of_all_classes_is_plain_arithmetic(threshold: float) -> None:
    """Far below every threshold, beyond some, and beyond all."""
    read = read_parameters(parameters(threshold).encode(), 10)
    model = simm_of(ROWS, read, 1, "USD", 1.0, {}, 1)
    found, _, lines = simm.formula(model, model.amount.sum(axis=1))
    assert found == pytest.approx(by_hand(threshold), rel=1e-12)
    assert len(lines) == 5


def test_product_classes_are_computed_apart() -> None:
    """Long in one, short in the other: neither the margin nor the concentration nets."""
    rows = [
        Row(0, p, "Risk_Equity", "ACME", "1", "", "", x)
        for p, x in (("Equity", 8000.0), ("RatesFX", -8000.0))
    ]
    read = read_parameters(parameters(0.002).encode(), 10)
    model = simm_of(rows, read, 1, "USD", 1.0, {"Equity": 1.25}, 1)
    found, _, _ = simm.formula(model, model.amount.sum(axis=1))
    assert found == pytest.approx((1.25 + 1) * 20 * 2 * 8000)


def test_slopes_are_differences() -> None:
    """At fixed concentration: far below the thresholds there is none."""
    rng = np.random.default_rng(1)
    model = simm_of(ROWS, read_parameters(parameters().encode(), 10), 1, "USD", 1.0, {}, 1)
    for _ in range(20):
        s = rng.normal(0, 5000, len(model.weight))
        _, slope, _ = simm.formula(model, s)
        for k in range(len(s)):
            step = np.zeros(len(s))
            step[k] = 1e-2
            up, down = (simm.formula(model, s + side * step)[0] for side in (1, -1))
            assert slope[k] == pytest.approx((up - down) / 2e-2, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("text", ["", "<a>", "<a/>", "<!DOCTYPE a []><SIMMCalibration/>"])
def test_a_file_that_holds_no_parameters_is_refused(text: str) -> None:
    with pytest.raises(BadParameters):
        read_parameters(text.encode(), 10)


CRIF = """\
instrument_id,product_class,risk_type,qualifier,bucket,label1,label2,amount_currency,amount
ETF,Equity,Risk_Equity,ETF,1,,,USD,1
FUT,Equity,Risk_Equity,INDEX,1,,,USD,2000
"""
MOST = 300_000


def scenario(tmp_path: Path, size: float, crif: str = CRIF, words: str = "") -> Path:
    """two-desks with its account by SIMM, and a limit on its margin."""
    folder = tmp_path / "s"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    limit = f"{{limit_id: margin, measure: margin, scope: 'account:PB', upper: {MOST}}}"
    text = text.replace(
        "{account_id: PB, pool_id: USD}", "{account_id: PB, pool_id: USD, model: simm}"
    )
    text = text.replace("  limits:\n", f"  crif: crif.csv\n  limits:\n    - {limit}\n")
    (folder / "scenario.yaml").write_text(text + f"simm: {{parameters: simm.xml{words}}}\n")
    (folder / "simm.xml").write_text(parameters(size))
    (folder / "crif.csv").write_text(crif)
    return folder


@pytest.mark.parametrize("threshold", [1e6, 0.02, 0.002])
def test_a_margin_limit_holds_on_the_calculator(tmp_path: Path, threshold: float) -> None:
    """Not concentrated, concentrated before, and concentrated after as well."""
    out = tmp_path / "run"
    done = neutralizer("run", scenario(tmp_path, threshold), "--out", out, "-q")
    assert done.returncode == 0, done.stderr
    assert neutralizer("verify", out).returncode == 0
    with open(out / "positions_next.csv", newline="") as file:
        held = {"ETF": 0.0, "FUT": 0.0}
        for row in csv.DictReader(file):
            held[row["instrument_id"]] += float(row["quantity"])
    s = {"ETF": held["ETF"], "FUT": 2000 * held["FUT"]}
    ratios = {k: ratio(x, threshold) for k, x in s.items()}
    ws = {k: 20 * ratios[k] * x for k, x in s.items()}
    f = min(ratios.values()) / max(ratios.values())
    expected = sqrt(ws["ETF"] ** 2 + ws["FUT"] ** 2 + 2 * 0.3 * f * ws["ETF"] * ws["FUT"])
    with open(out / "margin_movements.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["margin_after"]) == pytest.approx(expected, abs=0.011)
    assert float(row["margin_before"]) > MOST >= expected
    assert expected > 0.9 * MOST
    findings = " ".join(json.loads((out / "summary.json").read_text())["findings"])
    assert ("concentrated" in findings) == (threshold < 1)


def test_concentration_is_iterated_to_where_the_positions_lead(tmp_path: Path) -> None:
    """A position that rises through its threshold is solved again at what it rises to."""
    folder = scenario(tmp_path, 0.01)
    before = load(folder).scenario
    h = before.holdings
    change = np.where(before.holding_notional < 1000, 10 * h.before, 0.0)
    still = nothing(before)
    rising = replace(still, change=change)
    assert margin.at_its_concentration(still, before) is before
    settled = margin.at_its_concentration(rising, before, last=True)
    assert (settled.simm.ratios >= before.simm.ratios).all()
    assert (settled.simm.ratios > before.simm.ratios).any()
    assert margin.overstated(rising, before)[0] < 0 <= margin.overstated(rising, settled)[0] + 1e-6


BAD = {
    "no such risk type": (
        CRIF.replace("Risk_Equity,ETF", "Risk_EquityVol,ETF"),
        "",
        "not computed here",
    ),
    "no such bucket": (
        CRIF.replace("ETF,1,", "ETF,9,"),
        "",
        "no Equity/RiskWeights/Delta/Weight for bucket 9",
    ),
    "no sensitivity": (
        CRIF.splitlines()[0] + "\n" + CRIF.splitlines()[1] + "\n",
        "",
        "no sensitivity for FUT",
    ),
    "no such file": (CRIF, ".x", "there is no such file"),
    "not a period": (CRIF, ", days: 5", "simm.days"),
    "no such currency": (CRIF.replace("USD,1\n", "EUR,1\n"), "", "no rate for this currency"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_computed_is_refused(tmp_path: Path, name: str) -> None:
    crif, words, reason = BAD[name]
    done = neutralizer("check", scenario(tmp_path, 1.0, crif, words))
    assert done.returncode == 3
    assert reason in done.stderr


def test_an_account_by_simm_needs_parameters(tmp_path: Path) -> None:
    folder = scenario(tmp_path, 1.0)
    text = (folder / "scenario.yaml").read_text()
    (folder / "scenario.yaml").write_text(text.rpartition("simm:")[0])
    done = neutralizer("check", folder)
    assert done.returncode == 3
    assert "no parameters for simm; write simm: {parameters: FILE}" in done.stderr


def test_the_command_prints_a_portfolio_s_margin(tmp_path: Path) -> None:
    head = "ProductClass,RiskType,Qualifier,Bucket,Label1,Label2,AmountCurrency,Amount,AmountUSD\n"
    rows = [
        f"{r.product},{r.risk_type},{r.qualifier},{r.bucket},{r.label1},{r.label2},USD,{r.amount},{r.amount}\n"
        for r in ROWS
    ]
    (tmp_path / "crif.csv").write_text(head + "".join(rows))
    (tmp_path / "simm.xml").write_text(parameters(0.002))
    done = neutralizer("simm", tmp_path / "crif.csv", "--parameters", tmp_path / "simm.xml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f",,,{by_hand(0.002):.2f}"
    (tmp_path / "crif.csv").write_text(
        head + rows[0].replace("USD,9000.0,9000.0", "USD,9000.0,nine")
    )
    done = neutralizer("simm", tmp_path / "crif.csv", "--parameters", tmp_path / "simm.xml")
    assert done.returncode == 3
    assert "crif.csv:2:AmountUSD value='nine'" in done.stderr
