"""Tables of why it pays: cost by book, risk by factor, what carries the exposure and what that ties up."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import plain, rounded, significant
from neutralizer.domain.plan import Booking
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, netted, nothing, position, sums
from neutralizer.terms import costs, margin

if TYPE_CHECKING:
    from neutralizer.comparisons.fairness import BookResult
    from neutralizer.program.duals.shadow import Price

Row = dict[str, str]
COLUMNS: dict[str, tuple[str, ...]] = {
    "books.csv": tuple(
        "book_id cost_alone cost_together waiting_alone waiting_together difference worse_off compensation".split()
    ),
    "risk.csv": tuple(
        "factor_id exposure_before exposure_after_transfers exposure_after variance_before "
        "variance_after".split()
    ),
    "capital.csv": tuple(
        "instrument_id asset_class factor_id role notional_before notional_after exposure_before "
        "exposure_after carry_before carry_after margin_before margin_after cash_change".split()
    ),
    "reasons.csv": tuple(
        "ticket_id limit_id scope date share shadow_price sensitivity relief_bps marginal_cost_bps "
        "fees_and_carry_bps residual_bps".split()
    ),
    "shadow_prices.csv": tuple("kind name book_id instrument_id unit bound shadow_price".split()),
}
SAME = 1e-9  # of the notional: what has not moved


def filled(name: str, rows: Iterable[Row]) -> list[Row]:
    """Rows with every column of their table."""
    return [dict.fromkeys(COLUMNS[name], "") | row for row in rows]


def book_rows(results: "Iterable[BookResult]") -> list[Row]:
    """Each book's cost alone and together, and what waits then, base currency; difference + is dearer
    together, waiting counted.
    """
    return [
        {
            "book_id": r.book,
            "cost_alone": "" if r.alone is None else str(r.alone),
            "cost_together": str(r.together),
            "waiting_alone": "" if r.alone is None else str(r.waiting_alone),
            "waiting_together": str(r.waiting),
            "difference": "" if r.difference is None else str(r.difference),
            "worse_off": "yes" if r.worse_off else "no",
            "compensation": str(r.compensation) if r.compensation else "0.00",
        }
        for r in results
    ]


def price_rows(prices: "Iterable[Price]") -> list[Row]:
    """What one unit of relief of what is no limit would save, base currency."""
    return [
        {
            "kind": p.kind,
            "name": p.name,
            "book_id": p.book,
            "instrument_id": p.instrument,
            "unit": p.unit,
            "bound": plain(round(p.bound, 9)),
            "shadow_price": significant(p.price),
        }
        for p in prices
    ]


def risk_rows(booking: Booking) -> list[Row]:
    """The firm's exposure to each factor and its share of the daily variance; then what is specific.
    Shares are e · (F e), which add up and may be negative; base currency squared. Buckets of expiry have none.
    """
    s = booking.scenario
    states = (nothing(s), booking.plan.after_transfers, booking.plan.trades)
    everything = np.arange(len(s.holdings.book))
    units = [netted(s, state, everything) for state in states]
    exposures = [s.risk.exposure.T @ x for x in units]
    found = []
    for k, factor in enumerate(s.risk.factors):
        row = {"factor_id": factor} | {
            f"exposure_{name}": f"{e[k] + 0.0:.6f}"
            for name, e in zip(("before", "after_transfers", "after"), exposures, strict=True)
        }
        if s.risk.factor_root is not None and k < len(s.risk.factors) - s.risk.tenors:
            row |= _variances(*(e[k] * _priced(s, e)[k] for e in (exposures[0], exposures[2])))
        found.append(dict.fromkeys(COLUMNS["risk.csv"], "") | row)
    own = [_specific(s, x) for x in (units[0], units[2])]
    last = dict.fromkeys(COLUMNS["risk.csv"], "") | {"factor_id": "specific"} | _variances(*own)
    return [*found, last] if s.risk.factor_root is not None else found


def _priced(s: Scenario, exposure: Floats) -> Floats:
    root = s.risk.factor_root
    found: Floats = np.zeros(len(exposure)) if root is None else root @ (root.T @ exposure)
    return found


def _specific(s: Scenario, units: Floats) -> float:
    return float(np.sum((s.risk.specific * s.instruments.notional * units) ** 2))


def _variances(before: float, after: float) -> Row:
    return {"variance_before": f"{before:.2f}", "variance_after": f"{after:.2f}"}


def capital_rows(booking: Booking) -> list[Row]:
    """Every instrument that may be hedged with and moved: what it carried and tied up, before and
    after, summed over the firm. Carry over the horizon, margin with its multiplier, base currency.
    """
    s = booking.scenario
    before, after = nothing(s), booking.plan.trades
    moved = np.abs(position(s, after) - position(s, before)) * s.holding_notional
    hedge = np.array([x == "yes" for x in s.instruments.text["hedge_instrument"]], dtype=bool)
    touched = sums(s.holdings.instrument, moved, len(s.instruments.ids)) > SAME * s.gross_before
    first, last = (_Carried(s, state) for state in (before, after))
    main = _main_factor(s)
    money = s.base_currency
    return [
        {
            "instrument_id": s.instruments.ids[i],
            "asset_class": s.instruments.asset_class[i],
            "factor_id": s.risk.factors[main[i]] if len(s.risk.factors) else "",
            "role": _role(float(first.notional[i]), float(last.notional[i])),
            "notional_before": str(rounded(float(first.notional[i]), money)),
            "notional_after": str(rounded(float(last.notional[i]), money)),
            "exposure_before": f"{_exposed(s, first, i, main):.6f}",
            "exposure_after": f"{_exposed(s, last, i, main):.6f}",
            "carry_before": str(rounded(float(first.carry[i]), money)),
            "carry_after": str(rounded(float(last.carry[i]), money)),
            "margin_before": str(rounded(float(first.margin[i]), money)),
            "margin_after": str(rounded(float(last.margin[i]), money)),
            "cash_change": str(rounded(float(first.value[i] - last.value[i]), money)),
        }
        for i in np.flatnonzero(hedge & touched).tolist()
    ]


class _Carried:
    """(I,) of a state: signed notional, carry, margin with its multiplier, fully paid value."""

    def __init__(self, s: Scenario, state: Trades) -> None:
        which, count = s.holdings.instrument, len(s.instruments.ids)
        self.units = sums(which, position(s, state), count)
        self.notional = self.units * s.instruments.notional
        paid = costs.amounts(state, s)
        self.carry = sums(which, paid["long_financing"] + paid["short_financing"], count)
        called = margin.parts(state, s) * s.accounts.multiplier[s.entries.account]
        self.margin = sums(s.entries.instrument, called, count)
        self.value = np.where(s.instruments.fully_paid, s.instruments.value * self.units, 0.0)


def _main_factor(s: Scenario) -> Floats:
    """(I,) the factor that an instrument's own volatility mostly comes from; its largest exposure
    where there is no factor covariance.
    """
    size = np.abs(s.risk.exposure)
    if s.risk.factor_root is not None:
        size = size * np.linalg.norm(s.risk.factor_root, axis=1)
    return size.argmax(axis=1) if size.shape[1] else np.zeros(len(s.instruments.ids))


def _exposed(s: Scenario, state: _Carried, i: int, main: Floats) -> float:
    if not len(s.risk.factors):
        return 0.0
    return float(s.risk.exposure[i, int(main[i])] * state.units[i]) + 0.0


def _role(before: float, after: float) -> str:
    """Given up: less of it, either way; taken up: more of it, or the other side."""
    if np.isclose(before, after, rtol=1e-9, atol=0):
        return "kept"
    return "given_up" if abs(after) < abs(before) and before * after >= 0 else "taken_up"
