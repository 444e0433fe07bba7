"""What whole lots cost above the optimum before lots, and what of it is proven that none avoid.

`python -m benchmarks.premium --write` puts benchmarks/PREMIUM.md beside this file: sixty small firms drawn
with a seed, and the scenarios that are shipped.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generate import generate

FIRMS = 60
FILE = Path(__file__).with_name("PREMIUM.md")
SCENARIOS = Path(__file__).parents[1] / "scenarios"
Told = tuple[str, str, dict[str, Any], float]  # name, status, rounding, seconds


def one(folder: Path, name: str) -> Told:
    """One run without baseline: what its summary says of whole lots."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / "run"
        command = [sys.executable, "-m", "neutralizer", "run", str(folder), "--out", str(out)]
        done = subprocess.run([*command, "--no-baseline", "--no-report", "-q"], capture_output=True)
        if done.returncode:
            return name, f"exit {done.returncode}", {}, time.perf_counter() - started
        summary = json.loads((out / "summary.json").read_text())
    return name, "published", summary["rounding"], time.perf_counter() - started


def drawn() -> list[Told]:
    """Small firms: 6 to 20 instruments, 3 to 6 books, futures and funds as hedges."""
    found = []
    for seed in range(FIRMS):
        rng = np.random.default_rng(seed)
        instruments, books = int(rng.integers(6, 21)), int(rng.integers(3, 7))
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "firm"
            generate(folder, instruments, books, 3, 2 * instruments, 4, seed)
            found.append(one(folder, f"firm {seed}"))
    return found


def table(found: list[Told]) -> list[str]:
    lines = ["| scenario | | premium | of the cost | proven unavoidable | nodes | s |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, status, told, seconds in found:
        cells = ("", "", "", "")
        if told:
            share = f"{told['premium_share']:.3%}"
            cells = (
                f"{told['premium']:,.2f}",
                share,
                f"{told['unavoidable']:,.2f}",
                str(told["nodes"]),
            )
        lines.append(f"| {name} | {status} | {' | '.join(cells)} | {seconds:.1f} |")
    return lines


def main() -> None:
    """Prints the table, or writes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    firms = drawn()
    shipped = [one(path, path.name) for path in sorted(SCENARIOS.iterdir()) if path.is_dir()]
    shares = sorted(told["premium_share"] for _, _, told, _ in firms if told)
    middle = f"{np.median(shares):.3%}" if shares else "none"
    lines = [
        "# What whole lots cost",
        "",
        "Made by `python -m benchmarks.premium --write`. A small firm trades few lots, so that one more is much of its cost.",
        "",
        f"Of {len(firms)} small firms drawn with a seed {len(shares)} are published; the middle premium is {middle}.",
        "",
        *table(shipped),
        "",
        *table(firms),
    ]
    text = "\n".join(lines) + "\n"
    if write:
        FILE.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
