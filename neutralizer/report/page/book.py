"""One book's page: what it wanted, gives, takes and receives, its limits and what it pays, and nothing of any
other; from the files of its view alone.
"""

from collections.abc import Mapping

from neutralizer.domain.summary import Summary, Waiting
from neutralizer.domain.version import VERSION
from neutralizer.records.writing import rows_of
from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.headline import Tile
from neutralizer.report.page.page import environment
from neutralizer.report.page.parts import Column, Part, Section, Table, numbers, shown
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.sections import limits, wishes
from neutralizer.report.words import cents, count, exact, whole


def book_page(files: Mapping[str, bytes], book: str, of: Summary) -> bytes:
    """UTF-8. `of`: the run, of which the dates, the currency and the id are told and nothing else."""
    paid = sum(number(r, "amount") for r in rows_of(files, "costs.csv"))
    waits = sum(number(r, "waiting") for r in rows_of(files, "targets.csv"))
    told = Summary(
        run_id=of.run_id,
        name=f"{of.name}, {book}",
        as_of=of.as_of,
        business_date=of.business_date,
        base_currency=of.base_currency,
        objective=0.0,
        plan_cost=paid,
        waiting=Waiting(plan=waits),
    )
    run = Run(files, told)
    with drawing():
        every = [wishes.section(run), _lines(run, book), limits.section(run), _positions(run)]
        sections = [s for s in (*every, _costs(run)) if s]
    words = environment().get_template("page.html.j2")
    return words.render(
        run=run,
        version=VERSION,
        tiles=_tiles(run, paid),
        lead=f"What {book} books of this run. Whom it faces is shown as its crossing group.",
        status="one book's view",
        banner=None,
        sections=sections,
    ).encode()


def _tiles(run: Run, paid: float) -> list[Tile]:
    lines = len(run.rows("internal_transfers.csv")) + len(run.rows("hedge_allocations.csv"))
    outside = sum(r["status"] not in ("OK", "OK_TO_A_LOT") for r in run.limits())
    return [
        Tile("What the book pays", whole(paid), f"{run.money}, in whole lots", "plan_cost", paid),
        Tile("Lines to book", f"{lines:,}", "transfers and fills", "lines", lines),
        Tile("Its limits not kept", f"{outside:,}", "after", "breaches", outside),
    ]


def _lines(run: Run, book: str) -> Section | None:
    transfers, fills = run.rows("internal_transfers.csv"), run.rows("hedge_allocations.csv")
    parts: list[Part] = []
    for phase, when in (("1", "tonight"), ("2", "with the hedges")):
        rows = [r for r in transfers if r["release_phase"] == phase]
        if rows:
            parts.append(_transfers(rows, book, when, run))
    if fills:
        parts.append(_fills(fills))
    if not parts:
        return None
    lead = f"{count(len(transfers), 'transfer')} inside and {count(len(fills), 'fill')} of orders outside."
    return Section("tickets", "Lines to book", lead, parts)


def _transfers(rows: list[Row], book: str, when: str, run: Run) -> Table:
    columns = [
        Column("ticket", "code"),
        Column("way"),
        Column("instrument"),
        *numbers("quantity", "price", f"notional, {run.money}"),
        Column("settles"),
    ]
    found = [
        (
            r["ticket_id"],
            f"to {r['to_book']}" if r["from_book"] == book else f"from {r['from_book']}",
            r["instrument_id"],
            *(exact(r[c]) for c in ("quantity", "price", "notional_base")),
            r["settle_date"],
        )
        for r in sorted(rows, key=lambda r: -number(r, "notional_base"))
    ]
    some, more = shown(found, "internal_transfers.csv")
    return Table(f"Transfers, to be booked {when} ({len(rows):,})", columns, some, (), more)


def _fills(rows: list[Row]) -> Table:
    columns = [Column("ticket", "code"), Column("side"), Column("instrument"), *numbers("quantity")]
    found = [
        (r["ticket_id"], r["side"].replace("_", " "), r["instrument_id"], exact(r["quantity"]))
        for r in rows
    ]
    some, more = shown(found, "hedge_allocations.csv")
    return Table(
        f"Fills of orders, at their average price ({len(rows):,})", columns, some, (), more
    )


def _positions(run: Run) -> Section | None:
    rows = [
        r
        for r in run.rows("positions_after.csv")
        if number(r, "transferred") or number(r, "hedged")
    ]
    if not rows:
        return None
    columns = [Column("instrument"), *numbers("before", "inside", "outside", "after")]
    names = ("quantity_before", "transferred", "hedged", "quantity_after")
    found = [(r["instrument_id"], *(exact(r[c]) for c in names)) for r in rows]
    some, more = shown(found, "positions_after.csv")
    lead = f"{count(len(rows), 'position')} of {len(run.rows('positions_after.csv')):,} change."
    table = Table("Positions that change, units", columns, some, (), more)
    return Section("positions", "What it holds", lead, [table])


def _costs(run: Run) -> Section | None:
    rows = sorted(run.rows("costs.csv"), key=lambda r: -number(r, "amount"))
    if not rows:
        return None
    found = [(r["term"].replace("_", " "), cents(number(r, "amount"))) for r in rows]
    total = ("the book", cents(sum(number(r, "amount") for r in rows)))
    table = Table(f"Cost by term, {run.money}", [Column("term"), *numbers("amount")], found, total)
    return Section("cost", "What it pays", "By term, in whole lots.", [table])
