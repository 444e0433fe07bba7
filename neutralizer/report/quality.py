"""The page of an estimate: which methods were compared, how good they are, and what to know before it is used."""

import textwrap
from collections.abc import Callable
from typing import Any

from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Figure, Section, Table, Text, numbers, shown
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.pictures.dots import Dots, dots
from neutralizer.report.words import percent

FAIR = (0.9, 1.1)
FILE = "quality.json"
Quality = dict[str, Any]


def page(q: Quality) -> bytes:
    """For a browser or paper."""
    with drawing():
        sections = [part(q) for part in (_known, _methods, _inflated, _instruments)]
    return plain_page(
        q["scenario"],
        "risk from history",
        [
            ("days", f"{q['first_day']} to {q['last_day']}, {q['days']:,}"),
            ("method", q["method"]),
            ("in", q["units"]),
        ],
        [x for x in sections if x.parts],
        "Estimated from the past, which may not come again. The tables beside this page are what counts.",
    )


def _known(q: Quality) -> Section:
    told = [*q["warnings"], *q["history"]]
    parts = [Text(told)] if told else [Text(["Nothing looks wrong."])]
    return Section(
        "findings",
        "What to know",
        f"Of {q['days']:,} days {q['whole_days']:,} have a return of everything; the method's weights are worth "
        f"{q['days_in_effect']:,.0f}. Nothing was filled or removed.",
        parts,
    )


def _methods(q: Quality) -> Section:
    rows = sorted(q["methods"], key=lambda x: (x["method"] != q["method"], x["qlike"]))
    parts: list[Any] = []
    if rows:
        picture = dots(
            [
                Dots(
                    x["method"],
                    x["bias_random"],
                    x["bias_hedged"],
                    f"{x['bias_random']:.2f}  {x['bias_hedged']:.2f}",
                )
                for x in rows
            ],
            FAIR,
            "bias",
            "How far what came about was off the forecast, by method",
        )
        columns = [
            Column("method"),
            *numbers("days", "QLIKE", "bias, random", "bias, hedged", "first half", "second half"),
        ]
        cells = [
            [
                x["method"], f"{x['days']:,}", f"{x['qlike']:.3f}", f"{x['bias_random']:.2f}", f"{x['bias_hedged']:.2f}",
                *("{:.2f}, {:.2f}".format(*x[half]) for half in ("first_half", "second_half")),
            ]
            for x in rows
        ]  # fmt: skip
        caption = (
            "Bias: the deviation of what books gained over its forecast from the days before; above 1 risk was "
            "understated. Hollow: 200 books drawn, long as much as short. Filled: inventories in half of the "
            "instruments, hedged as this forecast says is best with the other half. Pale: 0.9 to 1.1."
        )
        parts.append(Figure(picture, Table("Compared", columns, cells), caption))
    left = [[x["method"], x["why"]] for x in q["not_compared"]]
    if left:
        parts.append(Table("Not compared", [Column("method"), Column("why", "prose")], left))
    why = q["why"][:1].upper() + q["why"][1:]
    return Section("methods", "Why this method", f"{q['method']}: {why}.", parts)


def _inflated(q: Quality) -> Section:
    """Of the books that the program itself decides, where that was asked for."""
    told = q.get("inflate")
    if not told:
        return Section("inflate", "", "", [])
    columns = [
        Column("books that the program decides"),
        *numbers("days", "bias before", "bias after"),
    ]
    rows = [
        [name, f"{told[key]['days']:,}", f"{told[key]['before']:.2f}", f"{told[key]['after']:.2f}"]
        for key, name in (
            ("first_half", "first half, fitted on it"),
            ("second_half", "second half"),
        )
    ]
    return Section(
        "inflate", "The program's own books", told["words"], [Table("Bias", columns, rows)]
    )


def _instruments(q: Quality) -> Section:
    columns = [
        Column("instrument"),
        *numbers("a day", "specific", "ADV", "half spread bp", "returns"),
    ]
    cells, more = shown(
        [
            [
                x["instrument"], _cell(x["volatility"], _small), _cell(x["specific_volatility"], _small),
                _cell(x["adv"], _units), _cell(x["half_spread_bps"], _figures), f"{x['n_days']:,}",
            ]
            for x in q["instruments"]
        ],
        FILE,
    )  # fmt: skip
    lead = "Volatility of local returns; what the history does not say stays blank, and the scenario says it."
    return Section(
        "instruments", "What was measured", lead, [Table("measured.csv", columns, cells, more=more)]
    )


def _cell(value: float | None, write: Callable[[float], str]) -> str:
    return "" if value is None else write(value)


def _small(value: float) -> str:
    return percent(value, 2)


def _units(value: float) -> str:
    return f"{value:,.0f}"


def _figures(value: float) -> str:
    return f"{value:.3g}"


def on_a_terminal(q: Quality) -> str:
    """A few lines, the warnings among them; what the history holds is on the page."""
    head = f"{q['method']}, from {q['days']} days to {q['last_day']} of {len(q['instruments'])} instruments"
    lines = [head, textwrap.fill(q["why"], 78, initial_indent="  ", subsequent_indent="  ")]
    rows = sorted(q["methods"], key=lambda x: x["qlike"])
    if rows:
        lines.append(f"  {'method':<14}{'days':>6}{'QLIKE':>9}{'random':>9}{'hedged':>9}")
        lines += [
            f"  {x['method']:<14}{x['days']:>6}{x['qlike']:>9.3f}{x['bias_random']:>9.2f}{x['bias_hedged']:>9.2f}"
            for x in rows
        ]
        lines.append("  bias is realised over forecast deviation: above 1 risk was understated")
    return "\n".join(lines)
