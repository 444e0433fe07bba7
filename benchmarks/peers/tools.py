"""The task as a user would put it to each library; what a library has no word for is said beside it."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers.task import Answer, Array, Arrays, Decide, Task, arrays

WIDE = 100.0  # a weight that no book has
STEPS = 20  # halvings towards the least turnover
REPAIR = 1e-9  # of a variance: what a matrix with cash in it needs to be decomposed


def neutralizer(task: Task) -> Answer:
    """Tables in; lots out, proven."""
    import neutralizer as nz

    factors = list(task.covariance.columns)
    long = task.loadings.melt("instrument_id", factors, "factor_id", "loading")
    instruments = task.instruments.assign(
        asset_class="equity", currency="USD", hedge_instrument="yes", payment="margined"
    )
    firm = {"scope": "firm"}
    limits = [
        {"limit_id": "volatility", "measure": "volatility", "upper": task.volatility, **firm},
        {"limit_id": "market", "measure": "factor_exposure", "target": factors[0], "lower": -task.band, "upper": task.band, **firm},
    ]  # fmt: skip
    scenario = nz.scenario(
        format=1,
        name="peers",
        as_of="2024-06-28T16:00:00-04:00",
        base_currency="USD",
        tables={
            "books": [{"book_id": "BOOK"}],
            "instruments": instruments,
            "positions": task.positions.assign(book_id="BOOK"),
            "limits": limits,
            "risk": {
                "units": "daily_fraction",
                "factors": [{"factor_id": f, "basis": "value"} for f in factors],
                "loadings": long,
                "factor_covariance": task.covariance.rename_axis("factor_id").reset_index(),
            },
        },
        costs={"impact_coefficient": 1, "booking_fee_bps": 0},
    )
    run = nz.solve(scenario, report=False, baseline=False)
    quantity = run.hedges.set_index("instrument_id")["quantity"].astype(float)
    sign = run.hedges.set_index("instrument_id")["side"].map({"BUY": 1.0, "SELL": -1.0})
    price = task.instruments.set_index("instrument_id")["price"]
    traded = (quantity * sign).reindex(price.index, fill_value=0.0) * price
    return Answer(traded.to_numpy(float), run._decision.seconds["solver"], rounded=True)


def plain_cvxpy(task: Task) -> Answer:
    """As the formulas are, in shares of the gross: in base currency the solver loses them."""
    import cvxpy as cp

    a = arrays(task)
    gross = float(np.abs(a.held).sum())
    traded = cp.Variable(len(a.held))
    after = a.held / gross + traded
    root = np.linalg.cholesky(a.covariance)
    constraints = [
        cp.norm(root.T @ after) <= a.volatility / gross,
        cp.abs(a.loadings[:, 0] @ after) <= a.band / gross,
    ]
    problem = cp.Problem(cp.Minimize(_cost(a, traded, gross)), constraints)
    problem.solve(solver=cp.CLARABEL)
    return Answer(_found(traded.value) * gross, problem.solver_stats.solve_time)


def _cost(a: Arrays, traded: Any, unit: float) -> Any:
    """Of trades in `unit`s of base currency, in the same unit."""
    import cvxpy as cp

    return a.spread @ cp.abs(traded) + _impact(a, traded, unit)


def _impact(a: Arrays, traded: Any, unit: float) -> Any:
    import cvxpy as cp

    return (a.own / np.sqrt(a.day / unit)) @ cp.power(cp.abs(traded), 1.5)


def _found(value: Any) -> Array:
    """Raises ValueError where a library left nothing."""
    if value is None:
        raise ValueError("no answer")
    return np.asarray(value, dtype=float)


def cvxportfolio(task: Task) -> Answer:
    """One period of a policy, executed on a market of two days with the covariance given."""
    import cvxportfolio as cvx

    a = arrays(task)
    ids = list(task.instruments["instrument_id"])
    gross = float(np.abs(a.held).sum())
    days = pd.DatetimeIndex(["2024-06-27", "2024-06-28", "2024-07-01"])
    by_id = {"index": ids}
    flat = pd.DataFrame(0.0, days, [*ids, "cash"])
    price = pd.DataFrame([task.instruments["price"].to_numpy()] * 3, days, ids)
    market = cvx.UserProvidedMarketData(
        returns=flat,
        volumes=pd.DataFrame([a.day] * 3, days, ids),
        prices=price,
        cash_key="cash",
        min_history=pd.Timedelta("0d"),
    )
    costs = cvx.TransactionCost(
        a=pd.Series(a.spread, **by_id),
        b=1.0,
        volume_hat=pd.Series(a.day, **by_id),
        sigma=pd.Series(a.own, **by_id),
        exponent=1.5,
    )
    first = pd.Series(a.loadings[:, 0], **by_id)
    policy = cvx.SinglePeriodOptimization(
        -costs,
        [
            cvx.FullCovariance(pd.DataFrame(a.covariance, ids, ids)) <= (a.volatility / gross) ** 2,
            cvx.FactorMaxLimit(first, a.band / gross),
            cvx.FactorMinLimit(first, -a.band / gross),
        ],
        include_cash_return=False,
        solver="CLARABEL",
    )
    cash = gross - float(a.held.sum())  # so that the account is worth the gross
    held = pd.Series([*a.held, cash], [*ids, "cash"])
    traded = policy.execute(held, market, t=days[1])[0]
    return Answer(_found(traded[ids]), None)


def _drawn_to(a: Arrays) -> pd.DataFrame:
    """Returns whose mean is nothing and whose sample covariance is the one given."""
    size = len(a.held)
    z = np.random.default_rng(0).normal(size=(2 * size + 2, size))
    z -= z.mean(axis=0)
    white = np.linalg.solve(np.linalg.cholesky(np.cov(z, rowvar=False)), z.T).T
    return pd.DataFrame(white @ np.linalg.cholesky(a.covariance).T)


def skfolio(task: Task) -> Answer:
    """The largest return after costs, of returns without a mean; the impact by `add_objective`."""
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    a = arrays(task)
    gross = float(np.abs(a.held).sum())
    before = a.held / gross
    market = a.loadings[:, 0]
    model = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_RETURN,
        min_weights=-WIDE,
        max_weights=WIDE,
        budget=None,
        previous_weights=before,
        transaction_costs=a.spread,
        max_standard_deviation=a.volatility / gross,
        left_inequality=np.vstack([market, -market]),
        right_inequality=np.array([a.band, a.band]) / gross,
        add_objective=lambda w: -_impact(a, w - before, gross),
        save_problem=True,
    )
    model.fit(_drawn_to(a))
    return Answer((_found(model.weights_) - before) * gross, model.problem_.solver_stats.solve_time)


def _with_cash(a: Arrays) -> Array:
    """Cash last, with as much variance as makes it no singular matrix."""
    size = len(a.held)
    found = np.zeros((size + 1, size + 1))
    found[:size, :size] = a.covariance
    found[size, size] = REPAIR * np.diag(a.covariance).mean()
    return found


def pypfopt(task: Task) -> Answer:
    """The largest return at a volatility, of assets without a return; weights with cash add up to one."""
    from pypfopt import EfficientFrontier

    a = arrays(task)
    gross, size = float(np.abs(a.held).sum()), len(a.held)
    covariance = _with_cash(a)
    before, market = a.held / gross, np.append(a.loadings[:, 0], 0.0)
    model = EfficientFrontier(
        np.zeros(size + 1), covariance, weight_bounds=(-WIDE, WIDE), solver="CLARABEL"
    )
    model.add_objective(lambda w: _cost(a, w[:size] - before, gross))
    model.add_constraint(lambda w: market @ w <= a.band / gross)
    model.add_constraint(lambda w: market @ w >= -a.band / gross)
    model.efficient_risk(a.volatility / gross)
    seconds = model._opt.solver_stats.solve_time
    return Answer((_found(model.weights)[:size] - before) * gross, seconds)


def riskfolio(task: Task) -> Answer:
    """It knows turnover and no cost: the least turnover at which the least risk keeps the volatility, by halving."""
    import riskfolio as rp

    a = arrays(task)
    gross, size = float(np.abs(a.held).sum()), len(a.held)
    names = [*task.instruments["instrument_id"], "cash"]
    covariance = _with_cash(a)
    before = np.append(a.held / gross, 1 - a.held.sum() / gross)
    market = np.append(a.loadings[:, 0], 0.0)
    port = rp.Portfolio(sht=True, uppersht=WIDE, upperlng=WIDE, budget=1, budgetsht=WIDE)
    port.returns = pd.DataFrame(np.zeros((2, size + 1)), columns=names)
    port.mu = pd.DataFrame(np.zeros((1, size + 1)), columns=names)
    port.cov = pd.DataFrame(covariance, names, names)
    port.allowTO, port.benchweights, port.kindbench = True, pd.DataFrame(before, names), False
    port.ainequality, port.binequality = (
        np.vstack([market, -market]),
        np.full((2, 1), a.band / gross),
    )
    low, high, best = 0.0, 2.0, None
    for _ in range(STEPS):
        port.turnover = (low + high) / 2
        weights = port.optimization(model="Classic", rm="MV", obj="MinRisk", hist=False)
        traded = (
            None if weights is None else (weights["weights"].to_numpy() - before)[:size] * gross
        )
        if traded is not None and _keeps(a, traded):
            high, best = port.turnover, traded
        else:
            low = port.turnover
    return Answer(_found(best), None)


def _keeps(a: Arrays, traded: Array) -> bool:
    after = a.held + traded
    return bool(np.sqrt(after @ a.covariance @ after) <= a.volatility)


TOOLS: dict[str, tuple[Decide, str]] = {
    "neutralizer": (neutralizer, "numpy"),
    "CVXPY": (plain_cvxpy, "cvxpy"),
    "cvxportfolio": (cvxportfolio, "cvxportfolio"),
    "skfolio": (skfolio, "skfolio"),
    "PyPortfolioOpt": (pypfopt, "pyportfolioopt"),
    "Riskfolio-Lib": (riskfolio, "riskfolio-lib"),
}
