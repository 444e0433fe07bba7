"""The top of the page: what the plan costs and saves, and whether it keeps every limit."""

from dataclasses import dataclass

from neutralizer.report.page.data import Row, Run, bound, number
from neutralizer.report.page.parts import Column, Table, numbers
from neutralizer.report.words import amount, count, percent, short, whole


@dataclass(frozen=True)
class Tile:
    """One number: its title, itself, its name and value in the summary, and a line below."""

    title: str
    text: str
    note: str
    key: str
    value: float
    tone: str = ""


@dataclass(frozen=True)
class Banner:
    """What no one may miss: words, and the limits they are about."""

    title: str
    words: str
    table: Table | None
    mild: bool = False


def tiles(run: Run) -> list[Tile]:
    """The numbers of the first glance; a saving that is not known has no tile."""
    found = [*_cost(run), *_crossed(run)]
    n = run.summary.breaches
    note = "before → after tonight → after"
    text = f"{n.before} → {n.after_transfers} → {n.after}"
    tone = "bad" if n.after else ""
    found.append(Tile("Limits broken", text, note, "breaches.after", n.after, tone))
    before, after = run.summary.firm_volatility.before, run.summary.firm_volatility.after
    if before is not None and after is not None and (before or after):
        note = f"{run.money} a day, from {whole(before)}"
        found.append(Tile("Firm volatility", whole(after), note, "firm_volatility.after", after))
    lines = run.summary.lines
    each = (
        count(lines.transfers, "transfer"),
        count(lines.orders, "order"),
        f"{lines.cash_transfers} cash",
    )
    return [
        *found,
        Tile("Lines to book", f"{lines.total:,}", ", ".join(each), "lines", lines.total),
    ]


def _cost(run: Run) -> list[Tile]:
    alone, money = run.summary.stand_alone_cost, run.money
    found = []
    for key, title, note in (
        ("saving_equal_risk", "Saved at equal firm risk", "no riskier than each book alone"),
        ("saving", "Saved, risk as it falls", "against each book alone"),
    ):
        saved = getattr(run.summary, key)
        if saved is not None and alone:
            waits = run.summary.waiting.stand_alone or 0.0
            counted = ", waiting counted" if waits else ""
            whole_alone = alone + waits
            text = (
                f"{money}, {percent(saved / whole_alone)} of {short(whole_alone)}{counted}; {note}"
            )
            tone = "good" if saved > 0 else "bad"
            found.append(Tile(title, whole(saved), text, key, saved, tone))
    cost = run.summary.plan_cost
    note = f"{money}, in whole lots, all terms"
    return [Tile("Cost of the plan", whole(cost), note, "plan_cost", cost), *found]


def _crossed(run: Run) -> list[Tile]:
    crossed, moved = run.summary.crossed_notional, run.summary.crossed_notional
    moved += run.summary.external_notional
    if not moved:
        return []
    note = f"{short(crossed)} inside, {short(moved - crossed)} outside"
    share = crossed / moved
    return [Tile("Crossed inside", percent(share), note, "crossed_share", share)]


def lead(run: Run) -> str:
    """The plan in two sentences."""
    crossed, external = run.summary.crossed_notional, run.summary.external_notional
    alone, money = run.summary.stand_alone_cost, run.money
    first = (
        f"The books pass each other {short(crossed)} {money} of positions and trade "
        f"{short(external) if external else 'nothing'} outside."
    )
    second = f" That costs {short(run.summary.plan_cost)}"
    return first + second + (f"; each book alone would pay {short(alone)}." if alone else ".")


def banner(run: Run) -> Banner | None:
    """What the plan does not keep; None where it keeps everything as written."""
    rows = run.limits()
    broken = [r for r in rows if r["status"] == "BREACH"]
    outside = [r for r in rows if r["status"] in ("BREACH", "IMPROVED")]
    relaxed = run.summary.relaxed
    if relaxed or broken:
        named = [f"{r['limit_id']} {r['scope']}" for r in outside]
        others = [n for n in relaxed.limits if n not in named]
        words = _why(run) + (f" Also let go: {', '.join(others)}." if others else "")
        return Banner("This plan does NOT keep every limit", words, _outside(outside))
    if outside:
        title = f"{count(len(outside), 'limit')} still outside, closer than before"
        words = "The scenario asks only for improvement here; every other limit is kept."
        return Banner(title, words, _outside(outside), mild=True)
    return None


def _why(run: Run) -> str:
    relaxed = run.summary.relaxed
    if run.summary.transfers_only:
        return "Only transfers were asked for: what they cannot bring inside stays outside."
    if relaxed.best_effort:
        return (
            "It was asked for the best effort: no plan keeps every limit, this one comes nearest."
        )
    if relaxed.relax is not None:
        return f"Limits of priority {relaxed.relax} and after were let go on request."
    return "Do not book it before the owners of these limits agree."


def _outside(rows: list[Row]) -> Table | None:
    columns = [Column("limit"), *numbers("before", "after", "bound", "outside by"), Column("owner")]
    found = []
    for r in rows:
        after = number(r, "after")
        ends = [x for x in (bound(r, "lower"), bound(r, "upper")) if x is not None]
        near = min(ends, key=lambda x: abs(x - after), default=0.0)
        what = " ".join(x for x in (r["measure"], r["target"]) if x)
        found.append(
            (
                f"{r['limit_id']} ({r['scope']}, {what})",
                amount(number(r, "before")),
                amount(after),
                amount(near),
                amount(abs(after - near)),
                r["owner"] or "no owner named",
            )
        )
    return Table("Limits outside their bounds", columns, found) if found else None


def status(run: Run) -> str:
    """The solver's word, in words."""
    word = run.summary.status
    known = {
        "optimal": "optimal, every limit kept",
        "transfers_only": "transfers only, no order outside",
        "best_effort": "best effort: not every limit is kept",
        "relaxed": "relaxed: not every limit is kept",
    }
    if word == "optimal" and banner(run):
        return "optimal"
    return known.get(word, word)
