"""One line a run, and what is unlike the runs before it."""

from collections.abc import Sequence
from math import isfinite, nan
from statistics import median

from neutralizer.domain.summary import Summary

LOOKED_AT = (
    "external_notional",
    "crossed_share",
    "plan_cost",
    "lines",
    "breaches",
    "firm_volatility",
)
LAST, FEWEST, DEVIATIONS = 20, 8, 3.0
TO_SIGMA = 1.4826  # of a median absolute deviation, for normal figures
FLOOR = 0.02  # of the median: figures that never move do not make dust a surprise


def figures(summary: Summary) -> dict[str, str]:
    """A run's line of history.csv; amounts in base currency."""
    crossed, outside = summary.crossed_notional, summary.external_notional
    return {
        "run_id": summary.run_id,
        "name": summary.name,
        "business_date": summary.business_date,
        "external_notional": f"{outside:.2f}",
        "crossed_notional": f"{crossed:.2f}",
        "crossed_share": f"{crossed / (crossed + outside) if crossed + outside else 0.0:.6f}",
        "plan_cost": f"{summary.plan_cost:.2f}",
        "lines": str(summary.lines.total),
        "breaches": str(summary.breaches.after),
        "firm_volatility": f"{summary.firm_volatility.after or 0.0:.2f}",
    }


def outliers(own: dict[str, str], past: Sequence[dict[str, str]]) -> list[str]:
    """A sentence for each figure further than three robust deviations from the median of the last
    twenty runs of the same scenario; none before there are eight.
    """
    ours = [p for p in past if p.get("name") == own["name"] and p.get("run_id") != own["run_id"]]
    found = []
    for name in LOOKED_AT:
        before = [x for x in (_number(p.get(name, "")) for p in ours[-LAST:]) if isfinite(x)]
        if len(before) < FEWEST:
            continue
        now, middle = float(own[name]), median(before)
        spread = TO_SIGMA * median(abs(x - middle) for x in before)
        allowed = DEVIATIONS * max(spread, FLOOR * abs(middle) / DEVIATIONS)
        if abs(now - middle) > allowed:
            found.append(
                f"{name} is {now:,.6g}; of the last {len(before)} runs the median is {middle:,.6g}, and "
                f"{allowed:,.3g} from it would be usual"
            )
    return found


def _number(text: str) -> float:
    """nan where it is none: who may write a journal may write anything."""
    try:
        return float(text)
    except ValueError:
        return nan
