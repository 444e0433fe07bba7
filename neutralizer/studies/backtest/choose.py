"""Whether the best of several settings is better than the one in use, or was only the best of many tries.

Hansen (2005), A test for superior predictive ability; Bailey, Borwein, López de Prado and Zhu (2017), The probability
of backtest overfitting.
"""

import math
from itertools import combinations

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.judged import Choice
from neutralizer.studies.backtest.judge import FEWEST as FEWEST_DAYS
from neutralizer.studies.backtest.judge import SEED, block, bootstrap

BLOCKS = 10  # that the days are cut into: 252 ways to choose with one half and judge with the other
FEWEST = 2  # days in a block


def chosen(in_use: Floats, settings: Floats, seed: int = SEED) -> Choice:
    """in_use: (n,) what each day cost; settings: (n, m) the same of each other setting."""
    best = int(settings.sum(axis=0).argmin())
    return Choice(
        best, superior(in_use, settings, seed), overfitted(np.column_stack([in_use, settings]))
    )


def superior(in_use: Floats, settings: Floats, seed: int = SEED) -> float:
    """Hansen's consistent probability that no setting is cheaper than the one in use."""
    lead = in_use[:, None] - settings
    other = lead[:, np.ptp(lead, axis=0) > 0]
    if len(in_use) < FEWEST_DAYS or not other.shape[1]:
        return math.nan
    length = max(block(column) for column in other.T)
    test = bootstrap().SPA(in_use, in_use[:, None] - other, block_size=length, reps=1000, seed=seed)
    test.compute()
    return float(test.pvalues["consistent"])


def overfitted(table: Floats) -> float:
    """table: (n, m) costs. The share of halves whose cheapest column is not among the cheaper half on the other."""
    n, m = table.shape
    blocks = min(BLOCKS, n // FEWEST)
    blocks -= blocks % 2
    if blocks < 4 or m < 2:
        return math.nan
    sums = np.array([part.sum(axis=0) for part in np.array_split(table, blocks)])
    below, ways = 0, 0
    for half in combinations(range(blocks), blocks // 2):
        first = sums[list(half)].sum(axis=0)
        second = sums.sum(axis=0) - first
        rank = int((second > second[first.argmin()]).sum()) + 1  # m: none is cheaper there
        below += rank <= (m + 1) / 2
        ways += 1
    return below / ways
