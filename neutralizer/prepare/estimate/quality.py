"""How good an estimate is, as plain values: what quality.json says and its page shows."""

from typing import Any

from neutralizer.prepare.estimate.estimate import Estimate
from neutralizer.prepare.estimate.methods import inflation, observations
from neutralizer.prepare.estimate.tables import condition
from neutralizer.prepare.estimate.walk_forward import Judged


def quality(found: Estimate) -> dict[str, Any]:
    """Volatilities a day, fractions."""
    panel, method = found.panel, found.choice.method
    return {
        "scenario": found.facts.name,
        "until": str(found.past.until),
        "first_day": panel.days[0],
        "last_day": panel.days[-1],
        "days": len(panel.days),
        "whole_days": int(panel.there.all(axis=1).sum()),
        "method": method,
        "why": found.choice.why,
        "form": "dense" if found.covariance.loadings is None else "factors",
        "factors": list(found.covariance.names),
        "units": found.facts.units,
        "days_in_effect": round(observations(method, panel), 1),
        "inflation": round(inflation(method, panel), 3),
        "condition": float(f"{condition(found.covariance.matrix):.4g}"),
        "methods": [_row(x) for x in found.choice.judged],
        "not_compared": [{"method": x.name, "why": x.why} for x in found.choice.left],
        "warnings": list(found.warnings),
        "history": list(found.findings),
        "instruments": [
            {
                "instrument": x.name,
                "volatility": _rounded(x.volatility),
                "specific_volatility": _rounded(specific),
                "adv": _rounded(x.adv),
                "half_spread_bps": _rounded(x.half_spread_bps),
                "n_days": x.days,
            }
            for x, specific in sorted(
                zip(found.measured, found.specific, strict=True), key=lambda pair: pair[0].name
            )
        ],
    }


def _rounded(value: float) -> float | None:
    return None if value != value else float(f"{value:.5g}")


def _row(x: Judged) -> dict[str, Any]:
    first, second = x.halves
    return {
        "method": x.method,
        "days": x.days,
        "qlike": round(x.qlike, 4),
        "bias_random": round(x.random, 3),
        "bias_hedged": round(x.hedged, 3),
        "first_half": [round(v, 3) for v in first[1:]],
        "second_half": [round(v, 3) for v in second[1:]],
    }
