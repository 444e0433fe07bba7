"""Scan arrays for those who have no exchange file: sixteen points, as in the exchanges' SPAN.

The price moves by 0, 1/3, 2/3 and 1 of the scan range, up and down, each with volatility up and down; two
points more are three ranges away, of whose loss a third counts. The scan range of an instrument is its
outright margin. Futures and stocks are straight; options are revalued whole (Black, 1976) or by their
delta, gamma and vega. Losses are of one unit long, in local currency, from one moment to the next.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from neutralizer.domain.arrays import Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.written.table import Table

MOVES = np.array([0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3, 9, -9]) / 3
VOLATILITIES = np.array([1.0, -1.0] * 7 + [0.0, 0.0])
COUNTED = np.array([1.0] * 14 + [1 / 3] * 2)
POINTS = [f"s{k + 1}" for k in range(len(MOVES))]
COLUMNS = ["instrument_id", "product_group", "delta", *POINTS]
GROUP_COLUMNS = ["product_group", "currency", "spread_charge", "short_option_minimum"]
Rows = list[dict[str, str]]


def scan_tables(
    scenario: Scenario, options: Table | None, spread_charge: float, short_option: float
) -> tuple[Rows, Rows]:
    """Rows of scan_arrays and of scan_groups. A product group is what shares an underlying, or the
    instrument itself. `spread_charge`, `short_option`: shares of the least outright margin in the group.

    Raises InputsRefused where an option names an instrument without a margin rate.
    """
    issues = Issues()
    arrays = [*_straight(scenario, options), *_curved(scenario, options, issues)]
    if issues.errors:
        raise InputsRefused(issues.found)
    arrays.sort(key=lambda row: row["instrument_id"])
    return arrays, _groups(scenario, arrays, spread_charge, short_option)


def _margins(scenario: Scenario) -> Floats:
    """(I,) outright margin of one unit, local currency: the dearest account's; nan where there is none."""
    entries = scenario.entries
    notional = scenario.instruments.notional[entries.instrument]
    called = np.maximum(entries.long_rate, entries.short_rate) * notional
    found = np.zeros(len(scenario.instruments.ids))
    np.maximum.at(found, entries.instrument, called)
    return np.where(found > 0, found, np.nan) / scenario.tradables.fx[: len(found)]


def _group(scenario: Scenario, i: int) -> str:
    return scenario.instruments.text["underlying"][i] or scenario.instruments.ids[i]


def _row(scenario: Scenario, i: int, delta: float, losses: Floats) -> dict[str, str]:
    points = {name: f"{x + 0.0:.10g}" for name, x in zip(POINTS, losses * COUNTED, strict=True)}
    about = {"instrument_id": scenario.instruments.ids[i], "product_group": _group(scenario, i)}
    return about | {"delta": f"{delta:.10g}"} | points


def _straight(scenario: Scenario, options: Table | None) -> Iterator[dict[str, str]]:
    """What is not an option and has a margin rate."""
    curved = set(options["instrument_id"]) if options else set()
    for i, margin in enumerate(_margins(scenario)):
        if np.isfinite(margin) and scenario.instruments.ids[i] not in curved:
            yield _row(scenario, i, 1.0, -MOVES * margin)


def _curved(scenario: Scenario, options: Table | None, issues: Issues) -> Iterator[dict[str, str]]:
    margins, ids = _margins(scenario), scenario.instruments.ids
    prices, multipliers = scenario.tradables.price, scenario.tradables.multiplier
    for row in range(len(options) if options else 0):
        assert options is not None
        name, under = options["instrument_id"][row], options["underlying_id"][row]
        for column, word in (("instrument_id", name), ("underlying_id", under)):
            if word not in ids:
                options.error(issues, row, column, "no such instrument", "correct the id")
        if name not in ids or under not in ids:
            continue
        i, u = ids.index(name), ids.index(under)
        if not np.isfinite(margins[u]):
            remedy = "give it a row in margin_rates: its outright margin is the scan range"
            options.error(issues, row, "underlying_id", "no margin rate", remedy)
            continue
        unit = {
            c: float(options[c][row]) for c in options.columns if isinstance(options[c], np.ndarray)
        }
        moved = MOVES * margins[u] / multipliers[u]
        bent = VOLATILITIES * unit["volatility_range"]
        change, delta = _revalued(unit, options["kind"][row], float(prices[u]), moved, bent)
        yield _row(scenario, i, delta * multipliers[i] / multipliers[u], -change * multipliers[i])


def _revalued(
    unit: dict[str, float], kind: str, price: float, moved: Floats, bent: Floats
) -> tuple[Floats, float]:
    """(points,) change of an option's price, and its delta."""
    if np.isfinite(unit["delta"]):
        change = unit["delta"] * moved + unit["gamma"] * moved**2 / 2 + unit["vega"] * bent
        return change, unit["delta"]
    volatility = np.maximum(unit["volatility"] + bent, 1e-6)
    now, delta = black(kind, price, unit["strike"], unit["years"], unit["volatility"], unit["rate"])
    then, _ = black(
        kind,
        np.maximum(price + moved, 1e-9),
        unit["strike"],
        unit["years"],
        volatility,
        unit["rate"],
    )
    return then - now, float(delta)


def black(
    kind: str,
    forward: Floats | float,
    strike: float,
    years: float,
    volatility: Floats | float,
    rate: float,
) -> tuple[Floats, Floats]:
    """Price and delta of a European option on a forward (Black, 1976), per unit of the forward."""
    spread = volatility * np.sqrt(years)
    up = np.log(forward / strike) / spread + spread / 2
    side = 1.0 if kind == "call" else -1.0
    discount = np.exp(-rate * years)
    price = side * discount * (forward * ndtr(side * up) - strike * ndtr(side * (up - spread)))
    return price, side * discount * ndtr(side * up)


def _groups(scenario: Scenario, arrays: Rows, spread_charge: float, short_option: float) -> Rows:
    margins, where = _margins(scenario), {n: i for i, n in enumerate(scenario.instruments.ids)}
    found = []
    for name in sorted({row["product_group"] for row in arrays}):
        members = [where[r["instrument_id"]] for r in arrays if r["product_group"] == name]
        outright = float(np.nanmin([*margins[members], np.inf]))
        outright = outright if np.isfinite(outright) else 0.0
        found.append(
            {
                "product_group": name,
                "currency": scenario.tradables.currency[members[0]],
                "spread_charge": f"{spread_charge * outright:.10g}",
                "short_option_minimum": f"{short_option * outright:.10g}",
            }
        )
    return found
