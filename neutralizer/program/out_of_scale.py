"""Which input is out of scale, where a program has no certified answer: the usual three, by their sizes."""

from collections.abc import Iterator

import numpy as np

from neutralizer.domain.scenario import Scenario

# units for one US dollar, by order of magnitude: what a rate is measured against
PER_DOLLAR = {
    **dict.fromkeys(("USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD"), 1.0),
    **dict.fromkeys(("CNY", "CNH", "HKD", "SEK", "NOK", "DKK", "ILS", "PLN", "BRL", "ZAR"), 7.0),
    **dict.fromkeys(("MXN", "CZK", "THB", "TWD", "TRY"), 25.0),
    **dict.fromkeys(("INR", "PHP", "RUB"), 70.0),
    **dict.fromkeys(("JPY", "ISK", "HUF"), 150.0),
    **dict.fromkeys(("CLP", "KRW"), 1e3),
    "COP": 4e3,
    **dict.fromkeys(("IDR", "VND"), 2e4),
}
FAR = 20.0  # times what a currency is worth
A_DAY = 1e13  # US dollars: more than any market trades in one instrument a day
LARGER = 1e4  # times a typical holding


def out_of_scale(scenario: Scenario) -> str:
    """The end of a sentence that names the input most out of scale, blank where none is known to be."""
    found = sorted([*_rates(scenario), *_volumes(scenario), *_holdings(scenario)], reverse=True)
    return f" ({found[0][1]})" if found else ""


def far_rates(s: Scenario) -> Iterator[tuple[str, float, float]]:
    """(currency, its rate, about what it should be), base per unit, where those are far apart."""
    base = PER_DOLLAR.get(s.base_currency)
    for currency, rate in s.rates.items():
        if base is None or currency not in PER_DOLLAR or currency == s.base_currency:
            continue
        usual = base / PER_DOLLAR[currency]
        if max(rate / usual, usual / rate) > FAR:
            yield currency, rate, usual


def _rates(s: Scenario) -> Iterator[tuple[float, str]]:
    for currency, rate, usual in far_rates(s):
        sentence = f"is fx of {currency}, {rate:g} {s.base_currency} each, the wrong way round?"
        yield max(rate / usual, usual / rate), sentence


def _volumes(s: Scenario) -> Iterator[tuple[float, str]]:
    day = s.tradables.adv * s.tradables.notional * 1 / PER_DOLLAR.get(s.base_currency, 1.0)
    for t in np.flatnonzero(np.nan_to_num(day) > A_DAY).tolist():
        times = float(day[t]) / A_DAY
        name, most = s.tradables.ids[t], float(s.tradables.adv[t])
        yield times, f"adv of {name}, {most:,.0f}, counts units: is it money?"


def _holdings(s: Scenario) -> Iterator[tuple[float, str]]:
    size = np.abs(s.holdings.before) * s.holding_notional
    held = size[size > 0]
    typical = float(np.quantile(held, 0.5, method="lower")) if len(held) else 0.0
    if typical > 0 and size.max() > LARGER * typical:
        h = int(size.argmax())
        name, book = s.instruments.ids[s.holdings.instrument[h]], s.books.ids[s.holdings.book[h]]
        times = float(size[h]) / typical
        yield (
            times / LARGER,
            (
                f"{book}'s {name} is {times:,.0f} times a typical holding: are its price (pence?), multiplier and "
                "quantity right?"
            ),
        )
