"""The lines that operations book: transfers, orders with their reason, cash."""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Cell, Cells, Column, Part, Section, Table, numbers, shown
from neutralizer.report.words import cents, count, exact, percent

CODE = Column("ticket", "code")


def section(run: Run) -> Section | None:
    """Largest first; the files have all of them by id."""
    parts: list[Part] = []
    counts = []
    for name, table, word in (
        ("internal_transfers.csv", _transfers, "transfer"),
        ("hedges.csv", _hedges, "order"),
        ("cash_transfers.csv", _cash, "cash transfer"),
    ):
        rows = run.rows(name)
        counts.append(count(len(rows), word))
        if rows:
            parts.append(table(run, rows))
    if not parts:
        return None
    phase = {
        r["release_phase"] for n in ("internal_transfers.csv", "hedges.csv") for r in run.rows(n)
    }
    together = " Book transfers and orders together (release phase 2)." if "2" in phase else ""
    lead = f"{', '.join(counts[:-1])} and {counts[-1]}.{together} The CSV files are what is booked."
    return Section("tickets", "Lines to book", lead, parts)


def _largest(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (-number(r, "notional_base"), r["ticket_id"]))


def _transfers(run: Run, rows: list[Row]) -> Table:
    columns = [
        CODE,
        Column("from"),
        Column("to"),
        Column("instrument"),
        *numbers("quantity", "price", f"notional, {run.money}"),
        Column("booking"),
    ]
    found = [
        (
            r["ticket_id"],
            Cell(r["from_book"], r["from_account"]),
            Cell(r["to_book"], r["to_account"]),
            Cell(r["instrument_id"], r["isin"]),
            exact(r["quantity"]),
            Cell(exact(r["price"]), " ".join(x for x in (r["currency"], r["price_rule"]) if x)),
            exact(r["notional_base"]),
            Cell(r["booking"].replace("_", " ").lower(), _settles(r["settle_date"])),
        )
        for r in _largest(rows)
    ]
    some, more = shown(found, "internal_transfers.csv")
    return Table(f"Transfers inside ({len(rows):,}), largest first", columns, some, (), more)


def _settles(date: str) -> str:
    return f"settles {date}" if date else ""


def _hedges(run: Run, rows: list[Row]) -> Table:
    why = _reasons(run)
    columns = [
        CODE,
        Column("side"),
        Column("instrument"),
        *numbers("quantity", "price", f"notional, {run.money}", "of adv", f"cost, {run.money}"),
        *([Column("mostly for")] if why else []),
    ]
    found: list[Cells] = []
    for r in _largest(rows):
        cost = sum(number(r, c) for c in ("half_spread_cost", "impact_cost", "commission_tax_cost"))
        cells: list[str | Cell] = [
            r["ticket_id"],
            Cell(r["side"].replace("_", " "), r["crossing_group"]),
            Cell(r["instrument_id"], r["isin"]),
            exact(r["quantity"]),
            Cell(exact(r["reference_price"]), r["currency"]),
            exact(r["notional_base"]),
            percent(number(r, "share_of_adv"), 1) if r["share_of_adv"] else "",
            cents(cost),
        ]
        found.append((*cells, *([why.get(r["ticket_id"], "")] if why else [])))
    some, more = shown(found, "hedges.csv")
    return Table(f"Orders outside ({len(rows):,}), largest first", columns, some, (), more)


def _reasons(run: Run) -> dict[str, str | Cell]:
    """The limit that asks most for each ticket."""
    best: dict[str, Row] = {}
    for row in run.rows("reasons.csv"):
        held = best.get(row["ticket_id"])
        if row["share"] and (held is None or number(row, "share") > number(held, "share")):
            best[row["ticket_id"]] = row
    return {
        t: Cell(r["limit_id"], f"{r['scope']} {percent(number(r, 'share'))}".strip())
        for t, r in best.items()
        if number(r, "share") > 0
    }


def _cash(run: Run, rows: list[Row]) -> Table:
    columns = [
        CODE,
        Column("from"),
        Column("to"),
        *numbers("amount", "fee", "received"),
        Column("value date"),
        Column("purpose", "prose"),
    ]
    found: list[Cells] = []
    for r in rows:
        sums = [Cell(exact(r[c]), r["currency"]) for c in ("amount", "fee")]
        got = Cell(exact(r["received"]), r["received_currency"])
        ends = (r["value_date"], r["purpose"])
        found.append((r["ticket_id"], r["from_pool"], r["to_pool"], *sums, got, *ends))
    some, more = shown(found, "cash_transfers.csv")
    return Table(f"Cash between pools ({len(rows):,})", columns, some, (), more)
