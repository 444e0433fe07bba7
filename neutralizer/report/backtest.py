"""What is told of a back-test: what was saved, whether forecasts held, whether a setting is better; and the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from textwrap import fill

from neutralizer.domain.cases import Axis
from neutralizer.domain.judged import Choice, Coverage
from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Figure, Section, Table, Text, numbers
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.pictures.lines import Line, lines
from neutralizer.report.words import MINUS, change, count, cut, percent, whole

PAGE = "backtest.html"
WIDTH, TOLD = 79, 12  # on a terminal: signs, paths
DRAWN = 12  # paths in a picture
OTHERS = 2  # paths that are compared with, after the one as recorded

Row = dict[str, str]


@dataclass(frozen=True)
class Path:
    """Its row of cases.csv, its days, and how its forecasts of volatility held."""

    row: Row
    days: Sequence[Row]
    coverage: Coverage

    @property
    def cost(self) -> float:
        """With waiting, and what brings it to the common end; base currency."""
        return float(self.row["cost"])


@dataclass(frozen=True)
class Tested:
    """Paths: together, alone and by hand as recorded, then every setting. `saved`: between what each costs more than the
    first, with 95 %.
    """

    scenario: str
    money: str
    axes: tuple[Axis, ...]
    paths: tuple[Path, ...]
    saved: tuple[tuple[float, float], ...]
    choice: Choice | None

    @property
    def settings(self) -> tuple[Path, ...]:
        """That were tried."""
        return self.paths[1 + OTHERS :]

    def name(self, path: Path) -> str:
        """Of a path, in words."""
        values = ", ".join(f"{a.name} {path.row[a.name] or 'blank'}" for a in self.axes)
        return values if path in self.settings else f"{path.row['path']}, as recorded"


def said(of: Tested) -> list[str]:
    """What was found, one sentence each."""
    first = of.paths[0]
    found = [_saved(of, k) for k in range(1, 1 + OTHERS)]
    if of.choice is not None:
        found.append(_better(of, of.choice))
    found += _forecasts(first.coverage)
    for path in of.paths:
        without = int(path.row["without_plan"])
        if without:
            day = next(d for d in path.days if d["why_not"])
            found.append(
                f"{of.name(path)}: {count(without, 'day')} without a plan, on which nothing was done; first on "
                f"{day['date']}: {day['why_not']}"
            )
    scaled, closed = int(first.row["flows_scaled"]), int(first.row["positions_closed"])
    if scaled or closed:
        found.append(
            f"On the path as recorded {count(scaled, 'flow')} took a share of a position that it would have turned round, and "
            f"{count(closed, 'position')} ended with an instrument that is listed no more, or because it was not as recorded."
        )
    return found


def _saved(of: Tested, k: int) -> str:
    path, (low, high) = of.paths[k], of.saved[k]
    more = path.cost - of.paths[0].cost
    share = f", {percent(more / path.cost, 1)} of it" if path.cost > 0 else ""
    sure = "" if math.isnan(low) else f"; with 95 %, between {whole(low)} and {whole(high)}"
    words = {"alone": "each book alone", "by hand": "closing limits by hand"}
    if int(path.row["breaches_after"]) > int(of.paths[0].row["breaches_after"]):
        sure += f"; {path.row['path']} leaves {path.row['breaches_after']} breaches over the days, together {of.paths[0].row['breaches_after']}"  # fmt: skip
    return (
        f"Together costs {whole(more)} {of.money} less than {words[path.row['path']]}{share}{sure}."
    )


def _better(of: Tested, choice: Choice) -> str:
    best = of.settings[choice.best]
    more = best.cost - of.paths[0].cost
    tried = count(len(of.settings), "setting")
    chance = "unknown" if math.isnan(choice.by_chance) else f"{choice.by_chance:.3f}"
    fitted = "" if math.isnan(choice.overfitted) else f", chosen on half of the days it is not among the better half on the others in {percent(choice.overfitted)} of cases"  # fmt: skip
    if more >= 0:
        return f"Nothing that was tried ({tried}) costs less than the one in use."
    head = f"{of.name(best)} is the cheapest of {tried}, by {whole(-more)} {of.money}"
    verdict = "it is better than the one in use" if choice.is_better else "it is not shown to be better"  # fmt: skip
    return f"{head}: {verdict} (probability of such a lead by chance {chance}{fitted})."


def _forecasts(c: Coverage) -> list[str]:
    if not c.days or math.isnan(c.bias):
        return ["No forecast of volatility to be judged."]
    head = f"What a day made deviates {c.bias:.2f} times its forecast; {c.beyond} of {count(c.days, 'loss', 'days have losses')} beyond what one day in twenty should be"  # fmt: skip
    tests = f"Kupiec {_probability(c.kupiec)}, Christoffersen {_probability(c.christoffersen)}"
    sight = f"on {count(c.days, 'day')} a volatility 1.2 times too large is seen in {100 * c.sees_too_large:.0f} of 100, one 1.2 times too small in {100 * c.sees_too_small:.0f}"  # fmt: skip
    return [f"{head} ({tests}); {sight}."]


def _probability(p: float) -> str:
    return "without a test" if math.isnan(p) else f"{p:.3f}"


def on_a_terminal(of: Tested) -> str:
    """What model governance reads first."""
    first = of.paths[0].cost
    head = f"{'cost, ' + of.money:>15}{'against':>12}{'outside':>11}{'breaches':>10}"
    lines_ = [f"{'path':<31}{head}"]
    for path in of.paths[:TOLD]:
        against = "" if path is of.paths[0] else change(path.cost - first)
        outside = f"{float(path.row['external_notional']) / 1e6:,.1f}m"
        name = cut(of.name(path), 30)
        lines_.append(
            f"{name:<31}{whole(path.cost):>15}{against:>12}{outside:>11}{path.row['breaches_after']:>10}"
        )
    if len(of.paths) > TOLD:
        lines_.append(f"  and {len(of.paths) - TOLD:,} more in cases.csv")
    told = (fill(x, WIDTH, break_on_hyphens=False) for x in said(of))
    return "\n".join([*lines_, "", *told]).replace(MINUS, "-").replace("\u202f", " ")


def page(of: Tested) -> bytes:
    """backtest.html."""
    days = of.paths[0].days
    facts = [
        ("from", days[0]["date"]),
        ("to", days[-1]["date"]),
        ("days", f"{len(days):,}"),
        ("settings tried", f"{len(of.settings):,}"),
    ]
    with drawing():
        sections = [
            Section("found", "What was found", "", [Text(said(of))]),
            _costs(of),
            _paths(of),
            _limits_of_it(),
        ]
    foot = "cases.csv has every path, days-N.csv its days. Costs are the model's: half spread with the day's quotes, impact as modelled."
    return plain_page(of.scenario, "a back-test", facts, sections, foot)


def _costs(of: Tested) -> Section:
    shown = of.paths[:DRAWN]
    drawn = lines(
        [Line(cut(of.name(p), 28), list(accumulate(_daily(p))), whole(p.cost)) for p in shown],
        "costs",
        "What each path has cost so far, day by day",
    )
    cells = [
        [
            of.name(p),
            whole(p.cost),
            *(
                whole(float(p.row[k]))
                for k in ("half_spread", "market_impact", "waiting", "end_cost")
            ),
            *("" if math.isnan(x) else whole(x) for x in saved),
        ]
        for p, saved in zip(shown, of.saved, strict=False)
    ]
    columns = [Column("path"), *numbers("cost", "half spread", "impact, modelled", "waiting", "to the common end", "more than the first: from", "to, with 95 %")]  # fmt: skip
    caption = "Each on its own scale, from the first day to the last, whose end brings every path to what was recorded."
    return Section(
        "costs",
        f"Whole paths, {of.money}",
        "",
        [Figure(drawn, Table("Costs", columns, cells), caption)],
    )


def _daily(p: Path) -> list[float]:
    return [float(d["plan_cost"]) + float(d["waiting"]) + float(d["end_cost"]) for d in p.days]


def _paths(of: Tested) -> Section:
    columns = [
        Column("path"),
        *numbers(
            "crossed", "outside", "mean margin", "breaches before", "breaches after", "made", "slippage", "spread at fill",
            "made over forecast", "beyond 5 %", "Kupiec", "Christoffersen",
        ),
    ]  # fmt: skip
    cells = [
        [
            of.name(p),
            *(
                whole(float(p.row[k]))
                for k in ("crossed_notional", "external_notional", "mean_margin")
            ),
            *(p.row[k] for k in ("breaches_before", "breaches_after")),
            *(whole(float(p.row[k])) for k in ("made", "slippage", "spread_at_fill")),
            f"{p.coverage.bias:.2f}",
            f"{p.coverage.beyond} of {p.coverage.days}",
            _probability(p.coverage.kupiec),
            _probability(p.coverage.christoffersen),
        ]
        for p in of.paths
    ]
    lead = (
        "Made: what the positions after the night part made to the next close, where orders are filled, whole. Slippage: what "
        "the fills are dearer than the plan's prices. Breaches: limits outside their bounds, summed over the days."
    )
    return Section("paths", "What each path did", lead, [Table("Paths", columns, cells)])


def _limits_of_it() -> Section:
    return Section(
        "unknown",
        "What cannot be known",
        "",
        [
            Text(
                [
                    "Impact of trades that were not made: it is modelled, never realised.",
                    "What clients would have done had the books held something else: flows are those recorded.",
                    "What was decided by hand beside the plan and not recorded as such: it is a flow.",
                    "Cash of pools is as recorded on each day, whatever the path did before.",
                ]
            )
        ],
    )
