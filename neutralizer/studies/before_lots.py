"""The certified optimum of a case before lots, and its figures: a sketch of the run, without tickets and proof."""

from dataclasses import dataclass

import numpy as np

from neutralizer.domain.cases import Case
from neutralizer.domain.scenario import Scenario as Resolved
from neutralizer.domain.trades import Trades, crossed, volatility
from neutralizer.face import Scenario
from neutralizer.gate import agrees
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution
from neutralizer.program.solvers.clock import within
from neutralizer.report.summary import external_notional
from neutralizer.report.tables.state import BINDING
from neutralizer.studies.sent import Row, Sent, row_of
from neutralizer.terms import limits
from neutralizer.terms.margin import cash

SKETCH = "sketch"


@dataclass(frozen=True)
class Optimum:
    """The scenario with its soft limits settled, and its least-cost answer."""

    scenario: Resolved
    found: Solution


def optimum(scenario: Scenario) -> Optimum:
    """Raises Infeasible, NotSolved, TimeIsUp, InputsRefused and InputsTooOld as a run would."""
    resolved = agrees(scenario.loaded).scenario
    with within(resolved.time_limit):
        return Optimum(*answered(resolved))


def sketch(sent: Sent, case: Case) -> Row:
    """Of one case of a sweep. Raises OtherVersion."""
    return row_of(sent, case, _figures)


def _figures(scenario: Scenario) -> Row:
    """As a run's row has them, but for what only whole lots have. Raises as `optimum`."""
    of = optimum(scenario)
    s, trades = of.scenario, of.found.trades
    rates, everything = s.pools.fx, np.arange(len(s.holdings.book))
    money = {
        "objective": of.found.objective,
        "waiting": of.found.waiting,
        "crossed_notional": crossed(s, trades),
        "external_notional": external_notional(s, trades),
        "margin": float(cash.requirements(trades, s) @ rates),
        "cash_moved": float(trades.cash @ rates[s.routes.source]),
        "firm_volatility": volatility(s, trades, everything),
    }
    return {
        "status": SKETCH,
        **{name: f"{x:.2f}" for name, x in money.items()},
        "binding": ";".join(_binding(s, trades)),
    }


def _binding(s: Resolved, trades: Trades) -> dict[str, None]:
    """Limits of which nearly nothing is left."""
    after = limits.amounts(trades, s)
    return {
        x.limit_id: None
        for x, amount in zip(s.limits, after.tolist(), strict=True)
        if any(left <= BINDING * bound for left, bound in x.ends(amount))
        and s.may_change[x.holdings].any()
    }
