"""A scenario around a sender's positions: books, instruments, mandates of what each holds and limits at today's
use. Whatever is not in the file is left blank, never guessed; what is proposed says so.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.layouts.files import rows_of
from neutralizer.load.layouts.layout import Format
from neutralizer.load.written import entry, values
from neutralizer.load.written.canonical import Cells, csv_of
from neutralizer.load.written.columns import LARGEST_AMOUNT, TABLES
from neutralizer.load.written.memory import Memory
from neutralizer.load.written.table import Raw
from neutralizer.load.written.yaml_text import YamlText
from neutralizer.prepare.draft_layout import drafted

BOOK = "BOOK"  # where the file names none
PROPOSAL = "proposal: today's use"
STATIC = (
    "asset_class",
    "currency",
    "price",
    "multiplier",
    "payment",
    "half_spread_bps",
    "adv",
    "isin",
)
KINDS = {  # senders' words for what it is
    "equity": "equity equities stock stocks share shares stk cs",
    "etf": "etf etfs fund funds",
    "bond": "bond bonds",
    "future": "future futures fut",
    "option": "option options opt",
}
DIGITS = 3  # of a proposed bound, rounded up


@dataclass(frozen=True)
class Sent:
    """A sender's file by its own name."""

    name: str
    data: bytes


def around(name: str, positions: Sent, prices: Sent | None, as_of: datetime) -> dict[str, bytes]:
    """The files of a scenario. Raises InputsRefused where the positions cannot be read."""
    layout = _layout(positions)
    held = _read("positions", positions, layout)
    files, layout = _plain_books(held, layout)
    books = sorted({row["book_id"] for row in held})
    known = _known(positions, prices, sorted({row["instrument_id"] for row in held}))
    base = Counter(x["currency"] for x in known.values() if x.get("currency")).most_common(1)
    currency = base[0][0] if base else "USD"
    foreign = sorted({x["currency"] for x in known.values() if x.get("currency")} - {currency})
    files |= {
        f"in/{positions.name}": positions.data,
        "books.csv": csv_of([["book_id", "entity"], *([b, "FIRM"] for b in books)]),
        "instruments.csv": csv_of(_instruments(known, currency)),
        "mandates.csv": csv_of(_mandates(held)),
        "limits.csv": csv_of(_limits(held, known, books)),
        "scenario.yaml": _settings(name, positions, layout, books, currency, foreign, as_of),
    }
    if layout:
        files["layouts/positions.yaml"] = layout.encode()
    return files


def _plain_books(held: list[dict[str, str]], layout: str) -> tuple[dict[str, bytes], str]:
    """Books whose names are no ids here get one, in a map file beside the layout."""
    theirs = sorted({row["book_id"] for row in held})
    ours = {name: _as_id(name) for name in theirs}
    if ours == {name: name for name in theirs} or len(set(ours.values())) < len(ours) or not layout:
        return {}, layout
    column = re.search(r'^  book_id: (".*")$', layout, re.MULTILINE)
    if column is None:
        return {}, layout
    for row in held:
        row["book_id"] = ours[row["book_id"]]
    mapped = f"  book_id: {{of: {column[1]}, by: books.csv}}"
    theirs_ = str(json.loads(column[1]))
    header = [theirs_, "book_id" if theirs_ != "book_id" else "our_book_id"]
    files = {"layouts/books.csv": csv_of([header, *([a, b] for a, b in ours.items())])}
    return files, layout.replace(column[0], mapped)


def _as_id(name: str) -> str:
    """The same in plain letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-.") or BOOK


def _layout(sent: Sent) -> str:
    """Blank for a table of our own form; else the draft, of one book where it names none."""
    issues = Issues()
    found = rows_of(sent.name, sent.data, Format(), issues) if sent.name.endswith(".csv") else None
    needed = {c.name for c in TABLES["positions"] if c.required}
    if found is not None and needed <= set(map(str, found[0][0])):
        return ""
    draft = drafted(sent.name, sent.data, "positions")
    if "\n  book_id: " not in draft:
        draft = draft.replace("columns:\n", f"columns:\n  book_id: ={BOOK}\n", 1)
    return draft


def _read(table: str, sent: Sent, layout: str) -> list[dict[str, str]]:
    """Rows by our columns. Raises InputsRefused."""
    issues = Issues()
    files = {sent.name: sent.data, "layout.yaml": layout.encode()}
    named = {"file": sent.name} | ({"layout": "layout.yaml"} if layout else {})
    raw = entry.read(table, table, named, YamlText("scenario.yaml"), Memory(files), issues).raw
    if issues.errors or raw is None:
        raise InputsRefused(issues.found)
    rows = [dict(zip(raw.header, cells, strict=True)) for cells in raw.rows]
    _is_whole(raw, rows, issues)
    return rows


def _is_whole(raw: Raw, rows: list[dict[str, str]], issues: Issues) -> None:
    """Positions have a book, an instrument and a number, and there are some."""
    if raw.name == "positions" and not rows:
        issues.error(raw.file, 0, "", None, "no positions in it", "name a file with rows")
    for k, row in enumerate(rows):
        for column in ("book_id", "instrument_id", "quantity") if raw.name == "positions" else ():
            if not row.get(column):
                remedy = "draft the layout with `neutralizer layout`, correct it, and name it in scenario.yaml"
                issues.error(*raw.where(k, column), None, f"no {column}", remedy)
        try:
            values.number(row.get("quantity") or "0")
        except ValueError as error:
            where = raw.where(k, "quantity")
            issues.error(*where, row["quantity"], values.what_is_wrong(error), str(error))
    if issues.errors:
        raise InputsRefused(issues.found)


def _known(positions: Sent, prices: Sent | None, ids: list[str]) -> dict[str, dict[str, str]]:
    """What the files say about each instrument: the positions' own columns, then prices of their own."""
    found: dict[str, dict[str, str]] = {i: {} for i in ids}
    for row in _read(
        "instruments",
        positions,
        drafted(positions.name, positions.data, "instruments", section="positions"),
    ):
        own = {k: v for k, v in row.items() if k in STATIC and v}
        own |= _kind(own.pop("asset_class", ""))
        known = found.get(row.get("instrument_id", ""), {})
        unlike = next((k for k, v in own.items() if known.get(k, v) != v), None)
        if unlike is not None:
            where = (positions.name, 0, unlike, own[unlike])
            reason = f"{row['instrument_id']} has two: {known[unlike]} too"
            raise InputsRefused([Issue(*where, reason, "correct one, or give prices apart")])
        known.update(own)
    for name, price in _prices(prices, ids).items():
        found[name]["price"] = price
    return found


def _kind(word: str) -> dict[str, str]:
    """What a sender's word for an asset class says; nothing where it is not known."""
    kind = next((k for k, words in KINDS.items() if word.lower() in words.split()), "")
    margined = {"payment": "margined"} if kind == "future" else {}
    return ({"asset_class": kind} if kind else {}) | margined


def _prices(sent: Sent | None, ids: list[str]) -> dict[str, str]:
    """Of a file with a price a row, or wide with a column an instrument, of which the last row counts."""
    if sent is None:
        return {}
    issues = Issues()
    found = rows_of(sent.name, sent.data, Format(), issues)
    if found is None:
        raise InputsRefused(issues.found)
    if not found[0]:
        issue = Issue(sent.name, 0, "", None, "the file is empty", "name a file with prices")
        raise InputsRefused([issue])
    wide = set(map(str, found[0][0][1:])) & set(ids)
    layout = "format: {wide: last}\ncolumns: {instrument_id: name, price: value}\n" if wide else ""
    rows = _read("instruments", sent, layout or drafted(sent.name, sent.data, "instruments"))
    prices = {r.get("instrument_id", ""): r.get("price", "") for r in rows}
    if not set(prices) & set(ids):
        issue = Issue(
            sent.name, 0, "", None, "no price of what is held", "name the instruments alike"
        )
        raise InputsRefused([issue])
    return {name: price for name, price in prices.items() if name in ids and price}


def _instruments(known: dict[str, dict[str, str]], currency: str) -> Cells:
    """Never ordered outside until somebody says what that costs: max_participation 0."""
    header = ["instrument_id", *STATIC, "max_participation"]
    rows = [
        [i, *(own.get(c, currency if c == "currency" else "") for c in STATIC), "0"]
        for i, own in known.items()
    ]
    return [header, *rows]


def _mandates(held: list[dict[str, str]]) -> Cells:
    pairs = sorted({(row["book_id"], row["instrument_id"]) for row in held})
    return [["book_id", "selector", "may"], *([b, f"instrument:{i}", "trade"] for b, i in pairs)]


def _limits(
    held: list[dict[str, str]], known: dict[str, dict[str, str]], books: list[str]
) -> Cells:
    """Gross of each book and of the firm, where the prices are known."""
    gross = dict.fromkeys(books, Decimal(0))
    for row in held:
        own = known[row["instrument_id"]]
        try:
            value = Decimal(own["price"]) * Decimal(own.get("multiplier") or 1)
            gross[row["book_id"]] += abs(Decimal(row["quantity"]) * value)
        except (KeyError, ArithmeticError):
            gross[row["book_id"]] = Decimal("NaN")
    header = ["limit_id", "measure", "scope", "upper", "owner", "description"]
    rows = [
        [f"{b}-gross", "gross", f"book:{b}", _rounded_up(x), "", PROPOSAL]
        for b, x in gross.items()
        if x.is_finite() and 0 < x < LARGEST_AMOUNT
    ]
    return [header, *rows]


def _rounded_up(value: Decimal) -> str:
    digits = max(0, math.floor(math.log10(value)) + 1 - DIGITS)
    unit = 10**digits
    return str(math.ceil(value / unit) * unit)


def _settings(
    name: str,
    positions: Sent,
    layout: str,
    books: list[str],
    currency: str,
    foreign: list[str],
    as_of: datetime,
) -> bytes:
    """scenario.yaml, with a word on what to fill."""
    entry_ = f"{{file: {json.dumps('in/' + positions.name)}" + (
        ", layout: layouts/positions.yaml}" if layout else "}"
    )
    lines = [
        f"# Written around {positions.name}. Limits are today's use, mandates what each book holds: proposals, to be changed.",
        "# Nothing is ordered outside while max_participation in instruments.csv is 0: give spreads and adv, then blank it.",
        "format: 1",
        f"name: {json.dumps(name)}",
        f"as_of: {as_of.isoformat(timespec='seconds')}",
        f"base_currency: {json.dumps(currency)}",
        "tables:",
        "  books: books.csv",
        "  instruments: instruments.csv",
        f"  positions: {entry_}",
        "  mandates: mandates.csv",
        "  limits: limits.csv",
    ]
    if len(books) > 1:
        lines.append(
            f"  crossing_groups: [{{group_id: house, books: [{', '.join(map(json.dumps, books))}]}}]"
        )
    if foreign:
        rates = ", ".join(f"{{currency: {json.dumps(c)}, rate: }}" for c in foreign)
        lines.append(f"  fx: [{rates}]   # {currency} per unit: fill them")
    return ("\n".join(lines) + "\n").encode()
