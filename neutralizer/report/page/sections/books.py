"""Each book alone and together: who gains, who is worse off, what would make them good."""

from neutralizer.report.page.data import Row, Run, bound, number
from neutralizer.report.page.parts import (
    Cell,
    Cells,
    Column,
    Figure,
    Part,
    Section,
    Table,
    Text,
    numbers,
)
from neutralizer.report.page.pictures.pairs import Pair, pairs
from neutralizer.report.words import cents, count, cut, short, whole

MOST_BOOKS = 20  # books in the picture


def section(run: Run) -> Section | None:
    """Cost of each book alone and together, worst outcome first in words."""
    rows = run.rows("books.csv")
    if not rows:
        return None
    known = [r for r in rows if r["cost_alone"]]
    parts: list[Part] = [_figure(known, rows, run.money)] if known else [_table(rows, run.money)]
    losers = [r for r in rows if r["book_id"] and r["worse_off"] == "yes"]
    if losers:
        parts.insert(0, Text([_worse(r, run.money) for r in losers], tone="bad"))
    return Section("books", "What each book pays", _lead(known, losers, run.money), parts)


def _lead(known: list[Row], losers: list[Row], money: str) -> str:
    books = [r for r in known if r["book_id"]]
    if not books:
        return "What each book pays in this plan; there is no baseline of each book alone."
    gained = sum(-number(r, "difference") for r in books if r["worse_off"] != "yes")
    who = "Every book" if not losers else count(len(books) - len(losers), "book")
    pays = "pays" if not losers or len(books) - len(losers) == 1 else "pay"
    tail = f"; {count(len(losers), 'is', 'are')} worse off." if losers else ": nobody is worse off."
    return f"{who} {pays} no more together than alone, {short(gained)} {money} less in all{tail}"


def _worse(row: Row, money: str) -> str:
    paid = number(row, "compensation")
    good = (
        f" It receives {cents(paid)} from those who gain."
        if paid > 0
        else " It is not compensated."
    )
    more = cents(number(row, "difference"))
    return f"{row['book_id']} is WORSE OFF: it pays {more} {money} more together than alone.{good}"


def _figure(known: list[Row], rows: list[Row], money: str) -> Figure:
    largest = sorted(known, key=lambda r: -max(number(r, "cost_alone"), number(r, "cost_together")))
    kept = {id(r) for r in largest[:MOST_BOOKS]}
    bars = [_pair(r) for r in known if id(r) in kept]
    alt = "Cost of each book alone and together; the table has the numbers."
    caption = (
        f"{money}. Hollow bar: alone. Filled bar: together; hatched red where it is worse off."
    )
    return Figure(pairs(bars, "books", alt), _table(rows, money), caption)


def _pair(row: Row) -> Pair:
    alone, together = number(row, "cost_alone"), number(row, "cost_together")
    words = f"{short(alone)} → {short(together)}"
    return Pair(
        cut(_name(row), 16),
        alone,
        together,
        words,
        bool(row["book_id"]) and row["worse_off"] == "yes",
    )


def _name(row: Row) -> str:
    return row["book_id"] or "(no\u00a0book)"


def _table(rows: list[Row], money: str) -> Table:
    paid = any(number(r, "compensation") for r in rows)
    titles = ["alone", "together", "difference", *(["compensation"] if paid else [])]
    columns = [Column("book"), *numbers(*titles), Column("outcome")]
    found: list[Cells] = []
    for r in rows:
        alone, difference = bound(r, "cost_alone"), bound(r, "difference")
        sums = [cents(x) if x is not None else "" for x in (alone, number(r, "cost_together"))]
        cells = [*sums, "" if difference is None else _signed(difference)]
        cells += [_signed(number(r, "compensation"))] if paid else []
        found.append((_name(r), *cells, _outcome(r, difference)))
    return Table(f"Cost by book, {money}", columns, found, ("firm", *_total(rows, paid), ""))


def _total(rows: list[Row], paid: bool) -> list[str]:
    alone, together, difference, paid_in = (
        sum(number(r, c) for r in rows)
        for c in ("cost_alone", "cost_together", "difference", "compensation")
    )
    known = any(r["cost_alone"] for r in rows)
    found = [cents(alone) if known else "", cents(together), _signed(difference) if known else ""]
    return [*found, _signed(paid_in)] if paid else found


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + cents(value)


def _outcome(row: Row, difference: float | None) -> Cell:
    if difference is None:
        return Cell("")
    if row["worse_off"] == "yes":
        return Cell(
            "worse\u00a0off" if row["book_id"] else "more", tone="bad" if row["book_id"] else ""
        )
    return Cell(f"saves\u00a0{whole(-difference)}" if difference else "the same")
