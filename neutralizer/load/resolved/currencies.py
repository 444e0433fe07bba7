"""Currencies as written: minor units, rates to the base currency, and what an instrument is exposed to."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.funding import Conversions
from neutralizer.domain.scenario import Entries
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.values import BPS

MINOR = {
    "GBX": "GBP",
    "GBp": "GBP",
    "ZAC": "ZAR",
    "ZAc": "ZAR",
    "ILA": "ILS",
    "USX": "USD",
}  # as exchanges quote: hundredths
HUNDREDTH = 0.01


def major(currency: str) -> str:
    """The currency that settles."""
    return MINOR.get(currency, currency)


def share(currency: str) -> float:
    """What one unit as written is of the currency that settles."""
    return HUNDREDTH if currency in MINOR else 1.0


def in_major(amounts: Floats, currencies: Sequence[str]) -> Floats:
    """Prices as written in the currency that settles: hundredths are moved two places, in decimals."""
    found = amounts.copy()
    for k, currency in enumerate(currencies):
        if currency in MINOR and np.isfinite(amounts[k]):
            found[k] = float(Decimal(repr(float(amounts[k]))).scaleb(-2))
    return found


def fx_rates(inputs: Inputs) -> dict[str, float]:
    """Base currency per unit of each currency that has a rate, minor units included."""
    table = inputs["fx"]
    rates = dict(zip(table["currency"], table["rate"].tolist(), strict=True))
    rates |= {inputs.settings.base_currency: 1.0}
    return {m: HUNDREDTH * rates[c] for m, c in MINOR.items() if c in rates} | rates


def exposures(inputs: Inputs, select: Selector) -> Iterator[tuple[int, str, float]]:
    """(instrument, factor, loading) that follow from currencies: what is paid in full in a factor's
    currency moves with it, a currency pair up with its underlying and down with what it is paid in.
    A row of loadings beats them.
    """
    written = set(
        zip(inputs["loadings"]["instrument_id"], inputs["loadings"]["factor_id"], strict=True)
    )
    table, c = inputs["factors"], select.columns
    of_factor = [(f, k) for f, k in zip(table["factor_id"], table["currency"], strict=True) if k]
    for i, name in enumerate(select.ids):
        pair = c["asset_class"][i] == "fx"
        paid = c["quote_currency"][i] or major(c["currency"][i])
        for factor, currency in of_factor:
            if pair:
                loading = float(c["underlying"][i] == currency) - float(paid == currency)
            else:
                paid_in_full = c["payment"][i] == "fully_paid"
                loading = float(paid_in_full and major(c["currency"][i]) == currency)
            if loading and (name, factor) not in written:
                yield i, factor, loading


def conversions(
    inputs: Inputs, select: Selector, entries: Entries, account_pool: Ints
) -> Conversions:
    """What is fully paid in another currency than the pool's, by pool and currency, at the half spreads
    of both against the base currency.
    """
    table, pools = inputs["fx"], inputs["pools"]
    half = dict(zip(table["currency"], (table["half_spread_bps"] * BPS).tolist(), strict=True))
    own = dict(zip(pools["pool_id"], pools["currency"], strict=True))
    names, row = sorted(own), np.full(len(entries.account), -1, dtype=np.int64)
    found: dict[tuple[int, str], float] = {}
    for n, (a, i) in enumerate(zip(entries.account, entries.instrument, strict=True)):
        pool, currency = int(account_pool[a]), major(select.columns["currency"][i])
        rate = half.get(currency, 0.0) + half.get(own[names[pool]], 0.0)
        if select.columns["payment"][i] == "fully_paid" and currency != own[names[pool]] and rate:
            found.setdefault((pool, currency), rate)
            row[n] = list(found).index((pool, currency))
    return Conversions(
        row, np.array([p for p, _ in found], dtype=np.int64), np.array(list(found.values()))
    )
