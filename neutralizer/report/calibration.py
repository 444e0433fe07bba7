"""The page of a calibration: what fills cost against what plans said, and which parameters follow."""

import textwrap
from typing import Any

from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Figure, Section, Table, Text, numbers
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.pictures.dots import Dots, dots
from neutralizer.report.words import percent

FAIR = (0.9, 1.1)
NAMES = {"half_spread": "half spread, a multiple", "impact": "impact coefficient"}
Calibration = dict[str, Any]
MOST_NAMED = 3


def page(c: Calibration) -> bytes:
    """For a browser or paper."""
    with drawing():
        sections = [part(c) for part in (_known, _paid, _parameters, _held)]
    return plain_page(
        c["scenario"],
        "costs from fills",
        [
            ("days", f"{c['first_day']} to {c['last_day']}, {c['days']:,}"),
            ("tickets", f"{c['tickets']:,}"),
            ("in", c["currency"]),
        ],
        [x for x in sections if x.parts],
        "What fills cost in the past. costs.yaml beside this page is never applied by itself: run --costs takes it.",
    )


def told(c: Calibration) -> list[str]:
    """What a person should know, as sentences."""
    found = []
    if c["started"] < c["tickets"]:
        found.append(
            f"of {c['tickets'] - c['started']:,} tickets no start is known (start_px): their cost is against the "
            "plan's reference price, with all that the market did until they traded"
        )
    for one in c["left"]:
        names = one["tickets"]
        more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
        found.append(f"left out, {one['why']}: {', '.join(names[:MOST_NAMED])}{more}")
    for one in c["classes"]:
        if one["used"] < one["tickets"]:
            less = one["tickets"] - one["used"]
            found.append(
                f"{one['asset_class']}: {less:,} tickets have no ADV or volatility, and teach nothing"
            )
        if one["why"]:
            found.append(f"{one['asset_class']}: {one['why']}; nothing is proposed")
        for p in one["parameters"]:
            if p["far"]:
                found.append(
                    f"{one['asset_class']}: fills put {p['name']} at {p['value']:.3g}, more than five times off the "
                    f"{p['in_use']:.3g} in use; look at the fills first; nothing of this class is proposed"
                )
            elif not p["identified"] and not one["why"]:
                found.append(
                    f"{one['asset_class']}: {p['name']} is not identified, {p['prior']:.0%} of the weight lies on what was "
                    "believed before; nothing is proposed"
                )
    return found


def _known(c: Calibration) -> Section:
    return Section("findings", "What to know", "", [Text(told(c) or ["Nothing looks wrong."])])


def _paid(c: Calibration) -> Section:
    columns = [
        Column("asset class"),
        *numbers("tickets", "traded", "cost said", "cost paid", "bp said", "bp paid", "±", "delay"),
    ]
    rows = [
        [
            x["asset_class"], f"{x['tickets']:,}", *(f"{x[k]:,.0f}" for k in ("notional", "modelled", "paid")),
            *(f"{x['bp'][k]:.2f}" if k in x["bp"] else "" for k in ("modelled", "paid", "error")),
            f"{x['delay']:,.0f}",
        ]
        for x in c["classes"]
    ]  # fmt: skip
    lead = (
        "Half spread and impact as the plans said, and what was paid from the start of each order to its average "
        "price, with one standard error by days. Delay is what the market did from the plan's price to that start. "
        "Without commission and tax. "
        "Ticket by ticket: tca.csv."
    )
    return Section("paid", "Said and paid", lead, [Table("By asset class", columns, rows)])


def _parameters(c: Calibration) -> Section:
    columns = [
        Column("asset class"),
        Column("parameter"),
        *numbers("in use", "fills say", "90 % from", "to", "prior"),
        Column("proposed", "prose"),
    ]
    rows = [
        [
            x["asset_class"], NAMES[p["name"]], *(f"{p[k]:.3g}" for k in ("in_use", "value", "low", "high")),
            percent(p["prior"], 0), _word(p),
        ]
        for x in c["classes"]
        for p in x["parameters"]
    ]  # fmt: skip
    lead = (
        "A robust regression of cost on half spread and impact, in which what moves a whole day counts once, shrunk "
        "towards what is in use: prior is its share. Where fills say less than was believed before, nothing is proposed."
    )
    return Section("parameters", "Parameters", lead, [Table("Parameters", columns, rows)])


def _word(p: dict[str, Any]) -> str:
    if p["proposed"]:
        return "yes"
    return "too far off" if p["far"] else "no" if p["identified"] else "not identified"


def _held(c: Calibration) -> Section:
    shown = [
        (x["asset_class"], x["held"]["in_use"], x["held"]["calibrated"], x["held"]["error"])
        for x in c["classes"]
        if x["held"]
    ]
    if not shown:
        return Section("held", "", "", [])
    picture = dots(
        [Dots(name, a, b, f"{a:.2f}  {b:.2f}") for name, a, b, _ in shown],
        FAIR,
        "paid-over-said",
        "What was paid over what the model says, on the second half of the days",
    )
    columns = [Column("asset class"), *numbers("in use", "±", "of the first half")]
    cells = [[name, f"{a:.2f}", f"{error:.2f}", f"{b:.2f}"] for name, a, b, error in shown]
    table = Table("Paid over said", columns, cells)
    caption = (
        "What was paid over what the model says, on the second half of the days. Hollow: with the parameters in use. "
        "Filled: with those that the first half alone would have proposed. Pale: 0.9 to 1.1. Where one standard error "
        "(±) is wider than the gap, days were too few to tell."
    )
    return Section("held", "Would it have held", "", [Figure(picture, table, caption)])


def on_a_terminal(c: Calibration) -> str:
    """A few lines; what is left out is on the page."""
    lines = [
        f"{c['tickets']:,} tickets on {c['days']} days, {c['first_day']} to {c['last_day']}",
        f"  {'':<12}{'parameter':<13}{'in use':>8} {'fills say':>10} {'90 % band':>18}",
    ]
    for x in c["classes"]:
        for k, p in enumerate(x["parameters"]):
            name = "" if k else x["asset_class"]
            band = f"{p['low']:.3g} to {p['high']:.3g}"
            note = "" if p["proposed"] else "  no"
            lines.append(
                f"  {name:<12}{p['name']:<13}{p['in_use']:>8.3g} {p['value']:>10.3g} {band:>18}{note}"
            )
    for sentence in told(c):
        lines.append(textwrap.fill(sentence, 78, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(lines)
