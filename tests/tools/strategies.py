"""Small random scenarios, coherent and mostly feasible: the whole project's hypothesis strategies.

A scenario is drawn around a plan in whole lots that is known to work (crossings, some reduction
outside, a hedge per book): limits and cash are set so that the plan keeps them, a little tighter
than where the books stand before. A `tight` draw sets some limits without asking the plan.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.tools.second_formulation import Program, Row, Scenario, number

Array = np.ndarray[Any, Any]

CURRENCIES = {"USD": 1.0, "EUR": 1.25, "JPY": 0.008}
CLASSES = ("equity", "future", "etf", "swap", "bond", "fx", "option", "commodity")
RISK_TABLES = ("factors", "loadings", "factor_covariance", "covariance")
NET_MEASURES = ("net", "gross", "long", "short", "concentration")
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*|-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Shape:
    """How much there is of what; the numbers follow from the seed."""

    seed: int
    books: int
    instruments: int
    combinations: int
    groups: int
    pools: int
    currencies: int
    limits: int
    risk: str
    units: str
    impact: str
    mandates: bool
    tight: bool


@dataclass(frozen=True)
class Folder:
    """A scenario folder that is not yet on disk."""

    files: dict[str, str]

    def write(self, path: Path) -> Path:
        """Write the files into a folder, made if need be, and say where."""
        path.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (path / name).write_text(text, encoding="utf-8")
        return path


def shapes() -> st.SearchStrategy[Shape]:
    """What a small scenario may be made of."""
    return st.builds(
        Shape,
        seed=st.integers(0, 2**20),
        books=st.integers(2, 5),
        instruments=st.integers(3, 8),
        combinations=st.integers(0, 2),
        groups=st.integers(0, 3),
        pools=st.integers(1, 3),
        currencies=st.integers(1, 3),
        limits=st.integers(3, 12),
        risk=st.sampled_from(["factors", "both", "dense", "factors"]),
        units=st.sampled_from(["daily_fraction", "annual_fraction", "annual_percent"]),
        impact=st.sampled_from(["three_halves", "quadratic"]),
        mandates=st.booleans(),
        tight=st.sampled_from([False] * 7 + [True]),
    )


def scenarios() -> st.SearchStrategy[Folder]:
    """Small coherent scenario folders; at least three of four can be answered."""
    return shapes().map(folder)


def wishful() -> st.SearchStrategy[Folder]:
    """The same with targets: some that the plan meets, some that may wait, at its end or beyond."""
    return shapes().map(lambda shape: folder(shape, (*STEPS, draw_targets)))


def folder(shape: Shape, steps: tuple[Callable[[Draft], None], ...] = ()) -> Folder:
    """The scenario folder of a shape."""
    draft = Draft(shape, np.random.default_rng(shape.seed))
    for step in steps or STEPS:
        step(draft)
    return written(draft)


# ---------------------------------------------------------------- a draft and its dice


@dataclass
class Draft:
    """Tables as far as they are drawn."""

    shape: Shape
    rng: np.random.Generator
    tables: dict[str, list[Row]] = field(default_factory=dict)
    plan: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def chance(self, probability: float) -> bool:
        """Whether something that happens with this probability does."""
        return bool(self.rng.random() < probability)

    def one_of(self, things: Any) -> Any:
        """One of some things, all equally likely."""
        things = list(things)
        return things[int(self.rng.integers(len(things)))]

    def between(self, low: float, high: float, digits: int = 3) -> float:
        """A number between two bounds, with few digits."""
        return float(f"{self.rng.uniform(low, high):.{digits}g}")

    def add(self, table: str, **cells: Any) -> Row:
        """Append a row; a cell that is None or empty is left out."""
        row = {column: text(cell) for column, cell in cells.items() if cell not in (None, "")}
        self.tables.setdefault(table, []).append(row)
        return row

    def rows(self, table: str) -> list[Row]:
        """The rows drawn so far."""
        return self.tables.get(table, [])

    @property
    def currencies(self) -> list[str]:
        """The currencies in use, the base currency first."""
        return list(CURRENCIES)[: self.shape.currencies]

    @property
    def instruments(self) -> list[Row]:
        """What can be held: all rows but those of combinations."""
        return [r for r in self.rows("instruments") if r["asset_class"] != "combination"]

    @property
    def settings(self) -> Row:
        """The settings that the meaning of the tables hangs on."""
        return {"base_currency": self.currencies[0]}

    def scenario(self) -> Scenario:
        """The tables so far, as their meaning is defined by the formats."""
        return Scenario(self.settings, self.tables, self.shape.units)

    def volatility(self, daily: float) -> float:
        """A daily volatility in the units of this scenario."""
        year = 1.0 if self.shape.units == "daily_fraction" else math.sqrt(252)
        percent = 100.0 if self.shape.units == "annual_percent" else 1.0
        return daily * year * percent


def text(cell: Any) -> str:
    """A cell as it is written: plain decimals, at most six digits."""
    if isinstance(cell, float | np.floating):
        return np.format_float_positional(float(f"{cell:.6g}"), trim="-")
    return str(cell)


def upward(bound: float) -> float:
    """A bound with three digits, not below what it was."""
    if bound <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(bound)) - 2)
    return math.ceil(bound / step * 1.001) * step


# ---------------------------------------------------------------- who there is


def draw_books(d: Draft) -> None:
    """Books in crossing groups of one owner each (or said to cross entities), the rest alone."""
    names = [f"B{n}" for n in range(1, d.shape.books + 1)]
    one_owner = d.chance(0.2)
    group_of = [int(d.rng.integers(d.shape.groups + 1)) for _ in names]
    if d.shape.groups:
        group_of[:2] = [1, 1]
    affiliate = d.chance(0.3)
    for n, (book, group) in enumerate(zip(names, group_of, strict=True)):
        entity = f"E{group % 2 + 1}"
        if affiliate and n == 1:
            entity = "E3"
        owner = "OWNER" if one_owner else ""
        d.add("books", book_id=book, entity=entity, beneficial_owner=owner)
    owners = {r["book_id"]: r.get("beneficial_owner", r["entity"]) for r in d.rows("books")}
    for group in range(1, d.shape.groups + 1):
        members = [b for b, g in zip(names, group_of, strict=True) if g == group]
        if members:
            several = len({owners[b] for b in members}) > 1
            cross = "yes" if several else ""
            d.add("crossing_groups", group_id=f"G{group}", books=";".join(members))
            if cross:
                d.rows("crossing_groups")[-1]["cross_entity"] = cross


def draw_pools(d: Draft) -> None:
    """Pools in their currencies and the routes between them; cash comes last."""
    names = [f"P{n}" for n in range(1, d.shape.pools + 1)]
    for pool in names:
        floor = d.between(0, 1e5, 2) if d.chance(0.5) else ""
        d.add("pools", pool_id=pool, currency=d.one_of(d.currencies), minimum_balance=floor)
    for source, target in itertools.permutations(names, 2):
        if d.chance(0.6):
            capacity = d.between(1e6, 1e8, 2) if d.chance(0.5) else ""
            fee = d.between(0.1, 2, 2) if d.chance(0.8) else ""
            d.add("cash_routes", from_pool=source, to_pool=target, capacity=capacity, fee_bps=fee)


def draw_accounts(d: Draft) -> None:
    """One or two accounts per owner; some books hold some instruments in the other one."""
    pools = [row["pool_id"] for row in d.rows("pools")]
    accounts: dict[str, list[str]] = {}
    for book in d.rows("books"):
        owner = str(book.get("beneficial_owner", book["entity"]))
        if owner not in accounts:
            accounts[owner] = [f"A-{owner}-{n}" for n in range(1, 3 if d.chance(0.7) else 2)]
            for account in accounts[owner]:
                draw_account(d, account, d.one_of(pools))
        book["account_id"] = d.one_of(accounts[owner])
        if len(accounts[owner]) > 1 and d.chance(0.4):
            other = d.one_of(accounts[owner])
            draw_book_account(d, book["book_id"], other)


def draw_account(d: Draft, account: str, pool: str) -> None:
    """An account's margin terms."""
    d.add(
        "accounts",
        account_id=account,
        pool_id=pool,
        model=d.one_of(["rate", "rate", "", "", "none"]),
        margin_multiplier=d.between(1, 1.3) if d.chance(0.6) else "",
        funding_rate_bps=d.between(10, 200, 2) if d.chance(0.5) else "",
        short_proceeds="free" if d.chance(0.3) else "",
    )


def draw_book_account(d: Draft, book: str, account: str) -> None:
    """Where a book holds one instrument, or one class of them."""
    row = d.one_of(d.instruments)
    selector = f"asset_class:{row['asset_class']}"
    if d.chance(0.5):
        selector = f"instrument:{row['instrument_id']}"
    d.add("book_accounts", book_id=book, selector=selector, account_id=account)


# ---------------------------------------------------------------- what they hold


def draw_instruments(d: Draft) -> None:
    """A hedge future, an equity, for combinations a second future; then whatever comes."""
    head = ["future", "equity"] + ["future"] * bool(d.shape.combinations)
    rest = [d.one_of(CLASSES) for _ in range(d.shape.instruments - len(head))]
    for n, asset_class in enumerate(head + rest):
        currency = d.one_of(d.currencies)
        row = d.add(
            "instruments",
            instrument_id=f"{asset_class[:3].upper()}{n}",
            asset_class=asset_class,
            currency=currency,
            **UNITS[asset_class](d, 100.0 if currency == "JPY" else 1.0),
        )
        draw_labels(d, row, n)
        draw_trading(d, row, hedge=n == 0 or (asset_class in ("future", "etf") and d.chance(0.5)))
        draw_fees(d, row)
        draw_carry(d, row)


def equity_units(d: Draft, scale: float) -> Row:
    """A share: lots of one or of a hundred."""
    lot = d.one_of(["", 1, 100])
    return {"price": d.between(5 * scale, 200 * scale), "lot_size": lot}


def etf_units(d: Draft, scale: float) -> Row:
    """A fund share."""
    return {"price": d.between(40 * scale, 400 * scale)}


def bond_units(d: Draft, scale: float) -> Row:
    """A bond quoted per hundred of face."""
    return {"price": d.between(90, 110, 4), "multiplier": 0.01, "lot_size": 1000}


def future_units(d: Draft, scale: float) -> Row:
    """A contract worth some ten thousands."""
    multiplier = d.one_of([10, 50, 1000])
    price = d.between(2e4 * scale / multiplier, 1e5 * scale / multiplier)
    return {"price": price, "multiplier": multiplier, "payment": "margined"}


def option_units(d: Draft, scale: float) -> Row:
    """An option on a hundred shares, its premium paid or margined."""
    payment = d.one_of(["fully_paid", "margined"])
    return {"price": d.between(2 * scale, 20 * scale), "multiplier": 100, "payment": payment}


def swap_units(d: Draft, scale: float) -> Row:
    """A swap per thousand of notional; its price may be below zero."""
    price = d.between(-2 * scale, 2 * scale, 2)
    paid = {"multiplier": 1, "payment": "margined", "lot_size": d.one_of([1, 10])}
    return {"price": price, "notional_per_unit": 1000 * scale, **paid}


def fx_units(d: Draft, scale: float) -> Row:
    """A forward per unit of currency: worth little, notional one."""
    price = d.between(-0.02, 0.02, 2)
    return {
        "price": price,
        "multiplier": 1,
        "notional_per_unit": scale,
        "payment": "margined",
        "lot_size": 1000,
    }


def commodity_units(d: Draft, scale: float) -> Row:
    """An ounce or a tenth of it."""
    return {"price": d.between(500 * scale, 2000 * scale), "lot_size": d.one_of([1, 0.1])}


UNITS: dict[str, Callable[[Draft, float], Row]] = {
    "equity": equity_units,
    "etf": etf_units,
    "bond": bond_units,
    "future": future_units,
    "option": option_units,
    "swap": swap_units,
    "fx": fx_units,
    "commodity": commodity_units,
}


def draw_labels(d: Draft, row: Row, n: int) -> None:
    """The text columns that selectors may name."""
    row["sector"] = d.one_of(["tech", "energy", "rates"])
    if d.chance(0.3):
        row["country"] = d.one_of(["US", "DE"])
    if d.chance(0.3):
        row["price_rule"] = d.one_of(["MID", "LAST", "CLOSE", "SETTLE"])


def draw_trading(d: Draft, row: Row, hedge: bool) -> None:
    """What it costs to trade, how much of it trades, and where it may."""
    draw_spread(d, row)
    if d.chance(0.9):
        row["volatility"] = text(d.volatility(d.between(0.005, 0.03)))
    if hedge:
        row["hedge_instrument"] = "yes"
    if d.chance(0.15):
        row["cross_eligible"] = "no"
    if d.chance(0.8):
        # a day's volume is worth some tens of millions
        row["adv"] = text(d.between(2e7, 2e8, 2) / worth(row))
        if d.chance(0.7):
            row["max_participation"] = text(d.between(0.05, 0.3, 1))
    if not hedge and d.chance(0.1):
        row["max_participation"] = "0"


def draw_fees(d: Draft, row: Row) -> None:
    """Commissions, and on shares a tax on one side or both."""
    if d.chance(0.5):
        row["commission_bps"] = text(d.between(0.1, 1, 2))
    if row["asset_class"] in ("future", "option") and d.chance(0.7):
        row["commission_per_unit"] = text(d.between(0.5, 3, 2))
    if row["asset_class"] == "equity":
        if d.chance(0.4):
            row["buy_tax_bps"] = text(d.one_of([5, 50]))
        if d.chance(0.3):
            row["sell_tax_bps"] = text(d.between(0.2, 10, 2))


def middle(row: Row) -> float:
    """Local price; the middle of the quote where it is blank."""
    return number(row, "price", (number(row, "bid") + number(row, "ask")) / 2)


def worth(row: Row) -> float:
    """Unit notional in base currency."""
    own = abs(middle(row)) * number(row, "multiplier", 1.0)
    return number(row, "notional_per_unit", own) * CURRENCIES[row["currency"]]


def draw_spread(d: Draft, row: Row) -> None:
    """Half a spread in one of its three forms; a quote may stand in for the price."""
    price, multiplier = number(row, "price"), number(row, "multiplier", 1.0)
    local = worth(row) / CURRENCIES[row["currency"]] * d.between(0.3, 15, 2) * 1e-4
    form = d.one_of(["half_spread_bps", "half_spread_per_unit", "quote"])
    if form == "half_spread_bps":
        row[form] = text(d.between(0.3, 15, 2))
    elif form == "half_spread_per_unit":
        row[form] = text(float(f"{local:.2g}"))
    else:
        row["bid"], row["ask"] = text(price - local / multiplier), text(price + local / multiplier)
        if d.chance(0.5):
            del row["price"]


def draw_carry(d: Draft, row: Row) -> None:
    """What a position costs to keep; one side may earn, the two together never."""
    if d.chance(0.5):
        long = d.between(20, 90, 2)
        row["long_financing_bps"] = text(long)
        row["short_financing_bps"] = text(d.between(-0.9 * long, 60, 2))


def draw_combinations(d: Draft) -> None:
    """A calendar of the two futures, and two of one instrument for one of another."""
    rows = {row["instrument_id"]: row for row in d.instruments}
    futures = [i for i, row in rows.items() if row["asset_class"] == "future"]
    if d.shape.combinations > 0:
        draw_combination(d, "CAL", {futures[0]: 1, futures[1]: -1})
    if d.shape.combinations > 1:
        others = [i for i in rows if i not in futures[:1] and in_lots_of(rows[i], (1, 100))]
        if others:
            draw_combination(d, "PKG", {futures[0]: 1, d.one_of(others): -2})


def in_lots_of(row: Row, lots: tuple[int, ...]) -> bool:
    """Whether the instrument trades in one of these lots."""
    return number(row, "lot_size", 1.0) in lots


def draw_combination(d: Draft, name: str, legs: dict[str, int]) -> None:
    """A listed combination: one price, a spread below those of its legs."""
    rows = [row for row in d.instruments if row["instrument_id"] in legs]
    first = next(row for row in rows if row["instrument_id"] == next(iter(legs)))
    for row in rows:
        row.pop("cross_eligible", None)
        if "cross_eligible" in first:
            row["cross_eligible"] = first["cross_eligible"]
    lot = max(number(row, "lot_size", 1.0) for row in rows)
    adv = d.between(1e7, 1e8, 2) / worth(first) if d.chance(0.7) else ""
    d.add(
        "instruments",
        instrument_id=name,
        asset_class="combination",
        currency=first["currency"],
        price=middle(first),
        multiplier=first["multiplier"],
        half_spread_bps=d.between(0.1, 2, 2),
        commission_per_unit=d.between(0.5, 2, 2) if d.chance(0.5) else "",
        volatility=d.volatility(d.between(0.001, 0.005)),
        lot_size=lot if lot != 1 else "",
        adv=adv,
        max_participation=d.between(0.05, 0.3, 1) if adv and d.chance(0.5) else "",
    )
    for leg, ratio in legs.items():
        d.add("combinations", combination_id=name, instrument_id=leg, ratio=ratio)


def draw_fx(d: Draft) -> None:
    """A rate for each currency but the base."""
    for currency in d.currencies[1:]:
        d.add("fx", currency=currency, rate=CURRENCIES[currency])


def draw_positions(d: Draft) -> None:
    """Each book holds about two thirds of the instruments, in whole lots or odd ones."""
    scenario = d.scenario()
    for book in d.rows("books"):
        for i, row in scenario.instruments.items():
            if d.chance(0.65) or "positions" not in d.tables:
                lot = number(row, "lot_size", 1.0)
                notional = d.between(1e5, 3e6) * d.one_of([-1, 1])
                lots = round(notional / scenario.notional(row) / lot)
                odd = int(d.rng.integers(1, 50)) if lot == 100 and d.chance(0.3) else 0
                quantity = lots * lot + odd if lots else lot
                d.add("positions", book_id=book["book_id"], instrument_id=i, quantity=quantity)


def draw_mandates(d: Draft) -> None:
    """Who may trade what: a rule for hedges, a rule for one book, a rule for one instrument."""
    if not d.shape.mandates:
        return
    rows = d.instruments
    d.add("mandates", book_id="*", selector="hedge_instrument:yes", may="trade")
    for _ in range(int(d.rng.integers(1, 4))):
        row, book = d.one_of(rows), d.one_of(d.rows("books"))["book_id"]
        selector = d.one_of(
            [
                f"instrument:{row['instrument_id']}",
                row["instrument_id"],
                f"sector:{row['sector']}",
                f"currency:{row['currency']}",
                f"asset_class:{row['asset_class']}",
                "cross_eligible:yes",
            ]
        )
        if selector == "cross_eligible:yes" and not any("cross_eligible" not in r for r in rows):
            selector = "*"
        may = d.one_of(["trade", "trade", "reduce", "none"])
        d.add("mandates", book_id=d.one_of(["*", book, book]), selector=selector, may=may)


def draw_margin(d: Draft) -> None:
    """A rate or an amount per unit for everything, and an account's own for some."""
    for row in d.instruments:
        draw_margin_row(d, row, "")
        if d.chance(0.2):
            draw_margin_row(d, row, d.one_of(d.rows("accounts"))["account_id"])


def draw_margin_row(d: Draft, row: Row, account: str) -> None:
    """One margin row."""
    name = row["instrument_id"]
    if row["asset_class"] in ("future", "swap") and d.chance(0.6):
        local = worth(row) / CURRENCIES[row["currency"]]
        d.add(
            "margin_rates",
            instrument_id=name,
            account_id=account,
            per_unit=float(f"{local * d.between(0.03, 0.1):.2g}"),
        )
        return
    long, short = d.between(0.05, 0.3, 2), d.between(0.05, 0.4, 2)
    d.add("margin_rates", instrument_id=name, account_id=account, long_rate=long, short_rate=short)


# ---------------------------------------------------------------- risk


def draw_risk(d: Draft) -> None:
    """A market, a sector and a rate factor (per unit), or a dense covariance, or both."""
    scenario, rows = d.scenario(), d.instruments
    notional = np.array([scenario.notional(row) for row in rows])
    loadings = np.column_stack(
        [
            [d.between(0.5, 1.5, 2) for _ in rows],
            [d.between(-0.8, 0.8, 2) for _ in rows],
            # currency a unit for one basis point of rates
            [float(f"{n * d.between(-5e-4, 5e-4):.2g}") for n in notional],
        ]
    )
    covariance = factor_covariance(d)
    specific = np.array([d.between(0.002, 0.02, 2) for _ in rows])
    if d.shape.risk != "dense":
        write_factors(d, loadings, covariance)
    if d.shape.risk == "factors":
        for row, own in zip(rows, specific, strict=True):
            row["specific_volatility"] = text(d.volatility(own))
    else:
        per_notional = loadings / np.column_stack([np.ones_like(notional)] * 2 + [notional])
        dense = per_notional @ covariance @ per_notional.T + np.diag(specific**2)
        write_square(d, "covariance", [row["instrument_id"] for row in rows], dense)
    if d.shape.risk == "factors":
        write_square(d, "factor_covariance", ["MKT", "SEC", "RATE"], covariance)


def factor_covariance(d: Draft) -> Array:
    """Daily: market and sector returns, and rates in basis points."""
    daily = np.array([d.between(0.005, 0.015), d.between(0.003, 0.01), d.between(2, 8)])
    correlation = np.eye(3)
    for a, b in itertools.combinations(range(3), 2):
        correlation[a, b] = correlation[b, a] = d.between(-0.4, 0.4, 1)
    return correlation * np.outer(daily, daily)


def write_factors(d: Draft, loadings: Array, covariance: Array) -> None:
    """Factors and the loadings that are not left at zero."""
    d.add("factors", factor_id="MKT", description="the market")
    d.add("factors", factor_id="SEC", basis="value")
    d.add("factors", factor_id="RATE", basis="unit", unit="USD per bp")
    for row, cells in zip(d.instruments, loadings, strict=True):
        for factor, loading in zip(("MKT", "SEC", "RATE"), cells, strict=True):
            if factor == "MKT" or d.chance(0.7):
                d.add(
                    "loadings",
                    instrument_id=row["instrument_id"],
                    factor_id=factor,
                    loading=loading,
                )


def write_square(d: Draft, table: str, ids: list[str], daily: Array) -> None:
    """A covariance in the scenario's units."""
    label = "instrument_id" if table == "covariance" else "factor_id"
    unit = d.volatility(1.0) ** 2
    for name, cells in zip(ids, daily * unit, strict=True):
        d.add(table, **{label: name}, **dict(zip(ids, map(float, cells), strict=True)))


# ---------------------------------------------------------------- a plan that works


def draw_plan(d: Draft) -> None:
    """What each book changes by, in whole lots: crossed, reduced outside, hedged."""
    scenario = d.scenario()
    books, names = list(scenario.books), list(scenario.instruments)
    before = held(scenario)
    change = np.zeros_like(before)
    for n, i in enumerate(names):
        row = scenario.instruments[i]
        able = np.array([scenario.may_change(b, i) for b in books])
        if row.get("cross_eligible") != "no":
            cross(d, scenario, row, np.where(able, before[:, n], 0.0), change[:, n])
        if number(row, "max_participation", 1.0) > 0:
            reduce(d, row, np.where(able, before[:, n] + change[:, n], 0.0), change[:, n])
    hedge(scenario, before, change)
    d.plan = change


def held(scenario: Scenario) -> Array:
    """Units before: books in rows, instruments in columns."""
    pairs = [
        [scenario.before.get((b, i), 0.0) for i in scenario.instruments] for b in scenario.books
    ]
    return np.array(pairs)


def cross(d: Draft, scenario: Scenario, row: Row, free: Array, change: Array) -> None:
    """Within each group, a long and a short of one instrument meet."""
    step = min(1.0, number(row, "lot_size", 1.0))
    books = list(scenario.books)
    for a, b in itertools.permutations(range(len(books)), 2):
        together = scenario.group_of[books[a]] == scenario.group_of[books[b]]
        left_long, left_short = (free + change)[a], -(free + change)[b]
        if together and left_long > 0 and left_short > 0:
            size = math.floor(d.rng.uniform(0.4, 1) * min(left_long, left_short) / step) * step
            change[a] -= size
            change[b] += size


def budget(row: Row, books: int) -> float:
    """Units that each book may trade outside without the firm passing its share of volume."""
    if row.get("max_participation", "") == "":
        return math.inf
    return 0.5 * number(row, "max_participation") * number(row, "adv") / books


def reduce(d: Draft, row: Row, free: Array, change: Array) -> None:
    """Part of what is left goes outside."""
    lot = number(row, "lot_size", 1.0)
    for book, position in enumerate(free):
        size = min(d.rng.uniform(0.2, 0.8) * abs(position), budget(row, len(free)))
        change[book] -= math.copysign(math.floor(size / lot) * lot, position)


def hedge(scenario: Scenario, before: Array, change: Array) -> None:
    """Half of each book's net notional is offset in the first instrument it may trade freely."""
    notional = np.array([scenario.notional(row) for row in scenario.instruments.values()])
    for n, book in enumerate(scenario.books):
        for m, (i, row) in enumerate(scenario.instruments.items()):
            free = scenario.permission.get((book, i)) == "trade"
            if free and number(row, "max_participation", 1.0) > 0:
                lot = number(row, "lot_size", 1.0)
                net = float((before[n] + change[n]) @ notional)
                size = min(abs(net) / 2 / notional[m], budget(row, len(scenario.books)))
                change[n, m] -= math.copysign(math.floor(size / lot) * lot, net)
                break


# ---------------------------------------------------------------- cash and limits around it


def draw_cash(d: Draft) -> None:
    """Enough for the plan; the first pool may be short of it by what a route or a loan brings."""
    scenario = d.scenario()
    measured = Measured(d)
    need = {row["pool_id"]: measured.pool_need(row) for row in d.rows("pools")}
    for row in d.rows("pools"):
        row["cash"] = text(upward(max(need[row["pool_id"]], 0) * d.between(1.02, 1.5) + 1e4))
    short = d.rows("pools")[0]
    routes = [r for r in d.rows("cash_routes") if r["to_pool"] == short["pool_id"]]
    missing = float(f"{0.2 * max(need[short['pool_id']], 0):.2g}")
    if missing < 100 or d.chance(0.3):
        return
    cover = max(need[short["pool_id"]], 0) - missing
    if d.chance(0.5):
        short["borrow_limit"] = text(upward(1.5 * missing))
        short["borrow_rate_bps"] = text(d.between(100, 600, 2))
        short["cash"] = text(upward(cover))
    elif routes and number(routes[0], "capacity", math.inf) > 2 * missing:
        source = next(r for r in d.rows("pools") if r["pool_id"] == routes[0]["from_pool"])
        rate = scenario.fx[short["currency"]] / scenario.fx[source["currency"]]
        source["cash"] = text(upward(number(source, "cash") + 1.5 * missing * rate))
        short["cash"] = text(upward(cover))


def draw_limits(d: Draft) -> None:
    """Limits that the plan keeps and, where it improves the measure, the books break now."""
    measured = Measured(d)
    for n in range(d.shape.limits):
        row = draw_measure(d)
        before, after = measured.span(row)
        if math.isnan(before + after):  # a share of nothing
            continue
        signed = row["measure"] in ("factor_exposure", "net", "position")
        bound = drawn_bound(d, before, after, measured.floor(row))
        row = {"limit_id": f"L{n:02}", **row}
        improve = after <= before and d.chance(0.2)
        if improve:
            bound = upward(d.between(0.3, 0.9) * after)
            row |= {"on_breach": "improve", "penalty": text(measured.penalty(d, row))}
        if not signed:
            row["upper"] = text(bound)
        else:
            row |= {"lower": text(-bound), "upper": text(bound)}
        d.add("limits", **row, kind=d.one_of(["", "hard"]), owner=d.one_of(["", "risk desk"]))


def drawn_bound(d: Draft, before: float, after: float, floor: float) -> float:
    """A bound between where the plan ends and where the books stand, seldom a loose one."""
    if d.shape.tight and d.chance(0.5):
        return upward(d.between(0.2, 0.6) * before)
    if after < before and d.chance(0.8):
        return upward(max(after + d.between(0.1, 0.7) * (before - after), floor))
    return upward(max(d.between(1.05, 1.5) * max(after, before), floor))


def draw_measure(d: Draft) -> Row:
    """What a limit measures, of whom and of which instruments."""
    kinds = [*NET_MEASURES, "position", "volatility", "turnover", "external", "margin"]
    if d.shape.risk != "dense":
        kinds += ["factor_exposure"] * 3
    measure = d.one_of(kinds)
    row = {"measure": measure, "scope": draw_scope(d, measure)}
    instrument = d.one_of(d.instruments)
    if measure == "factor_exposure":
        row["target"] = d.one_of(["MKT", "SEC", "RATE"])
    elif measure == "position":
        row["target"] = instrument["instrument_id"]
    elif measure in NET_MEASURES and d.chance(0.4):
        row["target"] = d.one_of(
            [
                f"sector:{instrument['sector']}",
                f"currency:{instrument['currency']}",
                f"instrument:{instrument['instrument_id']}",
                instrument["instrument_id"],
                "*",
            ]
        )
    return row


def draw_scope(d: Draft, measure: str) -> str:
    """One of the scopes that a measure may have."""
    book = d.one_of(d.rows("books"))
    groups = [f"group:{row['group_id']}" for row in d.rows("crossing_groups")]
    account = d.one_of(d.rows("accounts"))["account_id"]
    pool = d.one_of(d.rows("pools"))["pool_id"]
    if measure == "external":
        return str(d.one_of(["firm", *groups]))
    if measure == "margin":
        return str(d.one_of([f"account:{account}", f"pool:{pool}"]))
    scopes = ["firm", "book:*", f"book:{book['book_id']}", f"entity:{book['entity']}"]
    return str(d.one_of([*scopes, *groups, f"account:{account}", f"pool:{pool}"]))


class Measured:
    """Measures and cash of the firm as it stands and after the plan."""

    def __init__(self, d: Draft) -> None:
        self.scenario = d.scenario()
        self.program = Program(self.scenario, alone=False)
        books, names = list(self.scenario.books), list(self.scenario.instruments)
        self.plan = {
            (book, i): float(d.plan[n, m])
            for n, book in enumerate(books)
            for m, i in enumerate(names)
        }

    def pool_need(self, pool: Row) -> float:
        """The least cash with which the pool carries the plan by itself, in its currency."""
        self.program.move(self.plan)
        left = float(self.program.surplus[pool["pool_id"]].value) * self.program.size
        return number(pool, "cash") - left / self.scenario.fx[pool["currency"]]

    def span(self, limit: Row) -> tuple[float, float]:
        """A limit's absolute measure before and after the plan; of `book:*` the largest."""
        scopes = [limit["scope"]]
        if limit["scope"] == "book:*":
            scopes = [f"book:{book}" for book in self.scenario.books]
        sizes = []
        for plan in ({}, self.plan):
            self.program.move(plan)
            measured = [self.program.measure({**limit, "scope": scope}) for scope in scopes]
            sizes.append(float(np.max([abs(float(v.value)) * unit for v, unit in measured])))
        return sizes[0], sizes[1]

    def floor(self, limit: Row) -> float:
        """The narrowest band worth asking for: a share of what does not net."""
        share = {"net": 0.03, "factor_exposure": 0.03}.get(limit["measure"], 0.0)
        if limit.get("target") == "RATE":
            share *= 3e-4
        gross: Row = {**limit, "measure": "gross"}
        if limit["measure"] == "factor_exposure":
            gross.pop("target")
        return share * max(self.span(gross)) if share else 0.0

    def penalty(self, d: Draft, limit: Row) -> float:
        """A price of the excess: all of it costs some basis points of the firm's gross."""
        gross, _ = self.span({"measure": "gross", "scope": "firm"})
        before, _ = self.span(limit)
        return d.between(1e-4, 3e-3) * gross / before if before else 1.0


def draw_targets(d: Draft) -> None:
    """Half of the books say what they want: the plan's own ends, or beyond them what may wait; and some of
    what the plan does not touch.
    """
    scenario = d.scenario()
    for n, book in enumerate(scenario.books):
        for m, (i, row) in enumerate(scenario.instruments.items()) if d.chance(0.5) else ():
            moved, lot = float(d.plan[n, m]), number(row, "lot_size", 1.0)
            free = scenario.permission.get((book, i), "trade") == "trade"
            if not moved and not (free and d.chance(0.25)):
                continue
            wish, beyond, more = {}, 0.0, d.one_of([None, None, lot, 3 * lot])
            if not moved or (free and d.chance(0.4)):
                beyond = (
                    d.one_of([1, 2, 5])
                    * lot
                    * (math.copysign(1, moved) if moved else d.one_of([-1, 1]))
                )
                wish = {"may_wait": "yes", "waiting_bps": d.one_of([0, 1, 5, 20, 100])}
            if d.chance(0.5):
                wish["target"] = scenario.before.get((book, i), 0.0) + moved + beyond
            else:
                wish["trade"] = moved + beyond
            d.add("targets", book_id=book, instrument_id=i, tolerance=more, **wish)


# ---------------------------------------------------------------- on paper


def draw_settings(d: Draft) -> list[str]:
    """The top of scenario.yaml: everything but the tables."""
    impact = [f"impact: {d.shape.impact}"]
    options = [
        ("impact_coefficient", d.between(0.3, 1.5, 2), 0.6),
        ("booking_fee_bps", d.between(0.01, 0.5, 2), 0.7),
        ("horizon_days", d.one_of([1, 1, 5]), 0.7),
        ("risk_aversion", d.between(1e-9, 1e-7, 2), 0.3),
    ]
    costs = impact + [f"{name}: {text(value)}" for name, value, p in options if d.chance(p)]
    lines = ["format: 1", "name: drawn", "as_of: 2024-06-28T16:00:00-04:00"]
    lines += [f"base_currency: {d.currencies[0]}", f"costs: {{{', '.join(costs)}}}"]
    if d.chance(0.2):
        lines.append("lots: {minimum_order_notional: 100, minimum_transfer_notional: 50}")
    return lines


def written(d: Draft) -> Folder:
    """The tables as rows in scenario.yaml or as CSV files beside it."""
    files: dict[str, str] = {}
    lines = [*draw_settings(d), "tables:"]
    for table in [name for name in d.tables if name not in RISK_TABLES]:
        lines += entry(d, files, table, "  ")
    lines += ["  risk:", f"    units: {d.shape.units}"]
    for table in [name for name in d.tables if name in RISK_TABLES]:
        lines += entry(d, files, table, "    ")
    return Folder({"scenario.yaml": "\n".join(lines) + "\n", **files})


def entry(d: Draft, files: dict[str, str], table: str, indent: str) -> list[str]:
    """The lines that name a table or hold it."""
    rows = d.rows(table)
    if d.chance(0.5):
        cells = [
            ", ".join(f"{key}: {scalar(key, cell)}" for key, cell in row.items()) for row in rows
        ]
        return [f"{indent}{table}:", *(f"{indent}- {{{line}}}" for line in cells)]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    body = [",".join(row.get(column, "") for column in columns) for row in rows]
    files[f"{table}.csv"] = "\n".join([",".join(columns), *body]) + "\n"
    return [f"{indent}{table}: {table}.csv"]


def scalar(column: str, cell: str) -> str:
    """A cell as YAML: a list of books as a list, what is not plain in quotes."""
    if column == "books":
        return f"[{', '.join(cell.split(';'))}]"
    return cell if PLAIN.fullmatch(cell) else f"'{cell}'"


STEPS = (
    draw_books,
    draw_instruments,
    draw_combinations,
    draw_fx,
    draw_pools,
    draw_accounts,
    draw_positions,
    draw_mandates,
    draw_margin,
    draw_risk,
    draw_plan,
    draw_cash,
    draw_limits,
)
