"""How each stage of a run grows with the firm: `python -m benchmarks.scale [--sizes 5] [--write]`.

Generated firms of 20 books and 50 factors, each instrument in six books; a run in memory, without baseline and page,
in a process of its own. Writes benchmarks/SCALE.md and docs/scale.png.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.generate import generate

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "benchmarks" / "SCALE.md", ROOT / "docs" / "scale.png"
INSTRUMENTS, EACH = (500, 1000, 2000, 5000, 10_000), 6  # and books that hold each
STAGES = ("reading", "program and solver", "whole lots", "tickets and tables", "proof")
MARKS = ("solving", "rounding to whole lots", "choosing what may be booked tonight", "proving")
HEAD = """\
# How a run grows

Made by `python -m benchmarks.scale --write`, on {cores} cores. Generated firms of 20 books and 50 factors, each instrument in six books; seconds of a run in memory, without
baseline and page, in one sitting. The exponent is of the holdings, fitted through the three largest.

"""
CODE = """
import json, resource, sys, time
began = time.perf_counter()
from pathlib import Path
import neutralizer as nz
from neutralizer.face import solve
from neutralizer.program.solvers.process import _solvers
imported, marks = time.perf_counter(), {}
scenario = nz.read(Path(sys.argv[1])).with_settings(solve={"time_limit": "1h"})
run = solve(scenario, report=False, baseline=False, say=lambda text: marks.setdefault(text, time.perf_counter()))
ends = time.perf_counter()
_solvers().end()  # what it used is known then
at = [imported, *(marks[m] for m in MARKS), ends]
who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
print(json.dumps({
    "seconds": [b - a for a, b in zip(at, at[1:])],
    "again": len([m for m in marks if m.startswith("deciding again")]),
    "memory": max(resource.getrusage(w).ru_maxrss for w in who) / 2**20,
    "premium": run.summary.plan_cost / run.summary.objective - 1,
    "orders": run.summary.lines.orders,
}))
"""


def measured(instruments: int, folder: Path) -> dict[str, object]:
    """What a run of so many instruments takes."""
    generate(folder, instruments, 20, 50, EACH * instruments, 8, 1)
    code = CODE.replace("MARKS", repr(MARKS))
    command = [sys.executable, "-c", code, str(folder)]
    told = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    found: dict[str, object] = json.loads(told)
    return found


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Of the size, by least squares on the logarithms of the three largest."""
    last = slice(-3, None)
    return float(np.polyfit(np.log(sizes[last]), np.log(seconds[last]), 1)[0])


def page(sizes: list[int], found: list[dict[str, object]]) -> str:
    """The table."""
    stages = {name: [float(f["seconds"][k]) for f in found] for k, name in enumerate(STAGES)}  # type: ignore[index]
    stages["all"] = [sum(f["seconds"]) for f in found]  # type: ignore[arg-type]
    head = "| holdings | " + " | ".join(f"{s:,}" for s in sizes) + " | exponent |"
    lines = [head, "|---" * (len(sizes) + 2) + "|"]
    for name, seconds in stages.items():
        cells = " | ".join(f"{x:.1f}" for x in seconds)
        lines.append(f"| {name} | {cells} | {exponent(sizes, seconds):.2f} |")
    extra = {
        "peak memory, GB": [f"{f['memory']:.1f}" for f in found],
        "decided again": [f"{f['again']}" for f in found],
        "premium of whole lots": [f"{100 * f['premium']:.3f} %" for f in found],  # type: ignore[operator]
        "orders": [f"{f['orders']:,}" for f in found],
    }
    lines += [f"| {name} | {' | '.join(cells)} | |" for name, cells in extra.items()]
    return HEAD.format(cores=os.cpu_count()) + "\n".join(lines) + "\n"


def drawn(sizes: list[int], found: list[dict[str, object]]) -> None:
    """Both axes logarithmic, with a line of exponent one."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 4.0))
    for k, name in enumerate(STAGES):
        axes.loglog(sizes, [f["seconds"][k] for f in found], marker="o", label=name)  # type: ignore[index]
    whole = [sum(f["seconds"]) for f in found]  # type: ignore[arg-type]
    axes.loglog(sizes, whole, marker="o", color="black", label="all")
    axes.loglog(
        sizes, [whole[0] * s / sizes[0] for s in sizes], ":", color="grey", label="in proportion"
    )
    axes.set_xticks(sizes, [f"{s:,}" for s in sizes])
    axes.minorticks_off()
    axes.set_xlabel("holdings")
    axes.set_ylabel("seconds")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def main() -> None:
    """Smallest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, default=len(INSTRUMENTS))
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    some = INSTRUMENTS[: asked.sizes]
    found = []
    for n in some:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(n, Path(folder) / f"firm-{n}"))
        print(n, found[-1], flush=True)
    sizes = [EACH * n for n in some]
    print(page(sizes, found))
    if asked.write:
        PAGE.write_text(page(sizes, found))
        drawn(sizes, found)


if __name__ == "__main__":
    main()
