"""A scenario with something changed: settings, cells, walls between books, carriers left out, assumptions.

What is changed is the scenario as written, and it is read and checked again like any other.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from neutralizer.domain.cases import KEPT, MERGED, NONE, PLUS, TO, WALLS, WITHOUT, Change
from neutralizer.domain.orders import merged
from neutralizer.domain.scenario import Books
from neutralizer.load.assumptions import PREFIX, assumed
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.scenario import Loaded
from neutralizer.load.written import values
from neutralizer.load.written.canonical import Parts, column_of, parts_of, put
from neutralizer.load.written.columns import KEYS, TABLES
from neutralizer.load.written.inputs import Inputs

EVERY = "*"  # in place of a row's key: every row; in place of a part of it: whatever it is


def changed(loaded: Loaded, changes: Sequence[Change]) -> Parts:
    """The pieces of the changed scenario; assumptions come last, of what the rest has made. Raises ValueError, with the
    remedy after a semicolon, where there is nothing to change or the value is none.
    """
    parts = parts_of(loaded.inputs)
    for change in sorted(changes, key=lambda c: c.of.startswith(PREFIX)):
        if change.of == WALLS:
            _walls(parts, loaded.scenario.books, change.value)
        elif change.of == WITHOUT:
            _without(parts, loaded.inputs, change.value)
        elif change.of.startswith(PREFIX):
            assumed(parts, loaded, change.of.removeprefix(PREFIX), change.value)
        elif change.of.partition(".")[0] in TABLES:
            _cells(parts, change)
        else:
            _setting(parts, loaded.inputs, change)
    return parts


def _setting(parts: Parts, inputs: Inputs, change: Change) -> None:
    *path, last = change.of.split(".")
    text = _written(inputs, change)
    where = parts.root
    for step in path:
        where = where.setdefault(step, {})
    where[last] = text


def _written(inputs: Inputs, change: Change) -> str:
    """The new value of a setting that there is."""
    value: object = inputs.settings
    for step in change.of.split("."):
        known = value if isinstance(value, dict) else _fields(value)
        if isinstance(value, dict) and step not in known and change.how == TO:
            return change.value  # a name of the user's own
        if step not in known or step == "tables":
            hint = values.nearest(step, sorted(map(str, known)))
            raise ValueError(
                f"no such setting; write a setting as --set does, or table.key.column{hint}"
            )
        value = known[step]
    if isinstance(value, dict) or _fields(value):
        raise ValueError("several settings; name one of them")
    return change.value if change.how == TO else _reckoned(_text(value), change)


def _fields(value: object) -> dict[str, object]:
    return {k: getattr(value, k) for k in getattr(type(value), "model_fields", ())}


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("not a number in the scenario; list the values themselves")
    return str(value)


def _cells(parts: Parts, change: Change) -> None:
    table, _, rest = change.of.partition(".")
    key, _, column = rest.rpartition(".")
    keys = [k for k in KEYS[table] if k in (parts.tables.get(table) or [[]])[0]]
    if column not in {c.name for c in TABLES[table]} or not key:
        hint = values.nearest(column, [c.name for c in TABLES[table]])
        form = "/".join(k.upper() for k in keys) or "KEY"
        raise ValueError(f"not a cell; write {table}.{form}.COLUMN, or {table}.*.COLUMN{hint}")
    if column in keys:
        raise ValueError("the key of a row; change another column")
    cells = parts.tables.get(table) or [[]]
    at = [cells[0].index(k) for k in keys]
    named = [[row[k] for k in at] for row in cells[1:]]
    chosen = [k for k, own in enumerate(named, 1) if _matches(own, key)]
    if not chosen:
        known = sorted({"/".join(own) for own in named})
        raise ValueError(f"no such row of {table}; name its {'/'.join(keys)}{_some(key, known)}")
    _put(parts, table, column, chosen, change)


def _some(key: str, known: list[str]) -> str:
    return values.nearest(key, known) or (f", such as {', '.join(known[:5])}" if known else "")


def _matches(own: list[str], key: str) -> bool:
    wanted = key.split("/", len(own) - 1) if len(own) > 1 else [key]
    if key == EVERY:
        return True
    return len(wanted) == len(own) and all(
        w in (EVERY, o) for w, o in zip(wanted, own, strict=True)
    )


def _put(parts: Parts, table: str, column: str, chosen: list[int], change: Change) -> None:
    if change.how == TO:
        put(parts, table, column, dict.fromkeys(chosen, change.value))
        return
    there = column_of(parts, table, column)
    found = {k: _reckoned(there[k], change) for k in chosen if k in there}
    if not found:
        raise ValueError("blank in the scenario; list the values themselves")
    put(parts, table, column, found)


def _reckoned(text: str, change: Change) -> str:
    """A number of the scenario times or plus the value, exactly."""
    for number in (text, change.value):
        try:
            values.number(number)
        except ValueError:
            raise ValueError(f"{number} is not a number; list the values themselves") from None
    by = Decimal(change.value)
    return f"{Decimal(text) + by if change.how == PLUS else Decimal(text) * by:f}"


def _walls(parts: Parts, books: Books, value: str) -> None:
    """Crossing groups as they are, or those of the same beneficial owners as one; barred pairs stay barred."""
    if value not in (KEPT, MERGED):
        raise ValueError(f"not a word for walls; write {KEPT} or {MERGED}")
    if value == KEPT:
        return
    written = books.written or books.group
    members: dict[str, list[str]] = {}
    for book, group in zip(books.ids, merged(replace(books, group=written)), strict=True):
        members.setdefault(group, []).append(book)
    header, *rows = parts.tables.get("crossing_groups") or [["group_id", "books"]]
    row_of = {row[header.index("group_id")]: row for row in rows}
    parts.tables["crossing_groups"] = [header]
    for k, (group, own) in enumerate(members.items(), 1):
        if len(own) > 1:
            row = list(row_of.get(group, ["" for _ in header]))
            row[header.index("group_id")] = group if group in row_of else f"merged-{k}"
            row[header.index("books")] = ";".join(own)
            parts.tables["crossing_groups"].append(row)


def _without(parts: Parts, inputs: Inputs, value: str) -> None:
    """What a selector names is not traded outside, nor any combination with a leg of it; it may still cross."""
    if value == NONE:
        return
    select = Selector(inputs)
    mask = select(value)
    if mask is None or not mask.any():
        hint = values.nearest(value, select.ids)
        raise ValueError(f"selects no instrument; write {NONE}, an id or a selector{hint}")
    out = {i for i, named in zip(select.ids, mask.tolist(), strict=True) if named}
    legs = inputs["combinations"]
    out |= {
        c
        for c, leg in zip(legs["combination_id"], legs["instrument_id"], strict=True)
        if leg in out
    }
    names = column_of(parts, "instruments", "instrument_id")
    put(parts, "instruments", "max_participation", {k: "0" for k, i in names.items() if i in out})
