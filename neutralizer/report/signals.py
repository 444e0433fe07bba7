"""The page of signals: which spreads revert, which prices are out today, and which marks differ."""

import textwrap
from typing import Any

from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Section, Table, Text, numbers, shown
from neutralizer.report.words import percent

FILE = "signals.json"
Told = dict[str, Any]


def page(s: Told) -> bytes:
    """For a browser or paper."""
    sections = [part(s) for part in (_out, _called, _marks, _tested)]
    return plain_page(
        s["scenario"],
        "prices that are out",
        [
            ("days", f"{s['first_day']} to {s['last_day']}, {s['days']:,}"),
            ("pairs", f"{len(s['called']) + len(s['not_called']):,}"),
            ("called", f"{len(s['called']):,}"),
        ],
        [x for x in sections if x.parts],
        "What came back in the past may not again. dislocations.csv counts for nothing until costs.dislocation_budget is set.",
    )


def _out(s: Told) -> Section:
    columns = [
        Column("instrument"),
        *numbers("price", "fair value", "out by, bp", "expected to close", "most, units"),
        Column("until"),
        Column("against"),
    ]
    rows = [
        [
            x["instrument"], f"{x['price']:,.6g}", f"{x['fair_value']:,.6g}", f"{x['out_bp']:+.1f}",
            percent(x["confidence"], 0), f"{x['max_quantity']:,.0f}", x["expires"], x["against"],
        ]
        for x in s["out"]
    ]  # fmt: skip
    lead = (
        "Each leg of a spread is taken to be out by half of it. With costs.dislocation_budget a firm that has to trade prefers "
        "the cheap one; where limits and mandates allow, it may also hold one against the other, within the quantities here "
        "and the budget."
    )
    parts: list[Any] = [Table("dislocations.csv", columns, rows)] if rows else [Text(["No price is out."])]  # fmt: skip
    parts += [Text(s["said"])] if s["said"] else []
    return Section("out", "Out today", lead, parts)


def _pairs(title: str, rows: list[Told], why: bool) -> Table:
    columns = [
        Column("pair"),
        *numbers("ratio", "half-life, days", "p, first half", "p, second half", "gap, bp", "in deviations"),
        *([Column("why not", "prose")] if why else [Column("family", "prose")]),
    ]  # fmt: skip
    cells, more = shown(
        [
            [
                f"{x['a']} / {x['b']}", f"{x['ratio']:.2f}", "" if x["half_life"] is None else f"{x['half_life']:.1f}",
                f"{x['p']:.3f}", f"{x['second_half_p']:.3f}", f"{x['gap_bp']:+.0f}",
                "" if x["gap_deviations"] is None else f"{x['gap_deviations']:+.1f}", x["why_not"] if why else x["family"],
            ]
            for x in sorted(rows, key=lambda x: (x["p"], x["a"], x["b"]))
        ],
        FILE,
    )  # fmt: skip
    return Table(title, columns, cells, more=more)


def _called(s: Told) -> Section:
    lead = (
        "Found on the first half of the days (a random walk is refused, false discoveries at most 5 % within a family), and "
        "still there on the second with level and ratio frozen."
    )
    parts = [_pairs("Called", s["called"], False)] if s["called"] else [Text(["No spread reverts."])]  # fmt: skip
    return Section("called", "Spreads that revert", lead, parts)


def _tested(s: Told) -> Section:
    if not s["not_called"]:
        return Section("tested", "", "", [])
    return Section("tested", "Not called", "", [_pairs("Tested", s["not_called"], True)])


def _marks(s: Told) -> Section:
    columns = [Column("instrument"), Column("lowest"), *numbers("mark"), Column("highest"), *numbers("mark", "apart, bp")]  # fmt: skip
    rows = [
        [
            m["instrument"], m["low"][0], f"{m['low'][1]:,.6g}", m["high"][0], f"{m['high'][1]:,.6g}",
            f"{1e4 * (m['high'][1] / m['low'][1] - 1):.1f}" if m["low"][1] else "",
        ]
        for m in s["marks"]
    ]  # fmt: skip
    lead = "Books that value one thing differently: for both owners to settle. It is no price that is out, and counts for nothing."
    return Section("marks", "Marks that differ", lead, [Table("Marks", columns, rows)] if rows else [])  # fmt: skip


def on_a_terminal(s: Told) -> str:
    """A few lines."""
    count = len(s["called"]) + len(s["not_called"])
    lines = [f"{count:,} pairs in {len(s['families'])} families, {len(s['called'])} revert"]
    for x in s["out"]:
        lines.append(
            f"  {x['instrument']:<16}{x['out_bp']:>+9.1f} bp against {x['against']:<16} until {x['expires']}"
        )
    for m in s["marks"]:
        lines.append(f"  {m['instrument']}: {m['low'][0]} marks {m['low'][1]:g}, {m['high'][0]} {m['high'][1]:g}")  # fmt: skip
    for sentence in s["said"]:
        lines.append(textwrap.fill(sentence, 78, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(lines)
