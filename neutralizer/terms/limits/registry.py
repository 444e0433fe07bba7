"""Every measure by its name: one literal line each."""

from types import ModuleType

from neutralizer.terms.limits import (
    concentration,
    expected_shortfall,
    external,
    factor_exposure,
    gross,
    long,
    margin,
    net,
    position,
    short,
    stress_loss,
    tenor_mismatch,
    turnover,
    var,
    volatility,
)

REGISTRY: dict[str, ModuleType] = {
    "factor_exposure": factor_exposure,
    "net": net,
    "gross": gross,
    "long": long,
    "short": short,
    "position": position,
    "concentration": concentration,
    "volatility": volatility,
    "turnover": turnover,
    "external": external,
    "margin": margin,
    "stress_loss": stress_loss,
    "expected_shortfall": expected_shortfall,
    "var": var,
    "tenor_mismatch": tenor_mismatch,
}
