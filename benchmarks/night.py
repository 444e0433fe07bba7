"""What of a plan's crossings may be booked tonight, beside the best that any part of them could be.

`python -m benchmarks.night [FOLDER ...] --write` puts benchmarks/NIGHT.md beside this file: the scenarios
that are shipped, and those of the folders named. The best is certified: a bound from the duals of a
program in fractions, and, where the rounding program proves one, by what whole steps can come to.
"""

import argparse
from pathlib import Path

import numpy as np

from neutralizer.errors import Infeasible, NotSolved
from neutralizer.load.scenario import load
from neutralizer.planning.lots.in_lots import in_lots
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
        return f"| {folder.name} | refused: {str(refusal)[:60]} | | | | |"
    night, scenario, read = found.summary.night, load(folder).scenario, parsed(found.files)
    plan = plan_of(scenario, read, rebuild(scenario, read, []))
    moved = np.array([float(q) for q in plan.transferred])
    tonight = crossing_at_a_reward(scenario, plan, moved, routes=True)
    best = solve(tonight)
    most = max(-best.certificate.bound / 2, 0.0)
    in_steps = in_lots(tonight, best, transfers_only=True).report.get("unavoidable", 0.0)
    steps = max(min(most, -(best.certificate.cost + in_steps) / 2), 0.0) + 0.0
    whole = night.crossed_notional + night.crossed_with_hedges
    share = f"{night.crossed_notional / steps:.2%}" if steps > 1 else "all of it"
    amounts = (f"{x:,.0f}" for x in (whole, night.crossed_notional, steps, most))
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
        "Notional in base currency. Both bounds are proven: in whole steps by the rounding program, where it",
        "looked everywhere (else the other), in fractions by duals. The share is of the first.",
        "Made by `python -m benchmarks.night FOLDER ... --write`.",
        "",
        "| scenario | crossed in all | tonight | in steps at most | in fractions at most | share |",
        "|---|---|---|---|---|---|",
        *(one(folder) for folder in [*shipped, *asked.folders]),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if asked.write:
        FILE.write_text(text)


if __name__ == "__main__":
    main()
