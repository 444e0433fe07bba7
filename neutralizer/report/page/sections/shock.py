"""What the shock that was asked for does to the plan, and what would be needed then."""

from neutralizer.domain.summary import Shock
from neutralizer.report.page.data import Run
from neutralizer.report.page.parts import Cell, Cells, Column, Part, Section, Table, Text, numbers
from neutralizer.report.words import amount, cents, percent, short

NEEDED = {
    "cost": "cost",
    "external_notional": "traded outside",
    "turnover": "changed in the books",
    "cash_moved": "cash moved between pools",
    "borrowed": "borrowed",
}


def section(run: Run) -> Section | None:
    """Nothing where no shock was asked for."""
    shock = run.summary.shock
    if shock is None:
        return None
    rows: list[Cells] = [(n, Cell(amount(x), tone="bad")) for n, x in shock.broken.items()]
    rows += [(f"pool {n}, short of", Cell(cents(x), tone="bad")) for n, x in shock.short.items()]
    parts: list[Part] = []
    if rows:
        parts.append(Table("Beyond its bound", [Column("limit or pool"), *numbers("by")], rows))
    if shock.needed is not None:
        found = [(word, cents(shock.needed[key])) for key, word in NEEDED.items()]
        parts.append(
            Table(
                f"To keep every limit then, {run.money}",
                [Column("what"), *numbers("amount")],
                found,
            )
        )
    else:
        parts.append(Text([f"No plan would keep every limit then: {shock.why_not}"], tone="bad"))
    return Section("shock", f"If {shock.shock_id} came tonight", _lead(shock, run.money), parts)


def _lead(shock: Shock, money: str) -> str:
    market = shock.market
    word = "The plan survives it" if shock.survives else "The plan does NOT survive it"
    return (
        f"{word}: the firm loses {short(shock.loss)} {money}. Prices move by the shock; margin is "
        f"{percent(market.margin)} of today's, half spreads {percent(market.half_spread)}, ADV "
        f"{percent(market.adv)}."
    )
