"""Measures what the project promises about speed, each as a ratio to something of the same run.

`python -m benchmarks.measure` prints a table; `--write` puts it into benchmarks/RESULTS.md.
`--large` adds 12,000 and 30,000 holdings, which take some 15 minutes.
"""

import argparse
import csv
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.generate import generate, margin_by_scan
from neutralizer.load.written.columns import TABLES

Row = tuple[str, str, str, str]  # what, measured, allowed, met
RESULTS = Path(__file__).with_name("RESULTS.md")


def seconds(command: list[str], times: int = 3) -> float:
    """The least wall time of a few runs of a command."""
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - started)
    return best


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def row(what: str, found: float, allowed: float, unit: str = "x") -> Row:
    return what, f"{found:.2f} {unit}", f"{allowed:g} {unit}", "yes" if found <= allowed else "NO"


def whole_run(folder: Path) -> list[Row]:
    """`run --no-baseline` on 500 x 10 x 20 against imports, solver and rounding."""
    generate(folder / "mid", 500, 10, 20, 1500, 8, 1)
    floor = seconds(python("import cvxpy, pandas"))
    best, kept = float("inf"), {}
    for k in range(3):
        out = folder / f"out{k}"
        command = [sys.executable, "-m", "neutralizer", "run", str(folder / "mid")]
        taken = seconds([*command, "--out", str(out), "--no-baseline", "-q"], 1)
        own = json.loads((out / "manifest.json").read_text())["seconds"]
        if taken / (floor + own["solver"] + own["rounding"]) < best:
            best = taken / (floor + own["solver"] + own["rounding"])
            kept = own
    summary = json.loads((folder / "out0" / "summary.json").read_text())
    premium = 100 * (summary["plan_cost"] / summary["objective"] - 1)
    return [
        row("run, 500 x 10 x 20, over imports + solver + rounding", best, 1.5),
        row("its rounding", kept["rounding"], max(kept["solver"], 10.0), "s"),
        row("its premium of whole lots", premium, 0.5, "%"),
    ]


def explaining(folder: Path) -> list[Row]:
    """Why 500 x 10 x 20 has no plan under a turnover limit, over one solve of it without the limit."""
    case = folder / "mid"
    own = json.loads((folder / "out0" / "manifest.json").read_text())["seconds"]["solver"]
    limits = case / "limits.csv"
    limits.write_text(limits.read_text() + "firm-turnover,turnover,firm,,,5000000\n")
    code = (
        "import time; from pathlib import Path; from neutralizer.errors import Infeasible\n"
        "from neutralizer.run import Options, run\n"
        "t = time.perf_counter()\n"
        f"try: run(Path({str(case)!r}), None, Options(baseline=False, dry_run=True))\n"
        "except Infeasible as refusal: assert refusal.conflicts\n"
        "print(time.perf_counter() - t)"
    )
    out = subprocess.run(python(code), check=True, capture_output=True, text=True).stdout
    return [row("explaining an infeasible 500 x 10 x 20, over one solve", float(out) / own, 10.0)]


def page(folder: Path) -> list[Row]:
    """The page of a run of 500 x 10 x 20: time on top of the run, and size."""
    night = folder / "out0"
    code = (
        "import time; from pathlib import Path; from neutralizer.records.folder import read_folder\n"
        "from neutralizer.report.page import render\n"
        f"files = read_folder(Path({str(night)!r})); t = time.perf_counter()\n"
        "print(len(render(files)) / 1e6, time.perf_counter() - t)"
    )
    out = subprocess.run(python(code), check=True, capture_output=True, text=True).stdout.split()
    tickets = sum(json.loads((night / "summary.json").read_text())["lines"].values())
    return [
        row(f"the page of {tickets} tickets", float(out[1]), 3.0, "s"),
        row("its size", float(out[0]), 1.0, "MB"),
    ]


def scan(folder: Path) -> list[Row]:
    """1,000 instruments in 10 accounts: margin by 16 scan points over margin by rate, solve by solve, by
    number of product groups.
    """
    found = []
    for groups in (1, 20, 100):
        case = folder / f"scan{groups}"
        generate(case, 1000, 10, 20, 3000, 8, 1)
        margin_by_scan(case, 10, groups)
        by_scan, accounts = _solving(case), case / "accounts.csv"
        accounts.write_text(accounts.read_text().replace(",scan", ",rate"))
        what = f"solving 1,000 x 10 accounts x 16 scan points, product groups {groups}, over rates"
        found.append(row(what, by_scan / _solving(case), 1.5))
    return found


def _solving(case: Path, times: int = 3) -> float:
    """Seconds in the solver, the least of a few."""
    code = (
        "from pathlib import Path; from neutralizer.load.scenario import load\n"
        "from neutralizer.program.build import build\n"
        "from neutralizer.program.canonical import canonicalise\n"
        "from neutralizer.program.solvers.conic import run_solver\n"
        f"s = load(Path({str(case)!r})).scenario; c = canonicalise(build(s))\n"
        f"print(min(run_solver(c, s)['seconds'] for _ in range({times})))"
    )
    return float(subprocess.run(python(code), check=True, capture_output=True, text=True).stdout)


def loading(folder: Path) -> list[Row]:
    """Positions of 50 books in 2,000 instruments and loadings on 50 factors."""
    generate(folder / "wide", 2000, 50, 50, 100_000, 8, 1)
    code = (
        "import time; from pathlib import Path; from neutralizer.load.scenario import load\n"
        f"t = time.perf_counter(); load(Path({str(folder / 'wide')!r}))\n"
        "print(time.perf_counter() - t)"
    )
    best = min(
        float(subprocess.run(python(code), check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    )
    return [row("loading 100,000 positions and 100,000 loadings", best, 2.0, "s")]


def checking(folder: Path) -> list[Row]:
    """`check` where each of 100 books holds each of 1,000 names: the command, and what it does after
    its imports over the least that any reader does.
    """
    case = folder / "held"
    generate(case, 1020, 100, 20, 10**7, 8, 1)
    code = (
        "import time; from pathlib import Path; from benchmarks.measure import split_and_convert\n"
        "from neutralizer.gate import checked\n"
        "def least(work):\n"
        "    found = []\n"
        "    for _ in range(5):\n"
        f"        t = time.process_time(); work(Path({str(case)!r}))\n"
        "        found.append(time.process_time() - t)\n"
        "    return min(found)\n"
        "print(least(checked) / least(split_and_convert))"
    )
    out = subprocess.run(python(code), check=True, capture_output=True, text=True).stdout
    whole = seconds([sys.executable, "-m", "neutralizer", "check", str(case)], 5)
    return [
        row("check, 100,000 positions of 100 books in 1,000 instruments", whole, 3.0, "s"),
        row("its reading and checking, over csv.reader and float alone", float(out), 15.0),
    ]


def split_and_convert(case: Path) -> None:
    """The tables through csv.reader, and every number through float."""
    for path in case.glob("*.csv"):
        numbers = {c.name for c in TABLES.get(path.stem, ()) if c.kind == "number"}
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            places = [k for k, name in enumerate(next(reader)) if name in numbers]
            for cells in reader:
                [float(cells[k]) for k in places if cells[k]]


def starting() -> list[Row]:
    """`--help` against an empty Python."""
    empty = seconds(python("pass"), 9)
    helped = seconds([sys.executable, "-m", "neutralizer", "--help"], 9)
    return [row("--help over an empty Python", helped / empty, 5.0)]


def large(folder: Path) -> list[Row]:
    """2,000 x 20 x 50 with 12,000 holdings: canonicalisation and memory."""
    generate(folder / "large", 2000, 20, 50, 12_000, 8, 1)
    code = (
        "import time, resource; from pathlib import Path\n"
        "from neutralizer.load.scenario import load\n"
        "from neutralizer.program.build import build\n"
        "from neutralizer.program.canonical import canonicalise\n"
        "from neutralizer.program.solvers.conic import run_solver\n"
        f"s = load(Path({str(folder / 'large')!r})).scenario\n"
        "t = time.perf_counter(); c = canonicalise(build(s)); t = time.perf_counter() - t\n"
        "a = run_solver(c, s)\n"
        "from neutralizer.program.solvers.process import _solvers; _solvers().end()\n"
        "own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "print(t / a['seconds'], a['seconds'], max(own, child) / 2**20)"
    )
    out = subprocess.run(python(code), check=True, capture_output=True, text=True).stdout.split()
    return [
        row("building and canonicalising, 12,000 holdings, over the solve", float(out[0]), 0.2),
        row("peak memory at 12,000 holdings", float(out[2]), 2.0, "GB"),
    ]


def growth(folder: Path) -> list[Row]:
    """20 books and 50 factors: seconds in the solver at 3,000 and 30,000 holdings as a power of the size, and a
    whole proven run of the larger.
    """
    taken = {}
    for instruments, holdings in ((500, 3000), (5000, 30_000)):
        case = folder / f"of{holdings}"
        generate(case, instruments, 20, 50, holdings, 8, 1)
        taken[holdings] = _solving(case, times=1)
    out = folder / "of30000-run"
    code = (
        "import resource, sys, time; from pathlib import Path; from neutralizer.run import Options, run\n"
        f"t = time.perf_counter(); run(Path({str(case)!r}), Path({str(out)!r}), Options())\n"
        "from neutralizer.program.solvers.process import _solvers; _solvers().end()\n"
        "who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"
        "print(time.perf_counter() - t, max(resource.getrusage(w).ru_maxrss for w in who) / 2**20)"
    )
    told = subprocess.run(python(code), check=True, capture_output=True, text=True).stdout.split()
    own = json.loads((out / "manifest.json").read_text())["seconds"]
    summary = json.loads((out / "summary.json").read_text())
    premium = 100 * (summary["plan_cost"] / summary["objective"] - 1)
    power = math.log10(taken[30_000] / taken[3000])
    return [
        row("solving, as a power of the size from 3,000 to 30,000 holdings", power, 1.3, ""),
        row("solving 30,000 holdings", taken[30_000], 120, "s"),
        row(
            "a whole proven run of 30,000 holdings, each book alone with it",
            float(told[0]),
            600,
            "s",
        ),
        row("its rounding, over its solver", own["rounding"] / own["solver"], 1.0),
        row("its premium of whole lots", premium, 0.5, "%"),
        row("its peak memory", float(told[1]), 4.0, "GB"),
    ]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*starting(), *loading(folder), *checking(folder), *whole_run(folder), *page(folder)]
        rows += explaining(folder) + scan(folder)
        rows += [*large(folder), *growth(folder)] if asked.large else []
    lines = ["| what | measured | allowed | met |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    print("\n".join(lines))
    if asked.write:
        command = "python -m benchmarks.measure" + " --large" * asked.large + " --write"
        head = f"# Measured\n\nMade by `{command}`, each the best of a few runs on one machine.\n\n"
        RESULTS.write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
