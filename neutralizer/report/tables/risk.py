"""What a risk officer asks: losses by shock, exposure and volatility by book and by label, factors by book,
and of each instrument what it adds to the firm's risk and how long it takes to get out.

Each before, after what is booked tonight, and after; nothing is solved.
"""

from collections.abc import Iterator

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.money import plain, rounded, significant
from neutralizer.domain.plan import Booking
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, contributions, netted, nothing, volatility
from neutralizer.terms import waiting

Row = dict[str, str]
STATES = ("before", "after_transfers", "after")
LABELS = ("asset_class", "sector", "country", "currency")


def _three(name: str) -> str:
    return " ".join(f"{name}_{state}" for state in STATES)


COLUMNS: dict[str, tuple[str, ...]] = {
    "shocks.csv": tuple(f"scope shock_id {_three('loss')} worst".split()),
    "exposures.csv": tuple(
        f"kind name {_three('net')} {_three('gross')} {_three('volatility')}".split()
    ),
    "book_factors.csv": tuple(f"book_id factor_id {_three('exposure')}".split()),
    "instrument_risk.csv": tuple(
        "instrument_id units_before units_after notional_before notional_after contribution_before "
        "contribution_after units_a_day days_before days_after more_days".split()
    ),
}


def tables(booking: Booking) -> dict[str, list[Row]]:
    """Every table by its file; money in base currency, + loss, volatility a day."""
    return {
        "shocks.csv": list(_shocks(booking)),
        "exposures.csv": list(_exposures(booking)),
        "book_factors.csv": list(_book_factors(booking)),
        "instrument_risk.csv": list(_instruments(booking)),
    }


def _states(booking: Booking) -> tuple[Trades, Trades, Trades]:
    plan = booking.plan
    return nothing(booking.scenario), plan.after_transfers, plan.trades


def _scopes(s: Scenario) -> Iterator[tuple[str, Ints]]:
    """The firm, then each book: its name and its holdings."""
    yield "firm", np.arange(len(s.holdings.book))
    for b, name in enumerate(s.books.ids):
        yield f"book:{name}", np.flatnonzero(s.holdings.book == b)


def _shocks(booking: Booking) -> Iterator[Row]:
    """Of each scope the largest loss after is marked, where there is one."""
    s = booking.scenario
    if not s.shocks.ids:
        return
    for scope, own in _scopes(s):
        lost = [netted(s, state, own) @ s.shocks.loss for state in _states(booking)]
        worst = int(np.argmax(lost[2])) if lost[2].max() > 0 else -1
        for k, shock in enumerate(s.shocks.ids):
            if scope == "firm" or any(x[k] for x in lost):
                amounts = _money(s, "loss", [float(x[k]) for x in lost])
                yield (
                    {"scope": scope, "shock_id": shock}
                    | amounts
                    | {"worst": "yes" if k == worst else "no"}
                )


def _exposures(booking: Booking) -> Iterator[Row]:
    """Books, then the firm's netted positions by each label that is written; of a blank label nothing."""
    s, states = booking.scenario, _states(booking)
    for scope, own in _scopes(s):
        kind, _, name = scope.partition(":")
        yield {"kind": kind, "name": name} | _sizes(s, states, own)
    for label in LABELS:
        of = np.array(s.instruments.text[label], dtype=object)[s.holdings.instrument]
        for name in sorted({*of.tolist()} - {""}):
            yield {"kind": label, "name": name} | _sizes(s, states, np.flatnonzero(of == name))


def _sizes(s: Scenario, states: tuple[Trades, ...], own: Ints) -> Row:
    money = [netted(s, state, own) * s.instruments.notional for state in states]
    row = _money(s, "net", [float(x.sum()) for x in money])
    row |= _money(s, "gross", [float(np.abs(x).sum()) for x in money])
    modelled = s.risk.dense_root is not None or s.risk.factor_root is not None
    if not modelled:
        return row | {f"volatility_{state}": "" for state in STATES}
    return row | _money(s, "volatility", [volatility(s, state, own) for state in states])


def _book_factors(booking: Booking) -> Iterator[Row]:
    """Every factor to which a book has an exposure before or after."""
    s = booking.scenario
    for b, book in enumerate(s.books.ids):
        own = np.flatnonzero(s.holdings.book == b)
        exposed = [s.risk.exposure.T @ netted(s, state, own) for state in _states(booking)]
        for k, factor in enumerate(s.risk.factors):
            if any(x[k] for x in exposed):
                yield {"book_id": book, "factor_id": factor} | {
                    f"exposure_{state}": f"{x[k] + 0.0:.6f}"
                    for state, x in zip(STATES, exposed, strict=True)
                }


def _instruments(booking: Booking) -> Iterator[Row]:
    """What the firm holds of each instrument, netted. `units_a_day`: what may be traded outside; days:
    at that pace; `more_days`: of what today's cap leaves, where it stops a closing or a target.
    """
    s, everything = booking.scenario, np.arange(len(booking.scenario.holdings.book))
    before, _, after = (netted(s, state, everything) for state in _states(booking))
    adds = [contributions(s, units) for units in (before, after)]
    pace, more = s.tradables.cap[: len(before)], _more_days(booking, before, after)
    for i in np.flatnonzero((before != 0) | (after != 0)).tolist():
        notional = float(s.instruments.notional[i])
        a_day = float(pace[i])
        paced = np.isfinite(a_day) and a_day > 0
        yield {
            "instrument_id": s.instruments.ids[i],
            "units_before": plain(round(float(before[i]), 9)),
            "units_after": plain(round(float(after[i]), 9)),
            "notional_before": str(rounded(float(before[i]) * notional, s.base_currency)),
            "notional_after": str(rounded(float(after[i]) * notional, s.base_currency)),
            "contribution_before": str(rounded(float(adds[0][i]), s.base_currency)),
            "contribution_after": str(rounded(float(adds[1][i]), s.base_currency)),
            "units_a_day": significant(a_day) if np.isfinite(a_day) else "",
            "days_before": f"{abs(before[i]) / a_day:.6f}" if paced else "",
            "days_after": f"{abs(after[i]) / a_day:.6f}" if paced else "",
            "more_days": f"{more[i]:.6f}" if more[i] > 0 else "",
        }


def _more_days(booking: Booking, before: Floats, after: Floats) -> Floats:
    """(I,) days that what is left takes, of what is traded today as far as its cap allows."""
    s, trades = booking.scenario, booking.plan.trades
    count = len(before)
    t = s.orders.tradable
    traded = np.bincount(t, weights=np.abs(trades.order), minlength=len(s.tradables.ids))[:count]
    cap, lot = s.tradables.cap[:count], s.tradables.lot[:count]
    stopped = np.isfinite(cap) & (cap > 0) & (traded > cap - lot) & (traded > 0)
    closing = (np.abs(after) < np.abs(before)) & (after * before > 0)
    left = np.where(closing, np.abs(after), 0.0)
    wished = s.holdings.instrument[s.targets.holding]
    missing = np.bincount(wished, weights=waiting.left(trades, s), minlength=count)
    rest = np.maximum(left, missing)
    return np.divide(rest, cap, out=np.zeros(count), where=stopped)


def _money(s: Scenario, name: str, amounts: list[float]) -> Row:
    return {
        f"{name}_{state}": str(rounded(x, s.base_currency))
        for state, x in zip(STATES, amounts, strict=True)
    }
