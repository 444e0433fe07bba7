"""Whole numbers held to the standard exactly, with their cash, after small repairs."""

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, without_cash
from neutralizer.planning.cash import funded
from neutralizer.planning.lots.grain import Grain
from neutralizer.planning.lots.integers import Whole
from neutralizer.planning.lots.repair import Beyond, repair
from neutralizer.planning.lots.standard import Standard, excess
from neutralizer.program.certificate import price

Found = tuple[Whole, Trades]


def price_of(found: Found, scenario: Scenario) -> float:
    """All that is paid and penalised, base currency; with what is then done on the days of the horizon."""
    whole, trades = found
    return price(trades, scenario, whole.later)


def checked(
    rounded: Whole | None, scenario: Scenario, standard: Standard, grain: Grain
) -> Found | None:
    """Whole lots with their cash, where every limit, cap and pool holds exactly, after small repairs."""
    if rounded is None or not _closes(scenario, rounded):
        return None
    whole = repair(scenario, grain, rounded, _beyond(scenario, standard))
    trades = without_cash(scenario, whole.change, whole.order)
    if not _may_be_ordered(scenario, trades) or excess(scenario, trades, standard).any():
        return None
    paid = funded(scenario, trades, standard.pool_slack)
    return None if paid is None else (whole, paid)


def _closes(scenario: Scenario, whole: Whole) -> bool:
    """Whether what each row's books change by is what its orders fill, to a last digit of a step."""
    orders, step = scenario.orders, np.ones(scenario.orders.change_rows.shape[0])
    step[orders.row] = scenario.instruments.step[scenario.holdings.instrument]
    apart = orders.change_rows @ whole.change - orders.order_rows @ whole.order
    moved = orders.change_rows @ np.abs(whole.change)
    return bool((np.abs(apart) <= 1e-3 * step + 1e-12 * moved).all())


def _beyond(scenario: Scenario, standard: Standard) -> Beyond:
    return lambda whole: excess(
        scenario, without_cash(scenario, whole.change, whole.order), standard
    )


def _may_be_ordered(scenario: Scenario, trades: Trades) -> bool:
    """Whether no order is given on a side that is closed and no tradable is traded beyond its cap."""
    tradable = scenario.orders.tradable
    if scenario.orders.forbidden(trades.order).any():
        return False
    traded = np.bincount(
        tradable, weights=np.abs(trades.order), minlength=len(scenario.tradables.ids)
    )
    return bool((traded[tradable] <= scenario.tradables.cap[tradable]).all())
