"""A desk that sells over a session, drawn with a seed; and its timetable by a formulation of its own."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np

from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import Slices, Wanted
from neutralizer.proof.ledger import rebuild
from neutralizer.records.finished import finished
from neutralizer.report.again import plan_of
from neutralizer.report.files import parsed
from neutralizer.run import Options, run
from neutralizer.verify import stands

Array = np.ndarray[Any, np.dtype[np.float64]]
HEAD = """\
format: 1
name: session
as_of: 2024-06-27T08:00:00-04:00
calendar: XNYS
base_currency: USD
tables:
  books: [{book_id: A, entity: X}, {book_id: B, entity: Y}]
"""


def drawn(seed: int, folder: Path) -> Path:
    """Stocks and a future with correlated returns, which two books that may not cross have to give up or take."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 7))
    root = rng.normal(size=(count, count)) * 0.01
    matrix = root @ root.T + np.diag(rng.uniform(0.003, 0.02, count) ** 2)
    names = [f"I{k}" for k in range(count)]
    rows, held, limits = [], [], []
    for k, name in enumerate(names):
        price, adv = rng.uniform(5, 200), rng.uniform(1e5, 5e6)
        lot = int(rng.choice([1, 1, 10, 100]))
        cap = f", max_participation: {rng.uniform(0.1, 0.3):.3f}" if rng.random() < 0.5 else ""
        rows.append(
            f"    - {{instrument_id: {name}, asset_class: {'future' if k == 0 else 'equity'}, currency: USD, price: {price:.2f}, "
            f"multiplier: 1, half_spread_bps: {rng.uniform(0.5, 5):.2f}, adv: {adv:.0f}, volatility: {np.sqrt(matrix[k, k]):.6f}, "
            f"lot_size: {lot}, payment: {'margined' if k == 0 else 'fully_paid'}{cap}}}"
        )
        for book in "AB":
            if rng.random() < 0.7:
                size = int(adv * rng.uniform(0.01, 0.08) / lot) * lot * int(rng.choice([-1, 1]))
                left = int(size * rng.choice([0.0, 0.5]) / lot) * lot
                held.append(f"    - {{book_id: {book}, instrument_id: {name}, quantity: {size}}}")
                limits.append(
                    f"    - {{limit_id: {book}-{name}, measure: position, scope: 'book:{book}', target: {name}, lower: {min(left, 0)}, upper: {max(left, 0)}}}"
                )
    square = [
        f"      - {{instrument_id: {a}, "
        + ", ".join(f"{b}: {matrix[i, j]:.12g}" for j, b in enumerate(names))
        + "}"
        for i, a in enumerate(names)
    ]
    impact = ("three_halves", "quadratic")[seed % 2]
    text = HEAD + "\n".join([
        "  instruments:", *rows, "  positions:", *held, "  limits:", *limits,
        "  risk:", "    units: daily_fraction", "    covariance:", *square,
        f"costs: {{impact: {impact}, impact_coefficient: {rng.uniform(0.3, 1.5):.3f}}}",
    ])  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.yaml").write_text(text + "\n")
    return folder


def decided(folder: Path, out: Path) -> tuple[Scenario, Plan]:
    """The scenario and plan of a run of a folder."""
    run(folder, out, Options(replace=True, report=False, baseline=False))
    done = finished(out)
    s, read = stands(done).scenario, parsed(done.files)
    return s, plan_of(s, read, rebuild(s, read, []))


def slices(s: Scenario, share: Array) -> Slices:
    """Slices of equal length, with these shares of the day's volume for every tradable: (K,) or (T, K)."""
    whole = np.broadcast_to(share, (len(s.tradables.ids), np.shape(share)[-1]))
    count = whole.shape[1]
    first = datetime.combine(s.execution_date, datetime.min.time(), s.as_of.tzinfo) + timedelta(
        hours=9.5
    )
    step = timedelta(hours=6.5) / count
    return Slices(
        tuple(first + step * k for k in range(count)),
        tuple(first + step * (k + 1) for k in range(count)),
        whole / whole.sum(axis=1, keepdims=True),
        np.full(count, 1 / count),
    )


def second(s: Scenario, plan: Plan, k: Slices, wanted: Wanted, size: float) -> float:
    """The least weighed cost, of the part of each order that is sent in each slice; nothing is held on the way.
    `size`: about what it costs, so that a solver meets numbers of order 1.
    """
    orders = [(o, q) for o, q in enumerate(plan.trades.order.tolist()) if q]
    part = cp.Variable((len(orders), k.count), nonneg=True)
    t = s.tradables
    rows = [cp.sum(part, axis=1) == 1]
    cost: Any = 0.0
    for tradable in sorted({int(s.orders.tradable[o]) for o, _ in orders}):
        own = [j for j, (o, _) in enumerate(orders) if s.orders.tradable[o] == tradable]
        units = np.array([abs(orders[j][1]) for j in own])
        share = units / units.sum() @ part[own]  # of what all together order
        day = units.sum() / float(t.adv[tradable])
        sigma = float(t.impact[tradable] * t.volatility[tradable] * t.notional[tradable])
        strength = s.costing.impact_coefficient * sigma * units.sum()
        for n in range(k.count):
            here = day / k.share[tradable, n]
            if s.costing.quadratic_impact:
                cost = cost + strength * here / size * cp.square(share[n])
            else:
                cost = cost + strength * np.sqrt(here) / size * cp.power(share[n], 1.5)
            if np.isfinite(t.cap[tradable]):
                most = wanted.pace * float(t.cap[tradable]) * k.share[tradable, n]
                rows.append(share[n] <= most / units.sum())
            if not wanted.open[n]:
                rows.append(share[n] == 0)
    assert s.risk.dense_root is not None
    legs = t.legs.toarray()[s.orders.tradable[[o for o, _ in orders]]]
    whole = (s.risk.dense_root * s.instruments.notional) @ (
        legs.T * np.array([q for _, q in orders])
    )
    away = [
        np.sqrt(k.duration[n]) / size * whole @ (1 - cp.sum(part[:, : n + 1], axis=1))
        for n in range(k.count)
    ]
    if wanted.risk_aversion is None:
        risk = wanted.deviations * cp.norm(cp.hstack(away))
    else:
        risk = wanted.risk_aversion * size * cp.sum_squares(cp.hstack(away))
    problem = cp.Problem(cp.Minimize(cost + risk), rows)
    problem.solve(
        solver=cp.CLARABEL, max_step_fraction=0.9, tol_gap_rel=1e-7, tol_gap_abs=1e-7, tol_feas=1e-8
    )
    return float(problem.value) * size


def table(data: bytes) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(data.decode())))
