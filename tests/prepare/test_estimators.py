"""Estimators are the libraries' own, look back only, and are judged as arithmetic says."""

import numpy as np
import pytest
from skfolio import moments
from skfolio.prior import LoadingMatrixRegression, TimeSeriesFactorModel
from sklearn.linear_model import LinearRegression

from neutralizer.prepare.estimate import estimators, factor_models, methods
from neutralizer.prepare.estimate.borrowed import extended, peers_of
from neutralizer.prepare.estimate.choose import chosen, least
from neutralizer.prepare.estimate.combined import PAIRS, WARM, WINDOW, combined
from neutralizer.prepare.estimate.covariance import Covariance
from neutralizer.prepare.estimate.panel import Panel, panel_of
from neutralizer.prepare.estimate.spreads import half_spread
from neutralizer.prepare.estimate.walk_forward import Judged, judged, judged_days
from tests.tools.past import equity, frame, normal, panel_from, past_of

RETURNS = normal(6, 400, seed=1)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("sample", moments.EmpiricalCovariance(assume_centered=True)),
        ("ledoit-wolf", moments.LedoitWolf(assume_centered=True)),
        ("oas", moments.OAS(assume_centered=True)),
        ("denoised", moments.DenoiseCovariance()),
        ("gerber", moments.GerberCovariance()),
    ],
)
def test_a_covariance_is_the_library_s_of_the_last_252_days(name: str, own: object) -> None:
    found = own.fit(RETURNS[-252:]).covariance_
    assert np.allclose(estimators.matrix(name, RETURNS), found, rtol=1e-9, atol=0)


def test_the_sample_and_the_exponential_average_are_their_formulas() -> None:
    last = RETURNS[-252:]
    assert np.allclose(estimators.matrix("sample", RETURNS), last.T @ last / 251)
    w = 0.5 ** (np.arange(400)[::-1] / 63)
    assert np.allclose(estimators.weights("ewma-63", 400), w)
    assert np.allclose(estimators.matrix("ewma-63", RETURNS), (RETURNS.T * w) @ RETURNS / w.sum())


@pytest.mark.parametrize("name", estimators.MASKED)
def test_a_running_average_is_the_one_of_all_days(name: str) -> None:
    days = [100, 105, 250, 400]
    for day, found in estimators.running(name, RETURNS, days):
        assert np.allclose(found, estimators.matrix(name, RETURNS[:day]))


def test_the_experts_are_the_library_s() -> None:
    import pandas as pd
    from cvx.covariance.combination import from_ewmas

    returns = normal(3, 150, seed=2)
    own = from_ewmas(pd.DataFrame(returns), PAIRS, min_periods_vola=WARM, min_periods_cov=WARM)
    theirs = [r.covariance.to_numpy() for r in own.solve(window=WINDOW, solver="CLARABEL")]
    ours = list(combined(returns))
    assert [day for day, _ in ours][-1] == 150
    assert all((a == b).all() for (_, a), b in zip(ours, theirs, strict=True))


def test_days_in_effect() -> None:
    assert estimators.effective("sample", 100) == 100
    assert estimators.effective("oas", 1000) == 252
    assert estimators.effective("ewma-63", 10_000) == pytest.approx(
        181.8, abs=0.1
    )  # 2 · 63 / log 2
    panel = panel_from(normal(40, 300))
    assert methods.inflation("sample", panel) == pytest.approx(1 / (1 - 40 / 252))
    assert methods.inflation("ewma-21", panel) == pytest.approx(1 / (1 - 40 / 60.6), rel=0.01)
    assert methods.inflation("ledoit-wolf", panel) == 1


def test_the_understatement_is_what_the_formula_says() -> None:
    """Least-variance books of 60 sample covariances of drawn returns: true over forecast volatility."""
    rng, ones, ratios = np.random.default_rng(5), np.ones(40), []
    for _ in range(60):
        found = estimators.matrix("sample", rng.standard_normal((252, 40)))
        book = np.linalg.solve(found, ones)
        ratios.append(np.sqrt((book @ book) / (book @ found @ book)))
    assert np.mean(ratios) == pytest.approx(1 / (1 - 40 / 252), rel=0.02)


@pytest.mark.parametrize("name", ["sample", "ewma-63", "regime", "ledoit-wolf", "combined", "pca-5", "groups"])  # fmt: skip
def test_a_forecast_knows_nothing_of_what_follows(name: str) -> None:
    """Every return after the day is another: the forecasts up to it are the same to the last bit."""
    returns = normal(16, 330, seed=4)
    planted = returns.copy()
    planted[300:] *= -7
    sectors = ["one", "two"] * 8
    days = [260, 280, 300]
    before, after = (
        [c.matrix for _, c in methods.forecasts(name, panel_from(r, sectors), days)]
        for r in (returns, planted)
    )
    assert len(before) == 3
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


def test_the_right_covariance_is_judged_right() -> None:
    """Drawn returns: the bias of a good forecast is 1 within what 1,250 days tell."""
    panel = panel_from(normal(8, 1600, seed=6))
    found = judged("ledoit-wolf", panel)
    assert found is not None
    assert found.days == 1250
    assert found.random == pytest.approx(1, abs=0.05)
    assert found.hedged == pytest.approx(1, abs=0.05)


def test_judging_is_the_library_s_arithmetic() -> None:
    """Bias and QLIKE of one step against skfolio's own, of the books that both know."""
    from skfolio.metrics import portfolio_variance_qlike_loss  # noqa: F401 -- the same loss
    from skfolio.model_selection import covariance_forecast_evaluation

    returns = normal(6, 500, seed=8)
    weights = np.random.default_rng(0).standard_normal((5, 6))
    theirs = covariance_forecast_evaluation(
        moments.EmpiricalCovariance(assume_centered=True),
        returns, train_size=252, test_size=1, portfolio_weights=weights,
    )  # fmt: skip
    gains = []
    for day in range(252, 500):
        covariance = estimators.matrix("sample", returns[:day])
        forecast = np.sqrt(np.einsum("bn,nm,bm->b", weights, covariance, weights))
        gains.append(weights @ returns[day] / forecast)
    assert np.allclose(np.std(gains, axis=0, ddof=1), theirs.bias_statistic)


def test_given_factors_are_found_again() -> None:
    """Loadings without noise are exact; with noise they are those of skfolio's time-series model."""
    rng = np.random.default_rng(9)
    factors = frame(0.01 * rng.standard_normal((300, 2)), ["MKT", "VAL"]).pct_change().iloc[1:]
    truth = rng.standard_normal((4, 2))
    names = [f"A{k}" for k in range(4)]
    for noise in (0.0, 0.005):
        returns = factors.to_numpy() @ truth.T + noise * rng.standard_normal((300, 4))
        past = past_of(frame(returns, names), factors=factors)
        panel, _ = panel_of(past, [equity(n) for n in names], "USD")
        found = factor_models.of_panel("given", panel, slice(0, 300))
        assert found.names == ("MKT", "VAL")
        own = TimeSeriesFactorModel(LoadingMatrixRegression(linear_regressor=LinearRegression()))
        own.fit(panel.local, factors=panel.factors)
        assert np.allclose(found.loadings, truth if not noise else own.loading_matrix_estimator_.loading_matrix_, atol=1e-9)  # fmt: skip
        left = panel.local - panel.factors @ found.loadings.T
        assert np.allclose(found.specific, (left**2).sum(axis=0) / 298)


def test_components_explain_what_one_factor_makes() -> None:
    truth = np.linspace(0.5, 1.5, 30)
    rng = np.random.default_rng(10)
    returns = 0.01 * rng.standard_normal((500, 1)) * truth + 0.002 * rng.standard_normal((500, 30))
    found = methods.last("pca-5", panel_from(returns))
    assert found.matrix.shape == (30, 30)
    whole = np.outer(truth, truth) * 1e-4 + 4e-6 * np.eye(30)
    assert np.linalg.norm(found.matrix - whole) < 0.1 * np.linalg.norm(whole)
    assert np.allclose(found.loadings @ found.factors @ found.loadings.T + np.diag(found.specific), found.matrix)  # fmt: skip


def test_sectors_and_countries_are_factors() -> None:
    """Returns that are all of the sector's leave nothing specific."""
    rng = np.random.default_rng(11)
    of_sector = 0.01 * rng.standard_normal((300, 2))
    panel = panel_from(of_sector[:, [0, 1] * 6], ["tech", "energy"] * 6)
    found = factor_models.of_panel("groups", panel, slice(0, 300))
    assert found.names == ("sector:energy", "sector:tech")
    assert np.allclose(found.specific, 0)
    assert methods.names(panel)[-1] == "groups"


def foreign() -> Panel:
    """Two equities, of which one is in euro, and a currency pair without prices of its own."""
    from neutralizer.prepare.estimate.panel import Instrument

    rates = frame(normal(1, 300, seed=13) / 2, ["EUR"], 1.1)
    prices = frame(normal(2, 300, seed=12), ["AT", "US"])
    pair = Instrument("EURUSD", "fx", "USD", True, "", "", "EUR", "USD")
    panel, said = panel_of(past_of(prices, fx=rates), [equity("AT", "EUR"), equity("US"), pair], "USD")  # fmt: skip
    assert said == []
    return panel


def test_what_is_paid_in_another_currency_moves_with_it() -> None:
    panel = foreign()
    at, us, pair = panel.total.T
    assert panel.currencies == ("EUR",)
    assert np.allclose(at, panel.local[:, 0] + panel.fx[:, 0])
    assert (us == panel.local[:, 1]).all()
    assert np.allclose(pair, panel.fx[:, 0])


def test_currencies_are_factors_beside_the_others() -> None:
    panel = foreign()
    found = factor_models.of_panel("groups", panel, slice(0, 300))
    assert found.names[-1] == "EUR"
    assert found.loadings[:, -1].tolist() == [1.0, 0.0, 1.0]
    assert found.specific[2] == 0  # a pair is its currencies
    dense = estimators.matrix(factor_models.FACTORS, panel.total)
    assert found.matrix[2, 2] == pytest.approx(dense[2, 2])


def test_without_rates_it_is_said() -> None:
    prices = frame(normal(1, 300), ["AT"])
    _, said = panel_of(past_of(prices), [equity("AT", "EUR")], "USD")
    assert said == ["no rates of EUR in the history: what its changes do is in no table"]


def test_late_listings_and_holidays() -> None:
    """Averages by day know a late one; methods of whole days judge it once it has most of them."""
    returns = normal(5, 700, seed=14)
    returns[:660, 4] = np.nan
    returns[300::25, 0] = np.nan
    panel = panel_of(past_of(frame(np.nan_to_num(returns), [f"A{k}" for k in range(5)])), [equity(f"A{k}") for k in range(5)], "USD")[0]  # fmt: skip
    holed = panel.without(np.zeros(5, dtype=bool))
    holed.local[:] = returns
    holed.__dict__.pop("total", None)
    assert holed.settled(700).tolist() == [True] * 4 + [False]
    assert np.isfinite(methods.last("ewma-63", holed).matrix).all()
    known = methods.last("ledoit-wolf", holed).matrix
    assert np.isnan(np.diag(known)).tolist() == [False] * 4 + [True]
    assert "too new" in methods.unfit("combined", holed)
    rows = holed.whole(700)
    assert (known[:4, :4] == estimators.matrix("ledoit-wolf", returns[rows][:, :4])).all()


def test_what_has_hardly_any_returns_borrows() -> None:
    panel = panel_from(normal(6, 300, seed=15), ["tech"] * 3 + ["energy"] * 3)
    covariance = methods.last("ledoit-wolf", panel)
    peers = [peers_of(equity("NEW", sector=s), panel.instruments) for s in ("energy", "", "")]
    assert [p.words for p in peers] == ["the sector energy", "the asset class equity", "the asset class equity"]  # fmt: skip
    found = extended(covariance, peers, np.empty((3, 0))).matrix
    assert (found[:6, :6] == covariance.matrix).all()
    assert np.linalg.eigvalsh(found)[0] > 0
    volatility = np.sqrt(np.diag(found))
    assert volatility[6] == pytest.approx(np.median(volatility[3:6]))
    assert volatility[7] == pytest.approx(np.median(volatility[:6]))
    factors = methods.last("groups", panel)
    more = extended(factors, peers, np.full((3, 2), np.nan))
    assert more.loadings[6].tolist() == [1.0, 0.0]
    assert np.diag(more.matrix)[6] == pytest.approx(np.median(np.diag(factors.matrix)[3:]))


def test_the_fair_ones_come_first() -> None:
    def one(name: str, qlike: float, bias: float) -> Judged:
        return Judged(name, 1000, qlike, bias, bias, ((qlike, bias, bias),) * 2)

    sharp, fair, dull = one("sharp", 1.0, 1.3), one("fair", 2.0, 1.05), one("dull", 3.0, 1.0)
    assert least([dull, sharp, fair]).method == "fair"
    assert least([sharp, one("worse", 1.5, 0.8)]).method == "sharp"


def test_too_few_days_are_not_compared() -> None:
    panel = panel_from(normal(5, 40))
    assert len(judged_days(panel)) * 5 < 60
    found = chosen(panel, lambda text: None)
    assert found.method == "ledoit-wolf"
    assert found.why.startswith("40 days are too few")


def test_a_spread_is_the_library_s() -> None:
    from bidask import edge

    rng = np.random.default_rng(16)
    path = 100 * np.exp(
        np.cumsum(0.001 * rng.standard_normal((300, 40)), axis=None).reshape(300, 40)
    )
    traded = path * (1 + 0.002 * rng.choice([-1, 1], path.shape))
    four = traded[:, 0], traded.max(axis=1), traded.min(axis=1), traded[:, -1]
    assert half_spread(*four) == edge(*four, sign=True) / 2
    assert half_spread(*four) == pytest.approx(0.002, rel=0.3)
    assert np.isnan(half_spread(*(x[:2] for x in four)))


def test_a_factor_model_of_some_instruments() -> None:
    whole = methods.last("groups", panel_from(normal(6, 300), ["a", "b"] * 3))
    part = whole.of(np.array([5, 0]))
    assert (part.matrix == whole.matrix[np.ix_([5, 0], [5, 0])]).all()
    assert (part.loadings == whole.loadings[[5, 0]]).all()
    assert Covariance(np.eye(3)).of(np.array([True, False, True])).matrix.shape == (2, 2)
