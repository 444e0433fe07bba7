"""The method by blocks beside Clarabel, each on the same program, in one run.

`python -m benchmarks.blocks [--write]`: generated firms with a volatility limit for each book. Seconds of the solver
alone; Clarabel as the project asks it, and as it is by itself.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.generate import generate
from neutralizer.face import read
from neutralizer.program import solve as policy
from neutralizer.program.solvers import conic

PAGE = Path(__file__).with_name("BLOCKS.md")
# instruments, books, factors, holdings, hedges
FIRMS = (
    (500, 10, 20, 1500, 8),
    (500, 20, 50, 3000, 8),
    (1000, 20, 50, 6000, 8),
    (2000, 20, 50, 12000, 8),
)
BY_ITSELF = {"verbose": False, "max_threads": 1}
HEAD = f"{'firm':>14} {'rows':>7} {'blocks':>8} {'steps':>5} {'gap':>8} {'clarabel':>9} {'times':>6} {'steps':>5} {'default':>8} {'times':>6} {'certified':>9}"


def answered(scenario: Any, solver: str) -> Any:
    """The first attempt's answer, whatever the certificate says of it."""
    return policy._attempt(replace(scenario, solver=solver), None, policy.ATTEMPTS[0])


def line(folder: Path, sizes: tuple[int, ...]) -> str:
    """One firm's."""
    generate(folder, *sizes, seed=1)
    scenario = read(folder).loaded.scenario
    ours, tight = answered(scenario, "blocks"), answered(scenario, "clarabel")
    asked, conic.CLARABEL = conic.CLARABEL, BY_ITSELF
    default = answered(scenario, "clarabel")
    conic.CLARABEL = asked
    assert ours.solver["name"] == "blocks", ours.solver
    took = [x.solver["seconds"] for x in (ours, tight, default)]
    gap = ours.certificate.gap / ours.certificate.basis
    name = " x ".join(map(str, sizes[:3]))
    certified = "yes" if default.certificate.accepted else "no"
    return (
        f"{name:>14} {len(ours.canonical.b):>7} {took[0]:>8.2f} {ours.solver['iterations']:>5} {gap:>8.1e} "
        f"{took[1]:>9.2f} {took[1] / took[0]:>6.1f} {tight.solver['iterations']:>5} {took[2]:>8.2f} "
        f"{took[2] / took[0]:>6.1f} {certified:>9}"
    )


def main() -> None:
    """Prints the table; with --write also the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as work:
        lines = [HEAD, *(line(Path(work) / str(k), sizes) for k, sizes in enumerate(FIRMS))]
    text = "\n".join(lines)
    print(text)
    if write:
        command = "`python -m benchmarks.blocks --write`"
        told = (
            "Instruments x books x factors, seconds, one thread. `times`: how many times as long as by blocks. "
            "`default`: Clarabel's own settings,\nwhose answer is `certified` or not."
        )
        PAGE.write_text(
            f"# By blocks beside Clarabel\n\nMade by {command}. {told}\n\n```\n{text}\n```\n"
        )


if __name__ == "__main__":
    sys.exit(main())
