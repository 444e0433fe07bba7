"""The part of the job that others do too: one book, brought within a volatility and a market band at the least cost.

The cost is half the spread and the 3/2 impact of Grinold and Kahn. Nothing passes between books, no margin, no cash.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray[Any, Any]
FACTORS = 5
ACCURACY = 1e-6  # of a bound: less is no breach


@dataclass
class Task:
    """Tables, as a user has them. `volatility`: most a day; `band`: most of the first factor's exposure, long or
    short; both base currency.
    """

    instruments: (
        pd.DataFrame
    )  # instrument_id, price, half_spread_bps, adv, lot_size, volatility, specific_volatility
    positions: pd.DataFrame  # instrument_id, quantity
    loadings: pd.DataFrame  # instrument_id, F0, F1, …
    covariance: pd.DataFrame  # of the factors, daily
    volatility: float
    band: float

    def copy(self) -> "Task":
        """Of its own tables."""
        frames = (self.instruments, self.positions, self.loadings, self.covariance)
        return Task(*(x.copy() for x in frames), self.volatility, self.band)


@dataclass(frozen=True)
class Arrays:
    """The same as a user of an optimiser would make them of the tables: (N,) by instrument, base currency."""

    held: Array
    spread: Array  # fraction of what is traded
    day: Array  # a day's volume
    own: Array  # daily volatility
    loadings: Array  # (N, factors)
    covariance: Array  # (N, N), daily
    lot: Array
    volatility: float
    band: float


@dataclass(frozen=True)
class Answer:
    """What is traded, base currency; `solver` seconds where the library says them; `rounded`: already in lots."""

    traded: Array
    solver: float | None
    rounded: bool = False


Decide = Callable[[Task], Answer]


def drawn(size: int, seed: int) -> Task:
    """A long and short book of so many instruments, with a seed."""
    rng = np.random.default_rng(seed)
    ids = [f"S{k:04}" for k in range(size)]
    price = np.round(np.exp(rng.normal(4.0, 0.7, size)), 2)
    loadings = np.column_stack(
        [rng.normal(1.0, 0.25, size), rng.normal(0, 0.4, (size, FACTORS - 1))]
    )
    common = np.diag([0.01, *rng.uniform(0.002, 0.005, FACTORS - 1)]) ** 2
    specific = np.round(rng.uniform(0.008, 0.022, size), 5)
    own = np.sqrt(np.einsum("ik,kl,il->i", loadings, common, loadings) + specific**2)
    instruments = pd.DataFrame(
        {
            "instrument_id": ids,
            "price": price,
            "half_spread_bps": np.round(rng.uniform(0.5, 8, size), 2),
            "adv": np.ceil(np.exp(rng.normal(17.5, 0.9, size)) / price),
            "lot_size": np.where(rng.random(size) < 0.1, 100, 1),
            "volatility": np.round(own, 6),
            "specific_volatility": specific,
        }
    )
    money = rng.normal(2e5, 8e5, size)
    lot = instruments["lot_size"].to_numpy()
    quantity = np.round(money / price / lot) * lot
    factors = [f"F{k}" for k in range(FACTORS)]
    task = Task(
        instruments,
        pd.DataFrame({"instrument_id": ids, "quantity": quantity}),
        pd.DataFrame(np.round(loadings, 4), columns=factors).assign(instrument_id=ids),
        pd.DataFrame(common, index=factors, columns=factors),
        0.0,
        0.0,
    )
    a = arrays(task)
    task.volatility = float(np.round(0.5 * np.sqrt(a.held @ a.covariance @ a.held), -2))
    task.band = float(np.round(0.1 * abs(a.loadings[:, 0] @ a.held), -3))
    return task


def arrays(task: Task) -> Arrays:
    """By instrument_id, as any user would join them."""
    table = task.instruments.set_index("instrument_id")
    price = table["price"].to_numpy(float)
    held = (
        task.positions.set_index("instrument_id")["quantity"].reindex(table.index).to_numpy(float)
    )
    factors = list(task.covariance.columns)
    loadings = (
        task.loadings.set_index("instrument_id")[factors].reindex(table.index).to_numpy(float)
    )
    specific = table["specific_volatility"].to_numpy(float)
    common = task.covariance.to_numpy(float)
    covariance = loadings @ common @ loadings.T + np.diag(specific**2)
    return Arrays(
        held * price,
        table["half_spread_bps"].to_numpy(float) / 1e4,
        table["adv"].to_numpy(float) * price,
        table["volatility"].to_numpy(float),
        loadings,
        covariance,
        table["lot_size"].to_numpy(float) * price,
        task.volatility,
        task.band,
    )


def cost(a: Arrays, traded: Array) -> float:
    """Half spreads and impact, base currency."""
    size = np.abs(traded)
    return float(a.spread @ size + (a.own * np.sqrt(size / a.day)) @ size)


def breaches(a: Arrays, traded: Array) -> int:
    """Bounds that the book does not keep afterwards."""
    after = a.held + traded
    daily = float(np.sqrt(after @ a.covariance @ after))
    market = abs(float(a.loadings[:, 0] @ after))
    return sum(x > bound * (1 + ACCURACY) for x, bound in ((daily, a.volatility), (market, a.band)))


def in_lots(a: Arrays, answer: Answer) -> Array:
    """To the nearest lot where the library does not round trades of a long and short book."""
    return answer.traded if answer.rounded else np.round(answer.traded / a.lot) * a.lot
