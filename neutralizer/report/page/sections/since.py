"""What changed since the run that this one was held against, and the last runs as small lines."""

from collections.abc import Callable

from neutralizer.domain.summary import Since, Summary
from neutralizer.report.page.data import Run
from neutralizer.report.page.parts import Cells, Column, Figure, Part, Section, Table, Text, numbers
from neutralizer.report.page.pictures.lines import Line, lines
from neutralizer.report.words import change, count, short, whole

MOST = 12  # limits that are named
FIGURES: dict[str, tuple[str, Callable[[Summary], float | None]]] = {
    "plan_cost": ("cost of the plan", lambda s: s.plan_cost),
    "saving": ("saving", lambda s: s.saving),
    "crossed_notional": ("crossed inside", lambda s: s.crossed_notional),
    "external_notional": ("traded outside", lambda s: s.external_notional),
    "gross_before": ("gross before", lambda s: s.gross_before),
    "firm_volatility": ("firm volatility after", lambda s: s.firm_volatility.after),
    "breaches": ("limits broken before", lambda s: float(s.breaches.before)),
}
DRAWN = {
    "plan_cost": "cost of the plan",
    "crossed_notional": "crossed inside",
    "external_notional": "traded outside",
    "firm_volatility": "firm volatility",
}


def section(run: Run) -> Section | None:
    """Nothing where neither was there."""
    told, past = run.summary.since, run.summary.history
    if told is None and not past:
        return None
    parts: list[Part] = []
    if told is not None:
        parts.append(_figures(told, run))
        if told.limits:
            rest = len(told.limits) - MOST
            more = [f"and {count(rest, 'limit')} more"] if rest > 0 else []
            parts.append(Text([*told.limits[:MOST], *more]))
    if past:
        parts.append(_lines(run))
    return Section("since", "What changed", _lead(run), parts)


def _lead(run: Run) -> str:
    told, past = run.summary.since, run.summary.history
    if told is None:
        return f"The last {count(len(past), 'run')} of this scenario, as the journal tells of them."
    limits = f"{count(len(told.limits), 'limit')} changed" if told.limits else "no limit changed"
    moved = f"{count(told.positions, 'position')} moved" if told.positions else "no position moved"
    return f"Since run {told.run_id} of {told.business_date} {moved} and {limits}."


def _figures(told: Since, run: Run) -> Table:
    rows: list[Cells] = []
    for key, (title, value) in FIGURES.items():
        was, now = getattr(told, key), value(run.summary)
        if was is not None and now is not None:
            rows.append((title, whole(was), whole(now), change(now - was)))
    columns = [Column("figure"), *numbers(told.business_date, run.summary.business_date, "change")]
    return Table(f"Against run {told.run_id}, {run.money}", columns, rows)


def _lines(run: Run) -> Figure:
    s, past = run.summary, run.summary.history
    now = {
        "plan_cost": s.plan_cost,
        "crossed_notional": s.crossed_notional,
        "external_notional": s.external_notional,
        "firm_volatility": s.firm_volatility.after or 0.0,
    }
    drawn = [
        Line(title, [*(getattr(p, key) for p in past), now[key]], short(now[key]))
        for key, title in DRAWN.items()
    ]
    own = (s.business_date, *(short(now[key]) for key in DRAWN))
    rows: list[Cells] = [
        *((p.business_date, *(short(getattr(p, key)) for key in DRAWN)) for p in past),
        own,
    ]
    table = Table(
        f"The last runs, {run.money}", [Column("date"), *numbers(*DRAWN.values())], rows[::-1]
    )
    alt = "Cost, crossings, orders and volatility of the last runs; the table has the numbers."
    caption = "Each line is a figure of the last runs, oldest left, on its own scale from nothing; the dot is this run."
    return Figure(lines(drawn, "history", alt), table, caption)
