"""A calibration as files: costs.yaml, tca.csv, and plain values for calibration.json and its page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
import yaml

from neutralizer.load.written.canonical import csv_of
from neutralizer.load.written.settings import CostSettings
from neutralizer.prepare.calibrate.calibrate import BPS, OfClass
from neutralizer.prepare.calibrate.ticket import Ticket

HOLDS = timedelta(days=92)  # that what was calibrated is good for, from the last day with fills
COLUMNS = (
    "ticket_id run_id business_date instrument_id asset_class side quantity notional_base start_price "
    "start_known average_price delay_bps cost_bps half_spread_bps impact_bps cost_base modelled_base"
).split()


def files(found: Sequence[OfClass], costs: CostSettings) -> dict[str, bytes]:
    """Without the page and its values."""
    return {"costs.yaml": _costs(found, costs), "tca.csv": _tca(found)}


def _multiples(found: Sequence[OfClass], costs: CostSettings) -> dict[str, dict[str, float]]:
    """Of every class that has any: what was identified, else what is in use."""
    multiples = {str(c): x.model_dump() for c, x in costs.asset_classes.items()}
    for one in found:
        own = dict(multiples.get(one.name, {"half_spread": 1.0, "impact": 1.0}))
        for p in one.result.parameters:
            base = costs.impact_coefficient if p.name == "impact" else 1.0
            if p.name in one.result.proposed:
                own[p.name] = float(f"{p.value / base:.3g}")
        if one.name in multiples or own != {"half_spread": 1.0, "impact": 1.0}:
            multiples[one.name] = own
    return multiples


def _costs(found: Sequence[OfClass], costs: CostSettings) -> bytes:
    """What was not learned anew does not hold any longer for that."""
    days = [x.day for one in found for x in one.tickets]
    multiples, new = _multiples(found, costs), max(days) + HOLDS
    learned = {(one.name, name) for one in found for name in one.result.proposed}
    every = {(str(c), name) for c in costs.asset_classes for name in ("half_spread", "impact")}
    head = (
        f"# What fills from {min(days)} to {max(days)} say of the costs: `run --costs` takes this file, or copy it under\n"
        "# costs: in scenario.yaml. A class that is not here stays as it is.\n"
        if learned
        else f"# Fills from {min(days)} to {max(days)} say nothing new of the costs: this is what is in use.\n"
    )
    old = [costs.valid_until] if costs.valid_until and every - learned else []
    body: dict[str, Any] = (
        {"valid_until": min([*old, *([new] if learned else [])])} if old or learned else {}
    )
    body |= {"asset_classes": multiples}
    return (head + yaml.safe_dump(body, sort_keys=False)).encode()


def _tca(found: Sequence[OfClass]) -> bytes:
    rows = [_row(x, one) for one in found for x in one.tickets]
    return csv_of([COLUMNS, *sorted(rows, key=lambda r: (r[2], r[0]))])


def _row(x: Ticket, one: OfClass) -> list[str]:
    spread, impact = one.in_use.half_spread * x.half_spread, one.in_use.impact * x.impact
    modelled = spread + (impact if x.tells else 0.0)
    return [
        x.ticket_id, x.run_id, x.day.isoformat(), x.instrument, x.asset_class, x.side, f"{x.quantity:.10g}",
        f"{x.notional:.2f}", f"{x.start:.10g}", "yes" if x.started else "no", f"{x.average:.10g}",
        *(_bps(v) for v in (x.delay, x.cost, spread, impact)),
        f"{x.cost * x.notional:.2f}", f"{modelled * x.notional:.2f}",
    ]  # fmt: skip


def _bps(value: float) -> str:
    return "" if value != value else f"{round(value / BPS, 3) + 0.0:.3f}"


def values(
    found: Sequence[OfClass], left: Mapping[str, Sequence[str]], name: str, currency: str
) -> dict[str, Any]:
    """What calibration.json says."""
    tickets = [x for one in found for x in one.tickets]
    return {
        "scenario": name,
        "currency": currency,
        "first_day": str(min(x.day for x in tickets)),
        "last_day": str(max(x.day for x in tickets)),
        "days": len({x.day for x in tickets}),
        "tickets": len(tickets),
        "started": sum(x.started for x in tickets),
        "left": [{"why": why, "tickets": list(names)} for why, names in sorted(left.items())],
        "classes": [_class(one) for one in found],
    }


def _sums(one: OfClass) -> dict[str, float]:
    return {"modelled": one.modelled, "paid": one.paid, "error": one.error}


def _class(one: OfClass) -> dict[str, Any]:
    r = one.result
    return {
        "asset_class": one.name,
        "tickets": len(one.tickets),
        "used": r.tickets,
        "days": r.days,
        "notional": round(one.notional, 2),
        "paid": round(one.paid, 2),
        "error": None if np.isnan(one.error) else round(one.error, 2),
        "modelled": round(one.modelled, 2),
        "delay": round(one.delay, 2),
        "bp": {k: round(v / BPS / one.notional, 3) for k, v in _sums(one).items() if v == v},
        "why": r.why,
        "noise": None if r.why else float(f"{r.scale:.3g}"),
        "held": one.held and {k: round(v, 3) for k, v in asdict(one.held).items()},
        "parameters": [
            {
                "name": p.name,
                "in_use": float(f"{p.in_use:.4g}"),
                "value": float(f"{p.value:.4g}"),
                "low": float(f"{p.low:.4g}"),
                "high": float(f"{p.high:.4g}"),
                "prior": round(p.prior, 3),
                "identified": p.identified,
                "far": p.far,
                "proposed": p.name in r.proposed,
            }
            for p in r.parameters
        ],
    }
