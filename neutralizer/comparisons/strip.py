"""How the saving hangs on the market impact, the number that nobody knows well."""

from collections.abc import Callable
from dataclasses import replace

from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.solve import solve

COEFFICIENTS = (0.03, 0.3, 1.0)


def impact_strip(scenario: Scenario, say: Callable[[str], None]) -> list[dict[str, float | None]]:
    """Crossing and each book alone at each impact coefficient, base currency; None without an answer. The
    saving counts what waits.
    """
    found: list[dict[str, float | None]] = []
    for coefficient in COEFFICIENTS:
        say(f"solving at impact coefficient {coefficient:g}")
        costing = replace(scenario.costing, impact_coefficient=coefficient)
        same = replace(scenario, costing=costing)
        together, apart = _cost(same), _cost(alone(same))
        saving = None if together is None or apart is None else sum(apart) - sum(together)
        found.append(
            {
                "impact_coefficient": coefficient,
                "stand_alone_cost": apart and apart[0],
                "objective": together and together[0],
                "saving": saving,
            }
        )
    return found


def _cost(scenario: Scenario) -> tuple[float, float] | None:
    """Cost and waiting."""
    try:
        found = solve(scenario)
        return found.objective, found.waiting
    except (Infeasible, NotSolved):
        return None
