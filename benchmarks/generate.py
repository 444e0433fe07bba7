"""Write a realistic scenario of any size: equity desks, hedged in index futures and sector funds.

    python -m benchmarks.generate FOLDER --instruments 500 --books 10 --factors 20

Every book starts above its limits (volatility, market and sector exposures, net) and the firm
above its own. Each name a book holds may be reduced; a few hedges per book may be traded freely.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

Array = np.ndarray[Any, Any]

POOLS = ("NY", "BOS", "LDN")
POOL_CURRENCIES = ("USD", "USD", "EUR")
EURO = 1.1
MARGIN_RATE = 0.15
MARGIN_MULTIPLIER = 1.1
BAND_FACTORS = 4

SCENARIO = """format: 1
name: {name}
as_of: 2024-06-28T16:00:00-04:00
base_currency: USD
tables:
  books: books.csv
  instruments: instruments.csv
  positions: positions.csv
  risk:
    units: daily_fraction
    factors: factors.csv
    loadings: loadings.csv
    factor_covariance: factor_covariance.csv
  accounts: accounts.csv
  pools: pools.csv
  cash_routes: cash_routes.csv
  fx: fx.csv
  margin_rates: margin_rates.csv
  mandates: mandates.csv
  limits: limits.csv
  crossing_groups: crossing_groups.csv
costs: {{impact: three_halves, impact_coefficient: 1.0, booking_fee_bps: 0.1, horizon_days: 1}}
"""


@dataclass(frozen=True)
class Market:
    """The instruments, hedges last; one entry per instrument unless said otherwise."""

    ids: list[str]
    hedge: Array  # bool
    euro: Array  # bool
    price: Array  # local currency
    multiplier: Array
    lot: Array  # units
    notional: Array  # base currency a unit
    adv: Array  # units a day
    loadings: Array  # instruments x factors
    covariance: Array  # factors x factors, daily
    specific: Array  # daily

    @property
    def sigma(self) -> Array:
        """Daily volatility of each instrument."""
        common = np.einsum("ik,kl,il->i", self.loadings, self.covariance, self.loadings)
        total: Array = np.sqrt(common + self.specific**2)
        return total


@dataclass(frozen=True)
class Inventory:
    """What the books hold: one entry per position, and the hedges each book may trade."""

    book: Array  # index of the book
    instrument: Array  # index of the instrument
    quantity: Array  # units
    hedges: list[Array]  # per book, indices of instruments


def generate(
    folder: Path,
    instruments: int,
    books: int,
    factors: int,
    holdings: int,
    hedges_per_book: int,
    seed: int,
) -> None:
    """Write the folder; `holdings` counts the (book, instrument) pairs held or free to trade."""
    rng = np.random.default_rng(seed)
    hedges = min(max(hedges_per_book, factors), instruments // 2)
    market = draw_market(rng, instruments, hedges, factors)
    inventory = draw_inventory(rng, market, books, holdings, hedges_per_book)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"desks-{instruments}x{books}x{factors}"
    (folder / "scenario.yaml").write_text(SCENARIO.format(name=name), encoding="utf-8")
    write_market(rng, folder, market)
    write_risk(folder, market)
    write_books(folder, market, inventory, books)
    write_cash(folder, market, inventory, books)
    write_limits(folder, market, inventory, books)


# ---------------------------------------------------------------- numbers


def draw_market(rng: np.random.Generator, count: int, hedges: int, factors: int) -> Market:
    """Equities of one sector each; the hedges are index futures and sector funds."""
    names = count - hedges
    hedge = np.arange(count) >= names
    future = hedge & (np.arange(count) % 2 == 0)
    euro = rng.random(count) < 0.15
    price = np.round(np.exp(rng.normal(4.0, 0.7, count)), 2)
    price[future] = np.round(rng.uniform(1000, 5000, count)[future], 1)
    multiplier = np.where(future, 10.0, 1.0)
    notional = price * multiplier * np.where(euro, EURO, 1.0)
    traded = np.where(hedge, rng.uniform(5e8, 5e9, count), np.exp(rng.normal(18.0, 0.9, count)))
    lot = np.where(~hedge & (rng.random(count) < 0.1), 100, 1)
    width = max(len(str(count)), 3)
    ids = [f"{'HDG' if hedge[n] else 'EQ'}{n:0{width}}" for n in range(count)]
    loadings = draw_loadings(rng, names, hedges, factors)
    specific = np.where(hedge, rng.uniform(0.001, 0.003, count), rng.uniform(0.008, 0.022, count))
    return Market(
        ids=ids,
        hedge=hedge,
        euro=euro,
        price=price,
        multiplier=multiplier,
        lot=lot,
        notional=notional,
        adv=np.ceil(traded / notional),
        loadings=loadings,
        covariance=draw_covariance(rng, factors),
        specific=np.round(specific, 5),
    )


def draw_loadings(rng: np.random.Generator, names: int, hedges: int, factors: int) -> Array:
    """A market beta, the own sector, a trace of another; hedges are nearly pure."""
    loadings = np.zeros((names + hedges, factors))
    loadings[:, 0] = rng.normal(1.0, 0.25, names + hedges)
    if factors > 1:
        everyone = np.arange(names + hedges)
        sector = rng.integers(1, factors, names + hedges)
        other = rng.integers(1, factors, names + hedges)
        loadings[everyone, other] += np.where(everyone < names, rng.normal(0, 0.2, len(other)), 0)
        # the first hedges are the market's, the others go round the sectors
        sector[names:] = 1 + np.arange(hedges) % (factors - 1)
        loadings[everyone, sector] += rng.uniform(0.7, 1.3, names + hedges)
        loadings[names : names + 2, 1:] = 0.0
    rounded: Array = np.round(loadings, 4)
    return rounded


def draw_covariance(rng: np.random.Generator, factors: int) -> Array:
    """The market at one percent a day, sectors below it and a little correlated."""
    daily = np.concatenate([[0.01], rng.uniform(0.004, 0.009, factors - 1)])
    correlation = np.full((factors, factors), 0.2)
    correlation[0, :] = correlation[:, 0] = 0.0
    np.fill_diagonal(correlation, 1.0)
    covariance: Array = correlation * np.outer(daily, daily)
    return covariance


def draw_inventory(
    rng: np.random.Generator, market: Market, books: int, holdings: int, hedges_per_book: int
) -> Inventory:
    """Popular names are held by many books, long in some and short in others."""
    names, hedges = np.flatnonzero(~market.hedge), np.flatnonzero(market.hedge)
    weights = 1.0 / (10.0 + rng.permutation(len(names)))
    share = rng.dirichlet(np.full(books, 8.0)) * max(holdings - books * hedges_per_book, books)
    book, instrument, quantity, free = [], [], [], []
    for b in range(books):
        count = int(np.clip(round(share[b]), 1, len(names)))
        chosen = np.sort(rng.choice(names, count, replace=False, p=weights / weights.sum()))
        notional = np.exp(rng.normal(13.3, 0.9, count))
        most = 0.05 * market.adv[chosen] * market.notional[chosen]
        side = np.where(rng.random(count) < rng.uniform(0.25, 0.75), 1, -1)
        lots = np.minimum(notional, most) / market.notional[chosen] / market.lot[chosen]
        book.append(np.full(count, b))
        instrument.append(chosen)
        quantity.append(side * np.maximum(np.round(lots), 1) * market.lot[chosen])
        own = rng.choice(hedges[2:], min(hedges_per_book, len(hedges)) - 2, replace=False)
        free.append(np.sort(np.concatenate([hedges[:2], own])))
    return Inventory(
        np.concatenate(book), np.concatenate(instrument), np.concatenate(quantity), free
    )


# ---------------------------------------------------------------- tables


def write_table(folder: Path, table: str, columns: dict[str, Iterable[str]]) -> None:
    """Columns of text as a CSV file."""
    lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
    (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def plain(values: Iterable[float], decimals: int) -> list[str]:
    """Numbers as plain decimals."""
    return [f"{value:.{decimals}f}" for value in values]


def either(flags: Array, yes: str, no: str) -> list[str]:
    """One word or another for each flag."""
    return [yes if flag else no for flag in flags]


def book_ids(books: int) -> list[str]:
    """B01, B02, ..."""
    return [f"B{b + 1:02}" for b in range(books)]


def write_market(rng: np.random.Generator, folder: Path, market: Market) -> None:
    """Instruments with their costs, and margin."""
    future = market.multiplier > 1
    count = len(market.ids)
    spread = np.where(market.hedge, rng.uniform(0.3, 1.0, count), rng.uniform(1.5, 8.0, count))
    kind = np.where(future, "future", np.where(market.hedge, "etf", "equity"))
    columns: dict[str, Iterable[str]] = {
        "instrument_id": market.ids,
        "asset_class": kind.tolist(),
        "currency": either(market.euro, "EUR", "USD"),
        "price": plain(market.price, 2),
        "multiplier": plain(market.multiplier, 0),
        "lot_size": plain(market.lot, 0),
        "payment": either(future, "margined", "fully_paid"),
        "half_spread_bps": plain(spread, 2),
        "adv": plain(market.adv, 0),
        "volatility": plain(market.sigma, 6),
        "commission_bps": either(future, "0.1", "0.3"),
        "hedge_instrument": either(market.hedge, "yes", "no"),
        "long_financing_bps": either(future, "0", "60"),
        "short_financing_bps": either(future, "0", "45"),
        "specific_volatility": plain(market.specific, 5),
        "max_participation": either(market.hedge, "0.1", "0.2"),
    }
    write_table(folder, "instruments", columns)
    rates = [f"{MARGIN_RATE}"] * count
    write_table(
        folder,
        "margin_rates",
        {"instrument_id": market.ids, "long_rate": rates, "short_rate": rates},
    )
    write_table(folder, "fx", {"currency": ["EUR"], "rate": [f"{EURO}"]})


def write_risk(folder: Path, market: Market) -> None:
    """Factors, the loadings that are not zero, and the factors' covariance."""
    factors = [f"F{k:02}" for k in range(market.loadings.shape[1])]
    write_table(folder, "factors", {"factor_id": factors, "basis": ["value"] * len(factors)})
    rows, columns = np.nonzero(market.loadings)
    write_table(
        folder,
        "loadings",
        {
            "instrument_id": [market.ids[i] for i in rows],
            "factor_id": [factors[k] for k in columns],
            "loading": plain(market.loadings[rows, columns], 4),
        },
    )
    square = {k: plain(market.covariance[:, n], 12) for n, k in enumerate(factors)}
    write_table(folder, "factor_covariance", {"factor_id": factors, **square})


def write_books(folder: Path, market: Market, inventory: Inventory, books: int) -> None:
    """Books, four of five in one crossing group; positions; who may trade which hedge."""
    names = book_ids(books)
    accounts = [f"PB{b % len(POOLS) + 1}" for b in range(books)]
    write_table(
        folder, "books", {"book_id": names, "account_id": accounts, "entity": ["BD"] * books}
    )
    house = ";".join(names[: max(2, books * 4 // 5)])
    write_table(folder, "crossing_groups", {"group_id": ["house"], "books": [house]})
    write_table(
        folder,
        "positions",
        {
            "book_id": [names[b] for b in inventory.book],
            "instrument_id": [market.ids[i] for i in inventory.instrument],
            "quantity": plain(inventory.quantity, 0),
        },
    )
    pairs = [(names[b], market.ids[i]) for b, free in enumerate(inventory.hedges) for i in free]
    write_table(
        folder,
        "mandates",
        {
            "book_id": [book for book, _ in pairs],
            "selector": [f"instrument:{i}" for _, i in pairs],
            "may": ["trade"] * len(pairs),
        },
    )


def margin_by_scan(folder: Path, accounts: int, groups: int) -> None:
    """Give a generated folder so many accounts, one book each, margined by scan: sixteen points of 15 %
    of notional, straight, and product groups of instruments that come one after the other.
    """
    instruments = read_table(folder, "instruments")
    moves = np.repeat([0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.0], 2) / 3
    sizes = 0.15 * np.array([float(row["price"]) for row in instruments])
    write_table(
        folder,
        "scan_arrays",
        {
            "instrument_id": [row["instrument_id"] for row in instruments],
            "product_group": [f"G{k * groups // len(instruments):03}" for k in range(len(sizes))],
            **{f"s{k + 1}": plain(-m * sizes, 6) for k, m in enumerate(moves)},
        },
    )
    names = [f"G{k:03}" for k in range(groups)]
    charge = plain(np.full(groups, 0.1 * float(np.median(sizes))), 6)
    columns = {"product_group": names, "currency": ["USD"] * groups, "spread_charge": charge}
    write_table(folder, "scan_groups", columns)
    pools, money = read_table(folder, "pools"), read_table(folder, "accounts")[0]
    ids = [f"PB{k + 1}" for k in range(accounts)]
    each = {name: [value] * accounts for name, value in money.items()}
    drawn = {
        "account_id": ids,
        "pool_id": [pools[k % len(pools)]["pool_id"] for k in range(accounts)],
    }
    write_table(folder, "accounts", each | drawn | {"model": ["scan"] * accounts})
    books = read_table(folder, "books")
    own = {name: [row[name] for row in books] for name in books[0]}
    write_table(
        folder, "books", own | {"account_id": [ids[k % accounts] for k in range(len(books))]}
    )
    settings = folder / "scenario.yaml"
    named = "  accounts: accounts.csv\n"
    more = "  scan_arrays: scan_arrays.csv\n  scan_groups: scan_groups.csv\n"
    settings.write_text(settings.read_text().replace(named, named + more), encoding="utf-8")


def read_table(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table that was written."""
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_cash(folder: Path, market: Market, inventory: Inventory, books: int) -> None:
    """Three pools; the first has less than its accounts need now, the others more."""
    margin, gross = np.zeros(len(POOLS)), np.zeros(len(POOLS))
    for p in range(len(POOLS)):
        mine = np.isin(inventory.book, np.arange(p, books, len(POOLS)))
        net = np.bincount(
            inventory.instrument[mine], inventory.quantity[mine], minlength=len(market.ids)
        )
        margin[p] = MARGIN_MULTIPLIER * MARGIN_RATE * np.abs(net * market.notional).sum()
        gross[p] = np.abs(inventory.quantity * market.notional[inventory.instrument])[mine].sum()
    fx = np.array([1.0, 1.0, EURO])
    cash = np.array([0.1, 1.3, 1.3]) * margin + np.array([0.0, 0.1, 0.1]) * gross
    write_table(
        folder,
        "pools",
        {
            "pool_id": POOLS,
            "currency": POOL_CURRENCIES,
            "cash": plain(cash / fx, 2),
            "minimum_balance": plain(0.02 * margin / fx, 2),
        },
    )
    write_table(
        folder,
        "accounts",
        {
            "account_id": [f"PB{p + 1}" for p in range(len(POOLS))],
            "pool_id": POOLS,
            "margin_multiplier": [f"{MARGIN_MULTIPLIER}"] * len(POOLS),
            "funding_rate_bps": ["40", "40", "60"],
        },
    )
    pairs = [(a, b) for a in POOLS for b in POOLS if a != b]
    write_table(
        folder,
        "cash_routes",
        {
            "from_pool": [a for a, _ in pairs],
            "to_pool": [b for _, b in pairs],
            "fee_bps": ["0.3" if "LDN" not in pair else "0.8" for pair in pairs],
        },
    )


def write_limits(folder: Path, market: Market, inventory: Inventory, books: int) -> None:
    """Per book volatility, gross, net and its largest exposures; the firm's volatility."""
    rows: list[tuple[str, ...]] = []
    worth = inventory.quantity * market.notional[inventory.instrument]
    for b, book in enumerate(book_ids(books)):
        mine = inventory.book == b
        held = np.bincount(inventory.instrument[mine], worth[mine], minlength=len(market.ids))
        rows += book_limits(market, book, held)
    firm = np.bincount(inventory.instrument, worth, minlength=len(market.ids))
    most = f"{0.6 * volatility(market, firm):.2f}"
    rows.append(("firm-vol", "volatility", "firm", "", "", most))
    columns = ("limit_id", "measure", "scope", "target", "lower", "upper")
    write_table(folder, "limits", dict(zip(columns, zip(*rows, strict=True), strict=True)))


def book_limits(market: Market, book: str, held: Array) -> list[tuple[str, ...]]:
    """The limits of one book, given its notional by instrument."""
    scope, gross, net = f"book:{book}", np.abs(held).sum(), abs(held.sum())
    most = 0.65 * volatility(market, held)
    band = max(0.5 * net, 0.05 * gross)
    rows: list[tuple[str, ...]] = [
        (f"{book}-vol", "volatility", scope, "", "", f"{most:.2f}"),
        (f"{book}-gross", "gross", scope, "", "", f"{1.1 * gross:.2f}"),
        (f"{book}-net", "net", scope, "", f"{-band:.2f}", f"{band:.2f}"),
    ]
    exposure = market.loadings.T @ held
    size = np.abs(market.loadings).T @ np.abs(held)
    for k in np.argsort(-np.abs(exposure), kind="stable")[:BAND_FACTORS]:
        width = max(0.3 * abs(exposure[k]), 0.02 * size[k])
        bounds = f"{-width:.2f}", f"{width:.2f}"
        rows.append((f"{book}-F{k:02}", "factor_exposure", scope, f"F{k:02}", *bounds))
    return rows


def volatility(market: Market, held: Array) -> float:
    """Daily volatility of notionals by instrument, base currency."""
    exposure = market.loadings.T @ held
    variance = exposure @ market.covariance @ exposure + ((market.specific * held) ** 2).sum()
    return float(np.sqrt(variance))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--instruments", default=500, show_default=True)
@click.option("--books", default=10, show_default=True)
@click.option("--factors", default=20, show_default=True)
@click.option("--holdings", default=1500, show_default=True)
@click.option("--hedges", default=8, show_default=True, help="Per book.")
@click.option("--seed", default=1, show_default=True)
def main(
    folder: Path, instruments: int, books: int, factors: int, holdings: int, hedges: int, seed: int
) -> None:
    """Write a scenario of the given size into FOLDER."""
    generate(folder, instruments, books, factors, holdings, hedges, seed)


if __name__ == "__main__":
    main()
