"""`python -m benchmarks.peers [--write]` with the extra `peers`: tables of time, cost, breaches and bad inputs."""

import argparse
import contextlib
import io
import logging
import os
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.peers.bad import MISTAKES, NAMES, REFUSES, outcome
from benchmarks.peers.task import Answer, Arrays, Decide, arrays, breaches, cost, drawn, in_lots
from benchmarks.peers.tools import TOOLS

SIZES, SEEDS = (40, 150), range(1, 6)
PAGE = Path(__file__).parent.parent / "PEERS.md"
HEAD = """\
# Beside other libraries

Made by `python -m benchmarks.peers --write` (`pip install 'neutralizer[dev,peers]'`), on {cores} cores. The part of the job that all of them do: one long
and short book, brought within a limit of volatility and a band of market exposure at the least half spread and 3/2 impact
([peers/task.py](peers/task.py)); as a user would put it to each ([peers/tools.py](peers/tools.py)). {versions}

Time is from tables to lots, the least of the draws, over that of plain CVXPY. Cost is over the least that keeps the limits before lots, on average; limits broken are of all draws together. neutralizer's time is of a whole run: tables checked, whole lots, every figure proven
and written again; its lots keep the limits. The others' trades are rounded to the nearest lot. Riskfolio-Lib knows turnover and no cost: its least turnover is searched for.
"""


def quietly(decide: Decide) -> Decide:
    """Without what libraries print and warn of."""

    def decided(task):  # type: ignore[no-untyped-def]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return decide(task)

    return decided


@dataclass
class Found:
    """What a tool came to over all draws: least seconds, of the solver in that draw; sums of the costs over the least
    found; limits that its lots broke.
    """

    seconds: float = np.inf
    solver: float | None = None
    before: float = 0.0
    rounded: bool = False
    after: float = 0.0
    broken: int = 0

    def add(self, seconds: float, answer: Answer, least: float, a: Arrays) -> None:
        if seconds < self.seconds:
            self.seconds, self.solver = seconds, answer.solver
        lots = in_lots(a, answer)
        self.rounded = answer.rounded
        self.before += cost(a, answer.traded) / least - 1
        self.after += cost(a, lots) / least - 1
        self.broken += breaches(a, lots)

    def row(self, name: str, unit: float) -> str:
        """Times over a unit, mean costs."""
        solver = "" if self.solver is None else f"{self.solver / unit:.2f}"
        before, after = (f"{100 * x / len(SEEDS):+.3f} %" for x in (self.before, self.after))
        before = "" if self.rounded else before
        return f"| {name} | {self.seconds / unit:.1f} | {solver} | {before} | {after} | {self.broken} |"


def compared(size: int) -> str:
    """Time, cost and breaches at one size, over a few draws."""
    found = {name: Found() for name in TOOLS}
    for seed in SEEDS:
        task = drawn(size, seed)
        a, own = arrays(task), dict[str, tuple[float, Answer]]()
        for name, (decide, _) in TOOLS.items():
            began = time.perf_counter()
            answer = quietly(decide)(task)
            own[name] = time.perf_counter() - began, answer
        kept = [x.traded for _, x in own.values() if not x.rounded and not breaches(a, x.traded)]
        least = min(cost(a, x) for x in kept)
        for name, (seconds, answer) in own.items():
            found[name].add(seconds, answer, least, a)
    rows = [x.row(name, found["CVXPY"].seconds) for name, x in found.items()]
    head = "| | time | of it the solver | cost before lots | cost in lots | limits broken in lots |\n|---|---|---|---|---|---|"
    return f"\n## {size} instruments, {len(SEEDS)} draws\n\n{head}\n" + "\n".join(rows) + "\n"


def mistaken() -> str:
    """What each makes of the same mistakes."""
    task = drawn(SIZES[0], SEEDS[0])
    rows, found = [], {name: list[str]() for name in TOOLS}
    for mistake in MISTAKES:
        for name, (decide, _) in TOOLS.items():
            found[name].append(outcome(quietly(decide), task, mistake))
        rows.append(f"| {mistake.what} | {' | '.join(x[-1] for x in found.values())} |")
    for word in (NAMES, REFUSES):
        rows.append(f"| **{word}** | {' | '.join(str(x.count(word)) for x in found.values())} |")
    lead = f"`{NAMES}`: refused, with the row, the column, the value or the limit in the message; `{REFUSES}`: ended with something else, or without numbers; `answers`: gave trades. They are mistakes that we look for; the others are optimisers, and leave tables to whoever reads them."
    head = f"| | {' | '.join(TOOLS)} |\n|---|{'---|' * len(TOOLS)}"
    return f"\n## Twenty mistakes in the tables\n\n{lead}\n\n{head}\n" + "\n".join(rows) + "\n"


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into benchmarks/PEERS.md")
    write = parser.parse_args().write
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    versions = (
        ", ".join(
            f"{package} {version(package)}" for _, package in TOOLS.values() if package != "numpy"
        )
        + "."
    )
    page = HEAD.format(cores=os.cpu_count(), versions=versions)
    page += "".join(map(compared, SIZES)) + mistaken()
    print(page)
    if write:
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
