"""Does the plan survive a shock, and what would be needed if it came tonight?

Prices move by the shock; margin multipliers, half spreads and ADV change by the scenario's `stress`.
What is margined, and what is short against locked proceeds, pays its loss in cash; the rest only falls
in value. The same program then decides again, from where the plan leaves the books.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.orders import orders_of
from neutralizer.domain.scenario import Holdings, Risk, Scenario
from neutralizer.domain.trades import Trades, netted, nothing, position, sums
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.solve import solve
from neutralizer.terms import limits
from neutralizer.terms.margin import cash

SMALLEST = 0.01  # of its price or notional: what an instrument keeps at least
Short = dict[str, float]


@dataclass(frozen=True)
class UnderShock:
    """What a shock does to the plan. `broken`: limits outside their bounds, by name and excess in their
    own unit; `short`: pools below their floor, in their currency. `needed`: what deciding again takes,
    base currency; None with `why_not` where no plan keeps every limit.
    """

    name: str
    loss: float  # of the firm's positions, base currency
    broken: dict[str, float]
    short: Short
    needed: dict[str, float] | None
    why_not: str

    @property
    def survives(self) -> bool:
        """Whether the plan stands as it is."""
        return not self.broken and not self.short


def under_shock(
    scenario: Scenario, trades: Trades, name: str, say: Callable[[str], None]
) -> UnderShock:
    """The plan's state after one shock, and the answer to it."""
    say(f"deciding again under {name}")
    shock = scenario.shocks.ids.index(name)
    after = shocked(scenario, trades, shock)
    everything = np.arange(len(scenario.holdings.book))
    lost = netted(scenario, trades, everything) @ scenario.shocks.loss[:, shock]
    needed, why_not = _answer(after)
    return UnderShock(name, float(lost), _broken(after), _short(after), needed, why_not)


def shocked(scenario: Scenario, trades: Trades, shock: int) -> Scenario:
    """The scenario of the morning after: positions as planned, prices and the market as shocked."""
    s = scenario
    gain = -s.shocks.loss[:, shock]
    value = s.instruments.value + gain
    value = np.where(
        s.instruments.fully_paid, np.maximum(value, SMALLEST * s.instruments.value), value
    )
    ratio = _notional_ratio(s, gain)
    instruments = replace(s.instruments, value=value, notional=s.instruments.notional * ratio)
    of_tradable = _tradable_ratio(s, ratio)
    t = s.tradables
    tradables = replace(
        t,
        price=t.price * of_tradable,
        notional=t.notional * of_tradable,
        half_spread=t.half_spread * s.stress.half_spread,
        adv=t.adv * s.stress.adv,
        cap=t.cap * s.stress.adv,
    )
    holdings = _held(s.holdings, position(s, trades))
    held = s.holdings.entry >= 0
    before = sums(s.holdings.entry[held], holdings.before[held], len(s.entries.account))
    found = replace(
        s,
        instruments=instruments,
        tradables=tradables,
        holdings=holdings,
        entries=replace(s.entries, before=before),
        accounts=replace(s.accounts, multiplier=s.accounts.multiplier * s.stress.margin),
        pools=replace(
            s.pools, cash=_cash_left(s, trades, gain, before), shocks=((),) * len(s.pools.ids)
        ),
        risk=_scaled(s.risk, ratio),
        stressed=tuple(_scaled(model, ratio) for model in s.stressed),
    )
    return replace(found, orders=orders_of(s.books, holdings, tradables, found.may_change))


def _notional_ratio(s: Scenario, gain: Floats) -> Floats:
    """(I,) notionals move by the shock's return on them; an option's is its underlying's, and stays."""
    option = np.array([x == "option" for x in s.instruments.asset_class])
    moved: Floats = np.maximum(1 + gain / s.instruments.notional, SMALLEST)
    return np.where(option, 1.0, moved)


def _tradable_ratio(s: Scenario, ratio: Floats) -> Floats:
    """(T,) a combination's prices stay: only its legs are valued."""
    found = np.ones(len(s.tradables.ids))
    found[: len(ratio)] = ratio
    return found


def _held(h: Holdings, after: Floats) -> Holdings:
    """Mandates anew: `reduce` lies between zero and where the plan leaves the holding; what could not rise
    or fall still cannot.
    """
    falls, rises = h.low < h.before, h.high > h.before
    free_low, free_high = np.isinf(h.low), np.isinf(h.high)
    low = np.where(falls, np.where(free_low, -np.inf, np.minimum(after, 0)), after)
    high = np.where(rises, np.where(free_high, np.inf, np.maximum(after, 0)), after)
    return replace(h, before=after, low=low, high=high)


def _cash_left(s: Scenario, trades: Trades, gain: Floats, entry: Floats) -> Floats:
    """(P,) the plan's balances, less what the shock takes from margined and short positions."""
    which, account = s.entries.instrument, s.entries.account
    paid = s.instruments.fully_paid[which]
    short = np.minimum(entry, 0) * np.maximum(gain[which], 0)  # a short pays as prices rise
    flow = np.where(paid, np.where(s.accounts.locked[account], short, 0.0), entry * gain[which])
    into_pool = sums(s.accounts.pool[account], flow, len(s.pools.ids))
    found: Floats = cash.balances(trades, s) + trades.borrowed + into_pool / s.pools.fx
    return found


def _scaled(model: Risk, ratio: Floats) -> Risk:
    exposure = model.exposure * np.where(model.of_notional[None, :], ratio[:, None], 1.0)
    return replace(model, exposure=exposure)


def _broken(s: Scenario) -> dict[str, float]:
    lower, upper = limits.written(s)
    now = limits.amounts(nothing(s), s)
    beyond = limits.beyond(now, lower, upper)
    error = np.maximum(limits.rounding_errors(nothing(s), s), limits.half_steps(s))
    return {
        f"{x.limit_id} {x.scope}": float(b)
        for x, b, e in zip(s.limits, beyond, error, strict=True)
        if b > e
    }


def _short(s: Scenario) -> Short:
    free = cash.headroom(nothing(s), s)
    return {p: float(-x) for p, x in zip(s.pools.ids, free, strict=True) if x < -0.005}


def _answer(s: Scenario) -> tuple[dict[str, float] | None, str]:
    try:
        found = solve(s)
    except (Infeasible, NotSolved) as error:
        return None, str(error)
    trades = found.trades
    changed = float(s.holding_notional @ np.abs(trades.change))
    outside = float(s.order_notional @ np.abs(trades.order))
    return {
        "cost": found.objective,
        "external_notional": outside,
        "turnover": changed,
        "cash_moved": float(np.sum(trades.cash * s.pools.fx[s.routes.source])),
        "borrowed": float(np.sum(trades.borrowed * s.pools.fx)),
    }, ""
