"""The stand-alone baseline: the same program with every book a crossing group of its own.

Pools, account netting, routes, firm limits and the firm-wide impact stay joint. And the saving at
equal firm risk: crossing solved again with the firm no more volatile than the baseline leaves it, so
that the saving is never bought with risk.
"""

from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import Trades, volatility
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution, solve
from neutralizer.terms import waiting
from neutralizer.terms.costs.attribution import Costs, Fill, by_book


@dataclass(frozen=True)
class Baseline:
    """What it costs when nobody crosses, and what waits then, base currency; None with the reason where
    it has no answer.
    """

    cost: float | None
    firm_volatility: float | None
    reason: str = ""
    equal_risk: tuple[float, float] | None = None  # cost and waiting of crossing, no more volatile
    by_book: Costs | None = None
    waiting: float = 0.0
    waiting_by_book: Floats | None = None  # (B,)


NOT_ASKED = Baseline(None, None)


def stand_alone(scenario: Scenario) -> Baseline:
    """Solves the baseline; its infeasibility is an answer, not a refusal. The volatility that the
    saving is compared at is the baseline's, or the one that the scenario pins.
    """
    everything = np.arange(len(scenario.holdings.book))
    try:
        separate, found = _answered(alone(scenario))
    except (Infeasible, NotSolved) as refusal:
        return Baseline(None, None, str(refusal))
    left = volatility(separate, found.trades, everything)
    pinned = left if scenario.pinned_volatility is None else scenario.pinned_volatility
    attributed = by_book(separate, found.trades, _own_fills(separate, found.trades))
    return Baseline(
        found.objective,
        left,
        "",
        _no_more_volatile(scenario, pinned),
        attributed,
        found.waiting,
        waiting.by_book(found.trades, separate),
    )


def _answered(separate: Scenario) -> tuple[Scenario, Solution]:
    """Soft limits kept as well as together; as well as each book alone can, where it cannot."""
    try:
        return separate, solve(separate)
    except Infeasible:
        if not any(x.soft for x in separate.limits):
            raise
    open_again = tuple(replace(x, settled=None) for x in separate.limits)
    return answered(replace(separate, limits=open_again))


def _own_fills(separate: Scenario, trades: Trades) -> list[Fill]:
    """Each order fills the one book that gave it, leg by leg."""
    s, found = separate, list[Fill]()
    held = {
        key: h
        for h, key in enumerate(
            zip(s.holdings.book.tolist(), s.holdings.instrument.tolist(), strict=True)
        )
    }
    legs = s.tradables.legs
    for o in np.flatnonzero(trades.order).tolist():
        t, (book,) = int(s.orders.tradable[o]), s.orders.books[o]
        span = slice(legs.indptr[t], legs.indptr[t + 1])
        for i, ratio in zip(legs.indices[span].tolist(), legs.data[span].tolist(), strict=True):
            found.append((o, held[book, i], abs(ratio * float(trades.order[o]))))
    return found


def _no_more_volatile(scenario: Scenario, daily: float) -> tuple[float, float] | None:
    """Cost and waiting of the optimum with the firm's daily volatility at most `daily`; None where that
    has no answer.
    """
    if scenario.risk.factor_root is None and scenario.risk.dense_root is None:
        return None
    everything = np.arange(len(scenario.holdings.book))
    limit = Limit(
        limit_id="equal-firm-risk",
        measure="volatility",
        scope="firm",
        target="",
        lower=-np.inf,
        upper=daily,
        improve=False,
        penalty=0.0,
        owner="",
        description="",
        scope_holdings=everything,
        holdings=everything,
    )
    try:
        found = solve(replace(scenario, limits=(*scenario.limits, limit)))
        return found.objective, found.waiting
    except (Infeasible, NotSolved):
        return None
