"""What of a plan's crossings may be booked tonight, beside the best that any part of them could be.

`python -m benchmarks.night [FOLDER ...] --write` puts benchmarks/NIGHT.md beside this file: the scenarios
that are shipped, and those of the folders named. The best is certified: a bound from the duals of a
program in fractions, so that whole steps may keep a plan from it.
"""

import argparse
from pathlib import Path

import numpy as np

from neutralizer.errors import Infeasible, NotSolved
from neutralizer.load.scenario import load
from neutralizer.planning.night import crossing_at_a_reward
from neutralizer.program.solve import solve
from neutralizer.proof.ledger import rebuild
from neutralizer.report.again import plan_of
from neutralizer.report.files import parsed
from neutralizer.run import Options, run

FILE = Path(__file__).with_name("NIGHT.md")
SCENARIOS = Path(__file__).parents[1] / "scenarios"


def one(folder: Path) -> str:
    """A line of the table."""
    try:
        found = run(folder, None, Options(dry_run=True, baseline=False, report=False))
    except (Infeasible, NotSolved) as refusal:
        return f"| {folder.name} | refused: {str(refusal)[:60]} | | | |"
    night, scenario, read = found.summary.night, load(folder).scenario, parsed(found.files)
    plan = plan_of(scenario, read, rebuild(scenario, read, []))
    moved = np.array([float(q) for q in plan.transferred])
    best = solve(crossing_at_a_reward(scenario, plan, moved, routes=True)).certificate
    most = max(-best.bound / 2, 0.0)
    whole = night.crossed_notional + night.crossed_with_hedges
    share = f"{night.crossed_notional / most:.2%}" if most > 1 else ""
    amounts = (f"{x:,.0f}" for x in (whole, night.crossed_notional, most))
    return f"| {folder.name} | {' | '.join(amounts)} | {share} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    shipped = sorted(p.parent for p in SCENARIOS.glob("*/scenario.yaml"))
    lines = [
        "# What of the crossings may be booked tonight",
        "",
        "Notional in base currency; the best is a certified bound, in fractions of steps.",
        "Made by `python -m benchmarks.night FOLDER ... --write`.",
        "",
        "| scenario | crossed in all | tonight | the best | share |",
        "|---|---|---|---|---|",
        *(one(folder) for folder in [*shipped, *asked.folders]),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if asked.write:
        FILE.write_text(text)


if __name__ == "__main__":
    main()
