"""What six real funds traded over months, decided day by day: a history of runs, and its back-test.

`python -m benchmarks.fund_history DATA COSTS WORK --write`: DATA is positions_ark (fund holdings and day-on-day changes,
gathered from public disclosures; not in the project), COSTS an instruments.csv by EQ:ticker, WORK an empty folder. Each
day's trades are targets that must be met, the risk is estimated from the days before by five principal components. The
runs stay in WORK/runs; what the back-test finds goes to docs/studies/funds.md.
"""

import argparse
import csv
import gzip
from datetime import date
from pathlib import Path

import neutralizer as nz
from benchmarks.fund_days import write
from neutralizer.errors import InputsRefused, NeutralizerError
from neutralizer.prepare.estimate.estimate import estimated
from neutralizer.prepare.estimate.facts import facts_of
from neutralizer.prepare.estimate.tables import files
from neutralizer.prepare.history.folder import read_past
from neutralizer.report.backtest import Tested, on_a_terminal
from neutralizer.studies.backtest.backtest import backtest
from neutralizer.studies.backtest.history import past_days
from neutralizer.studies.many import Where

PAGE = Path(__file__).resolve().parent.parent / "docs" / "studies" / "funds.md"
WARM = 60  # days of prices before the first decision
METHOD = "pca-5"
RISK = "risk: {units: daily_fraction}"
TABLES = (
    "risk: {units: daily_fraction, factors: factors.csv, loadings: loadings.csv, "
    "factor_covariance: factor_covariance.csv}\n  measured: measured.csv"
)
HEAD = """\
# Six funds over months of real trades

Made by `python -m benchmarks.fund_history DATA COSTS WORK --write`. Six funds of one family, {first} to {last}: what each held and traded on
every day, as it was disclosed; {names} lines traded a day in the middle. The trades of a day are targets that must be met; the books may cross. Half
spreads, volumes and volatilities by instrument are those of one day in 2021; prices are what holdings were valued at. The risk of a day is estimated from the days before
it alone, by five principal components. {left}

```text
{found}
```

- *Together* crosses what funds trade opposite ways and sends the rest; *alone* each fund sends its own; the interval is of the whole sum, by the stationary bootstrap.
- Impact is modelled. Alone and by hand are before lots.
- Cash, margin and creations are not in the data: pools are left out.
"""


def dates(data: Path) -> list[str]:
    """On which holdings are known."""
    text = gzip.decompress((data / "fund_holdings_2020-10_2021-09.csv.gz").read_bytes()).decode()
    return sorted({r["date"] for r in csv.DictReader(text.splitlines())})


def closes(data: Path) -> str:
    """What holdings were valued at, a column a ticker; a ticker that is also written with blanks is one."""
    text = gzip.decompress((data / "derived_prices_from_holdings.csv.gz").read_bytes()).decode()
    header, *rows = csv.reader(text.splitlines())
    names = list(dict.fromkeys(h.strip() for h in header))
    lines = [",".join(names)]
    for row in rows:
        cells: dict[str, str] = {}
        for h, cell in zip(header, row, strict=True):
            cells[h.strip()] = cells.get(h.strip()) or cell
        lines.append(",".join(cells[n] for n in names))
    return "\n".join(lines) + "\n"


def history(data: Path, costs: Path, work: Path) -> tuple[int, list[str]]:
    """Runs of every day from WARM on in WORK/runs: the middle number of trades, and the days left out with why."""
    prices, every = work / "prices", dates(data)
    prices.mkdir(parents=True)
    (prices / "prices.csv").write_text(closes(data))
    counts, left = list[int](), list[str]()
    for k, day in enumerate(every[WARM:], WARM):
        inputs = work / "days" / day
        inputs.parent.mkdir(exist_ok=True)
        count = write(inputs, data, costs, day=day, before=every[k - 1])
        try:
            risk = estimated(
                read_past(prices, date.fromisoformat(every[k - 1])), facts_of(inputs), METHOD, lambda text: None
            )  # fmt: skip
            for name, content in files(risk).items():
                (inputs / name).write_bytes(content)
            settings = inputs / "scenario.yaml"
            settings.write_text(settings.read_text().replace(RISK, TABLES))
            run = nz.solve(nz.read(inputs), baseline=False, report=False)
            run.write(work / "runs" / day, by="study")
            counts.append(count)
        except NeutralizerError as refusal:
            issue = refusal.issues[0] if isinstance(refusal, InputsRefused) else refusal
            left.append(f"{day}: {str(issue).partition('; ')[0]}")
        print(day, count, left[-1] if left and left[-1].startswith(day) else "", flush=True)
    return sorted(counts)[len(counts) // 2], left


def page(found: Tested, names: int, left: list[str]) -> str:
    """docs/studies/funds.md."""
    days = found.paths[0].days
    told = "No day was left out." if not left else f"Left out: {'; '.join(left)}."
    return HEAD.format(
        first=days[0]["date"], last=days[-1]["date"], names=names, left=told, found=on_a_terminal(found)
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "costs", "work"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    (asked.work / "runs").mkdir(parents=True)
    names, left = history(asked.data, asked.costs, asked.work)
    found: Tested = backtest(
        past_days(asked.work / "runs"), (), str(asked.work / "study"), lambda *_: None, Where(workers=2)
    )  # fmt: skip
    text = page(found, names, left)
    print(text)
    if asked.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
