"""What the market moves against the firm's own size, over all groups together.

three_halves: Σ_t c_t · σ_t · n_t · gross_t · (gross_t / ADV_t)^½ (Grinold and Kahn, Active Portfolio
Management, ch. 16); quadratic: c_t · σ_t · n_t · gross_t² / ADV_t. gross_t = Σ_g |order[g,t]| units,
σ daily fraction, n base per unit, ADV units a day, c_t the coefficient times that of its asset class.
No ADV or no volatility: no impact.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

TERMS = ("market_impact",)
AXIS = "order"


def expression(decision: "Decision", scenario: Scenario) -> Any:
    """Scalar, base currency; one power cone per tradable that has an impact."""
    import cvxpy as cp

    t = scenario.tradables
    known = _known(scenario)
    if not known.any():
        return cp.Constant(0.0)
    # in units of `day`, a day's volume as money: coefficients stay of order 1 whatever the ADV
    day = (t.adv * t.notional / decision.money)[known]
    strength = scenario.costing.impact_coefficient * (t.impact * t.volatility)[known]
    gross = decision.gross[np.flatnonzero(known)]
    if scenario.costing.quadratic_impact:
        return decision.money * (cp.Constant(strength / day) @ cp.square(gross))
    return decision.money * ((strength / np.sqrt(day)) @ cp.power(gross, 1.5, approx=False))


def amounts(trades: Trades, scenario: Scenario) -> dict[str, Floats]:
    """(O,) base currency: the tradable's impact shared over its orders by size."""
    t, tradable = scenario.tradables, scenario.orders.tradable
    size = np.abs(trades.order)
    gross = np.bincount(tradable, weights=size, minlength=len(t.ids))
    day_share = np.where(_known(scenario), gross / np.where(np.isnan(t.adv), 1.0, t.adv), 0.0)
    power = day_share if scenario.costing.quadratic_impact else np.sqrt(day_share)
    coefficient = scenario.costing.impact_coefficient * t.impact
    strength = coefficient * np.nan_to_num(t.volatility) * t.notional
    return {"market_impact": (strength * power)[tradable] * size}


def _known(scenario: Scenario) -> Bools:
    """(T,) booleans: ordered somewhere, with a volume and a volatility."""
    t = scenario.tradables
    ordered = np.isin(np.arange(len(t.ids)), scenario.orders.tradable)
    known = ~np.isnan(t.adv) & (np.nan_to_num(t.volatility) > 0)
    found: Bools = ordered & known & (scenario.costing.impact_coefficient * t.impact > 0)
    return found
