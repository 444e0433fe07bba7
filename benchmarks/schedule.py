"""What it costs to send a plan's orders over a session, and how long it takes to decide.

`python -m benchmarks.schedule FOLDER ... --write` runs each scenario and schedules its orders of the next day over 13 half hours, U-shaped,
at one tenth of a deviation and by volume, and writes benchmarks/SCHEDULE.md. `--large` adds firms of 500 orders.
"""

import argparse
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from neutralizer.domain.calendar import later
from neutralizer.errors import NeutralizerError
from neutralizer.load.scenario import load
from neutralizer.run import Options, run
from neutralizer.studies.schedule import Asked, schedule

RESULTS = Path(__file__).with_name("SCHEDULE.md")
COUNT = 13
HEAD = """\
# Orders over a session

Base currency. Premium: what lots of slices cost above the answer before lots, a share of it. Gap: how much cheaper another answer
before lots might be, by duals, a share of the cost and the deviation of slicing by volume. Held: seconds to decide and prove, with the run's own proof.
Made by `python -m benchmarks.schedule FOLDER ... --large --write`.

| scenario | orders | plan's impact | by volume: impact | deviation | 0.1 of it: impact | deviation | premium | gap | worse on the way | seconds |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def profile() -> bytes:
    """Half hours from 09:30, U-shaped."""
    rows = ["start,end,selector,share"]
    for k in range(COUNT):
        start, end = (570 + 30 * x for x in (k, k + 1))
        share = 1 + 1.3 * ((2 * k + 1) / COUNT - 1) ** 2
        rows.append(f"{start // 60:02}:{start % 60:02},{end // 60:02}:{end % 60:02},*,{share:.4f}")
    return ("\n".join(rows) + "\n").encode()


def wide(
    folder: Path, with_limits: bool, count: int = 500, books: int = 10, factors: int = 20
) -> None:
    """Ten books that may not cross, each of which halves its fifty positions; with limits on what each is net and
    exposed to on the way.
    """
    rng = np.random.default_rng(22)
    names = [f"I{k:03}" for k in range(count)]
    book = [f"B{k % books}" for k in range(count)]
    price, adv = rng.uniform(5, 200, count), rng.uniform(2e5, 5e6, count)
    size = np.rint(adv * rng.uniform(0.005, 0.05, count)) * rng.choice([-1, 1], count)
    factor = [f"F{k}" for k in range(factors)]
    loading = rng.normal(0, 1, (count, factors))
    rows = [
        f"    - {{instrument_id: {n}, asset_class: equity, currency: USD, price: {p:.2f}, half_spread_bps: 2, adv: {a:.0f}, "
        "volatility: 0.02, specific_volatility: 0.015, max_participation: 0.1}"
        for n, p, a in zip(names, price, adv, strict=True)
    ]
    held = [
        f"    - {{book_id: {b}, instrument_id: {n}, quantity: {q:.0f}}}"
        for b, n, q in zip(book, names, size, strict=True)
    ]
    limits = [
        f"    - {{limit_id: {n}, measure: position, scope: 'book:{b}', target: {n}, lower: {min(q / 2, 0):.0f}, upper: {max(q / 2, 0):.0f}}}"
        for b, n, q in zip(book, names, size, strict=True)
    ]
    if with_limits:
        limits += [
            f"    - {{limit_id: {f}, measure: factor_exposure, scope: 'book:*', target: {f}, lower: -20000000, upper: 20000000}}"
            for f in factor[:5]
        ]
        limits.append(
            "    - {limit_id: net, measure: net, scope: 'book:*', lower: -20000000, upper: 20000000}"
        )
        limits.append(
            "    - {limit_id: volatility, measure: volatility, scope: 'book:*', upper: 1500000}"
        )
    loads = [
        f"      - {{instrument_id: {n}, factor_id: {f}, loading: {x:.4f}}}"
        for n, row in zip(names, loading, strict=True)
        for f, x in zip(factor, row, strict=True)
    ]
    square = [
        f"      - {{factor_id: {f}, "
        + ", ".join(f"{g}: {1e-5 if f == g else 0}" for g in factor)
        + "}"
        for f in factor
    ]
    text = [
        "format: 1", f"name: {folder.name}", "as_of: 2024-06-27T08:00:00-04:00", "base_currency: USD", "tables:", "  books:",
        *(f"    - {{book_id: B{k}, entity: X{k}}}" for k in range(books)), "  instruments:", *rows, "  positions:", *held, "  limits:", *limits,
        "  risk:", "    units: daily_fraction", "    factors:", *(f"      - {{factor_id: {f}}}" for f in factor), "    loadings:", *loads,
        "    factor_covariance:", *square,
    ]  # fmt: skip
    folder.mkdir()
    (folder / "scenario.yaml").write_text("\n".join(text) + "\n")


def line(folder: Path, work: Path) -> str:
    """A row of the table."""
    try:
        s = load(folder).scenario
        tomorrow = f"execution_date={later(s.execution_date + timedelta(days=1), 0, s.calendar)}"
        run(
            folder,
            work / "run",
            Options(replace=True, report=False, baseline=False, overrides=(tomorrow,)),
        )
        started = time.perf_counter()
        told = schedule(work / "run", profile(), work / "schedule", Asked(), lambda text: None)
        seconds = time.perf_counter() - started
    except NeutralizerError as error:
        return f"| {folder.name} | refused: {str(error)[:60]} | | | | | | | | | |"
    before, volume = told["before_lots"], told["by_volume"]
    size = volume["impact"] + 0.1 * volume["deviation"]
    worse = sum("farther out" in x for x in told["findings"])
    premium = told["impact"] / before["impact"] - 1 if before["impact"] else 0.0
    return (
        f"| {folder.name} | {told['orders']} | {told['impact_of_the_plan']:,.0f} | {volume['impact']:,.0f} | "
        f"{volume['deviation']:,.0f} | {told['impact']:,.0f} | {told['deviation']:,.0f} | {premium:.3%} | "
        f"{before['gap'] / size if size else 0:.1e} | {worse} | {seconds:.1f} |"
    )


def main() -> None:
    """Prints the table, and writes it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as work:
        folders = list(given.folders)
        if given.large:
            folders += [Path(work) / "500 orders", Path(work) / "500 orders with limits"]
            wide(folders[-2], with_limits=False)
            wide(folders[-1], with_limits=True)
        for k, folder in enumerate(folders):
            (Path(work) / str(k)).mkdir()
            rows.append(line(folder, Path(work) / str(k)))
            print(rows[-1], flush=True)
    if given.write:
        RESULTS.write_text(HEAD + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
