"""Instruments and combinations as written -> base currency per unit, aligned on one axis."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Instruments, Tradables
from neutralizer.load.resolved.currencies import in_major, major, share
from neutralizer.load.resolved.risk import volatility_scale
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.settings import ClassCosts
from neutralizer.load.written.table import Table
from neutralizer.load.written.values import BPS

DIGITS = 12  # of a price that is computed: its last ones are noise


def prices(table: Table, rows: list[int]) -> Floats:
    """Local prices; the middle of bid and ask where the price is blank."""
    price, middle = table["price"][rows], (table["bid"][rows] + table["ask"][rows]) / 2
    found: Floats = np.where(np.isnan(price), middle, price)
    return found


def tradables_of(
    inputs: Inputs, select: Selector, fx: dict[str, float]
) -> tuple[Instruments, Tradables]:
    """Both axes: the instruments, and what may be ordered (the instruments, then the combinations)."""
    table = inputs["instruments"]
    row_of = {i: r for r, i in enumerate(table["instrument_id"])}
    legs = combination_legs(inputs)
    rows = select.rows + [row_of[c] for c in sorted(legs)]
    rate = np.array([fx[table["currency"][r]] for r in rows])
    multiplier = np.nan_to_num(table["multiplier"][rows], nan=1.0)
    own = np.abs(prices(table, rows)) * multiplier
    written = table["notional_per_unit"][rows]
    notional = np.where(np.isnan(written), own, written) * rate
    tradables = _tradables(inputs, select, rows, notional, multiplier, rate, fx)
    count = len(select.rows)
    instruments = Instruments(
        ids=tuple(select.ids),
        asset_class=tuple(select.columns["asset_class"]),
        text={name: tuple(values) for name, values in select.columns.items()},
        fully_paid=np.array([p == "fully_paid" for p in select.columns["payment"]], dtype=bool),
        value=(tradables.price * multiplier * tradables.fx)[:count],
        notional=notional[:count],
        step=np.minimum(1.0, tradables.lot)[:count],
        long_financing=table["long_financing_bps"][select.rows] * BPS,
        short_financing=table["short_financing_bps"][select.rows] * BPS,
    )
    return instruments, tradables


def _tradables(
    inputs: Inputs,
    select: Selector,
    rows: list[int],
    notional: Floats,
    multiplier: Floats,
    rate: Floats,
    rates: dict[str, float],
) -> Tradables:
    table, legs, count = inputs["instruments"], combination_legs(inputs), len(select.rows)
    currency = [table["currency"][r] for r in rows]
    local = in_major(prices(table, rows), currency)
    fx = np.array([rates.get(major(c), x / share(c)) for c, x in zip(currency, rate, strict=True)])
    worth = local * multiplier * fx  # of one unit of each leg, base currency
    eligible = np.array([table["cross_eligible"][r] != "no" for r in rows], dtype=bool)
    for k, name in enumerate(sorted(legs), count):
        if np.isnan(local[k]):
            own = multiplier[k] * fx[k]
            of_legs = {
                float(multiplier[select.index[i]] * fx[select.index[i]]) for i, _ in legs[name]
            }
            if len(of_legs) == 1 and np.isnan(table["multiplier"][rows[k]]):
                own = of_legs.pop()  # like prices: their spread, as it is quoted
            value = sum(q * worth[select.index[i]] for i, q in legs[name]) / own
            local[k] = float(f"{value:.{DIGITS}g}")
        eligible[k] = all(eligible[select.index[i]] for i, _ in legs[name])
    wider, impact = _of_classes(inputs, [table["asset_class"][r] for r in rows])
    commission = table["commission_bps"][rows] * BPS * notional
    commission += table["commission_per_unit"][rows] * rate
    text = {
        name: tuple(table[name][r] for r in rows) for name in ("price_rule", "price_source", "isin")
    }
    times = [table["price_time"][r] for r in rows]
    return Tradables(
        ids=(*select.ids, *sorted(legs)),
        is_combination=np.arange(len(rows)) >= count,
        currency=tuple(major(c) for c in currency),
        fx=fx,
        bid=in_major(table["bid"][rows], currency),
        ask=in_major(table["ask"][rows], currency),
        price=local,
        multiplier=multiplier,
        notional=notional,
        half_spread=wider * _half_spread(table, rows, notional, multiplier, rate),
        impact=impact,
        buy_charge=commission + table["buy_tax_bps"][rows] * BPS * notional,
        sell_charge=commission + table["sell_tax_bps"][rows] * BPS * notional,
        lot=table["lot_size"][rows],
        adv=table["adv"][rows],
        volatility=table["volatility"][rows] * volatility_scale(inputs),
        cap=_cap(table, rows),
        cross_eligible=eligible,
        settlement_days=table["settlement_days"][rows],
        price_time=tuple(t.isoformat() if t else "" for t in times),
        legs=_leg_matrix(count, [legs[c] for c in sorted(legs)], select),
        **text,
    )


def combination_legs(inputs: Inputs) -> dict[str, list[tuple[str, float]]]:
    """Legs of each combination, sorted by instrument: (instrument, ratio)."""
    table = inputs["combinations"]
    legs: dict[str, list[tuple[str, float]]] = {}
    for c, i, q in zip(
        table["combination_id"], table["instrument_id"], table["ratio"], strict=True
    ):
        legs.setdefault(c, []).append((i, float(q)))
    return {c: sorted(found) for c, found in legs.items()}


def _half_spread(
    table: Table, rows: list[int], notional: Floats, multiplier: Floats, rate: Floats
) -> Floats:
    """Base per unit: from bps of notional, else local per unit, else half of bid to ask."""
    bps, unit = table["half_spread_bps"][rows], table["half_spread_per_unit"][rows]
    quoted = (table["ask"][rows] - table["bid"][rows]) / 2 * multiplier * rate
    given: Floats = np.where(np.isnan(unit), quoted, unit * rate)
    return np.where(np.isnan(bps), given, bps * BPS * notional)


def _of_classes(inputs: Inputs, classes: list[str]) -> tuple[Floats, Floats]:
    """(T,) each: what fills of its asset class make of the half spread, and of the impact coefficient."""
    known = {str(k): said for k, said in inputs.settings.costs.asset_classes.items()}
    found = [known.get(name, ClassCosts()) for name in classes]
    return np.array([x.half_spread for x in found]), np.array([x.impact for x in found])


def _cap(table: Table, rows: list[int]) -> Floats:
    share, adv = table["max_participation"][rows], table["adv"][rows]
    return np.where(np.isnan(share), np.inf, np.where(share == 0, 0.0, share * adv))


def _leg_matrix(count: int, combinations: list[list[tuple[str, float]]], select: Selector) -> Any:
    triples = [(i, i, 1.0) for i in range(count)]
    triples += [(count + k, select.index[i], q) for k, ls in enumerate(combinations) for i, q in ls]
    r, c, v = zip(*triples, strict=True) if triples else ((), (), ())
    return csr_array((list(v), (list(r), list(c))), shape=(count + len(combinations), count))
