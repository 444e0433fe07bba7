"""How long a sweep takes against the same cases run one by one: `python -m benchmarks.sweep [--cases 200] [--write]`.

The cases are values of one setting of equity-desks. One by one is `neutralizer run --no-report`, a process each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = ROOT / "scenarios" / "equity-desks"
SETTING = "costs.impact_coefficient"
WORKERS = (1, 2)
HEAD = """\
# A sweep against its cases run one by one

Made by `python -m benchmarks.sweep --cases {cases} --write`. equity-desks, {cases} values of `{setting}`; seconds in one
sitting on {cores} cores. Each case is decided, rounded to lots and proven, with each book alone.

| how | seconds | cases a minute | times one by one |
|---|---|---|---|
"""


def neutralizer(*words: object) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "neutralizer", *map(str, words)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def measured(cases: int, folder: Path) -> list[tuple[str, float]]:
    """How, and the seconds that all cases take."""
    values = [f"{0.2 + k / cases:.4f}" for k in range(cases)]
    grid = folder / "grid.yaml"
    grid.write_text(f"{SETTING}: [{', '.join(values)}]\n")
    found = [
        (
            f"`sweep --workers {n}`",
            neutralizer(
                "sweep", SCENARIO, "--grid", grid, "--out", folder / f"{n}", "--workers", n
            ),
        )
        for n in WORKERS
    ]
    one_by_one = sum(
        neutralizer(
            "run", SCENARIO, "--out", folder / "run", "--replace", "--no-report", "-q", "--set", f"{SETTING}={v}"
        )
        for v in values
    )  # fmt: skip
    return [("one by one", one_by_one), *found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(asked.cases, Path(folder))
    head = HEAD.format(cases=asked.cases, setting=SETTING, cores=os.cpu_count())
    first = found[0][1]
    rows = [
        f"| {how} | {s:.0f} | {60 * asked.cases / s:.0f} | {first / s:.1f} |" for how, s in found
    ]
    page = head + "\n".join(rows) + "\n"
    print(page)
    if asked.write:
        (Path(__file__).with_name("SWEEP.md")).write_text(page)


if __name__ == "__main__":
    main()
