"""What is told of a timetable: schedule.csv, schedule.json, and the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from neutralizer.domain.money import plain
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import (
    Sent,
    Slices,
    Ticket,
    Wanted,
    at_once,
    by_volume,
    joined,
    on_the_way,
)
from neutralizer.records.writing import csv_bytes
from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Figure, Section, Table, Text, numbers
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.pictures.lines import Line, lines
from neutralizer.terms.costs import half_spread, market_impact
from neutralizer.terms.session import cost_of, deviation_of, exceeded, most_of, open_risk

CSV, JSON, PAGE = "schedule.csv", "schedule.json", "schedule.html"
COLUMNS = "ticket_id slice start end side quantity share_of_volume open_after".split()
Told = dict[str, Any]
Units = Mapping[str, Sequence[Decimal]]


@dataclass(frozen=True)
class Scheduled:
    """A run's orders over its slices: everything that the files are a function of."""

    scenario: Scenario
    plan: Plan
    slices: Slices
    tickets: tuple[Ticket, ...]
    units: Units  # (K,) of each ticket
    booked: int  # the slice with which what is of phase 2 is booked, from 0; −1: there is nothing
    wanted: Wanted
    asked: Told  # as the command was given
    solver: Told  # what was found before lots; recorded, and followed by nothing
    run: Told  # which run's it is

    @property
    def sent(self) -> Sent:
        """By order."""
        booked = at_once(self.slices.count, max(self.booked, 0))
        return joined(self.plan, self.tickets, self.units, booked)


def files(of: Scheduled) -> dict[str, bytes]:
    """schedule.csv, schedule.json and the page."""
    values = told(of)
    return {
        CSV: table(of),
        JSON: (json.dumps(values, indent=2) + "\n").encode(),
        PAGE: page(values),
    }


def table(of: Scheduled) -> bytes:
    """schedule.csv: one line a ticket and slice in which some of it is sent, by slice."""
    t, adv = of.scenario.orders.tradable, of.scenario.tradables.adv
    found = []
    for ticket in sorted(of.tickets, key=lambda x: x.ticket_id):
        left = ticket.quantity
        for k, units in enumerate(of.units[ticket.ticket_id]):
            left -= units
            if units:
                volume = float(adv[t[ticket.order]] * of.slices.share[t[ticket.order], k])
                found.append(
                    {
                        "ticket_id": ticket.ticket_id,
                        "slice": str(k + 1),
                        "start": of.slices.start[k].isoformat(),
                        "end": of.slices.end[k].isoformat(),
                        "side": ticket.side,
                        "quantity": plain(units),
                        "share_of_volume": ""
                        if np.isnan(volume)
                        else f"{float(units) / volume:.6f}",
                        "open_after": plain(left),
                    }
                )
    return csv_bytes(COLUMNS, sorted(found, key=lambda r: (int(r["slice"]), r["ticket_id"])))


def told(of: Scheduled) -> Told:
    """Everything but the lines themselves. Money in base currency."""
    s, sent, slices = of.scenario, of.sent, of.slices
    shares = by_volume(slices, s.orders.tradable[sent.order], of.wanted.open)
    volume = replace(sent, share=shares)
    impact, risk = cost_of(s, slices, sent), open_risk(s, sent)
    planned = float(market_impact.amounts(of.plan.trades, s)["market_impact"].sum())
    notional = np.abs(sent.total) * s.order_notional[sent.order]
    found = of.run | {
        "asked": of.asked,
        "slices": [
            {
                "slice": k + 1,
                "start": slices.start[k].isoformat(),
                "end": slices.end[k].isoformat(),
                "orders": int(np.count_nonzero(sent.share[:, k])),
                "notional": round(float(notional @ sent.share[:, k]), 2),
                "impact": round(float(impact[k]), 2),
                "open_notional": round(float(notional @ np.maximum(1 - sent.done[:, k], 0.0)), 2),
                "open_risk": round(float(risk[k]), 2),
            }
            for k in range(slices.count)
        ],
        "phase_2_with_slice": None if of.booked < 0 else of.booked + 1,
        "orders": len(sent.order),
        "notional": round(float(notional.sum()), 2),
        "open_risk_at_first": round(float(open_risk(s, replace(sent, share=0 * sent.share))[0]), 2),
        "half_spread": round(float(half_spread.amounts(of.plan.trades, s)["half_spread"].sum()), 2),
        "impact_of_the_plan": round(planned, 2),
        "impact": round(float(impact.sum()), 2),
        "deviation": round(deviation_of(s, slices, sent), 2),
        "by_volume": {
            "impact": round(float(cost_of(s, slices, volume).sum()), 2),
            "deviation": round(deviation_of(s, slices, volume), 2),
        },
        "before_lots": of.solver,
    }
    return found | {"findings": [*of.run["findings"], *_findings(of, sent)]}


def _findings(of: Scheduled, sent: Sent) -> list[str]:
    """What is worse on the way than at both ends, what is faster than asked, and what no impact is known of."""
    s, slices = of.scenario, of.slices
    found = [
        f"{name} is by {over:,.6g} farther out at {slices.end[k]:%H:%M} than before and after"
        for name, k, over in exceeded(s, of.plan, on_the_way(s, of.plan, sent))
    ]
    t, pace = s.orders.tradable[sent.order], most_of(s, slices, of.wanted)
    for tradable in np.unique(t).tolist():
        units = np.abs(sent.total[t == tradable]) @ sent.share[t == tradable]
        most = pace[tradable]
        over = [k for k in range(slices.count) if units[k] > most[k] * (1 + 1e-9)]
        if over:
            k = max(over, key=lambda n: units[n] - most[n])
            found.append(
                f"{s.tradables.ids[tradable]}: {units[k]:,.6g} in slice {k + 1}, {units[k] - most[k]:,.6g} above its pace, "
                "for lots or for want of time"
            )
    silent = [s.tradables.ids[n] for n in np.unique(t).tolist() if not _has_impact(s, n)]
    if silent:
        found.append("with the volume, for want of adv or volatility: " + ", ".join(silent))
    return found


def _has_impact(s: Scenario, tradable: int) -> bool:
    return bool(s.tradables.adv[tradable] > 0 and s.tradables.volatility[tradable] > 0)


def _weighed(asked: Told) -> str:
    """What was asked for."""
    if asked["risk_aversion"] is not None:
        weight = f"{asked['risk_aversion']:g} a variance"
    else:
        weight = f"{asked['deviations']:g} deviations"
    end = f", nothing after {asked['finish']}" if asked["finish"] else ""
    return f"{weight}, at most {asked['pace']:g} times the day's participation{end}"


def _phase_2(t: Told) -> str:
    """When they are booked."""
    k = t["phase_2_with_slice"]
    return f"with slice {k}, by {_hour(t['slices'][k - 1]['end'])}"


def _hour(text: str) -> str:
    return text[11:16]


def page(t: Told) -> bytes:
    """For a browser or paper."""
    facts = [
        ("orders", f"{t['orders']:,}, {t['notional']:,.0f} {t['base_currency']}"),
        ("execution date", t["execution_date"]),
        ("weighed", _weighed(t["asked"])),
        *([("transfers and cash of phase 2", _phase_2(t))] if t["phase_2_with_slice"] else []),
        ("impact", f"{t['impact']:,.0f}, by volume {t['by_volume']['impact']:,.0f}"),
        ("deviation", f"{t['deviation']:,.0f}, by volume {t['by_volume']['deviation']:,.0f}"),
    ]
    with drawing():
        sections = [_known(t), _picture(t)]
    foot = "schedule.csv has every line."
    return plain_page(t["scenario"], "a schedule of orders", facts, sections, foot)


def _known(t: Told) -> Section:
    return Section(
        "findings", "What to know", "", [Text(t["findings"] or ["Nothing looks wrong."])]
    )


def _picture(t: Told) -> Section:
    spent = np.cumsum([x["impact"] for x in t["slices"]]).tolist()
    at_first = t["open_risk_at_first"]
    picture = lines(
        [
            Line("open risk a day", [at_first, *(x["open_risk"] for x in t["slices"])], f"from {at_first:,.0f}"),
            Line("open notional", [t["notional"], *(x["open_notional"] for x in t["slices"])], f"from {t['notional']:,.0f}"),
            Line("impact so far", [0.0, *spent], f"to {t['impact']:,.0f}"),
        ],
        "over-the-session",
        "Open risk, open notional and impact over the slices",
    )  # fmt: skip
    columns = [
        Column("slice"),
        *numbers("orders", "notional", "impact", "open notional", "open risk a day"),
    ]
    cells = [
        [
            f"{_hour(x['start'])} to {_hour(x['end'])}", f"{x['orders']:,}",
            *(f"{x[k]:,.0f}" for k in ("notional", "impact", "open_notional", "open_risk")),
        ]
        for x in t["slices"]
    ]  # fmt: skip
    caption = (
        "Each on its own scale, from before the first slice to the end of the last. Open risk is the daily deviation of the "
        f"firm from its plan, {t['base_currency']}; deviation in the head is its root mean square over the session."
    )
    return Section(
        "session",
        "Over the session",
        "",
        [Figure(picture, Table("Slices", columns, cells), caption)],
    )


def one_line(t: Told) -> str:
    """Of a schedule that stands."""
    return (
        f"OK {t['execution_date']} {t['scenario']} | {t['orders']:,} orders over {len(t['slices'])} slices | "
        f"impact {t['impact']:,.0f}, deviation {t['deviation']:,.0f}"
    )


def on_a_terminal(t: Told) -> str:
    """What a trader reads first."""
    first, last = t["slices"][0], [x for x in t["slices"] if x["orders"]][-1]
    lines_ = [
        f"{t['orders']:,} orders, {t['notional']:,.0f} {t['base_currency']}, {_hour(first['start'])} to {_hour(last['end'])}",
        f"  {'':<12}{'impact':>14}{'deviation':>14}",
        f"  {'this':<12}{t['impact']:>14,.2f}{t['deviation']:>14,.2f}",
        f"  {'by volume':<12}{t['by_volume']['impact']:>14,.2f}{t['by_volume']['deviation']:>14,.2f}",
        "",
        f"  {'slice':<14}{'orders':>7}{'notional':>16}{'open risk':>14}",
    ]
    lines_ += [
        f"  {_hour(x['start'])} - {_hour(x['end'])}{x['orders']:>8,}{x['notional']:>16,.0f}{x['open_risk']:>14,.0f}"
        for x in t["slices"]
    ]
    if t["phase_2_with_slice"]:
        lines_ += ["", f"transfers and cash of phase 2: {_phase_2(t)}"]
    return "\n".join([*lines_, *(["", *t["findings"]] if t["findings"] else [])])
