"""How good a method's forecasts are: each is made from the days before, and held against the days after."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.prepare.estimate.covariance import Covariance
from neutralizer.prepare.estimate.methods import forecasts
from neutralizer.prepare.estimate.panel import Panel

BOOKS = 200  # of each kind
SPLITS = 8  # ways of inventory and hedge, over which the books are spread
MOST_DAYS = 1250  # on which forecasts are judged
STEP, STEP_OF_MANY = 5, 21  # days between forecasts; of panels with more instruments than MANY
MANY = 60
FAIR = (0.9, 1.1)
SEED = 20
CLEAR = 1e-6  # of the largest pivot of a root: what is smaller is as good as none


@dataclass(frozen=True)
class Judged:
    """Of one method: bias is the standard deviation of P&L over forecast, mean over the books, 1 where the
    forecast is right; `halves` its two biases in each half of the days. QLIKE: the mean of
    log variance + squared P&L over variance, over books of both kinds; less is better.
    """

    method: str
    days: int
    qlike: float
    random: float
    hedged: float
    halves: tuple[tuple[float, float, float], tuple[float, float, float]]  # qlike, random, hedged

    @property
    def is_fair(self) -> bool:
        """Whether both biases lie between 0.9 and 1.1."""
        return all(FAIR[0] <= x <= FAIR[1] for x in (self.random, self.hedged))


@dataclass(frozen=True)
class Books:
    """(B, N) inventories in deviations of each instrument, long as much as short, and (S, N) which
    instruments are inventory in each split; the others hedge it.
    """

    inventory: Floats
    splits: Bools


def drawn(count: int, seed: int = SEED) -> Books:
    """Books of so many instruments."""
    rng = np.random.default_rng(seed)
    inventory = rng.standard_normal((BOOKS, count))
    splits = np.array([rng.permutation(count) < (count + 1) // 2 for _ in range(SPLITS)])
    return Books(inventory, splits)


def judged(name: str, panel: Panel, tick: Callable[[], None] = lambda: None) -> Judged | None:
    """A method's forecasts on the last days of a panel; None where there are too few."""
    days = judged_days(panel)
    total, books = panel.total, drawn(len(panel.instruments))
    step = step_of(panel)
    kinds: list[Floats] = []
    for day, covariance in forecasts(name, panel, days):
        kinds.append(_block(covariance, total[day : day + step], panel.settled(day), books))
        tick()
    none = np.empty((4, 0, BOOKS))
    p_and_l = np.concatenate([none, *kinds], axis=1)  # (2 kinds and their variances, days, books)
    if not p_and_l.shape[1]:
        return None
    middle = p_and_l.shape[1] // 2
    qlike, random, hedged = _figures(p_and_l)
    halves = _figures(p_and_l[:, :middle]), _figures(p_and_l[:, middle:])
    return Judged(name, p_and_l.shape[1], qlike, random, hedged, halves)


def step_of(panel: Panel) -> int:
    """Days from one forecast to the next."""
    return STEP if len(panel.instruments) <= MANY else STEP_OF_MANY


def judged_days(panel: Panel) -> Sequence[int]:
    """The days from which a forecast is held against what follows: at least a year, or half of what is there,
    lies before each.
    """
    count, step = len(panel.days), step_of(panel)
    first = max(min(252, count // 2), count - MOST_DAYS)
    return range(first, count - step + 1, step)


def _block(covariance: Covariance, returns: Floats, settled: Bools, books: Books) -> Floats:
    """(4, days, books): P&L of random and of hedged books over their forecast, then log variances; of
    instruments that every method knows, and that have a return on the day. Days with the same ones have the same books.
    """
    found = []
    known = settled & np.isfinite(np.diag(covariance.matrix))
    made: dict[bytes, tuple[tuple[Floats, Floats], tuple[Floats, Floats]]] = {}
    for row in returns:
        there = known & np.isfinite(row)
        if there.sum() < 2:
            continue
        if there.tobytes() not in made:
            made[there.tobytes()] = _made(covariance.matrix[np.ix_(there, there)], there, books)
        (random, its), (hedged, their) = made[there.tobytes()]
        gain = row[there]
        p_and_l = random @ gain / np.sqrt(its), hedged @ gain / np.sqrt(their)
        found.append([*p_and_l, np.log(its), np.log(their)])
    return np.array(found).transpose(1, 0, 2) if found else np.empty((4, 0, BOOKS))


def _made(
    matrix: Floats, there: Bools, books: Books
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """(books, their variances) of random and of hedged ones."""
    deviation = np.sqrt(np.diag(matrix))
    safe = np.where(deviation > 0, deviation, np.inf)
    inventory = books.inventory[:, there]
    random = (inventory - inventory.mean(axis=1, keepdims=True)) / safe
    hedged = _hedged(inventory / safe, matrix, books.splits[:, there])
    return (random, _variance(random, matrix)), (hedged, _variance(hedged, matrix))


def _variance(books: Floats, matrix: Floats) -> Floats:
    found: Floats = np.einsum("bn,bn->b", books @ matrix, books)
    return np.maximum(found, np.finfo(float).tiny)


def _hedged(inventory: Floats, matrix: Floats, splits: Bools) -> Floats:
    """Inventories in half of the instruments, with what the other half hedges them best by the forecast."""
    found = np.zeros_like(inventory)
    for k, own in enumerate(splits):
        its = slice(k, None, len(splits))
        book = np.where(own, inventory[its], 0.0)
        if own.any() and not own.all():
            cross = matrix[np.ix_(~own, own)] @ book[:, own].T
            book[:, ~own] = -_solved(matrix[np.ix_(~own, ~own)], cross).T
        found[its] = book
    return found


def _solved(matrix: Floats, right: Floats) -> Floats:
    """matrix⁻¹ · right by Cholesky; the shortest answer where that is as good as singular."""
    from scipy.linalg import cho_solve

    with suppress(np.linalg.LinAlgError):
        root = np.linalg.cholesky(matrix)
        if np.diag(root).min() > CLEAR * np.diag(root).max():
            found: Floats = cho_solve((root, True), right)
            return found
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=CLEAR**2)[0])


def _figures(p_and_l: Floats) -> tuple[float, float, float]:
    """QLIKE, and the bias of random and of hedged books."""
    over, logs = p_and_l[:2], p_and_l[2:]
    bias = np.sqrt((over**2).mean(axis=1)).mean(axis=1)
    return float((logs + over**2).mean()), float(bias[0]), float(bias[1])
