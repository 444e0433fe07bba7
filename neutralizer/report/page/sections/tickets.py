"""The lines that operations book: transfers, orders with their reason, cash."""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Cell, Cells, Column, Part, Section, Table, numbers, shown
from neutralizer.report.words import cents, count, exact, percent, short

CODE = Column("ticket", "code")


TONIGHT = {"1": "Book tonight", "2": "Book with the hedges"}


def section(run: Run) -> Section | None:
    """What is booked tonight, then what with the hedges; largest first. The files have all of it by id."""
    parts: list[Part] = []
    for phase, when in TONIGHT.items():
        for name, table in (
            ("internal_transfers.csv", _transfers),
            ("hedges.csv", _hedges),
            ("cash_transfers.csv", _cash),
        ):
            rows = [r for r in run.rows(name) if r["release_phase"] == phase]
            if rows:
                parts.append(table(run, rows, when))
    if not parts:
        return None
    return Section("tickets", "Lines to book", _lead(run), parts)


def _lead(run: Run) -> str:
    night, orders = run.summary.night, run.summary.lines.orders
    first = [count(night.transfers, "transfer"), f"{night.cash_transfers} cash"]
    last = [count(night.transfers_with_hedges, "transfer"), f"{night.cash_with_hedges} cash"]
    why = (
        " By itself that leaves no limit and no pool worse than before."
        if night.transfers or night.cash_transfers
        else ""
    )
    if night.worse:
        names = ", ".join(night.worse[:3]) + (" and others" if len(night.worse) > 3 else "")
        why += f" The rest would leave {names} worse until the hedges are there."
    return (
        f"Tonight: {' and '.join(first)}, {short(night.crossed_notional)} {run.money} crossed. With the hedges: "
        f"{', '.join(last)} and {count(orders, 'order')}.{why} The CSV files are what is booked."
    )


def _largest(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (-number(r, "notional_base"), r["ticket_id"]))


def _transfers(run: Run, rows: list[Row], when: str) -> Table:
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
    return Table(
        f"{when}: transfers inside ({len(rows):,}), largest first", columns, some, (), more
    )


def _settles(date: str) -> str:
    return f"settles {date}" if date else ""


def _hedges(run: Run, rows: list[Row], when: str) -> Table:
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
    return Table(f"{when}: orders outside ({len(rows):,}), largest first", columns, some, (), more)


def _reasons(run: Run) -> dict[str, str | Cell]:
    """The limit that asks most for each ticket, of a loss with the shock that it is of."""
    best: dict[str, Row] = {}
    rows = [r for r in run.rows("limits.csv") if r.get("worst_shock")]
    shock = {_key(r): f"in {r['worst_shock']}" for r in rows}
    for row in run.rows("reasons.csv"):
        held = best.get(row["ticket_id"])
        if row["share"] and (held is None or number(row, "share") > number(held, "share")):
            best[row["ticket_id"]] = row
    return {
        t: Cell(
            r["limit_id"],
            " ".join(
                x
                for x in (
                    r["scope"],
                    f"on {r['date']}" if r.get("date") else "",
                    percent(number(r, "share")),
                    shock.get(_key(r), ""),
                )
                if x
            ),
        )
        for t, r in best.items()
        if number(r, "share") > 0
    }


def _key(row: Row) -> tuple[str, str]:
    return row["limit_id"], row["scope"]


def _cash(run: Run, rows: list[Row], when: str) -> Table:
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
    return Table(f"{when}: cash between pools ({len(rows):,})", columns, some, (), more)
