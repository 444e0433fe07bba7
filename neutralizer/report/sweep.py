"""What is told of a sweep: one sentence, a table on a terminal, and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill

from neutralizer.domain.cases import Axis
from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Figure, Section, Table, Text, numbers, shown
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.pictures.curve import curve
from neutralizer.report.page.pictures.heat import heat
from neutralizer.report.words import MINUS, change, count, cut, whole

PAGE = "sweep.html"
NO_PLAN = "no plan"
TOLD, WIDTH, LONGEST = 20, 79, 16  # on a terminal: cases, signs, signs of a value
SHOWN = ("saving", "crossed_notional", "external_notional", "margin", "cash_moved", "firm_volatility")  # fmt: skip
WIDEST = 12  # columns of a picture over two axes

Row = dict[str, str]


@dataclass(frozen=True)
class Swept:
    """Every row of cases.csv, the scenario as it is first. `sketched`: costs are before lots."""

    scenario: str
    day: date
    money: str
    axes: tuple[Axis, ...]
    rows: Sequence[Row]
    sketched: bool = False

    def cost(self, row: Row) -> float | None:
        """What cases are compared by: of the plan, or of its sketch, with what waiting costs; None where there is
        none.
        """
        found = row["objective" if self.sketched else "plan_cost"]
        return float(found) + float(row["waiting"] or 0) if found else None

    @property
    def what(self) -> str:
        """What a case has that is not without one."""
        return "an optimum before lots" if self.sketched else "a plan"

    @property
    def as_it_is(self) -> Row:
        """The case without any change."""
        return self.rows[0]

    def values(self, row: Row) -> str:
        """What a case changes, in words."""
        if row["case"] == "0":
            return "as it is"
        return ", ".join(f"{axis.name} {row[axis.name] or 'blank'}" for axis in self.axes)


def said(of: Swept) -> list[str]:
    """What was found; then what keeps cases from a plan."""
    found = {row["case"]: c for row in of.rows if (c := of.cost(row)) is not None}
    changed = {k: c for k, c in found.items() if k != "0"}
    head = f"{len(changed)} of {count(len(of.rows) - 1, 'case')} have {of.what}"
    lines = [f"{head}."]
    if changed:
        least = min(changed, key=lambda k: (changed[k], int(k)))
        (row,) = (r for r in of.rows if r["case"] == least)
        against = f", {change(changed[least] - found['0'])} against the scenario as it is" if "0" in found else ""  # fmt: skip
        name = of.values(row)
        lines = [
            f"{head}; the cheapest is case {least} ({name}): {whole(changed[least])} {of.money}{against}."
        ]
    return lines + _in_lots(of) + _moves(of) + _without(of)


def in_lots(row: Row) -> float | None:
    """What a plan in whole lots costs, with what waiting costs; None where none was made."""
    return float(row["plan_cost"]) + float(row["waiting"] or 0) if row["plan_cost"] else None


def _in_lots(of: Swept) -> list[str]:
    """Which of the sketches were made whole."""
    found = {row["case"]: c for row in of.rows if (c := in_lots(row)) is not None}
    if not of.sketched or not found:
        return []
    least = min(found, key=lambda k: (found[k], int(k)))
    return [
        f"{count(len(found), 'case')} in whole lots, proven; the cheapest is case {least}: "
        f"{whole(found[least])} {of.money}."
    ]


def _moves(of: Swept) -> list[str]:
    """Between which mean costs each axis moves, over the combinations that have a plan at each of its values."""
    found, average = [], " on average" if len(of.axes) > 1 else ""
    for axis in of.axes:
        means = [m for _, m, _ in by_value(of, axis) if m is not None]
        if len(means) > 1:
            span = max(means) - min(means)
            moves = f"moves the cost by {whole(span)} {of.money}{average}" if round(span) else "does not move the cost"  # fmt: skip
            found.append(f"{axis.name} {moves}.")
    return found


def by_value(of: Swept, axis: Axis) -> list[tuple[str, float | None, int]]:
    """Of each value of an axis: the mean cost over the combinations of the others that have a plan at every value of
    it, so that alike is compared with alike; and how many of its cases have a plan.
    """
    others = [a.name for a in of.axes if a is not axis]
    cost = {
        (tuple(row[o] for o in others), row[axis.name]): of.cost(row)
        for row in of.rows
        if row["case"] != "0"
    }
    rest = dict.fromkeys(key for key, _ in cost)
    whole_ = [k for k in rest if all(cost.get((k, v)) is not None for v in axis.values)]
    found = []
    for value in axis.values:
        own = [c for k in whole_ if (c := cost[k, value]) is not None]
        plans = sum(cost.get((k, value)) is not None for k in rest)
        found.append((value, sum(own) / len(own) if own else None, plans))
    return found


def _without(of: Swept) -> list[str]:
    why: dict[str, list[str]] = {}
    for row in of.rows:
        if row["why_not"]:
            why.setdefault(f"{row['status']}: {row['why_not']}", []).append(row["case"])
    return [
        f"{count(len(cases), 'case')} ({', '.join(cases[:5])}{', …' if len(cases) > 5 else ''}) without {of.what}, {text}"
        for text, cases in why.items()
    ]


def on_a_terminal(of: Swept) -> str:
    """What a desk head reads first: the cheapest cases, then what was found."""
    ranked = sorted(of.rows[1:], key=lambda r: (of.cost(r) is None, of.cost(r) or 0.0, int(r["case"])))  # fmt: skip
    letters = [f"{cut(axis.name, 70)}: {chr(ord('A') + k)}" for k, axis in enumerate(of.axes)]
    heads = "".join(f"{chr(ord('A') + k):>{_wide(axis)}}" for k, axis in enumerate(of.axes))
    lines = [*letters, "", f"{'case':>6}{heads}{'cost, ' + of.money:>14}{'against':>12}{'in lots' if of.sketched else 'outside':>11}"]  # fmt: skip
    lines += [_line(of, row) for row in [of.as_it_is, *ranked[:TOLD]]]
    if len(ranked) > TOLD:
        lines.append(f"{'':>6}  and {len(ranked) - TOLD:,} more in cases.csv")
    return "\n".join(
        [*lines, "", *(fill(x, WIDTH, break_on_hyphens=False) for x in said(of))]
    ).replace(MINUS, "-")


def _wide(axis: Axis) -> int:
    return 2 + min(max(map(len, axis.values)), LONGEST)


def _line(of: Swept, row: Row) -> str:
    cost, first = of.cost(row), of.cost(of.as_it_is)
    values = "".join(f"{cut(row[axis.name], LONGEST):>{_wide(axis)}}" for axis in of.axes)
    if cost is None:
        return f"{row['case']:>6}{values}{row['status']:>14}"
    against = "as it is" if row is of.as_it_is else "" if first is None else change(cost - first)
    return f"{row['case']:>6}{values}{whole(cost):>14}{against:>12}{_last(of, row):>11}"


def _last(of: Swept, row: Row) -> str:
    """What is traded outside; of sketches what the plan costs in lots, where one was made."""
    if not of.sketched:
        return f"{float(row['external_notional']) / 1e6:,.1f}m"
    cost = in_lots(row)
    return whole(cost) if cost is not None else "" if row["status"] == "sketch" else row["status"]


def page(of: Swept) -> bytes:
    """sweep.html."""
    facts = [
        ("of", of.day.isoformat()),
        ("cases", f"{len(of.rows) - 1:,}"),
        ("as it is", _words(of, of.as_it_is, of.money)),
    ]
    with drawing():
        sections = [
            Section("found", "What was found", "", [Text(said(of))]),
            *_pictures(of),
            *_effects(of),
            _every(of),
        ]
    measured = "optima before lots" if of.sketched else "whole plans, in lots"
    foot = f"cases.csv has every figure of every case. Costs are of {measured}, with waiting."
    return plain_page(of.scenario, "a sweep", facts, sections, foot)


def _words(of: Swept, row: Row, money: str) -> str:
    cost = of.cost(row)
    return row["status"] if cost is None else f"{whole(cost)} {money}".strip()


def _pictures(of: Swept) -> list[Section]:
    """Over one axis of numbers, or over two axes."""
    if len(of.axes) == 1:
        return _over_one(of, of.axes[0])
    if len(of.axes) == 2 and len(of.axes[1].values) <= WIDEST:
        return _over_two(of)
    return []


def _over_one(of: Swept, axis: Axis) -> list[Section]:
    try:
        points = [(float(r[axis.name]), c) for r in of.rows[1:] if (c := of.cost(r)) is not None]
    except ValueError:
        return []
    if len(points) < 2:
        return []
    x, y = zip(*points, strict=True)
    alt = f"Cost of the plan against {axis.name}"
    drawn = curve(x, y, axis.name, f"cost, {of.money}", "cost", alt)
    cells = [[f"{a:g}", whole(b)] for a, b in sorted(points)]
    table = Table(alt, numbers(axis.name, "cost"), cells)
    return [Section("picture", alt, "", [Figure(drawn, table, "Of the cases that have a plan.")])]


def _over_two(of: Swept) -> list[Section]:
    down, across = of.axes
    values = {
        (r[down.name], r[across.name]): c for r in of.rows[1:] if (c := of.cost(r)) is not None
    }
    alt = f"Cost of the plan by {down.name} (down) and {across.name} (across)"
    drawn = heat(down.values, across.values, values, "cost", alt)
    cells = [
        [d, *(whole(values[d, a]) if (d, a) in values else NO_PLAN for a in across.values)]
        for d in down.values
    ]
    table = Table(alt, [Column(down.name), *numbers(*across.values)], cells)
    return [Section("picture", alt, "", [Figure(drawn, table, "Darker is dearer.")])]


def _effects(of: Swept) -> list[Section]:
    if len(of.axes) < 2:
        return []
    tables = [
        Table(
            axis.name,
            [Column("value"), *numbers("mean cost", "plans")],
            [
                [value, NO_PLAN if mean is None else whole(mean), f"{plans:,}"]
                for value, mean, plans in by_value(of, axis)
            ],
        )
        for axis in of.axes
    ]
    lead = "Mean cost over the combinations of the others that have a plan at every value."
    return [Section("effects", "One at a time", lead, tables)]


def _every(of: Swept) -> Section:
    more = ("in lots",) if of.sketched else ()
    columns = [
        Column("case"),
        *(Column(axis.name) for axis in of.axes),
        *numbers("cost", *more, *(name.replace("_", " ") for name in SHOWN)),
        Column("binds otherwise", "prose"),
    ]
    cells = [
        [
            row["case"],
            *(row[axis.name] for axis in of.axes),
            _words(of, row, ""),
            *([_last(of, row)] if more else []),
            *(whole(float(row[k])) if row[k] else "" for k in SHOWN),
            _other(of, row),
        ]
        for row in of.rows
    ]
    rows, rest = shown(cells, "cases.csv")
    return Section("cases", "Every case", "", [Table("Cases", columns, rows, more=rest)])


def _other(of: Swept, row: Row) -> str:
    """What binds that does not as it is, and what no longer does."""
    if of.cost(row) is None or of.cost(of.as_it_is) is None:
        return row["binding"].replace(";", ", ")
    first, own = (x["binding"].split(";") if x["binding"] else [] for x in (of.as_it_is, row))
    more = [f"+ {x}" for x in own if x not in first]
    return ", ".join(more + [f"{MINUS} {x}" for x in first if x not in own])
