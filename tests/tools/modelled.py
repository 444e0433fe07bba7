"""A scenario with every margin model and with shocks, drawn with a seed onto one that has none."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.funding import Accounts, Credit, Scan, Shocks, Stress
from neutralizer.domain.scenario import Risk, Scenario
from neutralizer.domain.simm import Bucket, Family, Simm
from neutralizer.terms import margin

POINTS = 16
SETS = ("", "crash", "crash", "history")


def with_models(scenario: Scenario, seed: int, model: str = "") -> Scenario:
    """Arrays for every instrument, 40 shocks in three sets, and a model for each account: the named
    one, or one after the other.
    """
    rng = np.random.default_rng(seed)
    return replace(
        scenario,
        scan=drawn_scan(scenario, rng),
        shocks=drawn_shocks(scenario, rng),
        simm=drawn_simm(scenario, rng),
        risk=with_tenors(scenario, rng),
        accounts=_accounts(scenario.accounts, rng, model),
        stress=Stress(margin=1.4, half_spread=1.0, adv=1.0),
        pools=replace(
            scenario.pools,
            shocks=tuple(tuple(range(k, 40, 3)) for k in range(len(scenario.pools.ids))),
        ),
    )


def with_tenors(scenario: Scenario, rng: np.random.Generator) -> Risk:
    """Three buckets of expiry; every third instrument never expires."""
    risk, notional = scenario.risk, scenario.instruments.notional
    share = rng.dirichlet([0.5, 0.5, 0.5], len(notional)) * (
        rng.integers(0, 3, (len(notional), 1)) > 0
    )
    root = risk.factor_root
    return replace(
        risk,
        factors=(*risk.factors, "tenor-1m", "tenor-3m", "tenor-1y"),
        exposure=np.hstack([risk.exposure, share * notional[:, None]]),
        of_notional=np.append(risk.of_notional, [True] * 3),
        factor_root=None if root is None else np.vstack([root, np.zeros((3, root.shape[1]))]),
        tenors=3,
    )


def drawn_scan(scenario: Scenario, rng: np.random.Generator, rate: float = 0.1) -> Scan:
    """Three groups; options bend, the rest is straight; deltas of both signs."""
    count = len(scenario.instruments.ids)
    delta = rng.uniform(0.2, 2.0, count) * rng.choice([-1.0, 1.0, 1.0], count)
    move = np.repeat(np.array([0, 1, -1, 2, -2, 3, -3, 0]), 2) / 3
    bend = rng.uniform(0, 0.3, (count, POINTS)) * rng.integers(0, 2, (count, 1))
    size = rate * scenario.instruments.notional
    loss = -size[:, None] * (np.sign(delta)[:, None] * move * (1 - bend) + 0.1 * bend)
    per_delta = float(np.median(size / np.abs(delta)))
    return Scan(
        groups=("G1", "G2", "G3"),
        group=rng.integers(0, 3, count),
        loss=loss,
        delta=delta,
        charge=np.array([0.0, 0.5, 30.0]) * per_delta,
        short_option=np.array([0.0, 0.05, 0.3]) * float(np.median(size)),
        add_on=np.array([0.0, 0.01, 0.0]),
        is_option=rng.integers(0, 2, count).astype(bool),
        credits=(Credit((0, 1), (1.0, 2.0), 0.5), Credit((1, 2), (1.0, 1.0), 0.8)),
    )


def drawn_simm(scenario: Scenario, rng: np.random.Generator) -> Simm:
    """Delta of two risk classes, vega and curvature, in currencies or names, with a residual bucket; far
    from any concentration. Sensitivities are a basis point of notional or so.
    """
    count, shape = len(scenario.instruments.ids), [(3, 2), (2, 1), (2, 1), (1, 4), (2, 3)]
    kinds = [
        ("RatesFX", "InterestRate", "delta"),
        ("RatesFX", "InterestRate", "vega"),
        ("RatesFX", "InterestRate", "curvature"),
        ("RatesFX", "FX", "delta"),
        ("Equity", "Equity", "delta"),
    ]
    families, first = [], 0
    for (product, name, measure), (buckets, lines) in zip(kinds, shape, strict=True):
        own = []
        for b in range(buckets):
            root = rng.uniform(0, 1, (lines, lines + 1))
            root /= np.linalg.norm(root, axis=1)[:, None]
            residual = name == "Equity" and b == buckets - 1
            ratio = b if name == "InterestRate" and measure != "curvature" else -1
            own.append(Bucket(np.arange(first, first + lines), root @ root.T, residual, ratio))
            first += lines
        between = np.full((buckets, buckets), 0.3) + 0.7 * np.eye(buckets)
        families.append(
            Family(
                product, name, measure, tuple(own), between, 2.0 if measure == "curvature" else 1.0
            )
        )
    some = rng.random((first, count)) < 0.5
    amount = some * rng.normal(0, 1e-4, (first, count)) * scenario.instruments.notional
    group = np.minimum(np.arange(first) // 2, 6)
    group[[8, 9]] = -1
    pairs = [("FX", "InterestRate"), ("InterestRate", "FX")]
    return Simm(
        amount=csr_array(amount),
        weight=rng.uniform(10, 60, first),
        group=group,
        threshold=np.full(7, 1e15),
        families=tuple(families),
        classes=dict.fromkeys(pairs, 0.14),
        multiplier={"Equity": 1.5},
        ratios=np.ones((len(scenario.accounts.ids), 7)),
    )


def drawn_shocks(scenario: Scenario, rng: np.random.Generator) -> Shocks:
    """Losses of a few percent of notional."""
    count = 40
    loss = scenario.instruments.notional[:, None] * rng.normal(
        0, 0.03, (len(scenario.instruments.ids), count)
    )
    sets = tuple(SETS[k % len(SETS)] for k in range(count))
    return Shocks(tuple(f"S{k:02}" for k in range(count)), sets, loss)


def _accounts(accounts: Accounts, rng: np.random.Generator, model: str) -> Accounts:
    count = len(accounts.ids)
    models = [m for m in margin.REGISTRY if m != "none"]
    return replace(
        accounts,
        model=tuple(model or models[k % len(models)] for k in range(count)),
        worst=rng.integers(1, 4, count).astype(float),
        confidence=rng.uniform(0.9, 0.99, count),
        days=rng.uniform(1, 10, count),
        shock_set=tuple(SETS[k % len(SETS)] for k in range(count)),
    )
