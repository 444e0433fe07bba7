"""What a caller holds in memory, as the text it would be in a file: tables, cells and settings.

A table is a DataFrame of pandas, anything with `__arrow_c_stream__`, a dict of columns or a list of
rows. Nothing is guessed: what has no one text is a mistake, at its row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from neutralizer.errors import Issue
from neutralizer.load.written.columns import TABLES
from neutralizer.load.written.values import plain

SETTINGS = "settings"  # the label of what is no table
WHOLE = 2.0**53  # below it a double holds every whole number
REMEDY = "hand over a DataFrame, a dict of columns or a list of rows"
_IDS = {"factor_covariance": "factor_id", "covariance": "instrument_id"}  # of their first column


@dataclass
class Given:
    """Texts of what was given, with the mistakes that were met on the way."""

    label: str = SETTINGS  # what a setting's mistake is told of
    mistakes: list[Issue] = field(default_factory=list)

    def table(self, name: str, value: Any) -> list[list[str]]:
        """Header and rows as text; nothing at all of a table without columns."""
        try:
            header, columns = _columns(value, _IDS.get(name.partition("@")[0]))
        except ValueError as error:
            reason, _, remedy = str(error).partition("; ")
            self.mistakes.append(Issue(name, 0, "", None, reason, remedy or REMEDY))
            return []
        kinds = {c.name: c.kind for c in TABLES.get(name, ())}
        texts = [
            self._column(name, head, kinds.get(head, ""), cells)
            for head, cells in zip(header, columns, strict=True)
        ]
        return [header, *map(list, zip(*texts, strict=True))] if header else []

    def _column(self, name: str, head: str, kind: str, cells: list[Any]) -> list[str]:
        found = []
        for row, cell in enumerate(cells, 1):
            try:
                found.append(text_of(cell, kind))
            except ValueError as error:
                where = (name, row, plain(head), str(cell)[:80])
                self.mistakes.append(Issue(*where, "not a value", str(error)))
                found.append("")
        return found

    def names(self, value: Any, path: str) -> dict[str, Any]:
        """What is given by name, to take apart; nothing where it is None."""
        if value is None or isinstance(value, Mapping):
            return {str(key): inner for key, inner in (value or {}).items()}
        issue = Issue(self.label, 0, path, str(value)[:80], "not given by name", "hand over a dict")
        self.mistakes.append(issue)
        return {}

    def setting(self, value: Any, path: tuple[str, ...]) -> Any:
        """A nested setting as text; what is None is not given."""
        if isinstance(value, Mapping):
            steps = ((str(key), inner) for key, inner in value.items())
            return {k: self.setting(v, (*path, k)) for k, v in steps if v is not None}
        try:
            return text_of(value, "")
        except ValueError as error:
            dotted = ".".join(path)
            self.mistakes.append(Issue(self.label, 0, dotted, None, "not a value", str(error)))
            return ""


def dotted(settings: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Nested settings as `--set` writes them."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from dotted(value, (*path, key))
        else:
            yield f"{'.'.join((*path, key))}={value}"


def is_table(value: Any) -> bool:
    """Whether a value can be nothing but a table."""
    return isinstance(value, list) or hasattr(value, "__arrow_c_stream__") or _is_frame(value)


def text_of(value: Any, kind: str) -> str:
    """A cell of a column of some kind, as a person would write it; blank where there is none.

    Raises ValueError with the remedy as its message.
    """
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()  # a number of numpy
    if _is_blank(value):
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return _number(value, kind)
    if isinstance(value, date | time | timedelta):
        return _moment(value, kind)
    if (
        isinstance(value, list | tuple)
        and kind == "list"
        and all(isinstance(v, str) for v in value)
    ):
        return ";".join(value)
    raise ValueError("write a word, a number or a date")


def _is_blank(value: Any) -> bool:
    """None, NaN, NaT and the NA of pandas, none of which equals itself for sure."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | Decimal) and value != value


def _number(value: int | float | Decimal, kind: str) -> str:
    """Its shortest decimal. An id that was read as a number is one only while no digit is lost."""
    whole = isinstance(value, int) or (abs(float(value)) < WHOLE and int(value) == value)
    if kind in ("id", "selector", "scope", "list") and not whole:
        raise ValueError("ids are text: read the column with dtype=str")
    if isinstance(value, float):
        text = float.__repr__(value)
        return str(int(value)) if whole and text != "-0.0" else text
    return str(value)


def _moment(value: date | time | timedelta, kind: str) -> str:
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, datetime) and kind == "date" and value == datetime(*value.timetuple()[:3]):
        return value.date().isoformat()  # as pandas holds a date
    return value.isoformat()


def _duration(value: timedelta) -> str:
    seconds = value.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{_number(seconds, '')}s"


def _is_frame(value: Any) -> bool:
    return hasattr(value, "iloc") and hasattr(value, "columns")


def _columns(value: Any, ids: str | None) -> tuple[list[str], list[list[Any]]]:
    """Names and cells, every column of one length; in a covariance `ids`, its labels, come first.

    Raises ValueError with reason and remedy.
    """
    if _is_frame(value):
        header, columns = _of_frame(value, ids)
    elif hasattr(value, "__arrow_c_stream__"):
        header, columns = _of_arrow(value)
    elif isinstance(value, Mapping):
        header, columns = list(value), [_listed(v) for v in value.values()]
    elif isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value):
        header = list(dict.fromkeys(key for row in value for key in row))
        columns = [[row.get(key) for row in value] for key in header]
    else:
        raise ValueError("not a table")
    if len(set(map(len, columns))) > 1:
        raise ValueError("its columns are not of one length; give each as many cells as the others")
    first = header.index(ids) if ids in header else 0
    order = sorted(range(len(header)), key=lambda k: k != first) if ids else range(len(header))
    return [str(header[k]) for k in order], [columns[k] for k in order]


def _listed(cells: Any) -> list[Any]:
    """The cells of one column."""
    if isinstance(cells, str | bytes | Mapping) or not hasattr(cells, "__iter__"):
        raise ValueError("not a table")
    return list(cells)


def _of_frame(frame: Any, ids: str | None) -> tuple[list[str], list[list[Any]]]:
    """Of pandas: an index that has a name is a column too, and that of a covariance are its ids."""
    header = list(frame.columns)
    columns = [frame.iloc[:, k].tolist() for k in range(len(header))]
    names = list(frame.index.names)
    if ids and names == [None] and ids not in header:
        names = [ids]
    levels = [(n, frame.index.get_level_values(k)) for k, n in enumerate(names) if n is not None]
    return [n for n, _ in levels] + header, [list(v) for _, v in levels] + columns


def _of_arrow(value: Any) -> tuple[list[str], list[list[Any]]]:
    try:
        import pyarrow
    except ImportError:
        raise ValueError(
            "an Arrow table cannot be read without pyarrow; pip install pyarrow, or hand over a "
            "DataFrame of pandas"
        ) from None
    table = pyarrow.table(value)
    return list(table.column_names), [column.to_pylist() for column in table.columns]
