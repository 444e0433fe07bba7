"""What is told of a study of assumptions: one sentence, a table on a terminal, and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill

from neutralizer.report.page.page import plain_page
from neutralizer.report.page.parts import Column, Figure, Section, Table, Text, numbers
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.pictures.pairs import Pair, pairs
from neutralizer.report.words import MINUS, change, count, cut, whole

PAGE = "sensitivity.html"
WIDTH = 79
WORDS = {
    "spread": "half spreads",
    "impact": "market impact",
    "adv": "volumes",
    "volatility": "volatilities",
    "correlation_to_one": "correlations, to one",
    "correlation_to_zero": "correlations, to zero",
    "margin": "margin",
    "marks": "marks, deviations",
}

Row = dict[str, str]


@dataclass(frozen=True)
class Sensed:
    """Every row of cases.csv, the scenario as it is first. `sketched`: costs and lines are before lots."""

    scenario: str
    day: date
    money: str
    rows: Sequence[Row]
    sketched: bool = False

    @property
    def others(self) -> Sequence[Row]:
        """With an assumption made other."""
        return self.rows[1:]


def name(row: Row) -> str:
    """Of a case, in words."""
    if row["case"] == "0":
        return "as it is"
    how = row["value"] if "correlation" in row["assumption"] else change_of(row)
    return f"{WORDS[row['assumption']]} {how}"


def change_of(row: Row) -> str:
    """+10 %, or so many deviations."""
    value = float(row["value"])
    if row["assumption"] == "marks":
        return f"{value:+.0f}".replace("-", MINUS)
    return f"{100 * (value - 1):+.0f} %".replace("-", MINUS)


def said(of: Sensed) -> list[str]:
    """What the plan hangs on, what it would break, and what has no plan at all."""
    safe = [r for r in of.others if r["regret"] and not r["kept_breaks"]]
    lines = []
    if safe:
        most = max(safe, key=lambda r: (float(r["regret"]), -int(r["case"])))
        lines.append(
            f"Where it breaks nothing, keeping the plan costs at most {whole(max(float(most['regret']), 0.0))} {of.money} "
            f"({name(most)})."
        )
    broken = [r for r in of.others if r["kept_breaks"]]
    lines += [f"With {name(r)} the plan breaks {_some(r['kept_breaks'])}." for r in broken]
    lines += [f"With {name(r)} there is {r['status']}: {r['why_not']}" for r in of.others if not r["plan_cost"]]  # fmt: skip
    turned = [r for r in of.others if r["lines_turned"] not in ("", "0")]
    if turned:
        each = (f"{name(r)}: {r['lines_turned']}" for r in turned)
        lines.append(f"Lines turn round with {'; '.join(each)}.")
    if not broken:
        lines.append("The plan keeps every limit under each of them.")
    return lines


def _some(texts: str) -> str:
    names = texts.split(";")
    return ", ".join(names[:3]) + (f" and {count(len(names) - 3, 'other')}" if len(names) > 3 else "")  # fmt: skip


def on_a_terminal(of: Sensed) -> str:
    """What model governance reads first."""
    head = f"{'cost, ' + of.money:>13}{'kept':>11}{'breaks':>8}{'new':>5}{'gone':>5}{'turned':>7}"
    lines = [f"{'':<29}{head}"]
    for r in of.rows:
        cost = whole(float(r["plan_cost"])) if r["plan_cost"] else r["status"]
        kept = change(float(r["regret"])) if r["regret"] else ""
        breaks = str(len(r["kept_breaks"].split(";"))) if r["kept_breaks"] else ""
        counts = f"{r['lines_new']:>5}{r['lines_gone']:>5}{r['lines_turned']:>7}"
        lines.append(f"{cut(name(r), 28):<29}{cost:>13}{kept:>11}{breaks:>8}{counts}")
    told = (fill(x, WIDTH, break_on_hyphens=False) for x in said(of))
    return "\n".join([*lines, "", *told]).replace(MINUS, "-")


def _picture(of: Sensed) -> list[Section]:
    """Against the scenario as it is: hollow decided again, filled the plan kept, hatched where that breaks something."""
    first = float(of.rows[0]["kept_cost"])
    rows, cells = list[Pair](), list[list[str]]()
    for r in (x for x in of.others if x["kept_cost"]):
        kept = float(r["kept_cost"]) - first
        again = float(r["plan_cost"]) - first if r["plan_cost"] else 0.0
        rows.append(Pair(name(r), again, kept, change(kept), bool(r["kept_breaks"])))
        cells.append([name(r), change(again) if r["plan_cost"] else r["status"], change(kept)])
    alt = f"What each assumption moves the cost by, {of.money}"
    columns = [Column("with"), *numbers("decided again", "the plan kept")]
    caption = "Hollow: decided again. Filled: the plan kept; hatched where it breaks a limit, a pool or a cap."
    if not rows:
        return []
    figure = Figure(pairs(rows, "moves", alt), Table("Moves", columns, cells), caption)
    return [Section("picture", "What each moves the cost by", "", [figure])]


def page(of: Sensed) -> bytes:
    """sensitivity.html."""
    facts = [("of", of.day.isoformat()), ("assumptions", f"{len(of.others):,}")]
    columns = [
        Column("with"),
        *numbers(f"cost, {of.money}", "keeping the plan costs more", "new", "gone", "turned", "moved notional"),
        Column("moved most", "prose"),
        Column("the plan kept breaks", "prose"),
    ]  # fmt: skip
    cells = [
        [
            name(r),
            whole(float(r["plan_cost"])) if r["plan_cost"] else r["status"],
            change(float(r["regret"])) if r["regret"] else "",
            *(r[k] for k in ("lines_new", "lines_gone", "lines_turned")),
            whole(float(r["moved_notional"])) if r["moved_notional"] else "",
            r["moved_most"].replace(";", ", "),
            r["kept_breaks"].replace(";", ", "),
        ]
        for r in of.rows
    ]
    what, by = ("optimum", "") if of.sketched else ("lots", ", or by what lots cost")
    lead = (
        f"Decided again with each assumption made other. Keeping the plan: the {what} of the scenario as it is, paid as if "
        f"the other were true; below nothing where it breaks what the other plan keeps{by}."
    )
    table = Table("Assumptions", columns, cells)
    with drawing():
        sections = [
            Section("found", "What was found", "", [Text(said(of))]),
            *_picture(of),
            Section("assumptions", "By assumption", lead, [table]),
        ]
    measured = "optima before lots" if of.sketched else "whole plans, in lots"
    foot = f"cases.csv has every figure. Costs are of {measured}, with waiting."
    return plain_page(of.scenario, "what a plan hangs on", facts, sections, foot)
