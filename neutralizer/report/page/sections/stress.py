"""What each shock would cost the firm and its books, before, after what is booked tonight, and after."""

from neutralizer.report.page.data import Row, Run, bound, number
from neutralizer.report.page.parts import (
    Cell,
    Cells,
    Column,
    Part,
    Section,
    Table,
    Text,
    numbers,
    shown,
)
from neutralizer.report.words import count, short, whole

STATES = ("loss_before", "loss_after_transfers", "loss_after")
TURNS = 0.05  # of the firm's worst loss: a gain or loss of less is none


def section(run: Run) -> Section | None:
    """The firm by shock, worst first, and the books' worst."""
    rows = run.rows("shocks.csv")
    if not rows:
        return None
    firm = sorted((r for r in rows if r["scope"] == "firm"), key=lambda r: -number(r, "loss_after"))
    books = [r for r in rows if r["scope"] != "firm"]
    told = [*_turns(firm, run.money), *_beyond_the_firm(books, run)]
    parts: list[Part] = [Text(told, tone="bad")] if told else []
    parts += [_firm(firm, books, run.money), *_books(books, run.money)]
    return Section("stress", "What shocks would cost", _lead(firm, run), parts)


def _lead(firm: list[Row], run: Run) -> str:
    worst = firm[0]
    if number(worst, "loss_after") <= 0:
        return f"The firm loses under none of {count(len(firm), 'shock')}."
    served = [r for r in run.rows("limits.csv") if r["worst_shock"] == worst["shock_id"]]
    binds = [r["limit_id"] for r in served if r["binding"] == "yes"]
    tail = f", which {', '.join(binds[:3])} counts and is at its bound" if binds else ""
    return (
        f"The worst of {count(len(firm), 'shock')} for the firm is {worst['shock_id']}{tail}: it costs "
        f"{short(number(worst, 'loss_after'))} {run.money} after the plan, {short(number(worst, 'loss_before'))} before."
    )


def _turns(firm: list[Row], money: str) -> list[str]:
    """Shocks under which the plan turns a gain into a loss."""
    least = TURNS * max((number(r, "loss_after") for r in firm), default=0.0)
    return [
        f"The plan turns a gain of {short(-number(r, 'loss_before'))} {money} in {r['shock_id']} into a loss of "
        f"{short(number(r, 'loss_after'))}."
        for r in firm
        if number(r, "loss_before") < -least and number(r, "loss_after") > least > 0
    ]


def _beyond_the_firm(books: list[Row], run: Run) -> list[str]:
    """Books that lose more than the firm as a whole is allowed to."""
    caps = [
        most
        for r in run.rows("limits.csv")
        if r["measure"] == "stress_loss"
        and r["scope"] == "firm"
        and (most := bound(r, "upper")) is not None
    ]
    allowed = min(caps, default=None)
    return [
        f"{r['scope'].removeprefix('book:')} alone loses {short(number(r, 'loss_after'))} {run.money} in {r['shock_id']}, "
        f"more than the {short(allowed)} that the firm may lose."
        for r in books
        if allowed is not None and number(r, "loss_after") > allowed
    ]


def _firm(firm: list[Row], books: list[Row], money: str) -> Table:
    found: list[Cells] = []
    for r in firm:
        own = [x for x in books if x["shock_id"] == r["shock_id"]]
        most = max(own, key=lambda x: number(x, "loss_after"), default=None)
        worst = r["worst"] == "yes"
        name = Cell(r["shock_id"], "the worst" if worst else "", tone="bad" if worst else "")
        loser = (
            Cell(most["scope"].removeprefix("book:"), whole(number(most, "loss_after")))
            if most and number(most, "loss_after") > 0
            else ""
        )
        found.append((name, *(whole(number(r, c)) for c in STATES), loser))
    columns = [Column("shock"), *numbers("before", "after tonight", "after"), Column("loses most")]
    some, more = shown(found, "shocks.csv")
    return Table(f"Loss of the firm, {money}; a minus is a gain", columns, some, (), more)


def _books(books: list[Row], money: str) -> list[Part]:
    worst = [r for r in books if r["worst"] == "yes"]
    if not worst:
        return []
    found = [
        (r["scope"].removeprefix("book:"), r["shock_id"], *(whole(number(r, c)) for c in STATES))
        for r in sorted(worst, key=lambda r: -number(r, "loss_after"))
    ]
    columns = [
        Column("book"),
        Column("its worst shock"),
        *numbers("before", "after tonight", "after"),
    ]
    some, more = shown(found, "shocks.csv")
    return [Table(f"Each book's worst, loss in {money}", columns, some, (), more)]
