"""Who decides a day: the books together, each book alone, or a hand that closes limit by limit."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from neutralizer.comparisons.by_hand import by_hand
from neutralizer.domain.arrays import Floats
from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Scenario as Resolved
from neutralizer.domain.trades import Trades, nothing, volatility
from neutralizer.errors import Infeasible, NotSolved, ProofFailed, TimeIsUp
from neutralizer.face import Run, Scenario, solve
from neutralizer.program.priorities import answered
from neutralizer.program.solvers.clock import within
from neutralizer.proof.ledger import rebuild
from neutralizer.records.writing import csv_rows
from neutralizer.report.again import plan_of
from neutralizer.report.files import parsed
from neutralizer.report.findings import breached
from neutralizer.studies.backtest.flows import Key, read_positions
from neutralizer.studies.sent import WORDS, said
from neutralizer.studies.used import cash_moved, margin_after
from neutralizer.terms import costs, waiting
from neutralizer.terms.margin import cash

TOGETHER, ALONE, BY_HAND = "together", "alone", "by hand"
DIGITS = 6  # of a unit, of what is not decided in lots


@dataclass(frozen=True)
class Decision:
    """What a day's trades are and cost; positions after what is booked tonight, and after the hedges; base currency."""

    status: str
    tonight: dict[Key, Decimal]
    after: dict[Key, Decimal]
    costs: dict[str, float]
    waiting: float
    crossed: float
    external: float
    margin: float
    cash_moved: float
    breaches: tuple[int, int]  # before, after
    forecast: float  # daily volatility of what is held tonight
    why_not: str = ""


def decided(policy: str, scenario: Scenario, ruler: Scenario) -> Decision:
    """As the scenario has it, at the costs of `ruler`. Where there is no plan nothing is done, and why is said."""
    try:
        return _together(scenario, ruler) if policy == TOGETHER else OTHERS[policy](scenario)
    except (Infeasible, NotSolved, TimeIsUp, ProofFailed) as refusal:
        s = scenario.loaded.scenario
        return _of_trades(s, nothing(s), WORDS[type(refusal)], said(refusal))


def undecided(positions: dict[Key, Decimal], why_not: str) -> Decision:
    """Nothing done and nothing known of a day whose inputs are refused."""
    numbers = (0.0,) * 5
    return Decision("refused", positions, positions, {}, *numbers, (0, 0), 0.0, why_not)


def _together(scenario: Scenario, ruler: Scenario) -> Decision:
    """A run: in lots and proven."""
    run = solve(scenario, report=False, baseline=False)
    s, summary = scenario.loaded.scenario, run.summary
    rows = csv_rows(run.files["internal_transfers.csv"])[1]
    tonight = _positions(s, s.holdings.before)
    for r in rows:
        if r["release_phase"] == "1":
            for book, sign in ((r["from_book"], -1), (r["to_book"], 1)):
                key = book, r["instrument_id"]
                tonight[key] = tonight.get(key, Decimal(0)) + sign * Decimal(r["quantity"])
    return Decision(
        summary.status,
        tonight,
        read_positions(run.files["positions_next.csv"]),
        *_paid(run, ruler),
        summary.crossed_notional,
        summary.external_notional,
        margin_after(run),
        cash_moved(run),
        (summary.breaches.before, summary.breaches.after),
        summary.firm_volatility.after_transfers or 0.0,
    )


def _paid(run: Run, ruler: Scenario) -> tuple[dict[str, float], float]:
    """The lots of a run at the costs of a scenario, and what waits."""
    if run.scenario is ruler:
        return run.summary.costs, run.summary.waiting.plan
    s, read = ruler.loaded.scenario, parsed(run.files)
    trades = plan_of(s, read, rebuild(s, read, [])).trades
    return costs.totals(trades, s), float(waiting.amounts(trades, s).sum())


def _alone(scenario: Scenario) -> Decision:
    """Before lots: every book a crossing group of its own."""
    with within(scenario.loaded.scenario.time_limit):
        settled, found = answered(alone(scenario.loaded.scenario))
    return _of_trades(settled, found.trades, "optimal")


def _by_hand(scenario: Scenario) -> Decision:
    """Before lots: each book closes its own breaches, one by one, with its cheapest instrument."""
    s = alone(scenario.loaded.scenario)
    return _of_trades(s, by_hand(s).trades, "by hand")


def _of_trades(s: Resolved, trades: Trades, status: str, why_not: str = "") -> Decision:
    """Nothing is crossed, and nothing booked before the hedges."""
    still = nothing(s)
    return Decision(
        status,
        _positions(s, s.holdings.before),
        _positions(s, _whole(s, s.holdings.before + trades.change)),
        costs.totals(trades, s),
        float(waiting.amounts(trades, s).sum()),
        0.0,
        float(s.order_notional @ np.abs(trades.order)),
        float(s.pools.fx @ cash.requirements(trades, s)),
        float((trades.cash * s.pools.fx[s.routes.source]).sum()),
        (breached(s, still), breached(s, trades)),
        volatility(s, still, np.arange(len(s.holdings.book))),
        why_not,
    )


def _whole(s: Resolved, units: Floats) -> Floats:
    """To the nearest step of each instrument, or dust would be carried along."""
    step = s.instruments.step[s.holdings.instrument]
    found: Floats = np.round(units / step) * step
    return found


def _positions(s: Resolved, units: Floats) -> dict[Key, Decimal]:
    h, found = s.holdings, dict[Key, Decimal]()
    for k in np.flatnonzero(units).tolist():
        value = Decimal(f"{units[k]:.{DIGITS}f}").normalize()
        if value:
            found[s.books.ids[h.book[k]], s.instruments.ids[h.instrument[k]]] = value
    return found


OTHERS: dict[str, Callable[[Scenario], Decision]] = {ALONE: _alone, BY_HAND: _by_hand}
