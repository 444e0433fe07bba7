"""A layout drafted from a sender's file: what can be seen in it, and in comments what a person has to say."""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.layouts.files import rows_of
from neutralizer.load.layouts.forms import PLAIN_DATE, PLAIN_NUMBER, date_form, number_form
from neutralizer.load.layouts.layout import Format
from neutralizer.load.layouts.take import BOUGHT
from neutralizer.load.written import values
from neutralizer.load.written.columns import TABLES, Column

SEPARATORS = {",": ",", ";": ";", "|": "|", "\t": "tab"}
NUMBERS = (
    PLAIN_NUMBER,
    "1,234.56",
    "1.234,56",
    "1'234.56",
    "1 234,56",
    "1234,56",
    "(1,234.56)",
    "1,234.56-",
)
DATES = (
    PLAIN_DATE,
    "dd/mm/yyyy",
    "mm/dd/yyyy",
    "dd.mm.yyyy",
    "yyyymmdd",
    "dd-mmm-yyyy",
    "dd mmm yyyy",
)
TOTALS = re.compile(r"(?:grand |sub)?total[es]?|summe|gesamt|totaal|somme", re.IGNORECASE)
SOLD = "s sell sold sl short sh 2 5 - v verkauf vente".split()
COUNTED = {"Data", "Summary", "SUMMARY"}  # of a statement's rows, beside Total, Lot and LOT
NAMES = {  # what senders call a column of ours, in letters alone
    "book_id": "book portfolio account fund desk depot strategy clientaccountid accountid portfolioname",
    "instrument_id": "symbol ticker instrument security isin securityid instrumentcode sedol cusip figi bbgid ric",
    "quantity": "quantity qty position units shares nominal amount holding netposition leavesqty",
    "price": "price close last closeprice markprice settle px lastprice kurs",
    "mark_price": "mark markprice closeprice bookprice",
    "currency": "currency ccy curr currencyprimary tradingcurrency whrung devise",
    "multiplier": "multiplier mult pointsize contractsize pointvalue",
    "asset_class": "assetclass assetcategory securitytype type",
    "ticket_id": "ticketid clordid orderid",
    "adv": "averagevolume averagedailyvolume",
}
LONG, SHORT = ("longqty", "long", "longquantity"), ("shortqty", "short", "shortquantity")
_NUMERIC = re.compile(r"[-+(]?[0-9][0-9.,' ]*[)-]?")
_SOURCE = re.compile(r'(?:^|long: |short: |size: )"([^"]+)"')
SIDE = ("side", "buysell", "bs", "longshort")


@dataclass(frozen=True)
class _Seen:
    """The table that a file seems to hold."""

    form: dict[str, str]
    header: list[str]
    rows: list[list[Any]]

    def cells(self, name: str) -> list[str]:
        """What is written in a column, as text, without blanks."""
        k = self.header.index(name)
        return [row[k] for row in self.rows if len(row) > k and isinstance(row[k], str) and row[k]]


def drafted(file: str, data: bytes, table: str, section: str = "") -> str:
    """The draft as YAML; `section` names the table that a statement's section is of, where it is another.
    Raises InputsRefused where the file holds no table.
    """
    seen = _seen(file, data, section or table)
    taken, open_questions = _columns(seen, TABLES[table])
    form, notes = dict(seen.form), list[str]()
    looks = [c for name in seen.header if name for c in seen.cells(name) if _NUMERIC.fullmatch(c)]
    _guess(form, "number", _cells(seen, taken, table, "number"), looks, NUMBERS, number_form, notes)
    _guess(form, "date", _cells(seen, taken, table, "date"), [], DATES, date_form, notes)
    lines = [
        f"# {table} as {values.plain(file)} writes them: a draft. Read it, then neutralizer show SCENARIO {table}."
    ]
    lines += [f"# {note}" for note in notes]
    if form:
        lines.append(
            "format: {"
            + ", ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in form.items())
            + "}"
        )
    lines += [*_which_rows(seen), "columns:"]
    lines += [f"  {name}: {how}" for name, how in taken.items()]
    lines += [f"  # {question}" for question in open_questions]
    rest = [name for name in seen.header if name and name not in " ".join(taken.values())]
    if rest:
        lines.append("# not taken: " + ", ".join(map(values.plain, rest)))
    return "\n".join(lines) + "\n"


def _which_rows(seen: _Seen) -> list[str]:
    """`where` and `leave` of columns that tell rows that count from lots and totals of the same."""
    where, leave = {}, {}
    for name in seen.header:
        own = {str(cell) for cell in seen.cells(name)} if name else set()
        counted = own & COUNTED
        if counted and (own - counted or name == "Header"):
            where[name], leave[name] = sorted(counted), sorted(own - counted)
    leave = {name: words for name, words in leave.items() if words}
    told = (("where", where), ("leave", leave))
    return [f"{word}: {json.dumps(found, ensure_ascii=False)}" for word, found in told if found]


def _cells(seen: _Seen, taken: dict[str, str], table: str, kind: str) -> list[str]:
    """What stands in the sender's columns that ours of a kind are taken from."""
    kinds = {c.name: c.kind for c in TABLES[table]}
    own = (how for name, how in taken.items() if kinds[name] == kind)
    names = (name for how in own for name in _SOURCE.findall(how))
    return [cell for name in names for cell in seen.cells(name)]


def _seen(file: str, data: bytes, table: str) -> _Seen:
    form = {} if data[:2] == b"PK" or data[:4] in (b"PAR1", b"ARRO") else _dialect(data)
    issues = Issues()
    found = rows_of(file, data, Format.model_validate(form), issues)
    if found is None or issues.errors:
        raise InputsRefused(issues.found)
    rows = [row for row in found[0] if any(cell != "" for cell in row)]
    section = _section(rows, table)
    if section:
        form["section"] = section
        rows = [row for row in rows if row[0] == section]
    width = max((sum(cell != "" for cell in row) for row in rows), default=0)
    start = next((k for k, row in enumerate(rows) if _is_header(row, width)), 0)
    if not rows or not width:
        issues.error(file, 0, "", None, "no table in it", "name a file with a header row")
        raise InputsRefused(issues.found)
    header = [str(cell) for cell in rows[start]]
    if start and not section:
        alone = (c for c in header if c and sum(c in row for row in rows) == 1)
        form["header"] = next(alone, header[0])
    last = next((str(c) for c in rows[-1] if c != ""), "")
    if len(rows) > start + 1 and TOTALS.fullmatch(last) and not section:
        form["footer"] = last
        rows = rows[:-1]
    return _Seen(form, header, rows[start + 1 :])


def _dialect(data: bytes) -> dict[str, str]:
    """Encoding and separator, where they are not ours."""
    form = {}
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        form["encoding"] = "utf-16"
    else:
        try:
            data.decode("utf-8-sig")
        except UnicodeDecodeError:
            form["encoding"] = "cp1252" if re.search(rb"[\x80-\x9f]", data) else "latin-1"
    text = data.decode(form.get("encoding", "utf-8"), "replace")
    lines = [line for line in text.splitlines() if line][:200]
    separator = max(SEPARATORS, key=lambda sign: sum(line.count(sign) > 1 for line in lines))
    if separator != ",":
        form["separator"] = SEPARATORS[separator]
    return form


def _section(rows: Sequence[Sequence[Any]], table: str) -> str:
    """Of a statement whose rows begin with a section's name and Header or Data."""
    own = [str(row[0]) for row in rows if len(row) > 1 and row[1] == "Header"]
    word = table.rstrip("s").replace("_", " ")
    return next((name for name in own if word in name.lower()), "") if len(own) > 1 else ""


def _is_header(row: Sequence[Any], width: int) -> bool:
    filled = [cell for cell in row if cell != ""]
    words = [
        cell
        for cell in filled
        if isinstance(cell, str) and not re.fullmatch(r"[-+(]?[0-9.,' ]+\)?", cell)
    ]
    return len(filled) >= width - 1 and len(words) == len(filled)


def _columns(seen: _Seen, ours: Sequence[Column]) -> tuple[dict[str, str], list[str]]:
    """How each column of ours is taken, and what a person has to say."""
    plain = {re.sub("[^a-z]", "", name.lower()): name for name in reversed(seen.header) if name}
    taken, questions = {}, []
    for column in ours:
        words = (column.name.replace("_", ""), *NAMES.get(column.name, "").split())
        name = next((plain[w] for w in words if w in plain), None)
        how = _quantity(plain, seen) if column.name == "quantity" else None
        if how or name is not None:
            taken[column.name] = how or json.dumps(name, ensure_ascii=False)
        elif column.required:
            questions.append(
                f"{column.name}: ?  required: {column.doc}; a column, or =TEXT for one value"
            )
        if name is not None and column.name in ("book_id", "instrument_id"):
            questions.append(
                f"{column.name}: {{of: {json.dumps(name, ensure_ascii=False)}, by: map.csv}}  where their names are not yours"
            )
    if not taken:
        taken[ours[0].name] = json.dumps(next(n for n in seen.header if n), ensure_ascii=False)
    return taken, questions


def _quantity(plain: dict[str, str], seen: _Seen) -> str | None:
    """From long and short sizes, or from a size and its side."""
    long, short = (next((plain[w] for w in words if w in plain), None) for words in (LONG, SHORT))
    if long and short:
        return f"{{long: {json.dumps(long, ensure_ascii=False)}, short: {json.dumps(short, ensure_ascii=False)}}}"
    side = next((plain[w] for w in SIDE if w in plain), None)
    size = next((plain[w] for w in NAMES["quantity"].split() if w in plain), None)
    if side is None or size is None:
        return None
    words = sorted(set(seen.cells(side)))
    sold = [w for w in words if w.casefold() in SOLD]
    bought = [w for w in words if w.casefold() in BOUGHT]  # others a person has to name
    lists = (json.dumps(x, ensure_ascii=False) for x in (sold or ["S"], bought or ["B"]))
    negative, positive = lists
    return (
        f"{{size: {json.dumps(size, ensure_ascii=False)}, side: {json.dumps(side, ensure_ascii=False)}, "
        f"negative: {negative}, positive: {positive}}}"
    )


def _guess(
    form: dict[str, str],
    name: str,
    cells: list[str],
    whole: list[str],
    forms: Sequence[str],
    reader: Callable[[str], Callable[[str], str]],
    notes: list[str],
) -> None:
    """The first form in which every cell is read; a note where another reads them too, otherwise."""
    fits = {}
    for example in forms:
        try:
            fits[example] = [_read(reader(example), cell, name) for cell in cells]
        except ValueError:
            continue
    if not cells:
        return
    if not fits:
        notes.append(
            f"no one form of a {name} reads {values.plain(cells[0])}: say it in format.{name}"
        )
        return
    first = max(fits, key=lambda example: _reads(reader(example), whole, name))
    if first != forms[0]:
        form[name] = first
    others = [x for x in fits if fits[x] != fits[first]]
    if others:
        notes.append(f"check format.{name}: {first} fits, and so does {others[0]}")


def _reads(plain: Callable[[str], str], cells: list[str], name: str) -> int:
    """How many cells of the whole file a form reads."""
    count = 0
    for cell in cells:
        with suppress(ValueError):
            _read(plain, cell, name)
            count += 1
    return count


def _read(plain: Callable[[str], str], cell: str, name: str) -> str:
    """A cell in plain form. Raises ValueError where it is none."""
    text = plain(cell)
    return str(values.number(text)) if name == "number" else str(values.day(text))
