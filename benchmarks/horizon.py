"""What deciding several days together costs in time, and what it saves over deciding each by itself.

`python -m benchmarks.horizon FOLDER ... --large --write` solves each scenario over three days with flows that are drawn, and writes
benchmarks/HORIZON.md. `--large` adds 1,500 holdings of 500 instruments in ten books over one to five days.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from benchmarks.generate import generate
from neutralizer.comparisons.over_days import over_days
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.load.scenario import load
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution

RESULTS = Path(__file__).with_name("HORIZON.md")
DRAWS = 7
HEAD = """\
# Several days decided together

Made by `python -m benchmarks.horizon FOLDER ... --large --write`. Base currency, before lots. Flows: five of up to a fifth of a position, on the two days after today, drawn with a seed.

| scenario | seed | together | each day alone | saved | saved, fresh impact | gap | seconds, together | seconds, today alone |
|---|---|---|---|---|---|---|---|---|
"""
SIZES = """
500 instruments, ten books, 20 factors, 1,500 holdings (`benchmarks.generate`): seconds to an answer that is certified, and that over one day's.

| days | seconds | ratio | gap over what is allowed |
|---|---|---|---|
"""


def with_flows(folder: Path, to: Path, seed: int) -> Path:
    """A copy of a scenario with what comes on the two days after today."""
    for file in folder.iterdir():
        if file.is_file():
            (to / file.name).write_bytes(file.read_bytes())
    plain = load(folder, ("horizon.days=3",)).scenario
    assert plain.horizon is not None
    dates = [str(day.date) for day in plain.horizon.paths[0].days]
    rng, h = np.random.default_rng(seed), plain.holdings
    held = np.flatnonzero(h.before)
    rows = ["date,book_id,instrument_id,quantity"]
    for k in rng.choice(held, min(5, len(held)), replace=False).tolist():
        quantity = float(np.rint(-rng.uniform(0, 0.2) * h.before[k]))
        book, instrument = plain.books.ids[h.book[k]], plain.instruments.ids[h.instrument[k]]
        rows += [f"{dates[int(rng.integers(2))]},{book},{instrument},{quantity:.0f}"] * bool(
            quantity
        )
    (to / "flows.csv").write_text("\n".join(rows) + "\n")
    document = yaml.load((to / "scenario.yaml").read_text(), Loader=yaml.BaseLoader)
    document["tables"]["flows"] = "flows.csv"
    document["horizon"] = {"days": "3"}
    (to / "scenario.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return to


def line(folder: Path, seed: int) -> str:
    """One window."""
    with tempfile.TemporaryDirectory() as work:
        s = load(with_flows(folder, Path(work), seed)).scenario
    try:
        seconds, (_, found) = timed(s)
        alone, _ = timed(replace(s, horizon=None))
    except (Infeasible, NotSolved) as refusal:
        return f"| {folder.name} | {seed} | no plan: {str(refusal)[:60]} | | | | | | |"
    of = over_days(s, found)
    each = {k: of.day_by_day[k] - of.together[k] for k in of.day_by_day if k in of.together}
    cells = [
        f"{found.expected:,.0f}",
        f"{of.day_by_day['remembered']:,.0f}" if of.day_by_day else "no plan",
        f"{each['remembered']:,.0f}" if each else "",
        f"{each['fresh']:,.0f}" if "fresh" in each else "",
        f"{found.certificate.gap / max(found.expected, 1e-9):.0e}",
        f"{seconds:.1f}",
        f"{alone:.1f}",
    ]
    return f"| {folder.name} | {seed} | {' | '.join(cells)} |"


def timed(s: Scenario) -> tuple[float, tuple[Scenario, Solution]]:
    """Seconds, and the answer."""
    started = time.perf_counter()
    found = answered(s)
    return time.perf_counter() - started, found


def sizes() -> list[str]:
    """One to five days of a middling firm."""
    found, first = list[str](), 0.0
    with tempfile.TemporaryDirectory() as work:
        generate(Path(work) / "mid", 500, 10, 20, 1500, 8, 1)
        for days in (1, 2, 3, 5):
            s = load(Path(work) / "mid", (f"horizon.days={days}",)).scenario
            seconds, (_, answer) = timed(s)
            first = first or seconds
            gap = answer.certificate.gap / answer.certificate.allowed
            found.append(f"| {days} | {seconds:.1f} | {seconds / first:.0f} | {gap:.2f} |")
    return found


def main() -> None:
    """Prints the table, and writes it where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    text = HEAD
    for folder in asked.folders:
        for seed in range(DRAWS):
            text += line(folder, seed) + "\n"
            print(text.splitlines()[-1], flush=True)
    if asked.large:
        rows = sizes()
        print(*rows, sep="\n")
        text += SIZES + "\n".join(rows) + "\n"
    if asked.write:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
