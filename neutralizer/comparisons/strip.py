"""How the saving hangs on the market impact, the number that nobody knows well."""

from collections.abc import Callable
from dataclasses import replace

from neutralizer.domain.orders import alone
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.solve import solve

COEFFICIENTS = (0.03, 0.3, 1.0)


def impact_strip(scenario: Scenario, say: Callable[[str], None]) -> list[dict[str, float | None]]:
    """Crossing and each book alone at each impact coefficient, base currency; None without an answer."""
    found: list[dict[str, float | None]] = []
    for coefficient in COEFFICIENTS:
        say(f"solving at impact coefficient {coefficient:g}")
        costing = replace(scenario.costing, impact_coefficient=coefficient)
        same = replace(scenario, costing=costing)
        together, apart = _cost(same), _cost(alone(same))
        saving = None if together is None or apart is None else apart - together
        found.append(
            {
                "impact_coefficient": coefficient,
                "stand_alone_cost": apart,
                "objective": together,
                "saving": saving,
            }
        )
    return found


def _cost(scenario: Scenario) -> float | None:
    try:
        return solve(scenario).objective
    except (Infeasible, NotSolved):
        return None
