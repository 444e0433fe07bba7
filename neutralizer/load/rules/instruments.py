"""Rules about numbers: what is required for what is held or may be traded, and what makes sense."""

import numpy as np

from neutralizer.domain.arrays import Bools, Ints
from neutralizer.errors import Issues
from neutralizer.load.resolved.barriers import passed_on
from neutralizer.load.resolved.currencies import fx_rates
from neutralizer.load.resolved.horizon import pairs_ahead
from neutralizer.load.resolved.instruments import combination_legs, prices
from neutralizer.load.resolved.mandates import freedoms
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.targets import wanted
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.values import BPS

SMALLEST_UNIT, LARGEST_UNIT, LARGEST_POSITION = 1e-12, 1e15, 1e18  # base currency
ROUNDING = 1e-7  # basis points of a price
NEEDS_TERMS = ("future", "option", "swap", "fx")


def in_play(inputs: Inputs, select: Selector) -> tuple[Bools, Bools]:
    """(B, I) which pairs are held, traded or passed on, and which may change; books sorted by id."""
    if "play" not in inputs.memo:
        inputs.memo["play"] = _in_play(inputs, select)
    found: tuple[Bools, Bools] = inputs.memo["play"]
    return found


def _in_play(inputs: Inputs, select: Selector) -> tuple[Bools, Bools]:
    books = sorted(set(inputs["books"]["book_id"]))
    may = freedoms(inputs, select, books)
    held = np.zeros(may.shape, dtype=bool)
    index = {b: k for k, b in enumerate(books)}
    for table in (inputs["positions"], inputs["open_orders"]):
        b = _places(table["book_id"], index)
        i = _places(table["instrument_id"], select.index)
        known = (table["quantity"] != 0) & (b >= 0) & (i >= 0)
        held[b[known], i[known]] = True
    changes = (held & (may == 1)) | (may == 2) | wanted(inputs, select, books)
    ahead, later = pairs_ahead(inputs, select, books)
    return held | changes | passed_on(inputs, select, books, changes) | ahead, changes | later


def _places(names: list[str], index: dict[str, int]) -> Ints:
    """Where each name stands, -1 where it is not known."""
    return np.array([index.get(name, -1) for name in names], dtype=np.int64)


def prices_are_there(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Price, bid and ask; zero or below only for margined instruments."""
    table = inputs["instruments"]
    local = prices(table, list(range(len(table))))
    payment = dict(zip(select.ids, select.columns["payment"], strict=True))
    for row, price in enumerate(local.tolist()):
        kind = table["asset_class"][row]
        if kind == "combination":
            if np.isnan(table["notional_per_unit"][row]) and not abs(price) > 0:
                table.error(
                    issues, row, "price", "no price and no notional_per_unit", "fill one of them"
                )
        elif np.isnan(price):
            table.error(issues, row, "price", "no price", "fill price, or bid and ask")
        elif price <= 0 and payment.get(table["instrument_id"][row]) != "margined":
            table.error(
                issues,
                row,
                "price",
                "a price of zero or below",
                "only margined instruments may have one",
            )
        elif price <= 0 and np.isnan(table["notional_per_unit"][row]):
            table.error(
                issues,
                row,
                "notional_per_unit",
                "the price is zero or below",
                "write notional_per_unit",
            )
        if table["bid"][row] > table["ask"][row]:
            table.error(issues, row, "bid", "bid over ask", "correct the quote")


def prices_lie_between_quotes(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A price that stands beside bid and ask lies between them, or beyond by no more than allowed."""
    table, allowed = inputs["instruments"], inputs.settings.checks.price_beyond_quotes_bps
    price, bid, ask = (table[column] for column in ("price", "bid", "ask"))
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.maximum(bid - price, price - ask) / np.abs(price) / BPS
    for row in np.flatnonzero((bid <= ask) & (beyond > allowed + ROUNDING)).tolist():
        reason = f"beyond its quotes, {bid[row]:.12g} to {ask[row]:.12g}, by {beyond[row]:.3g} bps"
        remedy = "correct the price or the quotes, or set checks.price_beyond_quotes_bps"
        table.error(issues, row, "price", reason, remedy)


def terms_are_given(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Multiplier and payment of derivatives; notional of swaps and forwards."""
    table = inputs["instruments"]
    for row, kind in enumerate(table["asset_class"]):
        if kind not in NEEDS_TERMS:
            continue
        if np.isnan(table["multiplier"][row]):
            table.error(issues, row, "multiplier", f"required for {kind}", "write it, 1 if it is 1")
        if not table["payment"][row]:
            table.error(
                issues, row, "payment", f"required for {kind}", "write fully_paid or margined"
            )


def sizes_are_computable(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Unit notionals and positions of a size that money can be computed with to the cent."""
    table, rates = inputs["instruments"], fx_rates(inputs)
    rate = np.array([rates.get(currency, 1.0) for currency in table["currency"]])
    local = np.abs(prices(table, list(range(len(table))))) * np.nan_to_num(
        table["multiplier"], nan=1.0
    )
    given = table["notional_per_unit"]
    unit = np.where(np.isnan(given), local, given) * rate
    for row in np.flatnonzero(
        (unit > LARGEST_UNIT) | ((unit > 0) & (unit < SMALLEST_UNIT))
    ).tolist():
        reason = f"a unit notional of {unit[row]:.3g} in base currency"
        table.error(issues, row, "price", reason, "correct price, multiplier or notional_per_unit")
    of = dict(zip(table["instrument_id"], unit.tolist(), strict=True))
    for held in (inputs["positions"], inputs["open_orders"]):
        each = np.array([of.get(name, 0.0) for name in held["instrument_id"]], dtype=float)
        for row in np.flatnonzero(np.abs(held["quantity"]) * each > LARGEST_POSITION).tolist():
            reason = "a notional over 1e18 in base currency"
            held.error(issues, row, "quantity", reason, "correct it")


def costs_are_given(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A half spread for whatever may be ordered outside; one form of it; adv where it is needed."""
    table = inputs["instruments"]
    changes: Bools = np.asarray(in_play(inputs, select)[1].any(axis=0))
    for row, name in enumerate(table["instrument_id"]):
        bps, unit = table["half_spread_bps"][row], table["half_spread_per_unit"][row]
        quoted = table["ask"][row] - table["bid"][row]
        share = table["max_participation"][row]
        ordered = share != 0 and (name not in select.index or changes[select.index[name]])
        if ordered and np.isnan([bps, unit, quoted]).all():
            remedy = "write half_spread_bps, half_spread_per_unit, or bid and ask; 0 if it is 0"
            table.error(
                issues, row, "half_spread_bps", "no half spread for what may be ordered", remedy
            )
        if not np.isnan(bps) and not np.isnan(unit):
            table.error(issues, row, "half_spread_per_unit", "two half spreads", "keep one")
        written = {"half_spread_bps": bps, "half_spread_per_unit": unit, "bid": quoted}
        used = next((c for c, spread in written.items() if not np.isnan(spread)), "")
        if ordered and used and written[used] == 0:
            table.warning(issues, row, used, "a half spread of zero", "check that it is meant")
        if share > 0 and np.isnan(table["adv"][row]):
            table.error(
                issues, row, "adv", "max_participation needs adv", "write adv, or leave both out"
            )
        if table["long_financing_bps"][row] + table["short_financing_bps"][row] < 0:
            reason = "long and short financing add up to less than zero"
            table.error(
                issues,
                row,
                "long_financing_bps",
                reason,
                "being long and short would earn money; correct them",
            )


def legs_are_whole(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Ratio · lot of a combination is a whole number of leg lots; its legs agree in cross_eligible."""
    table, legs = inputs["instruments"], inputs["combinations"]
    lot = dict(zip(table["instrument_id"], table["lot_size"].tolist(), strict=True))
    eligible = dict(zip(table["instrument_id"], table["cross_eligible"], strict=True))
    for row, (name, leg) in enumerate(
        zip(legs["combination_id"], legs["instrument_id"], strict=True)
    ):
        ratio = legs["ratio"][row]
        if name not in lot or leg not in lot or np.isnan(ratio):
            continue
        lots = ratio * lot[name] / lot[leg]
        if ratio == 0 or abs(lots - round(lots)) > 1e-9:
            reason = (
                f"ratio x lot {lot[name]:g} is not a whole number of the leg's lots of {lot[leg]:g}"
            )
            legs.error(
                issues, row, "ratio", reason, "correct the ratio or the combination's lot_size"
            )
    for name, found in combination_legs(inputs).items():
        if len({eligible.get(i) for i, _ in found}) > 1 and name in lot:
            row = legs["combination_id"].index(name)
            legs.error(
                issues, row, "instrument_id", "its legs differ in cross_eligible", "make them agree"
            )
