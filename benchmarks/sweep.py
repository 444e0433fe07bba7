"""How long a sweep takes against the same cases run one by one: `python -m benchmarks.sweep [--cases 200] [--write]`.

The cases are values of one setting of equity-desks, and a few of a generated firm of 500 x 10 x 20. One by one is
`neutralizer run --no-report`, a process each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.generate import generate

ROOT = Path(__file__).resolve().parent.parent
SETTING = "costs.impact_coefficient"
FEW = 4  # cases of the generated firm
HOW = ("--workers 1", "--workers 2", "--sketch --workers 1", "--sketch --workers 2")
HEAD = """\
# A sweep against its cases run one by one

Made by `python -m benchmarks.sweep --cases {cases} --write`. Values of `{setting}`; seconds in one
sitting on {cores} cores. A case is decided, rounded to lots and proven, with each book alone; with `--sketch` so many as `--best` says, and the scenario as it is.
"""
TABLE = """
## {name}, {cases} cases

| how | seconds | cases a minute | times one by one |
|---|---|---|---|
"""


def neutralizer(*words: object) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "neutralizer", *map(str, words)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def measured(scenario: Path, cases: int, folder: Path, best: int) -> str:
    """The table of a scenario."""
    values = [f"{0.2 + k / cases:.4f}" for k in range(cases)]
    grid = folder / "grid.yaml"
    grid.write_text(f"{SETTING}: [{', '.join(values)}]\n")
    found = [
        (
            "one by one",
            sum(
                neutralizer(
                    "run", scenario, "--out", folder / "run", "--replace", "--no-report", "-q", "--set", f"{SETTING}={v}"
                )
                for v in values
            ),
        )
    ]  # fmt: skip
    for how in HOW:
        words = how.replace("--sketch", f"--sketch --best {best}").split()
        out = folder / how.replace(" ", "")
        seconds = neutralizer("sweep", scenario, "--grid", grid, "--out", out, *words)
        found.append((f"`sweep {' '.join(words)}`", seconds))
    rows = [
        f"| {how} | {s:.0f} | {60 * cases / s:.0f} | {found[0][1] / s:.1f} |" for how, s in found
    ]
    return TABLE.format(name=scenario.name, cases=cases) + "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    page = HEAD.format(cases=asked.cases, setting=SETTING, cores=os.cpu_count())
    with tempfile.TemporaryDirectory() as desks, tempfile.TemporaryDirectory() as firm:
        page += measured(ROOT / "scenarios" / "equity-desks", asked.cases, Path(desks), 10)
        scenario = Path(firm) / "500 x 10 x 20"
        generate(scenario, 500, 10, 20, 1500, 8, 1)
        page += measured(scenario, FEW, Path(firm), 1)
    print(page)
    if asked.write:
        (Path(__file__).with_name("SWEEP.md")).write_text(page)


if __name__ == "__main__":
    main()
