"""The methods that may estimate a panel, by name, and what each would say on a day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.prepare.estimate import estimators, factor_models
from neutralizer.prepare.estimate.combined import combined
from neutralizer.prepare.estimate.covariance import Covariance
from neutralizer.prepare.estimate.panel import SPAN, Panel

MOST_DENSE = 60  # instruments, beyond which only factor models are compared
COMBINED = "combined"
INFLATED, SINGULAR = 1.1, 2.0  # 1 / (1 - N / n): said above the one, refused above the other
COMPONENTS = (5, 10, 20)
DENSE = (*estimators.ESTIMATORS, COMBINED)


@dataclass(frozen=True)
class Left:
    """A method that is not compared, and why not."""

    name: str
    why: str


def names(panel: Panel) -> list[str]:
    """Every method by name that could estimate a panel of its kind."""
    count = len(panel.instruments)
    components = [f"pca-{k}" for k in COMPONENTS if 3 * k <= count]
    given = ["given"] if panel.factor_ids else []
    grouped = ["groups"] if 3 * len(factor_models.groups(panel.instruments)[0]) <= count else []
    return [*(DENSE if count <= MOST_DENSE else ()), *components, *given, *grouped]


def candidates(panel: Panel) -> tuple[list[str], list[Left]]:
    """Those that may be compared, and those that may not."""
    found: list[str] = []
    left = []
    for name in names(panel):
        why = unfit(name, panel)
        if why:
            left.append(Left(name, why))
        else:
            found.append(name)
    return found, left


def unfit(name: str, panel: Panel) -> str:
    """Why a method cannot estimate a panel; blank where it can."""
    last = len(panel.days)
    whole, late = len(panel.whole(last)), int((~panel.settled(last)).sum())
    if name in DENSE and name not in estimators.MASKED and whole < estimators.FEWEST:
        return f"only {whole} of the last {min(last, SPAN)} days have a return of everything"
    if name == COMBINED and (late or last < SPAN):
        return f"{late} instruments are too new" if late else f"{last} days are too few to tune it"
    if inflation(name, panel) > SINGULAR:
        n = observations(name, panel)
        return f"{n:.0f} days in effect for {len(panel.instruments)} instruments: shrink, or use factors"
    return ""


def observations(name: str, panel: Panel) -> float:
    """How many days a method's weights are worth, of those that it can use."""
    last = len(panel.days)
    by_day = name in estimators.MASKED or name not in DENSE
    return estimators.effective(name, last if by_day else len(panel.whole(last)))


def inflation(name: str, panel: Panel) -> float:
    """1 / (1 - N / n): what the volatility of the least risky book is understated by, where every entry
    is estimated on its own (the book was chosen by the same errors); 1 of methods that shrink, combine or have factors.
    """
    if name not in estimators.ESTIMATORS or name in estimators.SHRUNK:
        return 1.0
    share = len(panel.instruments) / observations(name, panel)
    return 1 / (1 - share) if share < 1 else np.inf


def last(name: str, panel: Panel) -> Covariance:
    """What a method says after the last day. Raises ValueError where its library cannot."""
    return next(forecasts(name, panel, [len(panel.days)]))[1]


def forecasts(name: str, panel: Panel, days: Sequence[int]) -> Iterator[tuple[int, Covariance]]:
    """(day, covariance a day of total returns) of each of some days, from the days before it alone; nan of
    instruments that the method does not know then. Raises ValueError where its library cannot.
    """
    if name == COMBINED:
        yield from _combined(panel, days)
    elif name in estimators.MASKED:
        for day, found in estimators.running(name, panel.total, days):
            yield day, Covariance(found)
    else:
        for day in days:
            if name not in estimators.ESTIMATORS:
                yield day, factor_models.of_panel(name, panel, slice(0, day))
            elif len(rows := panel.whole(day)) >= estimators.FEWEST:
                yield day, Covariance(_of_whole(name, panel, day, rows))


def _of_whole(name: str, panel: Panel, day: int, rows: Ints) -> Floats:
    own = np.flatnonzero(panel.settled(day))
    found = np.full((len(panel.instruments),) * 2, np.nan)
    found[np.ix_(own, own)] = estimators.matrix(name, panel.total[np.ix_(rows, own)])
    return found


def _combined(panel: Panel, days: Sequence[int]) -> Iterator[tuple[int, Covariance]]:
    rows = np.flatnonzero(panel.there.all(axis=1))
    known = dict(combined(panel.total[rows]))
    for day in days:
        count = int(np.searchsorted(rows, day))
        if count in known:
            yield day, Covariance(known[count])
