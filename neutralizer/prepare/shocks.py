"""Shocks out of a price history: what past days would do to what is held now."""

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused, Issue
from neutralizer.prepare.readers import History

FEWEST = 20  # returns, below which a history says nothing
DECAY = 0.94  # a day, of the weights of squared returns (RiskMetrics, 1996)
COLUMNS = ["shock_id", "instrument_id", "factor_id", "move", "shock_set"]


def shock_rows(
    scenario: Scenario, history: History, days: int, worst: int | None, filtered: bool, name: str
) -> list[dict[str, str]]:
    """Rows of shocks: returns on notional over `days`, up to as_of, of all that is held or may be traded.
    Days with a gap are left out. `filtered`: each return over its own day's volatility times today's
    (Barone-Adesi, Giannopoulos and Vosper, 1999). `worst`: only those that cost the firm most.

    Raises InputsRefused where an instrument has no prices, or too few days are left.
    """
    held = np.unique(scenario.holdings.instrument)
    column = {name: k for k, name in enumerate(history.ids)}
    missing = [
        scenario.instruments.ids[i] for i in held if scenario.instruments.ids[i] not in column
    ]
    if missing:
        remedy = "add a column for each, or leave them out of the scenario"
        reason = f"no prices for {', '.join(missing[:5])}" + (
            " and more" if len(missing) > 5 else ""
        )
        raise InputsRefused([Issue(history.file, 1, "", None, reason, remedy)])
    past = [k for k, day in enumerate(history.days) if day <= scenario.as_of.date()]
    prices = history.prices[past][:, [column[scenario.instruments.ids[i]] for i in held]]
    moves = (prices[days:] - prices[:-days]) / np.abs(prices[:-days])
    whole = np.flatnonzero(np.isfinite(moves).all(axis=1))
    if len(whole) < FEWEST:
        reason = f"{len(whole)} whole days up to {scenario.as_of.date()}"
        remedy = f"at least {FEWEST} are needed, without gaps in what is held or may be traded"
        raise InputsRefused([Issue(history.file, 0, "", None, reason, remedy)])
    moves, dates = moves[whole], [history.days[past[days + k]].isoformat() for k in whole]
    moves = _filtered(moves) if filtered else moves
    chosen = _worst(scenario, held, moves, worst)
    return [
        {
            "shock_id": f"{name}.{dates[k]}" if name else dates[k],
            "instrument_id": scenario.instruments.ids[i],
            "factor_id": "",
            "move": f"{moves[k, c] + 0.0:.8g}",
            "shock_set": name,
        }
        for k in chosen
        for c, i in enumerate(held.tolist())
    ]


def _filtered(moves: Floats) -> Floats:
    """Each day's returns as they would be at the volatility of the last day."""
    variance = np.empty((len(moves) + 1, moves.shape[1]))
    variance[0] = np.mean(moves[:FEWEST] ** 2, axis=0)
    for k, row in enumerate(moves):
        variance[k + 1] = DECAY * variance[k] + (1 - DECAY) * row**2
    deviation = np.sqrt(variance)
    safe = np.where(deviation[:-1] > 0, deviation[:-1], 1.0)
    found: Floats = moves / safe * deviation[-1]
    return found


def _worst(scenario: Scenario, held: Ints, moves: Floats, worst: int | None) -> list[int]:
    """Which days, oldest first: all, or those with the largest losses of the firm's positions."""
    if worst is None:
        return list(range(len(moves)))
    h = scenario.holdings
    units = np.bincount(h.instrument, weights=h.before, minlength=len(scenario.instruments.ids))
    gain = moves @ (units * scenario.instruments.notional)[held]
    return sorted(np.argsort(gain, kind="stable")[:worst].tolist())
