"""What the plan costs, against each book alone and against a plan by hand."""

from neutralizer.report.page.data import Run
from neutralizer.report.page.parts import Cell, Cells, Column, Figure, Part, Section, Table, numbers
from neutralizer.report.page.pictures.waterfall import Step, waterfall
from neutralizer.report.words import cents, percent, short, whole

HAND = 4  # a plan by hand that costs more than so many times the rest is left to the table


def section(run: Run) -> Section:
    """The steps from each book alone to the plan, then its terms."""
    steps = _steps(run)
    alt = "Cost from each book alone to the plan: " + "; ".join(
        f"{s.label} {s.words}" for s in steps
    )
    figure = Figure(
        waterfall(steps, alt + "."),
        _comparison(run),
        f"{run.money}. Solid: a cost. Hatched: saved. Hollow: for comparison only.",
    )
    parts: list[Part] = [figure, _terms(run)]
    strip = _strip(run)
    return Section("cost", "What it costs, and what it saves", _lead(run), [*parts, *strip])


def _lead(run: Run) -> str:
    out = run.summary.dislocation.plan
    if not out:
        return _saved(run)
    return (
        f"{_saved(run)} Prices that are out count for {short(out)} beside it, in no cost; what is spent to make use of "
        "them is in the plan's cost and in that of each book alone."
    )


def _saved(run: Run) -> str:
    s = run.summary
    alone, equal, saved = s.stand_alone_cost, s.saving_equal_risk, s.saving
    if alone is None:
        return "There is no baseline of each book alone to compare with."
    if s.waiting.stand_alone and saved is not None:
        alone += s.waiting.stand_alone
        return (
            f"The books together save {short(saved)} {run.money} ({percent(saved / alone)}), counting what it "
            "costs to wait for what is not traded today."
        )
    if equal is None or saved is None:
        return "Each book alone meets the same limits with no crossing; that is the comparison."
    if abs(saved - equal) < 0.005 * abs(alone):
        return (
            f"The books together save {short(equal)} {run.money} ({percent(equal / alone) if alone else ''}), at a "
            "firm risk that is about that of each book alone."
        )
    less = "lets the firm carry more risk" if saved > equal else "leaves the firm with less risk"
    return (
        f"At equal firm risk the books together save {short(equal)} {run.money} "
        f"({percent(equal / alone) if alone else ''}). The plain saving, {short(saved)}, {less} "
        "than each book alone would, so the first is the fair one."
    )


def _steps(run: Run) -> list[Step]:
    s = run.summary
    alone, best, plan = s.stand_alone_cost, s.objective, s.plan_cost
    steps = []
    by_hand = None if s.by_hand is None else s.by_hand.cost
    if by_hand is not None and by_hand < HAND * max(alone or 0.0, plan):
        steps.append(Step("by hand", 0.0, by_hand, whole(by_hand), "other"))
    if alone is not None:
        kind = "saved" if alone >= best else "added"
        steps.append(Step("each book alone", 0.0, alone, whole(alone), "total"))
        steps.append(Step("crossing", alone, best, whole(best - alone), kind))
    steps.append(Step("best, before lots", 0.0, best, whole(best), "total"))
    if round(plan - best, 2) == 0:
        return [*steps, Step("the plan", 0.0, plan, whole(plan), "total")]
    lots = f"+{whole(plan - best)}" if plan >= best else whole(plan - best)
    steps.append(Step("whole lots", best, plan, lots, "added" if plan >= best else "saved"))
    return [*steps, Step("the plan", 0.0, plan, whole(plan), "total")]


def _comparison(run: Run) -> Table:
    s, hand = run.summary, run.summary.by_hand
    note = "" if hand is None else f"{hand.description}; limits still broken: {hand.breaches_after}"
    ways = (
        ("Each book alone", "no crossing, the same limits", "stand_alone_cost", "stand_alone"),
        (
            "Together, at equal firm risk",
            "no riskier than each book alone",
            "equal_risk_cost",
            "equal_risk",
        ),
        ("Together, best before lots", "the continuous optimum", "objective", "objective"),
        ("The plan", "in whole lots", "plan_cost", "plan"),
    )
    known = [(t, n, k, getattr(s, k), getattr(s.waiting, w) or 0.0) for t, n, k, w in ways]
    if hand is not None:
        known.append(("By hand", note, "by_hand.cost", hand.cost, hand.waiting))
    waited = any(waits for *_, waits in known)
    plan = s.plan_cost + s.waiting.plan
    rows: list[Cells] = []
    for title, said, key, value, waits in known:
        if value is not None:
            beside: list[str] = [cents(waits)] * waited
            cost = Cell(cents(value), key=key)
            rows.append((Cell(title, said), cost, *beside, _against(value + waits, plan)))
    titles = (f"cost, {run.money}", *(["waiting"] * waited), "against the plan")
    return Table("The same evening, other ways", [Column("way"), *numbers(*titles)], rows)


def _against(value: float, plan: float) -> str:
    return "" if value == plan else ("+" if value > plan else "") + whole(value - plan)


def _terms(run: Run) -> Table:
    costs = run.summary.costs
    rows = sorted(costs.items(), key=lambda kv: -kv[1])
    most, total = max([abs(x) for x in costs.values()], default=0.0), sum(costs.values())
    found = [
        (
            name.replace("_", " "),
            Cell(cents(x), key=f"costs.{name}"),
            Cell(
                percent(x / total, 1) if total else "", share=max(x, 0.0) / most if most else None
            ),
        )
        for name, x in rows
    ]
    columns = [Column("term"), *numbers(run.money), Column("share", "bar")]
    return Table("The plan's cost by term", columns, found, ("the plan", cents(total), ""))


def _strip(run: Run) -> list[Part]:
    rows = run.summary.impact_strip
    if not rows:
        return []
    most = max((abs(r.saving) for r in rows if r.saving is not None), default=0.0)
    found: list[Cells] = []
    for r in rows:
        alone, saved = r.stand_alone_cost, r.saving
        cells = [whole(x) if x is not None else "no answer" for x in (alone, r.objective, saved)]
        share = max(saved, 0.0) / most if saved is not None and most else None
        note = percent(saved / alone) if saved is not None and alone else ""
        found.append((f"{r.impact_coefficient:g}", *cells, Cell(note, share=share)))
    columns = [
        Column("impact coefficient"),
        *numbers("each book alone", "together", "saving"),
        Column("saving, of alone", "bar"),
    ]
    return [
        Table(f"If market impact is not what we think, {run.money} before lots", columns, found)
    ]
