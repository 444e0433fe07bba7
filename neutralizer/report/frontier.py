"""What is told of a frontier: one sentence, its points on a terminal, and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from textwrap import fill

from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Figure, Section, Table, Text, numbers
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.pictures.curve import curve
from neutralizer.report.page.pictures.heat import heat
from neutralizer.report.words import MINUS, amount, cents, whole

PAGE = "frontier.html"
NO_PLAN = "no plan"
WIDTH = 79  # signs of a line on a terminal
SAME = 1e-5  # of a cost: what certified answers may differ by

Row = dict[str, str]


@dataclass(frozen=True)
class Front:
    """Every row of cases.csv, from the narrowest bound; `names` of the bounds, `now` where they stand."""

    scenario: str
    day: date
    money: str
    names: tuple[str, ...]
    now: tuple[float, ...]
    rows: Sequence[Row]

    @property
    def points(self) -> list[tuple[float, float, float]]:
        """(bound, cost, shadow price) of one limit, where there is a plan, from the narrowest."""
        (name,) = self.names
        found = [
            (float(r[name]), float(r["cost"]), float(r[f"shadow_price of {name}"]))
            for r in self.rows
            if r["cost"]
        ]
        return sorted(found)

    def slopes(self) -> list[float]:
        """What one unit more saves on average between each two neighbouring points."""
        each = self.points
        return [(a[1] - b[1]) / (b[0] - a[0]) for a, b in pairwise(each)]


def said(of: Front) -> list[str]:
    """What was found; then why there is no plan below."""
    if len(of.names) == 2:
        return _said_of_two(of)
    points, (now,) = of.points, of.now
    if not points:
        return [f"no bound of {of.names[0]} that was tried has a plan.", *_why(of)]
    first, last = points[0], points[-1]
    narrow = f"from {amount(first[0])} on" if len(points) < len(of.rows) else f"even at {amount(first[0])}"  # fmt: skip
    lines = [
        f"{of.names[0]}: {narrow} there is a plan, for {cents(first[1])} {of.money}; at {amount(last[0])} "
        f"nothing binds: {cents(last[1])}."
    ]
    here = [p for p in points if _is(p[0], now)]
    if here:
        ((_, cost, shadow),) = here
        more = cost - last[1]
        lines.append(
            f"today's bound, {amount(now)}, costs {cents(more)} {of.money} more than none; one unit more would save {shadow:.3g}."
            if more > SAME * abs(cost)
            else f"today's bound, {amount(now)}, costs nothing."
        )
    else:
        lines.append(f"today's bound, {amount(now)}, has no plan.")
    return lines + _why(of)


def _is(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-5 * abs(b)


def _said_of_two(of: Front) -> list[str]:
    costs = [float(r["cost"]) for r in of.rows if r["cost"]]
    head = f"{len(costs)} of {len(of.rows)} pairs of bounds have a plan"
    if not costs:
        return [f"{head}.", *_why(of)]
    return [f"{head}, for {cents(min(costs))} to {cents(max(costs))} {of.money}.", *_why(of)]


def _why(of: Front) -> list[str]:
    found = dict.fromkeys(
        f"{r['status']} at {' and '.join(amount(float(r[n])) for n in of.names)}: {r['why_not']}"
        for r in of.rows
        if not r["cost"]
    )
    return list(found)[-3:]


def on_a_terminal(of: Front) -> str:
    """What a desk head reads first."""
    lines = _of_one(of) if len(of.names) == 1 else _of_two(of)
    told = (fill(x, WIDTH, break_on_hyphens=False) for x in said(of))
    return "\n".join([*lines, "", *told]).replace(MINUS, "-")


def _of_one(of: Front) -> list[str]:
    (name,), (now,) = of.names, of.now
    lines = [
        name,
        f"{'bound':>16}{'cost, ' + of.money:>18}{'one unit saves':>18}{'':>4}",
    ]
    for r in of.rows:
        bound = float(r[name])
        cost = cents(float(r["cost"])) if r["cost"] else r["status"]
        shadow = f"{float(r[f'shadow_price of {name}']):.3g}" if r["cost"] else ""
        mark = "  today" if _is(bound, now) else ""
        lines.append(f"{amount(bound):>16}{cost:>18}{shadow:>18}{mark}")
    return lines


def _of_two(of: Front) -> list[str]:
    down, across = of.names
    tops, sides = (list(dict.fromkeys(r[n] for r in of.rows)) for n in (across, down))
    cost = {(r[down], r[across]): r["cost"] for r in of.rows}
    lines = [f"{down} down, {across} across", f"{'':>10}" + "".join(f"{t:>11}" for t in tops[-6:])]
    for side in sides:
        cells = (cost[side, t] for t in tops[-6:])
        lines.append(
            f"{side:>10}" + "".join(f"{whole(float(c)) if c else NO_PLAN:>11}" for c in cells)
        )
    return lines


def page(of: Front) -> bytes:
    """frontier.html."""
    facts = [
        ("of", of.day.isoformat()),
        *((f"{n} today", amount(x)) for n, x in zip(of.names, of.now, strict=True)),
    ]
    with drawing():
        found = Section("found", "What was found", "", [Text(said(of))])
        drawn = _curve(of) if len(of.names) == 1 else _heat(of)
    foot = (
        "cases.csv has every figure. Costs are of optima before lots, with penalties and waiting."
    )
    return plain_page(of.scenario, "what a limit costs", facts, [found, *drawn], foot)


def _curve(of: Front) -> list[Section]:
    (name,), points = of.names, of.points
    slopes = [*of.slopes(), None]
    alt = f"Cost of the optimum against the bound of {name}"
    cells = [
        [amount(bound), cents(cost), f"{price:.4g}", "" if slope is None else f"{slope:.4g}"]
        for (bound, cost, price), slope in zip(points, slopes, strict=True)
    ] if points else []  # fmt: skip
    columns = numbers("bound", f"cost, {of.money}", "one unit more saves", "on average to the next")
    table = Table(alt, columns, cells)
    if len(points) < 2:
        return [Section("points", alt, "", [table])]
    drawn = curve(
        [p[0] for p in points], [p[1] for p in points], name, f"cost, {of.money}", "cost", alt
    )
    caption = "From the narrowest bound that has a plan to where the limit binds no more."
    return [Section("points", alt, "", [Figure(drawn, table, caption)])]


def _heat(of: Front) -> list[Section]:
    down, across = of.names
    tops, sides = (list(dict.fromkeys(r[n] for r in of.rows)) for n in (across, down))
    cost = {(r[down], r[across]): float(r["cost"]) for r in of.rows if r["cost"]}
    alt = f"Cost of the optimum by {down} (down) and {across} (across)"
    cells = [[s, *(whole(cost[s, t]) if (s, t) in cost else NO_PLAN for t in tops)] for s in sides]
    table = Table(alt, [Column(down), *numbers(*tops)], cells)
    return [
        Section("points", alt, "", [Figure(heat(sides, tops, cost, "cost", alt), table, "Darker is dearer.")])
    ]  # fmt: skip
