"""A scenario with every margin model and with shocks, drawn with a seed onto one that has none."""

from dataclasses import replace

import numpy as np

from neutralizer import margin
from neutralizer.domain.scenario import Accounts, Scan, Scenario, Shocks, Stress

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
        accounts=_accounts(scenario.accounts, rng, model),
        stress=Stress(margin=1.4, half_spread=1.0, adv=1.0),
        pools=replace(
            scenario.pools,
            shocks=tuple(tuple(range(k, 40, 3)) for k in range(len(scenario.pools.ids))),
        ),
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
