"""Twenty mistakes that are in real files, each put into a sound task; what each tool makes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers.task import Decide, Task

ONE = 3  # the row that is wrong
NAMES, REFUSES, ANSWERS = "names it", "refuses", "answers"


@dataclass(frozen=True)
class Mistake:
    """`said`: what a message that helps would contain, any of it."""

    what: str
    put: Callable[[Task], None]
    said: tuple[str, ...]


def _cell(table: str, column: str, value: Any) -> Callable[[Task], None]:
    def put(task: Task) -> None:
        frame = getattr(task, table)
        frame[column] = frame[column].astype(object)
        frame.loc[frame.index[ONE], column] = value

    return put


def _twice(table: str) -> Callable[[Task], None]:
    def put(task: Task) -> None:
        frame = getattr(task, table)
        setattr(task, table, pd.concat([frame, frame.iloc[[ONE]]], ignore_index=True))

    return put


def _without(table: str) -> Callable[[Task], None]:
    def put(task: Task) -> None:
        setattr(task, table, getattr(task, table).drop(index=ONE).reset_index(drop=True))

    return put


def _covariance(row: int, column: int, value: float) -> Callable[[Task], None]:
    def put(task: Task) -> None:
        task.covariance.iloc[row, column] = value

    return put


def _bound(name: str, value: float) -> Callable[[Task], None]:
    return lambda task: setattr(task, name, value)


HERE = (f"S{ONE:04}",)
MATRIX = ("covariance", "F0", "F1")
BOUND = ("bound", "upper", "lower", "limit")
MISTAKES = (
    Mistake("a price is missing", _cell("instruments", "price", np.nan), (*HERE, "price")),
    Mistake("a price is text with a comma", _cell("instruments", "price", "12,5"), (*HERE, "12,5")),
    Mistake("a half spread is missing", _cell("instruments", "half_spread_bps", np.nan), (*HERE, "spread")),
    Mistake("a half spread is negative", _cell("instruments", "half_spread_bps", -4.0), (*HERE, "spread")),
    Mistake("a volume is zero", _cell("instruments", "adv", 0), (*HERE, "adv", "volume")),
    Mistake("a lot is zero", _cell("instruments", "lot_size", 0), (*HERE, "lot")),
    Mistake("a volatility is negative", _cell("instruments", "specific_volatility", -0.01), (*HERE, "specific")),
    Mistake("an instrument is there twice", _twice("instruments"), HERE),
    Mistake("a position is there twice", _twice("positions"), HERE),
    Mistake("a position is of an unknown instrument", _cell("positions", "instrument_id", "GONE"), ("GONE",)),
    Mistake("a quantity is missing", _cell("positions", "quantity", np.nan), (*HERE, "quantity")),
    Mistake("a quantity is infinite", _cell("positions", "quantity", np.inf), (*HERE, "quantity")),
    Mistake("an instrument has no loadings", _without("loadings"), HERE),
    Mistake("a loading is text", _cell("loadings", "F1", "n/a"), (*HERE, "n/a")),
    Mistake("the covariance is not symmetric", _covariance(0, 1, 5e-5), ("F0", "F1")),
    Mistake("a variance is negative", _covariance(1, 1, -1e-5), ("F1",)),
    Mistake("a covariance is missing", _covariance(0, 1, np.nan), ("F0", "F1")),
    Mistake("a limit is negative", _bound("volatility", -1.0), ("volatility", *BOUND)),
    Mistake("a limit is missing", _bound("volatility", np.nan), ("volatility", *BOUND)),
    Mistake("a lower bound is above the upper", _bound("band", -1000.0), ("market", *BOUND)),
)  # fmt: skip


def outcome(decide: Decide, task: Task, mistake: Mistake) -> str:
    """NAMES, REFUSES, or ANSWERS."""
    bad = task.copy()
    mistake.put(bad)
    try:
        found = decide(bad)
    except Exception as error:
        text = " ".join([str(error), *map(str, getattr(error, "issues", ()))])
        return NAMES if any(word in text for word in mistake.said) else REFUSES
    return ANSWERS if np.isfinite(found.traded).all() else REFUSES
