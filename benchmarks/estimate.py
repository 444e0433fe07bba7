"""How far forecasts of risk are off, of books that are hedged with them.

`python -m benchmarks.estimate [--data FOLDER] --write` puts benchmarks/ESTIMATE.md beside this file. FOLDER is one of
public market data with `futures/` and `fx/`; without it those two histories are left out.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from neutralizer.domain.arrays import Floats
from neutralizer.errors import InputsRefused
from neutralizer.prepare.estimate import methods
from neutralizer.prepare.estimate.choose import chosen
from neutralizer.prepare.estimate.estimate import estimated
from neutralizer.prepare.estimate.facts import facts_of
from neutralizer.prepare.estimate.panel import Instrument, Panel, panel_of
from neutralizer.prepare.history.folder import read_past
from neutralizer.prepare.history.past import Past
from neutralizer.studies.inflate import inflated

FILE, ROOT = Path(__file__).with_name("ESTIMATE.md"), Path(__file__).parents[1]
LENGTHS, DRAWS, COUNT, SEED = (12, 40, 90, 250), 200, 28, 11
DAYS = pd.bdate_range(end="2024-06-27", periods=2000)


def quiet(text: str) -> None:
    """Says nothing."""


def panel_from(prices: pd.DataFrame, instruments: list[Instrument], base: str, **more: pd.DataFrame) -> Panel:  # fmt: skip
    """Of a history without files."""
    none = prices.iloc[:, :0]
    past = Past("history", prices.index[-1].date(), {"price": prices, **more}, none, none, {})
    return panel_of(past, instruments, base)[0]


def stocks() -> Panel:
    """Twenty stocks of the S&P 500, as the package skfolio ships them."""
    from skfolio.datasets import load_sp500_dataset

    prices = load_sp500_dataset().tail(1600)
    prices.index = pd.DatetimeIndex(prices.index)
    return panel_from(prices, [Instrument(n, "equity", "USD", False) for n in prices], "USD")


def futures(folder: Path) -> Panel:
    """Thirty-eight futures, back-adjusted: at a roll the new contract's change is that of its own price of the day before."""
    f = pd.read_csv(folder / "futures" / "pysystemtrade_37futures_price_carry_2008_2016.csv.gz")
    f["date"] = pd.to_datetime(f["date"]).dt.normalize()
    f = f.drop_duplicates(["date", "instrument"], keep="last")
    price, contract, carry, far = (
        f.pivot(index="date", columns="instrument", values=c)
        for c in ("price", "price_contract", "carry_price", "carry_contract")
    )
    busy = price.notna().sum(axis=1) >= 15
    price, contract, carry, far = (x[busy] for x in (price, contract, carry, far))
    same = contract == contract.shift(1)
    change = price.diff().where(same)
    rolled = (price - carry.shift(1)).where(~same & (contract == far.shift(1)))
    change = change.fillna(rolled)
    adjusted = change.cumsum().where(change.notna() & price.notna())
    own = [Instrument(n, "future", "USD", True) for n in price]
    return panel_from(price, own, "USD", adjusted=adjusted)


def currencies(folder: Path) -> Panel:
    """Currencies against the euro, 2015 to 2024, at the reference rates of the ECB."""
    e = pd.read_csv(folder / "fx" / "ecb_eurofxref_hist_1999_2026.csv.gz")
    e = e.set_index(pd.to_datetime(e["Date"])).sort_index().drop(columns="Date")
    e = e.loc["2015":"2024", ~e.columns.str.startswith("Unnamed")].apply(pd.to_numeric, errors="coerce")  # fmt: skip
    rates = 1 / e.loc[:, e.notna().mean() > 0.98]
    own = [Instrument(n, "fx", "EUR", True, "", "", n, "EUR") for n in rates]
    return panel_from(rates, own, "EUR")


def walk_forward(name: str, panel: Panel) -> Iterator[str]:
    """The method that is taken, the second by QLIKE, and the quickest average beside them."""
    found = chosen(panel, quiet)
    by_qlike = sorted(found.judged, key=lambda x: x.qlike)
    shown = [x for x in by_qlike if x.method in (found.method, by_qlike[1].method, "ewma-21")]
    for x in shown:
        mark = "taken" if x.method == found.method else ""
        yield f"| {name} | {len(panel.instruments)} | {x.days:,} | {x.method} | {mark} | {x.qlike:.3f} | {x.random:.2f} | {x.hedged:.2f} |"


def true_covariance(rng: np.random.Generator) -> Floats:
    """Of 28 instruments with three factors and 0.4 to 1.2 % a day of their own."""
    loadings = rng.standard_normal((COUNT, 3)) * np.array([0.01, 0.004, 0.003])
    loadings[:, 0] = np.abs(loadings[:, 0])
    return np.asarray(loadings @ loadings.T + np.diag(rng.uniform(0.004, 0.012, COUNT) ** 2))


def few_days() -> Iterator[str]:
    """Books hedged to a limit under an estimate from few days, at their true volatility."""
    rng = np.random.default_rng(SEED)
    truth = true_covariance(rng)
    root = np.linalg.cholesky(truth)
    names = [f"A{k:02}" for k in range(COUNT)]
    own = [Instrument(n, "equity", "USD", False) for n in names]
    for days in LENGTHS:
        for method in ("sample", "ewma-63", "ledoit-wolf"):
            over = []
            for _ in range(DRAWS):
                returns = rng.standard_normal((days + 1, COUNT)) @ root.T
                prices = pd.DataFrame(
                    100 * np.cumprod(1 + returns, axis=0), DAYS[-days - 1 :], names
                )
                panel, why = _panel(prices, own, method)
                if panel is None:
                    break
                over.append(_over(methods.last(method, panel).matrix, truth, rng))
            if panel is None:
                yield f"| {days} | {method} | | | refused: {why} |"
                continue
            said = methods.inflation(method, panel)
            words = f"said: {said:.2f} times" if said > methods.INFLATED else "nothing"
            if method in ("ledoit-wolf",) and methods.observations(method, panel) < 2 * COUNT:
                words = "said: mostly what the method assumes"
            yield f"| {days} | {method} | {np.mean(np.array(over) > 1):.0%} | {np.median(over):.2f} | {words} |"


def _panel(prices: pd.DataFrame, own: list[Instrument], method: str) -> tuple[Panel | None, str]:
    """What a method may estimate, or why it may not."""
    try:
        panel = panel_from(prices, own, "USD")
    except InputsRefused as refusal:
        return None, refusal.issues[0].reason
    why = methods.unfit(method, panel)
    return (None, why) if why else (panel, "")


def _over(forecast: Floats, truth: Floats, rng: np.random.Generator) -> float:
    """True over forecast volatility of an inventory in one half, hedged as the forecast says with the other."""
    half = COUNT // 2
    book = np.append(rng.standard_normal(half), np.zeros(half))
    hedge = -np.linalg.solve(forecast[half:, half:], forecast[half:, :half] @ book[:half])
    book[half:] = hedge
    return float(np.sqrt((book @ truth @ book) / (book @ forecast @ book)))


def many() -> str:
    """Five hundred instruments of a thousand days."""
    rng = np.random.default_rng(SEED)
    loadings = rng.standard_normal((500, 8)) * np.linspace(1, 0.2, 8)
    returns = 0.004 * rng.standard_normal((1000, 8)) @ loadings.T + 0.015 * rng.standard_normal((1000, 500))  # fmt: skip
    names = [f"S{k:03}" for k in range(500)]
    prices = pd.DataFrame(100 * np.cumprod(1 + returns, axis=0), DAYS[-1000:], names)
    own = tuple(Instrument(n, "equity", "USD", False, f"sector{k % 11}") for k, n in enumerate(names))  # fmt: skip
    facts = facts_of(ROOT / "scenarios" / "equity-desks")
    facts = type(facts)(**{**facts.__dict__, "instruments": own})
    none = prices.iloc[:, :0]
    started = time.perf_counter()
    found = estimated(
        Past("drawn", date(2024, 6, 27), {"price": prices}, none, none, {}), facts, "auto", quiet
    )
    return f"500 instruments, 1,000 days, `auto` ({found.choice.method}): {time.perf_counter() - started:.0f} s."


def of_the_program() -> Iterator[str]:
    """The books that the program decides on equity-desks, before and after --inflate."""
    scenario = ROOT / "scenarios" / "equity-desks"
    facts = facts_of(scenario)
    past = read_past(ROOT / "examples" / "history" / "history", facts.day)
    for method in ("ewma-21", "ewma-126", "ledoit-wolf"):
        grown = inflated(scenario, (), estimated(past, facts, method, quiet), quiet)
        told = grown.written()
        cells = [f"{told[half][key]:.2f}" for half in ("first_half", "second_half") for key in ("before", "after")]  # fmt: skip
        yield f"| {method} | {told['first_half']['days']} + {told['second_half']['days']} | {' | '.join(cells)} |"


def main() -> None:
    """Prints or writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    histories = {"S&P 500 stocks, skfolio": stocks()}
    if asked.data:
        histories |= {"futures, 2008 to 2016": futures(asked.data)}
        histories |= {"currencies against EUR": currencies(asked.data)}
    lines = [
        "# Forecasts of risk, and the books that are hedged with them",
        "",
        "`python -m benchmarks.estimate --data FOLDER --write`. Bias is the deviation of gains over its forecast; above 1 risk was understated.",
        "",
        "## Walk-forward on real histories",
        "",
        "| history | instruments | days | method | | QLIKE | bias, random | bias, hedged |",
        "|---|---|---|---|---|---|---|---|",
        *(line for name, panel in histories.items() for line in walk_forward(name, panel)),
        "",
        f"## {COUNT} instruments from few days",
        "",
        f"{DRAWS} draws each from one known covariance: an inventory in half of the instruments, hedged with the other half as the estimate says is best, "
        "its forecast at the limit.",
        "",
        "| days | method | true volatility over the limit | median, times the limit | what is said |",
        "|---|---|---|---|---|",
        *few_days(),
        "",
        "## The program's own books",
        "",
        "equity-desks on examples/history, decided anew on past days; `--inflate` is fitted on the first half.",
        "",
        "| method | days | first half before | after | second half before | after |",
        "|---|---|---|---|---|---|",
        *of_the_program(),
        "",
        "## Time",
        "",
        many(),
        "",
    ]
    if asked.write:
        FILE.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
