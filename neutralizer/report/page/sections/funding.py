"""Cash and margin: what each pool holds, owes and keeps free."""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Cell, Column, Part, Section, Table, numbers
from neutralizer.report.words import change, count, exact

BESIDE = 4  # pools side by side in one table
POOL = (
    ("balance_before", "balance before", ""),
    ("outflow", "paid out for the plan", "received where negative"),
    ("received", "received from other pools", ""),
    ("sent", "sent to other pools", ""),
    ("balance_after", "balance after", ""),
    ("borrowed", "borrowed", ""),
    ("margin_after", "margin to post", ""),
    ("collateral", "posted in securities", "after their haircuts"),
    ("stress_call", "kept for its shocks", "margin and losses in cash beyond today's"),
    ("minimum_balance", "minimum balance", ""),
    ("headroom", "free", "balance and loan, less margin and minimum"),
    ("next_morning", "free the next morning", "cash now and what arrives today, less margin"),
    ("margin_before", "margin before, to compare", ""),
    ("execution_cost", "execution cost of its fills", "out of the minimum balance"),
)


def section(run: Run) -> Section | None:
    """Pools, then accounts, each in its own currency."""
    pools, accounts = run.rows("pools.csv"), run.rows("margin_movements.csv")
    parts: list[Part] = [_pools(pools[k : k + BESIDE]) for k in range(0, len(pools), BESIDE)]
    parts += [_accounts(accounts)] if accounts else []
    posted = run.rows("collateral.csv")
    parts += [_posted(posted)] if posted else []
    if not parts:
        return None
    return Section("funding", "Pools and margin", _lead(pools), parts)


def _lead(pools: list[Row]) -> str:
    if not pools:
        return "Margin by account."
    short = [r["pool_id"] for r in pools if number(r, "headroom") < 0]
    borrowed = [r["pool_id"] for r in pools if number(r, "borrowed") > 0]
    kept = f"{', '.join(short)} SHORT of what is due" if short else "every pool covers what is due"
    loans = f"borrowing in {', '.join(borrowed)}" if borrowed else "nothing is borrowed"
    return f"{count(len(pools), 'pool')}: {kept}; {loans}."


def _pools(rows: list[Row]) -> Table:
    """A statement: one column for each pool."""
    names = [f"{r['pool_id']}, {r['currency']}" for r in rows]
    found = [
        (Cell(title, note), *(_cell(r, key) for r in rows))
        for key, title, note in POOL
        if key in rows[0]
    ]
    columns = [Column("each in its own currency"), *numbers(*names)]
    return Table("Cash and margin by pool", columns, found)


def _cell(row: Row, column: str) -> Cell:
    bad = column == "headroom" and number(row, column) < 0
    return Cell(exact(row.get(column, "")), note="short" if bad else "", tone="bad" if bad else "")


def _posted(rows: list[Row]) -> Table:
    columns = [
        *map(Column, ("pool", "instrument")),
        *numbers("posted", "of", "value", "haircut", "counts for"),
    ]
    found = [
        (
            f"{r['pool_id']}, {r['currency']}",
            r["instrument_id"],
            *(exact(r[c]) for c in ("quantity", "available", "value", "haircut", "counted")),
        )
        for r in rows
    ]
    return Table("What stands posted for margin, in the pool's currency", columns, found)


def _accounts(rows: list[Row]) -> Table:
    columns = [
        *map(Column, ("account", "pool", "model")),
        *numbers("before", "after tonight", "after", "change"),
    ]
    found = []
    for r in rows:
        amounts = [exact(r[c]) for c in ("margin_before", "margin_after_transfers", "margin_after")]
        about = (r["account_id"], f"{r['pool_id']}, {r['currency']}", r["model"])
        found.append((*about, *amounts, change(number(r, "change"))))
    return Table("Margin by account, in its pool's currency", columns, found)
