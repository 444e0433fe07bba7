"""Signals as files: dislocations.csv, and plain values for signals.json and its page."""

from typing import Any

from neutralizer.load.written.canonical import csv_of
from neutralizer.prepare.history.past import Past
from neutralizer.prepare.signals.signals import Signals, Tested

COLUMNS = ["instrument_id", "fair_value", "max_quantity", "expires", "confidence"]
BP = 1e4


def dislocations(found: Signals) -> bytes:
    """The table of the scenario."""
    rows = [
        [x.instrument, f"{x.fair:.6g}", f"{x.most:.4g}", x.expires.isoformat(), f"{x.confidence:.3f}"]
        for x in found.out
    ]  # fmt: skip
    return csv_of([COLUMNS, *rows])


def values(found: Signals, past: Past, name: str) -> dict[str, Any]:
    """What signals.json says."""
    days = past.prices["price"].index
    families = sorted({x.family for x in found.tested})
    return {
        "scenario": name,
        "first_day": str(days[0].date()),
        "last_day": str(days[-1].date()),
        "days": len(days),
        "families": [
            {
                "family": f,
                "pairs": sum(x.family == f for x in found.tested),
                "called": sum(x.called for x in found.tested if x.family == f),
            }
            for f in families
        ],
        "called": [_pair(x) for x in found.tested if x.called],
        "not_called": [_pair(x) for x in found.tested if not x.called],
        "out": [
            {
                "instrument": x.instrument,
                "price": x.price,
                "fair_value": float(f"{x.fair:.6g}"),
                "out_bp": round(BP * (x.fair / x.price - 1), 1),
                "max_quantity": float(f"{x.most:.4g}"),
                "expires": x.expires.isoformat(),
                "confidence": round(x.confidence, 3),
                "against": x.spread.b if x.instrument == x.spread.a else x.spread.a,
            }
            for x in found.out
        ],
        "marks": [
            {"instrument": m.instrument, "low": list(m.low), "high": list(m.high)}
            for m in found.marks
        ],
        "said": list(found.said),
    }


def _pair(x: Tested) -> dict[str, Any]:
    s = x.spread
    return {
        "family": x.family,
        "a": s.a,
        "b": s.b,
        "ratio": round(s.ratio, 3),
        "half_life": None if s.half_life == float("inf") else round(s.half_life, 1),
        "p": round(s.p, 4),
        "second_half_p": round(s.second, 4),
        "gap_bp": round(BP * s.gap, 1),
        "gap_deviations": round(s.gap / s.deviation, 2) if s.deviation else None,
        "why_not": x.why,
    }
