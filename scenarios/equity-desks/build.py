"""Writes the tables of this scenario: real prices and covariances, drawn positions.

Needs `skfolio` (prices of 20 stocks and 5 factor ETFs); the program itself does not.
Running it again writes the same bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from skfolio.datasets import load_factors_dataset, load_sp500_dataset

HERE = Path(__file__).parent
SEED = 22
LAST_DATE = "2022-12-28"
RETURN_DAYS = 504
FACTOR_COUNT = 6
MARKET = "MARKET"
BOOK_VOLATILITY_SHARE = 0.5
FIRM_VOLATILITY_SHARE = 0.38

# instrument: sector, units a day, half spread in bps. Orders of magnitude, not quotes; the volume
# of an ETF is what its basket can absorb, because a market maker may create and redeem.
STOCKS = {
    "AAPL": ("tech", 75_000_000, 1.0),
    "AMD": ("tech", 55_000_000, 1.6),
    "BAC": ("financials", 38_000_000, 1.6),
    "BBY": ("retail", 2_500_000, 3.0),
    "CVX": ("energy", 8_000_000, 1.8),
    "GE": ("industrials", 6_000_000, 2.4),
    "HD": ("retail", 3_500_000, 2.0),
    "JNJ": ("health", 6_500_000, 1.5),
    "JPM": ("financials", 10_000_000, 1.4),
    "KO": ("staples", 13_000_000, 1.6),
    "LLY": ("health", 2_800_000, 2.4),
    "MRK": ("health", 8_000_000, 1.6),
    "MSFT": ("tech", 28_000_000, 1.0),
    "PEP": ("staples", 4_800_000, 1.7),
    "PFE": ("health", 22_000_000, 2.0),
    "PG": ("staples", 6_500_000, 1.5),
    "RRC": ("energy", 4_500_000, 4.0),
    "UNH": ("health", 3_000_000, 2.2),
    "WMT": ("staples", 6_000_000, 1.6),
    "XOM": ("energy", 17_000_000, 1.4),
}
ETFS = {
    "MTUM": ("factor", 12_000_000, 0.8),
    "QUAL": ("factor", 25_000_000, 0.6),
    "SIZE": ("factor", 3_000_000, 1.5),
    "USMV": ("factor", 40_000_000, 0.6),
    "VLUE": ("factor", 12_000_000, 0.9),
}
# book: entity, account, gross in USD, share of names held, chance that a name is held long.
BOOKS = {
    "ARB": ("BD", "PB_A", 70_000_000, 0.6, 0.50),
    "FUND": ("NORTH", "PB_C", 40_000_000, 0.5, 0.75),
    "MM1": ("BD", "PB_A", 120_000_000, 0.9, 0.75),
    "MM2": ("BD", "PB_B", 100_000_000, 0.9, 0.15),
}


def instrument_names() -> list[str]:
    """All instruments, sorted."""
    return sorted([*STOCKS, *ETFS])


def load_prices() -> pd.DataFrame:
    """Daily prices of stocks and ETFs, shape (days + 1, instruments)."""
    prices = load_sp500_dataset().join(load_factors_dataset(), how="inner")
    return prices.loc[:LAST_DATE, instrument_names()].iloc[-RETURN_DAYS - 1 :]


def statistical_factors(returns: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Loadings (instruments, factors), factor variances and specific volatilities, all daily.

    Principal components of the correlation matrix, brought back to returns. The first is scaled so
    that the ETFs' mean loading is 1: its exposure then reads in dollars of market. The others have
    variance 1.
    """
    volatility = returns.std().to_numpy()
    eigenvalues, vectors = np.linalg.eigh(returns.corr().to_numpy())
    strongest = np.argsort(-eigenvalues)[:FACTOR_COUNT]
    vectors = vectors[:, strongest]
    vectors = vectors * np.sign(vectors.sum(axis=0))
    loadings = vectors * np.sqrt(eigenvalues[strongest]) * volatility[:, None]
    specific = np.sqrt(np.maximum(volatility**2 - (loadings**2).sum(axis=1), 0.0))
    names = [MARKET, *(f"PC{k}" for k in range(2, FACTOR_COUNT + 1))]
    table = pd.DataFrame(loadings, index=returns.columns, columns=names)
    scale = table.loc[sorted(ETFS), MARKET].mean()
    table[MARKET] /= scale
    variances = pd.Series(1.0, index=names)
    variances[MARKET] = scale**2
    return table, variances, pd.Series(specific, index=returns.columns)


def draw_positions(prices: pd.Series) -> pd.DataFrame:
    """Inventory of each book in whole shares, shape (books, instruments)."""
    random = np.random.default_rng(SEED)
    rows = {}
    for book, (_, _, gross, share, long_chance) in sorted(BOOKS.items()):
        size = random.lognormal(0.0, 0.7, len(prices)) * (random.random(len(prices)) < share)
        sign = np.where(random.random(len(prices)) < long_chance, 1.0, -1.0)
        rows[book] = np.round(sign * size / size.sum() * gross / prices.to_numpy())
    return pd.DataFrame(rows, index=prices.index).T


def daily_volatility(
    notional: pd.Series, loadings: pd.DataFrame, variances: pd.Series, specific: pd.Series
) -> float:
    """Daily volatility in USD of one vector of notionals."""
    exposure = loadings.T @ notional
    variance = (exposure**2 * variances).sum() + ((specific * notional) ** 2).sum()
    return float(np.sqrt(variance))


def instruments_table(
    prices: pd.Series, volatility: pd.Series, specific: pd.Series
) -> pd.DataFrame:
    """One row per stock and ETF: the market's columns real, the costs modelled."""
    rows = []
    for name in instrument_names():
        is_etf = name in ETFS
        sector, adv, half_spread = (ETFS if is_etf else STOCKS)[name]
        rows.append(
            {
                "instrument_id": name,
                "asset_class": "etf" if is_etf else "equity",
                "currency": "USD",
                "price": f"{prices[name]:.3f}",
                "price_rule": "CLOSE",
                "payment": "fully_paid",
                "half_spread_bps": half_spread,
                "adv": adv,
                "volatility": f"{volatility[name]:.8f}",
                "commission_per_unit": 0.002,
                "sell_tax_bps": 0.229,
                "long_financing_bps": 50 if is_etf else 55,
                "short_financing_bps": 60 if is_etf else 45,
                "hedge_instrument": "yes",
                "specific_volatility": f"{specific[name]:.8f}",
                "max_participation": 0.1,
                "settlement_days": 2,
                "sector": sector,
                "country": "US",
            }
        )
    return pd.DataFrame(rows)


def margin_table() -> pd.DataFrame:
    """House margin: stocks 20 %, small or wild ones 30 %, ETFs 12 %."""
    rates = {name: 0.3 if name in ("AMD", "RRC") else 0.2 for name in STOCKS}
    rates |= dict.fromkeys(ETFS, 0.12)
    rows = [(name, rates[name], rates[name]) for name in instrument_names()]
    return pd.DataFrame(rows, columns=["instrument_id", "long_rate", "short_rate"])


def round_to(value: float, step: int) -> int:
    """Nearest multiple of a step."""
    return round(value / step) * step


def book_limits(book: str, gross: float, volatility: float) -> list[tuple[object, ...]]:
    """The four limits that every book has."""
    scope = f"book:{book}"
    market, net = round_to(0.05 * gross, 10_000), round_to(0.10 * gross, 10_000)
    most_gross = round_to(1.05 * gross, 100_000)
    most_volatility = round_to(BOOK_VOLATILITY_SHARE * volatility, 1_000)
    return [
        (f"{book}-gross", "gross", scope, "", "", most_gross,
         f"{book}: gross at most 5 % above the inherited"),
        (f"{book}-market", "factor_exposure", scope, MARKET, -market, market,
         f"{book}: market exposure within 5 % of gross"),
        (f"{book}-net", "net", scope, "", -net, net, f"{book}: net value within 10 % of gross"),
        (f"{book}-volatility", "volatility", scope, "", "", most_volatility,
         f"{book}: daily volatility at most {100 * BOOK_VOLATILITY_SHARE:.0f} % of the inherited"),
    ]  # fmt: skip


def limits_table(
    notional: pd.DataFrame, loadings: pd.DataFrame, variances: pd.Series, specific: pd.Series
) -> pd.DataFrame:
    """Limits of each book, then those of several."""
    rows: list[tuple[object, ...]] = []
    for book in sorted(BOOKS):
        volatility = daily_volatility(notional.loc[book], loadings, variances, specific)
        rows += book_limits(book, notional.loc[book].abs().sum(), volatility)
    firm = notional.sum()
    firm_volatility = round_to(
        FIRM_VOLATILITY_SHARE * daily_volatility(firm, loadings, variances, specific), 1_000
    )
    rows += [
        ("desk-concentration", "concentration", "book:*", "asset_class:equity", "", 0.15,
         "no stock above 15 % of a book's gross"),
        ("firm-AMD", "position", "firm", "AMD", "", 350_000,
         "at most 350,000 shares of AMD in all books together"),
        ("firm-volatility", "volatility", "firm", "", "", firm_volatility,
         f"firm: daily volatility at most {100 * FIRM_VOLATILITY_SHARE:.0f} % of the inherited"),
    ]  # fmt: skip
    columns = ["limit_id", "measure", "scope", "target", "lower", "upper", "description"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def write(name: str, table: pd.DataFrame) -> None:
    """One CSV with the same line ends on every platform."""
    table.to_csv(HERE / name, index=False, lineterminator="\n")


def main() -> None:
    """Compute every table and write it beside this file."""
    prices = load_prices()
    last = prices.iloc[-1].round(3)
    returns = prices.pct_change().iloc[1:]
    loadings, variances, specific = statistical_factors(returns)
    positions = draw_positions(last)
    notional = positions * last
    long_form = loadings.rename_axis(index="instrument_id", columns="factor_id").stack()
    covariance = pd.DataFrame(np.diag(variances), index=variances.index, columns=variances.index)
    held = positions.rename_axis(index="book_id", columns="instrument_id").stack()

    write("instruments.csv", instruments_table(last, returns.std(), specific))
    write("margin_rates.csv", margin_table())
    write("positions.csv", held[held != 0].astype(int).rename("quantity").reset_index())
    write("loadings.csv", long_form.map("{:.8f}".format).rename("loading").reset_index())
    write("factors.csv", pd.DataFrame({"factor_id": variances.index, "basis": "value"}))
    write("factor_covariance.csv", covariance.map("{:.10g}".format).reset_index(names="factor_id"))
    write("limits.csv", limits_table(notional, loadings, variances, specific))


if __name__ == "__main__":
    main()
