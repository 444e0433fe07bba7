"""When a cone program is handed to the method by blocks."""

from typing import Any

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.version import VERSION
from neutralizer.program.canonical import Canonical
from neutralizer.program.solvers.as_second_order import is_second_order
from neutralizer.program.solvers.conic import handed

NAME = "blocks"
LARGE = 15_000  # rows from which it is asked first: benchmarks/BLOCKS.md


def fits(canonical: Canonical, scenario: Scenario) -> bool:
    """Whether it is asked: where a scenario names it or the program is large, and has second-order cones only."""
    large = scenario.solver == "auto" and len(canonical.b) >= LARGE
    return (large or scenario.solver == NAME) and is_second_order(canonical)


def run_blocks(canonical: Canonical, scenario: Scenario) -> dict[str, Any]:
    """Its answer in the program's own rows and columns. Raises NotSolved, also where the rows fall into no blocks."""
    return handed(canonical, scenario, {"solver": NAME}) | {"version": VERSION}
