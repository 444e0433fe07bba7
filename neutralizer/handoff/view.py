"""What one book may see of a run: its own lines, and nothing that names another.

Who it faced is shown as its crossing group; orders that were given for several books are shown as
what this book received of them. Free text, reasons, and every total of more than this book stay out. Ids
are those of the view: under the firm's key, another for each book.
"""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from neutralizer.errors import InputsRefused, Issue
from neutralizer.load.firm.view_key import view_key
from neutralizer.records.finished import Finished, as_written, finished
from neutralizer.records.folder import new_folder
from neutralizer.records.manifest import REPORT
from neutralizer.records.writing import csv_bytes, rows_of
from neutralizer.report.files import TABLES
from neutralizer.report.page.book import book_page
from neutralizer.tickets import REGISTRY
from neutralizer.verify import loaded_of

Row = dict[str, str]
IDS = ("ticket_id", "ref_ticket_id", "parent_order")
BY_BOOK = ("hedge_allocations.csv", "positions_after.csv", "positions_next.csv", "costs.csv")


def view(folder: Path, book: str, out: Path, report: bool = False) -> list[str]:
    """Writes a new folder of CSV files, with `report` the book's page of them; their names. Raises
    InputsRefused, FolderTaken, CannotWrite.
    """
    run = finished(folder)
    books = loaded_of(run).scenario.books.ids
    if book not in books:
        remedy = "name one of " + ", ".join(books[:8])
        raise InputsRefused([Issue("--book", 0, "", book, "no such book", remedy)])
    key = view_key()
    with as_written(folder):
        files = {
            name: csv_bytes(columns, _under(key, run.run_id, book, rows))
            for name, columns, rows in _tables(run, book)
        }
        if report:
            files[REPORT] = book_page(files, book, run.summary)
    new_folder(out, files)
    return sorted(files)


def _tables(run: Finished, book: str) -> list[tuple[str, tuple[str, ...], list[Row]]]:
    columns: Mapping[str, tuple[str, ...]] = {t.FILE: t.COLUMNS for t in REGISTRY} | TABLES
    found = [(name, columns[name], _own(rows_of(run.files, name), book)) for name in BY_BOOK]
    for name in ("internal_transfers.csv", "evidence.csv"):
        groups = {
            r["ticket_id"]: r["crossing_group"]
            for r in rows_of(run.files, "internal_transfers.csv")
        }
        sides = [r for r in rows_of(run.files, name) if book in (r["from_book"], r["to_book"])]
        masked = [_masked(row, book, groups[row["ticket_id"]]) for row in sides]
        found.append((name, columns[name], masked))
    wanted = [r | _ours(r, book) for r in _own(rows_of(run.files, "targets.csv"), book)]
    found.append(("targets.csv", columns["targets.csv"], wanted))
    limits = [r for r in rows_of(run.files, "limits.csv") if r["scope"] == f"book:{book}"]
    return [*found, ("limits.csv", columns["limits.csv"], [r | {"owner": ""} for r in limits])]


def _ours(row: Row, book: str) -> Row:
    """Why a target is not met, where that is a limit of the book itself or names nobody."""
    own = row["scope"] in ("", f"book:{book}")
    return {} if own else {"why": "another limit", "scope": "", "shadow_price": ""}


def _under(key: bytes, run_id: str, book: str, rows: list[Row]) -> list[Row]:
    """The rows with ids that only the firm can trace, in their order: a ticket's own id is a hash of who
    passes what to whom, and who tries the few that there can be finds it.
    """
    found = [row | {c: _id(key, run_id, book, row[c]) for c in IDS if row.get(c)} for row in rows]
    return sorted(found, key=lambda row: row.get("ticket_id", ""))


def _id(key: bytes, run_id: str, book: str, ticket: str) -> str:
    words = "\0".join((run_id, ticket, book)).encode()
    return "V-" + hmac.new(key, words, hashlib.sha256).hexdigest()[:20]


def _own(rows: list[Row], book: str) -> list[Row]:
    return [row for row in rows if row["book_id"] == book]


def _masked(row: Row, book: str, group: str) -> Row:
    """The row without the other side: its book becomes the group, the rest of it blank."""
    other = "to" if row["from_book"] == book else "from"
    hidden = {c: "" for c in row if c.startswith(f"{other}_")}
    hidden |= {"mark_dispersion_bps": ""} if "mark_dispersion_bps" in row else {}
    return row | hidden | {f"{other}_book": group}
